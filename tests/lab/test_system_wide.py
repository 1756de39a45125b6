"""openssl.cnf of a host: what it lets through is followed to its line there and mended there, what it keeps out is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schouw.model.severity import FindingState
from schouw.views.again import again
from tests.lab import spaces
from tests.lab.test_again import watching

_FILE = "/etc/ssl/openssl.cnf"
_HEAD = """openssl_conf = openssl_init
[openssl_init]
ssl_conf = ssl_sect
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
"""
#: OpenSSL reads its file when a program starts, and never at a reload.
_NGINX = "nginx -s stop; while [ -e /run/nginx.pid ]; do sleep 0.1; done; nginx"
_PROFTPD = """
pid=$(cat /run/proftpd.pid); kill $pid; while [ -e /proc/$pid ]; do sleep 0.1; done
proftpd; until ss -Htln sport = :21 | grep -q .; do sleep 0.1; done
"""


def sh(host: str, command: str) -> None:
    spaces.execute(host, "sh", "-c", command)


@contextmanager
def told(host: str, restart: str, *lines: str, also: str = ":") -> Iterator[None]:
    """Every program of the host is told these lines, and one of them was started since; afterwards all is as it was."""
    sh(host, "cp -a /etc /root/before")
    try:
        spaces.execute(host, "tee", _FILE, stdin=_HEAD + "\n".join(lines) + "\n")
        sh(host, f"{also}; {restart}")
        yield
    finally:
        sh(host, f"cp -a /root/before/. /etc/; rm -r /root/before; {restart}")


async def test_what_openssl_cnf_lets_in_is_mended_there(lab: None, tmp_path: Path) -> None:
    key = "crypto.tls.protocol:443/tcp"
    unwritten = "sed -i '/ssl_protocols/d; /ssl_ciphers/d' /etc/nginx/nginx.conf /etc/nginx/sites-enabled/shop"
    with told("webgood", _NGINX, "MinProtocol = TLSv1", "CipherString = DEFAULT@SECLEVEL=0", also=unwritten):
        async with watching("webgood", tmp_path) as watched:
            found = watched.finding(key).finding
            file, _, line = found.evidence.location.rpartition(":")
            written = spaces.execute("webgood", "sed", "-n", f"{line}p", file)
            assert (file, written.strip()) == (_FILE, "CipherString = DEFAULT@SECLEVEL=0")
            assert "TLSv1.0" in found.evidence.outside and found.title.startswith("TLS 1.0 and 1.1 offered on 443")
            match = re.search(rf"in {_FILE}, line {line}, instead of .*:\n(.*)\nthen: systemctl restart .*nginx", found.fix)
            assert match, found.fix
            spaces.execute("webgood", "sed", "-i", f"{line}s|.*|{match[1]}|", file)
            sh("webgood", _NGINX)
            await watched.look(again(watched.finding(key), watched.facts))
            assert watched.finding(key).state is FindingState.FIXED


async def test_the_line_that_keeps_old_versions_out_is_named(lab: None, tmp_path: Path) -> None:
    """eximweak's ProFTPD lists TLS 1.0 and 1.1, and has no lowest version of its own."""
    with told("eximweak", _PROFTPD, "MinProtocol = TLSv1.2"):
        async with watching("eximweak", tmp_path) as watched:
            found = watched.finding("crypto.tls.mismatch:ftp").finding
            assert found.title == "ProFTPD on 21 lists TLS 1.0 and 1.1, which its library refuses"
            line = re.search(rf"{_FILE}:(\d+) has for all programs: MinProtocol = TLSv1.2$", found.evidence.inside)
            assert line, found.evidence.inside
            assert spaces.execute("eximweak", "sed", "-n", f"{line[1]}p", _FILE).strip() == "MinProtocol = TLSv1.2"
