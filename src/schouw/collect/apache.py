"""Apache: its virtual hosts, with what they inherit from the main server.

The files are read and their conditions followed: ``apache2ctl`` would tell which files and hosts there are, but no
setting, and loads every module and key to say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schouw.collect.base import Rows
from schouw.collect.config import angles
from schouw.collect.config.statements import Statement, Tree, sent_files
from schouw.collect.daemon import EVERYWHERE, addresses, daemon, defaults, parts, port_of, written
from schouw.model.daemons import Block, Setting, Tls
from schouw.text import line

_FILES = r"""
if have httpd; then server=$(command -v httpd); else server=$(command -v apache2); fi
for conf in /etc/httpd/conf/httpd.conf /etc/apache2/conf/httpd.conf /etc/apache2/apache2.conf /etc/apache2/httpd.conf; do
  [ -f $conf ] && break
done
folder=$(sed -n 's/^ *[Ss]erver[Rr]oot  *"*\([^" ]*\).*/\1/p' $conf 2>/dev/null | tail -n 1)
[ "$folder" ] || { folder=${conf%/*}; folder=${folder%/conf}; }
tree '^ *include(optional)? +' "$folder" $conf
certified '[Ss][Ss][Ll][Cc]ertificate[Ff]ile'
alive 'apache2 httpd' 'apache2 httpd' /run/apache2/apache2.pid /run/httpd/httpd.pid /var/run/httpd.pid
"""
_SCRIPT = r"""
printf 'version\t%s\n' "$($server -v 2>/dev/null | sed -n 's/^Server version: [^/]*\/\([^ ]*\).*/\1/p')"
linked /usr/lib/apache2/modules/mod_ssl.so /usr/lib*/httpd/modules/mod_ssl.so /usr/lib*/apache2/mod*/mod_ssl.so $server
printf 'root\t%s\nfolder\t%s\n' "$conf" "$folder"
$server -l 2>/dev/null | sed -n 's/^ *\(mod_[^ ]*\.c\)$/module	\1/p'
show '^ *(ssl|listen|servername|serveralias|header|redirect|rewriterule|rewriteengine|include|define|undefine|loadmodule|use )' \
  '^ *[^< ].*[^\\]$' '[^\\]$'
"""
_SETTINGS = {
    name.lower(): name
    for name in (
        "SSLEngine", "SSLProtocol", "SSLCipherSuite", "SSLHonorCipherOrder", "SSLCertificateFile", "SSLCertificateKeyFile",
        "SSLCertificateChainFile", "SSLCompression", "SSLSessionTickets", "SSLInsecureRenegotiation", "SSLVerifyClient",
        "SSLOpenSSLConfCmd", "SSLUseStapling", "SSLStrictSNIVHostCheck",
    )
}  # fmt: skip
#: Several of them add up; any other setting is replaced by the next.
_MANY = frozenset({"sslcertificatefile", "sslcertificatekeyfile"})
_CONDITIONS = frozenset({"ifmodule", "ifdefine", "ifversion", "iffile"})
_TLS: dict[str, Tls] = {"on": "implicit", "optional": "optional"}
_NAMES = 2000


@dataclass
class _Reading:
    """What is known while the files are read from top to bottom."""

    tree: Tree
    version: str
    modules: set[str]
    defined: dict[str, str] = field(default_factory=dict)
    macros: bool = False

    def flat(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        """Statements, with those of a condition in its place where it holds."""
        for one in statements:
            keyword = one.keyword.lower()
            if keyword in _CONDITIONS:
                if self._holds(keyword, one):
                    yield from self.flat(self.tree.body(one))
            elif keyword == "loadmodule":
                self.modules |= {one.words[1].lower(), _source(one.words[-1])} if len(one.words) > 1 else set()
            elif keyword == "define" and len(one.words) > 1:
                self.defined[one.words[1]] = " ".join(one.words[2:])
            elif keyword == "undefine":
                self.defined.pop(one.value, None)
            elif keyword == "use":
                self.macros = True
            else:
                yield one

    def filled(self, text: str) -> str:
        """With the values of what was defined in the place of ``${NAME}``."""
        for name, value in self.defined.items() if "${" in text else ():
            text = text.replace(f"${{{name}}}", value)[:1000]
        return text

    def _holds(self, keyword: str, one: Statement) -> bool:
        wanted = one.value.removeprefix("!").strip()
        if keyword == "ifmodule":
            holds = wanted.lower() in self.modules
        elif keyword == "ifdefine":
            holds = wanted in self.defined
        elif keyword == "ifversion":
            holds = _compare(self.version, one.words[1:])
        else:  # whether a file is there was not looked at
            return True
        return holds is not one.value.startswith("!")


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    folder = rows.one("folder")
    tree = Tree(sent_files(rows), angles.read, lambda one: _included(one, folder))
    compiled = {name for (source,) in rows.split("module", 1) for name in (source, f"{source[4:-2]}_module")}
    reading = _Reading(tree, version, compiled)
    main: list[Statement] = []
    hosts: list[tuple[Statement, list[Statement]]] = []
    for one in reading.flat(tree.root(rows.one("root"))):
        if one.keyword.lower() == "virtualhost":
            hosts.append((one, list(reading.flat(tree.body(one)))))
        elif one.body is None:
            main.append(one)
    blocks = _blocks(reading, main, hosts, defaults("apache", version, rows))
    problems = [*tree.problems, *(["what its macros (Use) make was not followed"] if reading.macros else [])]
    return blocks, problems


def _included(statement: Statement, folder: str) -> tuple[str, ...]:
    if statement.keyword.lower() not in ("include", "includeoptional") or len(statement.words) < 2:
        return ()
    name = statement.words[1]
    return (name if name.startswith("/") else f"{folder}/{name}",)


def _source(path: str) -> str:
    """mod_ssl.c from ``/usr/lib/apache2/modules/mod_ssl.so``."""
    return path.rpartition("/")[2].removesuffix(".so").lower() + ".c"


def _compare(version: str, words: tuple[str, ...]) -> bool:
    operator, wanted = words if len(words) == 2 else ("=", words[0] if words else "")
    ours, theirs = parts(version), parts(wanted)
    return {">": ours > theirs, ">=": ours >= theirs, "<": ours < theirs, "<=": ours <= theirs}.get(operator, ours == theirs)


def _blocks(
    reading: _Reading, main: list[Statement], hosts: list[tuple[Statement, list[Statement]]], usual: dict[str, Setting]
) -> list[Block]:
    listens = [_target(reading.filled(one.words[1])) for one in main if one.keyword.lower() == "listen" and len(one.words) > 1]
    blocks: list[Block] = []
    taken: set[tuple[str, int]] = set()
    for host, inner in hosts:
        targets = [
            (address, port)
            for text in host.words[1:]
            for address, given in (_target(reading.filled(text)),)
            for port in ([given] if given else dict.fromkeys(port for _, port in listens))
        ]
        first = tuple(dict.fromkeys(port for address, port in targets if (address, port) not in taken))
        taken |= set(targets)
        blocks.append(_block(host, inner, main, targets, first, usual))
    left = [(address, port) for address, port in listens if port not in {port for _, port in taken}]
    if left:
        start = Statement(("main server",), main[0].file, 0)
        blocks.append(_block(start, [], main, left, tuple(dict.fromkeys(port for _, port in left)), usual))
    return blocks


def _block(
    host: Statement,
    inner: list[Statement],
    main: list[Statement],
    targets: list[tuple[str, int]],
    first: tuple[int, ...],
    usual: dict[str, Setting],
) -> Block:
    settings = _settings(main) | _settings(inner)
    tls = _TLS.get(settings["SSLEngine"].value.lower(), "none") if "SSLEngine" in settings else "none"
    if tls == "none":
        settings = {keyword: one for keyword, one in settings.items() if not keyword.startswith("SSL")}
    names = tuple(dict.fromkeys(_names(inner)))[:_NAMES]
    return Block(
        label=f"{host.keyword} {names[0] if names else host.value}".strip(),
        ports=tuple(dict.fromkeys(port for _, port in targets if port)),
        tls=tls,
        settings=(usual if tls != "none" else {}) | settings,
        names=names,
        addresses=addresses(address for address, _ in targets),
        default_ports=first,
        file=host.file,
        line=host.line,
    )


def _target(text: str) -> tuple[str, int]:
    """("", 443) from "443", "*:443" and "[::]:443"; port 0 where none is given."""
    address, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        address, port = ("", text) if text.isdigit() else (text, "")
    address = address.strip("[]")
    return "" if address in EVERYWHERE else address, port_of(port)


def _names(statements: Iterable[Statement]) -> Iterator[str]:
    for one in statements:
        if one.keyword.lower() in ("servername", "serveralias"):
            # ServerName may have a scheme and a port.
            yield from (line(name.rpartition("//")[2].partition(":")[0].lower(), 255) for name in one.words[1:] if name)


def _settings(statements: Iterable[Statement]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    counts: dict[str, int] = {}
    rewrites = False
    for one in statements:
        lower = one.keyword.lower()
        keyword = _SETTINGS.get(lower)
        if keyword is not None:
            value = one.value
            if lower == "sslopensslconfcmd" or (lower == "sslciphersuite" and len(one.words) > 2):
                named, _, value = value.partition(" ")
                keyword = f"{keyword} {named}"
            elif lower in _MANY:
                counts[lower] = counts.get(lower, 0) + 1
                keyword = f"{keyword} ({counts[lower]})" if counts[lower] > 1 else keyword
            settings[keyword] = written(one, value)
        elif lower == "header":
            words = [word for word in one.words[1:] if word.lower() not in ("always", "onsuccess")]
            if len(words) > 1 and words[1].lower() == "strict-transport-security":
                settings["Header Strict-Transport-Security"] = written(one, " ".join(words[2:]) if words[0] != "unset" else "")
        elif lower == "rewriteengine":
            rewrites = one.value.lower() == "on"
        elif "https://" in one.value and (lower.startswith("redirect") or (lower == "rewriterule" and rewrites)):
            settings.setdefault(one.keyword, written(one))
    return settings


_THERE = "command -v apache2 >/dev/null 2>&1 || command -v httpd >/dev/null 2>&1"
COLLECTOR = daemon("apache", _THERE, _FILES, _SCRIPT, _judge, limit=4 << 20)
