"""What the TLS libraries are told for all programs: openssl.cnf, and the crypto policy that it includes on some systems.

Read as OpenSSL reads it (config(5ssl), SSL_CONF_cmd(3)): ``openssl_conf`` names a section, ``ssl_conf`` there the next
one, ``system_default`` there the one whose commands hold for every program that does not say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from schouw.collect.base import Collector, Rows
from schouw.collect.config.assigned import read_openssl
from schouw.collect.config.statements import Lines, Statement, Tree, sent_files
from schouw.collect.daemon import written
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import Setting
from schouw.model.libraries import Libraries
from schouw.text import line

# EL's OpenSSL knows the first of these two alone, everybody else's the second.
_FILES = r"""
conf=/etc/pki/tls/openssl.cnf
[ -e "$conf" ] || conf=/etc/ssl/openssl.cnf
state=/etc/crypto-policies/state/current
tree '^ *\.include[ =]+' . "$conf"
"""
_SCRIPT = (
    _FILES
    + r"""
printf 'root\t%s\n' "$conf"
[ -r "$state" ] && printf 'policy\t%s\t%s\n' "$state" "$(head -n 1 "$state" | cut -c 1-200 | tr '\t' ' ')"
most=200000
commands='minprotocol|maxprotocol|cipherstring|ciphersuites|groups|curves|signaturealgorithms'
show "^ *(\\[|\\.include|(openssl_conf|ssl_conf|system_default|([a-z0-9_]+\\.)?($commands)) *=)" '(^|[^\\])$' '(^|[^\\])$'
"""
)
_STAMP = (
    _FILES
    + r"""
unread || { each stats; each stat -L -c '%n %i %s %Y' 2>/dev/null; stats "$state"; }
"""
)
_COMMANDS = {
    one.lower(): one for one in ("MinProtocol", "MaxProtocol", "CipherString", "Ciphersuites", "Groups", "SignatureAlgorithms")
} | {"curves": "Groups"}  # fmt: skip
_INCLUDE = ".include"
_PROBLEMS = 5


def _parse(rows: Rows) -> Attempt[Libraries]:
    if nothing := rows.one("none"):
        return absent(nothing)
    files = sent_files(rows)
    tree = Tree(files, read_openssl, lambda one: _included(one, files))
    statements = list(tree.root(rows.one("root")))
    openssl = _commands(statements)
    policy = next((Setting(name.strip(), file, 1) for file, name in rows.split("policy", 2) if name.strip()), None)
    # Relative names start wherever the program does that reads them.
    relative = [one for one in statements if one.keyword == _INCLUDE]
    problems = [f"{one.file}:{one.line} includes {one.value}: which file is that?" for one in relative]
    reasons = [line(problem) for problem in (*tree.problems, *problems)][:_PROBLEMS]
    lacking = "; ".join(reason for reason in (*reasons, rows.lacking()) if reason)
    if lacking and not openssl and policy is None:
        return not_checked(lacking)
    return seen(Libraries(openssl, policy), lacking)


def _included(statement: Statement, files: Mapping[str, Lines]) -> Iterator[str]:
    """A file, or the files of a folder that are named as configuration."""
    if statement.keyword == _INCLUDE and statement.value.startswith("/"):
        name = statement.value.rstrip("/")
        yield from [name] if name in files else [f"{name}/*.cnf", f"{name}/*.conf"]


def _commands(statements: Iterable[Statement]) -> dict[str, Setting]:
    """A section goes on through what is included in it, and may be taken up again; the last line of a name counts."""
    sections: dict[str, list[Statement]] = {}
    section = "default"
    for one in statements:
        if one.keyword == "[":
            section = one.value
        else:
            sections.setdefault(section, []).append(one)
    name = "default"
    for pointer in ("openssl_conf", "ssl_conf", "system_default"):
        name = next((one.value for one in reversed(sections.get(name, [])) if one.keyword == pointer), "")
    settings: dict[str, Setting] = {}
    for one in sections.get(name, []) if name else ():
        # What stands before a dot only keeps several lines of one command apart: "TLS.MinProtocol", "DTLS.MinProtocol".
        command = _COMMANDS.get(one.keyword.rpartition(".")[2].lower())
        if command is not None and not one.value.startswith("DTLS"):
            settings[command] = written(one)
    return settings


COLLECTOR = Collector(
    "libraries",
    _SCRIPT,
    _parse,
    _STAMP,
    limit=1 << 18,
    there="[ -e /etc/ssl/openssl.cnf ] || [ -e /etc/pki/tls/openssl.cnf ]",
    otherwise="it has no openssl.cnf",
)
