"""ProFTPD: its main server and virtual hosts, with what <Global> gives to all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schouw.collect.base import Rows
from schouw.collect.config import angles
from schouw.collect.config.statements import Statement, Tree, sent_files
from schouw.collect.daemon import addresses, daemon, defaults, port_of, written
from schouw.model.daemons import Block, Setting, Tls

_FILES = r"""
server=$(command -v proftpd)
for conf in /etc/proftpd/proftpd.conf /etc/proftpd.conf /usr/local/etc/proftpd.conf; do [ -f $conf ] && break; done
tree '^ *include +' . $conf
certified 'TLS(RSA|EC)CertificateFile'
alive proftpd '' /run/proftpd.pid /run/proftpd/proftpd.pid
"""
_SCRIPT = r"""
printf 'version\t%s\n' "$($server -v 2>/dev/null | sed -n 's/^ProFTPD Version \([^ ]*\).*/\1/p')"
linked /usr/lib*/proftpd/mod_tls.so /usr/libexec/proftpd/mod_tls.so $server
printf 'root\t%s\n' "$conf"
$server -l 2>/dev/null | sed -n 's/^ *\(mod_[^ ]*\.c\)$/module	\1/p'
show '^ *(tls|port |defaultaddress|include|loadmodule|sftpengine|servername|serveralias|define )' '^ *[^< ].*[^\\]$' '[^\\]$'
"""
_SETTINGS = {
    name.lower(): name
    for name in (
        "TLSEngine", "TLSRequired", "TLSProtocol", "TLSCipherSuite", "TLSOptions", "TLSServerCipherPreference",
        "TLSRSACertificateFile", "TLSECCertificateFile", "TLSDHParamFile", "TLSECDHCurve", "TLSRenegotiate",
        "TLSVerifyClient", "TLSSessionTickets", "Port", "SFTPEngine",
    )
}  # fmt: skip
#: What TLSRequired may be, for a login to need TLS.
_LOGIN = ("on", "true", "1", "yes", "ctrl", "auth")


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    tree = Tree(sent_files(rows), angles.read, _included)
    modules = {name for (name,) in rows.split("module", 1)}
    main: list[Statement] = []
    shared: list[Statement] = []
    hosts: list[tuple[Statement, list[Statement]]] = []
    root = rows.one("root")
    for one in _flat(tree, tree.root(root), modules):
        keyword = one.keyword.lower()
        if keyword == "global":
            shared += _flat(tree, tree.body(one), modules)
        elif keyword == "virtualhost":
            hosts.append((one, list(_flat(tree, tree.body(one), modules))))
        elif one.body is None:
            main.append(one)
    usual = defaults("proftpd", version, rows)
    blocks = [_block("main server", [*shared, *main], usual, root, 0)] if main else []
    for host, inner in hosts:
        blocks.append(_block(f"VirtualHost {host.value}", [*shared, *inner], usual, host.file, host.line, host.words[1:]))
    return blocks, tree.problems


def _included(statement: Statement) -> tuple[str, ...]:
    return statement.words[1:2] if statement.keyword.lower() == "include" else ()


def _flat(tree: Tree, statements: Iterable[Statement], modules: set[str]) -> Iterator[Statement]:
    """Statements, with those of <IfModule> in its place where it holds; conditions of other kinds are taken to hold."""
    for one in statements:
        keyword = one.keyword.lower()
        if keyword == "ifmodule":
            if (one.value.removeprefix("!") in modules) is not one.value.startswith("!"):
                yield from _flat(tree, tree.body(one), modules)
        elif keyword in ("ifdefine", "ifversion"):
            yield from _flat(tree, tree.body(one), modules)
        elif keyword == "loadmodule":
            modules.add(one.value.removesuffix(".so").removesuffix(".c") + ".c")
        else:
            yield one


def _block(
    label: str, statements: list[Statement], usual: dict[str, Setting], file: str, line: int, bound: tuple[str, ...] = ()
) -> Block:
    settings = dict(usual)
    names: list[str] = []
    for one in statements:
        keyword = _SETTINGS.get(one.keyword.lower())
        if keyword == "TLSCipherSuite" and len(one.words) > 2:
            settings[f"TLSCipherSuite {one.words[1]}"] = written(one, " ".join(one.words[2:]))
        elif keyword:
            settings[keyword] = written(one)
        elif one.keyword.lower() == "defaultaddress" and not bound:
            bound = one.words[1:]
        elif one.keyword.lower() == "serveralias":
            names += one.words[1:]
    tls = _tls(settings)
    port = port_of(settings["Port"].value) if "Port" in settings else 21
    return Block(
        label=label,
        ports=(port,) if port else (),
        tls=tls,
        settings=settings,
        names=tuple(names[:1000]),
        addresses=addresses(bound or ("",)),
        plain_login=None if tls is None else tls in ("none", "optional") and not _on(settings, "SFTPEngine"),
        file=file,
        line=line,
    )


def _tls(settings: dict[str, Setting]) -> Tls | None:
    if "TLSEngine" not in settings:
        return None
    if not _on(settings, "TLSEngine"):
        return "none"
    if "TLSOptions" in settings and "useimplicitssl" in settings["TLSOptions"].value.lower().split():
        return "implicit"
    required = settings["TLSRequired"].value.lower().partition("+")[0] if "TLSRequired" in settings else ""
    return "required" if required in _LOGIN else "optional"


def _on(settings: dict[str, Setting], name: str) -> bool:
    return name in settings and settings[name].value.lower() in ("on", "true", "1", "yes")


COLLECTOR = daemon("proftpd", "command -v proftpd >/dev/null 2>&1", _FILES, _SCRIPT, _judge)
