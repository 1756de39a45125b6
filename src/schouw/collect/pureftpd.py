"""Pure-FTPd: Debian's folder with a file for each setting, or one pure-ftpd.conf as everywhere else."""

from __future__ import annotations

from collections.abc import Iterable

from schouw.collect.base import Rows
from schouw.collect.config.statements import Statement, sent_files
from schouw.collect.daemon import addresses, daemon, defaults, port_of, written
from schouw.model.daemons import Block, Tls

# The file that Debian's package has beside its folder is an example that nothing reads.
_FILES = r"""
if [ -d /etc/pure-ftpd/conf ]; then set -- /etc/pure-ftpd/conf; base=/etc/pure-ftpd/conf
else for base in /etc/pure-ftpd.conf /etc/pure-ftpd/pure-ftpd.conf; do [ -f $base ] && break; done; set -- $base; fi
root=$base
tree '' . "$@"
alive 'pure-ftpd pure-ftpd-virtu pure-ftpd-mysql pure-ftpd-postg pure-ftpd-ldap' ''
server=$(command -v pure-ftpd || command -v pure-ftpd-mysql || command -v pure-ftpd-postgresql || command -v pure-ftpd-ldap)
"""
_SCRIPT = r"""
printf 'version\t%s\nroot\t%s\n' "$($server --help 2>&1 | sed -n 's/^pure-ftpd v\([^ ]*\).*/\1/p' | head -n 1)" "$root"
linked $server
show '' '' ''
"""
_WANTED = frozenset({"TLS", "TLSCipherSuite", "CertFile", "CertFileAndKey", "NoAnonymous", "AnonymousOnly", "Bind"})
_TLS: dict[str, Tls] = {"0": "none", "1": "optional", "2": "required", "3": "required"}


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    root = rows.one("root")
    statements: list[Statement] = []
    for file, lines in sent_files(rows).items():
        if file != root:
            statements += [Statement((file.rpartition("/")[2], text.strip()), file, at) for at, text in lines[:1]]
        else:
            statements += [
                Statement((words[0], words[1].strip().strip('"')), file, at)
                for at, text in lines
                if len(words := text.split(None, 1)) == 2 and not words[0].startswith("#")
            ]
    settings = defaults("pureftpd", version, rows)
    settings |= {one.keyword: written(one) for one in statements if one.keyword in _WANTED}
    tls = _TLS.get(settings["TLS"].value) if "TLS" in settings else None
    only_strangers = "AnonymousOnly" in settings and settings["AnonymousOnly"].value.lower() in ("yes", "1", "on")
    # Bind is "address,port", either of which may be left out.
    address, _, port = settings["Bind"].value.partition(",") if "Bind" in settings else ("", "", "")
    block = Block(
        label="pure-ftpd",
        ports=(port_of(port) or 21,),
        tls=tls,
        settings=settings,
        addresses=addresses([address]),
        plain_login=None if tls is None else tls != "required" and not only_strangers,
        file=root,
    )
    return [block], ()


_THERE = " || ".join(
    f"command -v {name} >/dev/null 2>&1" for name in ("pure-ftpd", "pure-ftpd-mysql", "pure-ftpd-postgresql", "pure-ftpd-ldap")
)
COLLECTOR = daemon("pureftpd", _THERE, _FILES, _SCRIPT, _judge)
