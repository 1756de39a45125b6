"""nginx: its servers for web, mail and streams, with what they inherit.

The files are read rather than asked from ``nginx -T``, which opens every log and certificate on its way and says
nothing of a configuration with a mistake in it; it is asked only where some file cannot be read by this account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schouw.collect.base import Rows, number
from schouw.collect.config import braces
from schouw.collect.config.statements import Statement, Tree, sent_files
from schouw.collect.daemon import EVERYWHERE, daemon, defaults, port_of, written
from schouw.model.daemons import Block, Setting, Tls
from schouw.text import line

_FILES = r"""
server=$(command -v nginx)
said=$($server -V 2>&1)
conf=$(printf '%s\n' "$said" | sed -n 's/.*--conf-path=\([^ ]*\).*/\1/p')
conf=${conf:-/etc/nginx/nginx.conf}
tree '(^|[;{} ])include +' "${conf%/*}" "$conf"
certified ssl_certificate
alive nginx nginx
"""
_SCRIPT = r"""
printf 'version\t%s\n' "$(printf '%s\n' "$said" | sed -n 's/^[a-zA-Z]* version: *[^ /]*\/\([^ ]*\).*/\1/p')"
printf '%s\n' "$said" | sed -n '/^built with/{
s/.*(running with \([^ ]* [^ ]*\).*/library	\1/p; t
s/^built with \([^ ]* [^ ]*\).*/library	\1/p
}'
printf 'root\t%s\n' "$conf"
if unread; then
  text=$(as_root nginx -T 2>/dev/null); code=$?
  case $code in
  0) [ "$text" ] && dump=yes;;
  77) wants nginx -T;;
  *) say failed '`nginx -T` finds a mistake in its configuration';;
  esac
fi
printf '%s\n' "$text" | show '(^|[;{} ])(ssl|listen|server_name|add_header|return|rewrite|include|starttls|protocol)' \
  "^[^\"'{}#]*; *\$" '[;{}] *$'
"""
#: Settings of a server that speaks TLS, beside the first argument of those in `_NAMED`.
_TLS = (
    "ssl_protocols", "ssl_ciphers", "ssl_ecdh_curve", "ssl_prefer_server_ciphers", "ssl_certificate",
    "ssl_certificate_key", "ssl_trusted_certificate", "ssl_dhparam", "ssl_session_tickets", "ssl_early_data",
    "ssl_stapling", "ssl_reject_handshake", "ssl_verify_client", "ssl_conf_command",
)  # fmt: skip
_ANY = frozenset({"add_header", "return", "rewrite", "starttls", "protocol", "ssl"})
_NAMED = frozenset({"add_header", "ssl_conf_command"})
_MANY = frozenset({"ssl_certificate", "ssl_certificate_key"})
_PORTS = 200
_NAMES = 2000

Level = Mapping[str, tuple[Statement, ...]]
"""Statements by keyword: a level that has a keyword at all replaces what was said of it further out."""


@dataclass(frozen=True, slots=True)
class _Listen:
    address: str
    """"" for all."""
    port: int
    tls: bool
    default: bool


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    root = rows.one("root")
    tree = Tree(sent_files(rows), braces.read, lambda one: _included(one, root))
    servers: list[tuple[Statement, str, Level]] = []
    for context in tree.root(root):
        if context.keyword in ("http", "mail", "stream") and context.body is not None:
            outer, inner = _level(tree.body(context), {})
            servers += [(one, context.keyword, outer) for one in inner if one.keyword == "server"]
    return _blocks(tree, servers, defaults("nginx", version, rows)), tree.problems


def _included(statement: Statement, root: str) -> tuple[str, ...]:
    if statement.keyword != "include" or len(statement.words) < 2:
        return ()
    name = statement.words[1]
    return (name if name.startswith("/") else f"{root.rpartition('/')[0]}/{name}",)


def _level(statements: Iterable[Statement], outer: Level) -> tuple[Level, list[Statement]]:
    """What holds at a level, and the blocks in it."""
    own: dict[str, list[Statement]] = {}
    blocks: list[Statement] = []
    for one in statements:
        if one.body is not None:
            blocks.append(one)
        elif one.keyword in _TLS or one.keyword in _ANY or one.keyword in ("listen", "server_name"):
            own.setdefault(one.keyword, []).append(one)
    return {**outer, **{keyword: tuple(found) for keyword, found in own.items()}}, blocks


def _blocks(tree: Tree, servers: list[tuple[Statement, str, Level]], usual: Mapping[str, Setting]) -> list[Block]:
    levels = [_level(tree.body(server), outer) for server, _, outer in servers]
    listens = [_listens(level) for level, _ in levels]
    # A socket speaks TLS for all its servers as soon as one of them says so.
    secure = {(one.address, one.port) for found in listens for one in found if one.tls}
    first: dict[tuple[str, int], int] = {}
    for default in (True, False):
        for at, found in enumerate(listens):
            for one in found:
                if one.default or not default:
                    first.setdefault((one.address, one.port), at)
    blocks: list[Block] = []
    for at, ((server, context, _), (level, inner), found) in enumerate(zip(servers, levels, listens, strict=True)):
        names = tuple(_names(level))
        answers = _answers(tree, level, inner)
        for tls in (False, True):
            mine = [one for one in found if ((one.address, one.port) in secure) is tls]
            if mine:
                kind: Tls = "implicit" if tls else _starttls(level) if context == "mail" else "none"
                blocks.append(
                    Block(
                        label=f"server {names[0]}" if names else f"server at {server.file}:{server.line}",
                        ports=tuple(dict.fromkeys(one.port for one in mine)),
                        tls=kind,
                        settings=_settings(level, answers, usual, tls=kind != "none"),
                        names=names,
                        addresses=()
                        if any(not one.address for one in mine)
                        else tuple(dict.fromkeys(one.address for one in mine)),
                        default_ports=tuple(dict.fromkeys(one.port for one in mine if first[(one.address, one.port)] == at)),
                        file=server.file,
                        line=server.line,
                    )
                )
    return blocks


def _names(level: Level) -> Iterator[str]:
    count = 0
    for statement in level.get("server_name", ()):
        for name in statement.words[1:]:
            # A name may be a regular expression, and "_" stands for none.
            if name not in ("", "_") and not name.startswith("~") and count < _NAMES:
                count += 1
                yield line(name.lower(), 255)


def _listens(level: Level) -> list[_Listen]:
    everything = any(one.value == "on" for one in level.get("ssl", ()))
    found: list[_Listen] = []
    for statement in level.get("listen", ()):
        target, options = statement.words[1] if len(statement.words) > 1 else "", statement.words[2:]
        if target.startswith("unix:") or "quic" in options:
            continue
        address, ports = _target(target)
        found += [
            _Listen(address, port, everything or "ssl" in options, "default_server" in options or "default" in options)
            for port in ports
        ]
    return found if "listen" in level else [_Listen("", 80, everything, default=False)]


def _target(text: str) -> tuple[str, Iterable[int]]:
    """("", [443]) from "443", "*:443" and "[::]:443"; a range of ports as all of them, within reason."""
    address, _, ports = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not address and number(ports.partition("-")[0]) is None:
        address, ports = ports, ""
    first, _, last = (ports or "80").partition("-")
    low = port_of(first)
    high = min(port_of(last) or low, low + _PORTS)
    address = address.strip("[]")
    return "" if address in EVERYWHERE else address, range(low, high + 1) if low else ()


def _starttls(level: Level) -> Tls:
    said = level["starttls"][-1].value if level.get("starttls") else ""
    return "optional" if said == "on" else "required" if said == "only" else "none"


def _answers(tree: Tree, level: Level, inner: list[Statement]) -> Level:
    """What a visitor of ``/`` gets: headers, and where to be sent to."""
    levels = [level]
    sends = [*level.get("return", ()), *level.get("rewrite", ())]
    for block in inner:
        if block.keyword == "if":
            sends += [one for one in tree.body(block) if one.keyword in ("return", "rewrite")]
        elif block.keyword == "location" and block.words[1:] in (("/",), ("^~", "/")):
            levels.append(_level(tree.body(block), level)[0])
            sends += [*levels[-1].get("return", ()), *levels[-1].get("rewrite", ())]
    away = [one for one in sends if "https://" in one.value]
    return {
        "add_header": levels[-1].get("add_header", ()),
        **{one.keyword: (one,) for one in away[:1]},
    }


def _settings(level: Level, answers: Level, usual: Mapping[str, Setting], *, tls: bool) -> dict[str, Setting]:
    settings = dict(usual) if tls else {}
    wanted = [*((level[keyword] for keyword in _TLS if keyword in level) if tls else ()), *answers.values()]
    wanted += [level[keyword] for keyword in ("starttls", "protocol") if keyword in level]
    for statements in wanted:
        for count, one in enumerate(statements, 1):
            keyword, value = one.keyword, one.value
            if keyword in _NAMED:
                named, _, value = value.partition(" ")
                if keyword == "add_header" and named.lower() != "strict-transport-security":
                    continue
                keyword = f"add_header {named.title()}" if keyword == "add_header" else f"{keyword} {named}"
            elif keyword in _MANY and count > 1:
                keyword = f"{keyword} ({count})"
            settings[keyword] = written(one, value)
    return settings


COLLECTOR = daemon("nginx", "command -v nginx >/dev/null 2>&1", _FILES, _SCRIPT, _judge, limit=4 << 20)
