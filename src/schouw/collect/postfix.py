"""Postfix: one block a service of master.cf that takes mail over the network, with the service's own overrides.

`postconf` says what is in force, defaults of its version included; main.cf and master.cf where it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from schouw.collect.base import Rows
from schouw.collect.config.assigned import read_postfix
from schouw.collect.config.statements import Lines, Statement, sent_files
from schouw.collect.daemon import addresses, daemon, ports_of, setting, written
from schouw.model.daemons import Block, Setting, Tls

_WANTED = (
    "smtpd_tls_security_level", "smtpd_tls_wrappermode", "smtpd_use_tls", "smtpd_enforce_tls", "smtpd_tls_auth_only",
    "smtpd_tls_protocols", "smtpd_tls_mandatory_protocols", "smtpd_tls_ciphers", "smtpd_tls_mandatory_ciphers",
    "smtpd_tls_exclude_ciphers", "smtpd_tls_mandatory_exclude_ciphers", "smtpd_tls_cert_file", "smtpd_tls_eccert_file",
    "smtpd_tls_chain_files", "smtpd_tls_dh1024_param_file", "smtpd_tls_eecdh_grade", "smtpd_tls_loglevel",
    "smtpd_sasl_auth_enable", "smtpd_sasl_security_options", "tls_preempt_cipherlist", "tls_eecdh_auto_curves",
    "tls_medium_cipherlist", "tls_high_cipherlist", "tls_ssl_options",
)  # fmt: skip
_MORE = ("mail_version", "inet_interfaces", "multi_instance_directories", "postscreen_tls_security_level")

_FILES = r"""
server=$(command -v postconf)
tree '' . /etc/postfix/main.cf /etc/postfix/master.cf
alive master qmgr /var/spool/postfix/pid/master.pid
"""
_SCRIPT = (
    r"""
postconf -x """
    + " ".join((*_WANTED, *_MORE))
    + r""" 2>/dev/null | sed 's/^mail_version = /version	/; t
s/^/value	/'
linked /usr/lib*/postfix/libpostfix-tls.so /usr/libexec/postfix/smtpd /usr/lib/postfix/sbin/smtpd
show '' '' ''
"""
)
_MAIN, _MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
_REFERENCE = re.compile(r"\$(?:([a-z0-9_]{1,100})|\{([a-z0-9_]{1,100})\}|\(([a-z0-9_]{1,100})\))")


@dataclass
class _Service:
    """An entry of master.cf (master(5))."""

    name: str
    type: str
    command: str
    line: int
    overrides: dict[str, Setting] = field(default_factory=dict)


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    del version
    files = sent_files(rows)
    statements, problem = read_postfix(_MAIN, files.get(_MAIN, []))
    # The last line of a name wins.
    lines = {one.keyword: one for one in statements}
    values = {name.strip(): value.strip() for name, _, value in (row.partition("=") for row in rows.all("value"))}
    services = list(_services(files.get(_MASTER, [])))
    problems = [problem] if problem else []
    if more := values.get("multi_instance_directories"):
        problems.append(f"its other instances ({more}) were not looked at")
    if not services:
        problems.append(f"{_MASTER} shows no service")
    behind = next((one for one in services if one.type == "pass" and one.command == "smtpd"), None)
    blocks = []
    for one in services:
        if one.type == "inet" and one.command == "smtpd":
            blocks.append(_block(one, one, values, lines))
        elif one.type == "inet" and one.command == "postscreen" and behind:
            blocks.append(_block(one, behind, values, lines))
    return blocks, problems


def _services(lines: Lines) -> Iterator[_Service]:
    service: _Service | None = None
    words: list[tuple[str, int]] = []
    for at, text in lines:
        if text.lstrip().startswith("#"):
            continue
        if not text.startswith((" ", "\t")) and text.strip():
            if service:
                yield _finished(service, words)
            columns = text.split()
            service = _Service(columns[0], columns[1], columns[7], at) if len(columns) > 7 else None
            words = [(word, at) for word in columns[8:]]
        else:
            words += [(word, at) for word in text.split()]
    if service:
        yield _finished(service, words)


def _finished(service: _Service, words: list[tuple[str, int]]) -> _Service:
    """With its overrides: ``-o name=value``, or ``-o { name = value with blanks }``."""
    at = 0
    while at < len(words):
        word, line = words[at]
        at += 1
        if word == "-o" and at < len(words):
            word, line = words[at]
            at += 1
        elif word.startswith("-o") and len(word) > 2:
            word = word[2:]
        else:
            continue
        if word.startswith("{"):
            parts = [word[1:]]
            while at < len(words) and not parts[-1].endswith("}"):
                parts.append(words[at][0])
                at += 1
            word = " ".join(parts).removesuffix("}")
        name, equals, value = word.partition("=")
        if equals:
            service.overrides[name.strip()] = setting(value.strip(), _MASTER, line)
    return service


def _block(one: _Service, smtpd: _Service, values: Mapping[str, str], lines: Mapping[str, Statement]) -> Block:
    settings: dict[str, Setting] = {}
    for name in _WANTED:
        if name in smtpd.overrides:
            said = smtpd.overrides[name]
            settings[name] = setting(_filled(said.value, values), said.file, said.line)
        elif name in lines and name in values:
            settings[name] = written(lines[name], values[name])
        elif values.get(name):
            settings[name] = setting(values[name])
    tls = _tls(settings)
    host, _, port = one.name.rpartition(":")
    takes = settings["smtpd_sasl_auth_enable"].value == "yes" if "smtpd_sasl_auth_enable" in settings else None
    guarded = tls in ("implicit", "required") or _on(settings, "smtpd_tls_auth_only")
    return Block(
        label=one.name if one is smtpd else f"{one.name} (postscreen)",
        ports=ports_of([port]),
        tls=tls,
        settings=settings,
        addresses=addresses([host] if host else _interfaces(values.get("inet_interfaces", "all"))),
        plain_login=None if takes is None else takes and not guarded,
        file=_MASTER,
        line=one.line,
    )


def _tls(settings: Mapping[str, Setting]) -> Tls | None:
    if not settings:
        return None
    level = settings["smtpd_tls_security_level"].value if "smtpd_tls_security_level" in settings else ""
    if _on(settings, "smtpd_tls_wrappermode"):
        return "implicit"
    certificates = ("smtpd_tls_cert_file", "smtpd_tls_eccert_file", "smtpd_tls_chain_files")
    if not any(settings[name].value for name in certificates if name in settings):
        return "none"
    if level == "encrypt" or (not level and _on(settings, "smtpd_enforce_tls")):
        return "required"
    return "optional" if level == "may" or (not level and _on(settings, "smtpd_use_tls")) else "none"


def _on(settings: Mapping[str, Setting], name: str) -> bool:
    return name in settings and settings[name].value == "yes"


def _interfaces(text: str) -> list[str]:
    if text == "loopback-only":
        return ["127.0.0.1", "::1"]
    return text.replace(",", " ").split()


def _filled(value: str, values: Mapping[str, str]) -> str:
    """With the values of main.cf in the place of ``$name``, as far as they are known."""
    return _REFERENCE.sub(lambda match: values.get(match[1] or match[2] or match[3], match[0]), value)


COLLECTOR = daemon("postfix", "command -v postconf >/dev/null 2>&1", _FILES, _SCRIPT, _judge)
