"""Dovecot 2.2 to 2.4: one block a listener. `doveconf -n` says what is in force, its files where that was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schouw.collect.base import Rows
from schouw.collect.config.assigned import read_dovecot
from schouw.collect.config.statements import Statement, Tree, sent_files
from schouw.collect.daemon import addresses, daemon, parts, port_of, setting
from schouw.model.daemons import Block, Setting, Tls

#: In 2.3 and in 2.4, as far as the names differ.
_WANTED = (
    "ssl", "ssl_min_protocol", "ssl_protocols", "ssl_cipher_list", "ssl_cipher_suites", "ssl_curve_list", "ssl_options",
    "ssl_prefer_server_ciphers", "ssl_server_prefer_ciphers", "ssl_cert", "ssl_server_cert_file", "ssl_dh",
    "ssl_server_dh_file", "disable_plaintext_auth", "auth_allow_cleartext", "auth_mechanisms", "login_trusted_networks",
)  # fmt: skip

_FILES = r"""
server=$(command -v dovecot)
root=/etc/dovecot/dovecot.conf
[ -f $root ] || root=/usr/local/etc/dovecot/dovecot.conf
tree '^ *!include(_try)? +' . $root
certified 'ssl_cert|ssl_server_cert_file'
alive dovecot log /run/dovecot/master.pid /var/run/dovecot/master.pid
"""
_SCRIPT = (
    r"""
printf 'version\t%s\nroot\t%s\n' "$(dovecot --version 2>/dev/null)" "$root"
linked /usr/lib*/dovecot/modules/libssl_iostream_openssl.so /usr/lib*/dovecot/libdovecot-ssl.so* /usr/lib*/dovecot/libdovecot.so*
if unread; then table=$(as_root doveconf -n 2>&1); else table=$(doveconf -n 2>&1); fi
code=$?
case $code in
0) printf '%s\n' "$table" | awk '/[{}]/ || / = (yes|no)$/ ||
  /^ *(ssl|auth_allow|auth_mech|login_trusted|listen|protocols|port|address|cert_file|dh_file)/ { print "now\t" $0 }';;
77) wants doveconf -n;;
*) say failed "\`doveconf -n\` failed: $(printf '%s\n' "$table" | sed -n '/Fatal\|Error/{p;q;}')";;
esac
doveconf -d listen protocols """
    + " ".join(_WANTED)
    + r""" 2>/dev/null | sed 's/^/default	/'
show '^ *(ssl|disable_plain|auth_allow|auth_mech|login_trusted|listen|protocols|port|address|cert_file|dh_file|!include)' \
  '^[^{}]*[^{}\\]$' '[^\\]$'
"""
)
#: Listeners that are there without being written: service → (protocol, listener → (port, whether TLS comes first)).
_USUAL: Mapping[str, tuple[str, Mapping[str, tuple[int, bool]]]] = {
    "imap-login": ("imap", {"imap": (143, False), "imaps": (993, True)}),
    "pop3-login": ("pop3", {"pop3": (110, False), "pop3s": (995, True)}),
    "submission-login": ("submission", {"submission": (587, False)}),
    "managesieve-login": ("sieve", {"sieve": (4190, False)}),
    "lmtp": ("lmtp", {}),
}
_SINCE_2_4 = {"submission-login": {"submissions": (465, True)}}

Path = tuple[str, ...]
"""Of a setting: the blocks that it stands in, then its name; ("protocol imap", "ssl")."""


@dataclass(frozen=True, slots=True)
class _Listener:
    service: str
    protocol: str
    name: str
    port: int
    tls: bool
    addresses: tuple[str, ...]


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    tree = Tree(sent_files(rows), read_dovecot, _included)
    lines = dict(_paths(tree, tree.root(rows.one("root"))))
    said = Tree({"doveconf": list(enumerate(rows.all("now"), 1))}, read_dovecot, lambda _: ())
    now = {path: one.value for path, one in _paths(said, said.root("doveconf"))}
    usual = {name.strip(): value.strip() for name, _, value in (row.partition("=") for row in rows.all("default"))}
    problems = [*tree.problems, *said.problems]
    if not now:
        # Of files with something missing nothing can be said: it might say the opposite.
        return (), problems
    protocols = _protocols(now, usual)
    blocks = [
        _block(one, rows.one("root"), now, lines, usual)
        for one in _listeners(now, usual, version)
        if one.port and (one.protocol in protocols or one.protocol not in _PROTOCOLS)
    ]
    return blocks, problems


_PROTOCOLS = frozenset(protocol for protocol, _ in _USUAL.values())


def _included(statement: Statement) -> tuple[str, ...]:
    if statement.keyword not in ("!include", "!include_try") or len(statement.words) < 2:
        return ()
    name = statement.words[1].strip().strip('"')
    return (name if name.startswith("/") else f"{statement.file.rpartition('/')[0]}/{name}",)


def _paths(tree: Tree, statements: Iterable[Statement], within: Path = (), prefix: str = "") -> Iterator[tuple[Path, Statement]]:
    """Every setting by its path, in reading order: the last one of a path wins."""
    for one in statements:
        if one.body is None:
            yield (*within, prefix + one.keyword), one
        elif len(one.words) == 1 and one.keyword not in ("passdb", "userdb", "plugin", "protocols"):
            # 2.4 takes "ssl_server { cert_file = … }" and "ssl_server_cert_file = …" for the same.
            yield from _paths(tree, tree.body(one), within, f"{prefix}{one.keyword}_")
        else:
            yield from _paths(tree, tree.body(one), (*within, " ".join(one.words)))


def _protocols(now: Mapping[Path, str], usual: Mapping[str, str]) -> set[str]:
    listed = {path[1] for path, value in now.items() if len(path) == 2 and path[0] == "protocols" and value == "yes"}
    return listed or set(now.get(("protocols",), usual.get("protocols", "")).split())


def _listeners(now: Mapping[Path, str], usual: Mapping[str, str], version: str) -> Iterator[_Listener]:
    everywhere = now.get(("listen",), usual.get("listen", "")).replace(",", " ").split()
    written: dict[str, dict[str, dict[str, str]]] = {}
    for path, value in now.items():
        if len(path) == 3 and path[0].startswith("service ") and path[1].startswith("inet_listener"):
            listener = written.setdefault(path[0][8:], {}).setdefault(path[1][14:], {})
            listener[path[2]] = value
    known = {service: (protocol, dict(listeners)) for service, (protocol, listeners) in _USUAL.items()}
    for service, more in _SINCE_2_4.items() if parts(version) >= (2, 4) else ():
        known[service][1].update(more)
    for service in {**known, **{name: None for name in written if name.endswith("-login")}}:
        protocol, there = known.get(service, (service.removesuffix("-login"), {}))
        for name in {**there, **written.get(service, {})}:
            port, tls = there.get(name, (0, False))
            said = written.get(service, {}).get(name, {})
            bound = (said.get("address") or said.get("listen") or "").replace(",", " ").split() or everywhere
            yield _Listener(
                service, protocol, name,
                port_of(said["port"]) if "port" in said else port,
                said["ssl"] == "yes" if "ssl" in said else tls,
                addresses(bound),
            )  # fmt: skip


def _block(
    one: _Listener, root: str, now: Mapping[Path, str], lines: Mapping[Path, Statement], usual: Mapping[str, str]
) -> Block:
    settings: dict[str, Setting] = {}
    for name in _WANTED:
        path: Path = (f"protocol {one.protocol}", name)
        path = path if path in now else (name,)
        # What is written as it would be anyway is not among what `doveconf -n` says.
        if path in now or path in lines or usual.get(name):
            settings[name] = _setting(now.get(path, usual.get(name, "")), lines.get(path))
    for path, value in now.items():
        # What holds for some clients or some of the host's addresses alone.
        if path[0].startswith(("remote ", "local ")) and path[-1] in ("ssl", "disable_plaintext_auth", "auth_allow_cleartext"):
            settings[" ".join(path)] = _setting(value, lines.get(path))
    if (place := (f"service {one.service}", f"inet_listener {one.name}", "ssl")) in now:
        settings["inet_listener ssl"] = _setting(now[place], lines.get(place))
    tls = _tls(one, settings["ssl"].value if "ssl" in settings else "")
    cleartext = settings.get("auth_allow_cleartext")
    guarded = settings.get("disable_plaintext_auth")
    takes = cleartext.value == "yes" if cleartext else guarded.value == "no" if guarded else None
    return Block(
        label=f"inet_listener {one.name}",
        ports=(one.port,),
        tls=tls,
        settings=settings,
        addresses=one.addresses,
        plain_login=False if one.protocol == "lmtp" or tls in ("implicit", "required") else takes,
        file=next((one.file for one in settings.values() if one.file), root),
    )


def _tls(one: _Listener, ssl: str) -> Tls | None:
    if ssl == "no":
        return "none"
    if one.tls:
        return "implicit"
    return "optional" if ssl == "yes" else "required" if ssl == "required" else None


def _setting(value: str, one: Statement | None) -> Setting:
    if one is None:
        return setting(value)
    # What `doveconf` hides (a file's content) is written as the file's name.
    shown = value if not value.startswith("# hidden") else one.value if one.value.startswith("<") else "[hidden]"
    return setting(shown, one.file, one.line)


COLLECTOR = daemon("dovecot", "command -v dovecot >/dev/null 2>&1", _FILES, _SCRIPT, _judge)
