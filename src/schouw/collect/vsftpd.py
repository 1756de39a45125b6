"""vsftpd: one block a configuration file, of which it may have several, each with a process of its own."""

from __future__ import annotations

from collections.abc import Iterable

from schouw.collect.base import Rows
from schouw.collect.config.assigned import read_flat
from schouw.collect.config.statements import sent_files
from schouw.collect.daemon import addresses, daemon, defaults, ports_of, written
from schouw.model.daemons import Block, Setting, Tls

# Which files are read stands in the arguments of the processes. `vsftpd -v` prints to its standard input.
_FILES = r"""
server=$(command -v vsftpd)
set -- /etc/vsftpd/*.conf
[ -f "$1" ] || set -- /etc/vsftpd.conf
for file in $(grep -ls '^vsftpd$' /proc/[0-9]*/comm); do
  conf=$(tr '\000' '\n' 2>/dev/null < "${file%comm}cmdline" | sed -n '2,${/^\/[^ ]*$/p;}')
  case " $* " in *" $conf "*) ;; *) set -- "$@" $conf;; esac
done
tree '' . "$@"
alive vsftpd ''
"""
_SCRIPT = r"""
printf 'version\t%s\n' "$($server -v 0>&1 2>&1 | sed -n 's/.*version \([0-9][^ ]*\).*/\1/p')"
linked $server
show '' '' ''
"""
_WANTED = frozenset({
    "ssl_enable", "implicit_ssl", "force_local_logins_ssl", "force_local_data_ssl", "force_anon_logins_ssl",
    "force_anon_data_ssl", "allow_anon_ssl", "ssl_sslv2", "ssl_sslv3", "ssl_tlsv1", "ssl_tlsv11", "ssl_tlsv12",
    "ssl_tlsv13", "ssl_ciphers", "require_ssl_reuse", "rsa_cert_file", "dh_param_file", "ecdh_param_file",
    "anonymous_enable", "local_enable", "guest_enable", "listen_port", "log_ftp_protocol", "debug_ssl",
})  # fmt: skip


def _judge(rows: Rows, version: str) -> tuple[Iterable[Block], Iterable[str]]:
    usual = defaults("vsftpd", version, rows)
    blocks: list[Block] = []
    problems: list[str] = []
    for file, lines in sent_files(rows).items():
        statements, problem = read_flat(file, lines)
        problems += [problem] if problem else []
        settings = dict(usual)
        bound: list[str] = []
        for one in statements:
            if one.keyword in _WANTED:
                settings[one.keyword] = written(one)
            elif one.keyword in ("listen_address", "listen_address6"):
                bound = [one.value]
        tls = _tls(settings)
        takes = _on(settings, "local_enable") or _on(settings, "guest_enable")
        blocks.append(
            Block(
                label=file.rpartition("/")[2],
                ports=ports_of([settings["listen_port"].value if "listen_port" in settings else "21"]),
                tls=tls,
                settings=settings,
                addresses=addresses(bound or [""]),
                plain_login=None if tls is None else takes and tls not in ("implicit", "required"),
                file=file,
            )
        )
    return blocks, problems


def _tls(settings: dict[str, Setting]) -> Tls | None:
    if "ssl_enable" not in settings:
        return None
    if not _on(settings, "ssl_enable"):
        return "none"
    if _on(settings, "implicit_ssl"):
        return "implicit"
    return "required" if _on(settings, "force_local_logins_ssl") else "optional"


def _on(settings: dict[str, Setting], name: str) -> bool:
    return name in settings and settings[name].value.upper() in ("YES", "TRUE", "1")


COLLECTOR = daemon("vsftpd", "command -v vsftpd >/dev/null 2>&1", _FILES, _SCRIPT, _judge)
