"""Courier's IMAP and POP3 servers: settings as of a shell, those of ``-ssl`` read after the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schouw.collect.base import Rows
from schouw.collect.config.assigned import read_flat
from schouw.collect.config.statements import Lines, sent_files
from schouw.collect.daemon import addresses, daemon, defaults, ports_of, written
from schouw.model.daemons import Block, Setting, Tls

_FOLDERS = ("/etc/courier", "/etc/courier-imap", "/usr/lib/courier-imap/etc")
_FILES = (
    f"for folder in {' '.join(_FOLDERS)}"
    + r"""; do
  [ -e $folder/imapd ] || [ -e $folder/pop3d ] && break
done
tree '' . $folder/imapd $folder/imapd-ssl $folder/pop3d $folder/pop3d-ssl
alive couriertcpd ''
server=$(command -v couriertls || echo /usr/lib/courier-imap/bin/couriertls)
"""
)
_SCRIPT = r"""
printf 'version\t%s\nroot\t%s\n' "$(
  { dpkg-query -W -f '${Version}\n' courier-base || rpm -q --qf '%{VERSION}\n' courier-imap; } 2>/dev/null | head -n 1)" "$folder"
linked $server
show '' '' ''
"""
_WANTED = frozenset({
    "IMAPDSTARTTLS", "IMAP_TLS_REQUIRED", "POP3_STARTTLS", "POP3_TLS_REQUIRED", "TLS_PROTOCOL", "TLS_STARTTLS_PROTOCOL",
    "TLS_CIPHER_LIST", "TLS_PRIORITY", "TLS_CERTFILE", "TLS_DHPARAMS", "TLS_MIN_DH_BITS", "IMAP_CAPABILITY", "POP3AUTH",
})  # fmt: skip


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    files = sent_files(rows)
    folder = rows.one("root")
    library = "courier-gnutls" if rows.one("library").startswith("GnuTLS") else "courier-openssl"
    usual = defaults("courier", version, rows) | defaults(library, version, rows)
    blocks: list[Block] = []
    problems: list[str] = []
    for name, starttls, required, port, port_tls in (
        ("imapd", "IMAPDSTARTTLS", "IMAP_TLS_REQUIRED", 143, 993),
        ("pop3d", "POP3_STARTTLS", "POP3_TLS_REQUIRED", 110, 995),
    ):
        said, problem = _said(files, f"{folder}/{name}", f"{folder}/{name}-ssl")
        problems += [problem] if problem else []
        if not said:
            continue
        prefix = starttls[:4]
        settings = {keyword: one for keyword, one in usual.items() if keyword.startswith((prefix, "TLS"))}
        settings |= {keyword: one for keyword, one in said.items() if keyword in _WANTED}
        offered = starttls in settings and settings[starttls].value.upper() == "YES"
        forced = required in settings and settings[required].value == "1"
        tls: Tls = "none" if not offered else "required" if forced else "optional"
        blocks += [
            _block(name, said, ("PORT", "ADDRESS"), port, tls, settings, f"{folder}/{name}"),
            _block(f"{name}-ssl", said, ("SSLPORT", "SSLADDRESS"), port_tls, "implicit", settings, f"{folder}/{name}-ssl"),
        ]
    return blocks, problems


def _said(files: Mapping[str, Lines], *names: str) -> tuple[dict[str, Setting], str]:
    """Settings of the files, read one after the other; a value may repeat an earlier one as ``$NAME``."""
    said: dict[str, Setting] = {}
    problems = ""
    for name in names:
        statements, problem = read_flat(name, files.get(name, []))
        problems = problems or problem
        for one in statements:
            value = one.value
            if value.startswith("$") and value[1:].strip("{}") in said:
                value = said[value[1:].strip("{}")].value
            said[one.keyword] = written(one, "" if value.startswith("$") else value)
    return said, problems


def _block(
    label: str, said: Mapping[str, Setting], keys: tuple[str, str], usual: int, tls: Tls, settings: dict[str, Setting], file: str
) -> Block:
    """`keys` name the ports (``port`` or ``address.port``, between commas) and the addresses."""
    listed = said[keys[0]].value.split(",") if keys[0] in said else [str(usual)]
    ports = ports_of(text.strip().rpartition(".")[2] for text in listed)
    bound = [said[keys[1]].value] if keys[1] in said else [""]
    return Block(
        label=label,
        ports=ports or (usual,),
        tls=tls,
        settings=settings,
        addresses=addresses(bound),
        plain_login=tls in ("none", "optional"),
        file=file,
    )


_THERE = " || ".join(f"[ -e {folder}/imapd ] || [ -e {folder}/pop3d ]" for folder in _FOLDERS)
COLLECTOR = daemon("courier", _THERE, _FILES, _SCRIPT, _judge)
