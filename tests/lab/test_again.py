"""`r` on a finding: the least look that shows whether its fix helped, on real daemons that are mended and spoilt again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from schouw.history import History
from schouw.inventory import load
from schouw.inventory.fleet import Limits
from schouw.model.facts import Facts
from schouw.model.finding import TrackedFinding
from schouw.model.host import Host
from schouw.model.severity import FindingState
from schouw.model.summary import Summary
from schouw.scan.engine import Engine
from schouw.scan.keeper import Keeper
from schouw.scan.live import LiveLooker
from schouw.scan.look import Look
from schouw.transport import Surroundings, open_transport
from schouw.views import endpoints
from schouw.views.again import WHOLE, Again, again
from tests.lab import spaces
from tests.unit.scan_support import until_done

FIXED, BACK = FindingState.FIXED, FindingState.REGRESSED


@dataclass
class Watched:
    """A host that somebody looks at: its engine, and what the history says of it."""

    host: Host
    engine: Engine
    history: History

    async def look(self, wish: Again = WHOLE) -> None:
        events = self.engine.watch()
        await until_done(events, await self.engine.submit([self.host], wish.look, only=wish.only))

    @property
    def facts(self) -> Facts:
        facts = self.history.facts(self.host.name)
        assert facts is not None
        return facts

    @property
    def summary(self) -> Summary:
        return self.history.summary(self.host.name)

    def finding(self, key: str) -> TrackedFinding:
        return next(one for one in self.history.findings(self.host.name) if one.key == key)

    def states(self) -> dict[str, FindingState]:
        return {one.key: one.state for one in self.history.findings(self.host.name)}


@asynccontextmanager
async def watching(name: str, folder: Path) -> AsyncIterator[Watched]:
    """After a first scan."""
    hosts = {host.name: host for host in load(spaces.FLEET).hosts}
    around = Surroundings(home=folder, user="root", accepted=folder / "accepted")
    keeper = Keeper.open(folder / "history.db")
    engine = Engine(LiveLooker(open_transport(hosts, around)), keeper, Limits(), hosts=hosts)
    history = History.open(folder / "history.db", read_only=True)
    try:
        watched = Watched(hosts[name], engine, history)
        await watched.look()
        yield watched
    finally:
        history.close()
        await engine.close()


@contextmanager
def changed(host: str, file: str, line: int, text: str, reload: str) -> Iterator[None]:
    """One line of a file on the host says something else for a while."""
    before = spaces.execute(host, "cat", file)
    try:
        spaces.execute(host, "sed", "-i", f"{line}s|.*|{text}|", file)
        spaces.execute(host, "sh", "-c", reload)
        yield
    finally:
        spaces.execute(host, "sh", "-c", f"cat > {file}", stdin=before)
        spaces.execute(host, "sh", "-c", reload)


#: Return once what was changed is in force: a person takes longer than that to look.
_AWAIT = """await() { for n in 1 2 3 4 5 6 7 8 9; do "$@" && return; sleep 0.3; done; }
"""
_NGINX = f"""{_AWAIT}
nginx -t 2>/dev/null && nginx -s reload
await sh -c '! ps -C nginx -o args= | grep -q "shutting down"'
"""
_VSFTPD = f"""{_AWAIT}
pkill -x vsftpd
vsftpd /etc/vsftpd.conf </dev/null >/dev/null 2>&1 &
await sh -c 'ss -Htln sport = :21 | grep -q .'
"""

CASES = [
    ("webweak", "crypto.tls.protocol:443/tcp", Look.ENDPOINT, "    ssl_protocols TLSv1.2 TLSv1.3;", _NGINX),
    ("mailweak", "crypto.mail.plaintext_login:mailboxes", Look.BEFORE_TLS, "disable_plaintext_auth = yes", "doveadm reload"),
    (
        "mailweak",
        "crypto.ftp.plaintext:ftp",
        Look.BEFORE_TLS,
        "ssl_enable=YES\\nrsa_cert_file=/etc/ssl/lab/good-rsa.pem\\nrsa_private_key_file=/etc/ssl/lab/good-rsa.key",
        _VSFTPD,
    ),
]


@pytest.mark.parametrize(("name", "key", "look", "mended", "reload"), CASES, ids=[key for _, key, *_ in CASES])
async def test_a_finding_is_followed_to_its_line_mended_and_seen_to_be_fixed(
    lab: None, tmp_path: Path, name: str, key: str, look: Look, mended: str, reload: str
) -> None:
    async with watching(name, tmp_path) as watched:
        file, _, line = watched.finding(key).finding.evidence.location.rpartition(":")
        wish = again(watched.finding(key), watched.facts)
        assert wish.look is look
        others = watched.states()
        scanned = watched.summary.scanned_at
        with changed(name, file, int(line), mended, reload):
            await watched.look(wish)
            assert watched.finding(key).state is FIXED
            new = watched.states().keys() - others.keys()
            assert not {one for one in new if ".mismatch" in one}, "what was seen before the change contradicts nothing"
        await watched.look(wish)
        assert watched.finding(key).state is BACK
        assert watched.summary.scanned_at == scanned, "most of the host is as old as it was"


async def test_ftp_that_begins_to_offer_tls_is_looked_at_whole(lab: None, tmp_path: Path) -> None:
    _, key, _, mended, reload = CASES[2]
    async with watching("mailweak", tmp_path) as watched:
        file, _, line = watched.finding(key).finding.evidence.location.rpartition(":")
        with changed("mailweak", file, int(line), mended, reload):
            await watched.look(again(watched.finding(key), watched.facts))
            outside = watched.facts.outside.result
            assert outside is not None
            (tls,) = (one.attempt.result for one in outside.tls if one.endpoint.port == 21)
            assert tls is not None and tls.spoken


async def test_ssh_is_looked_at_alone(lab: None, tmp_path: Path) -> None:
    key = "crypto.ssh.cipher:22/tcp"
    good = "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com"
    async with watching("weakssh", tmp_path) as watched:
        wish = again(watched.finding(key), watched.facts)
        assert wish.look is Look.SSH
        file, _, line = watched.finding(key).finding.evidence.location.rpartition(":")
        with changed("weakssh", file, int(line), good, "/usr/sbin/sshd -t && kill -HUP $(cat /run/sshd.pid) && sleep 0.5"):
            await watched.look(wish)
            assert watched.finding(key).state is FIXED
        await watched.look(wish)
        assert watched.finding(key).state is BACK


async def test_a_look_from_inside_leaves_what_is_known_from_outside(lab: None, tmp_path: Path) -> None:
    async with watching("webgood", tmp_path) as watched:
        before = watched.facts.outside.result
        await watched.look(Again(Look.INSIDE))
        after = watched.facts.outside
        assert after.result == before and after.reason == "only the inside view was asked for"
        await watched.look()
        outside = watched.facts.outside.result
        assert before is not None and outside is not None and watched.facts.outside.complete
        full = [one for one in before.tls if one.attempt.result and one.attempt.result.depth == "full"]
        assert full and all(one in outside.tls for one in full), "every suite is asked for once a week, not once more"


async def test_a_renewed_certificate_that_nobody_reloaded(lab: None, tmp_path: Path) -> None:
    file, key = "/etc/ssl/lab/good-ec", "crypto.cert.unread:webgood.example.net"
    keep, renew, back = (
        f"for each in pem key; do cat {source}.$each > {target}.$each; done; chmod 600 /root/kept.*"
        for source, target in ((file, "/root/kept"), ("/etc/ssl/lab/good-rsa", file), ("/root/kept", file))
    )
    async with watching("webgood", tmp_path) as watched:
        assert key not in watched.states()
        spaces.execute("webgood", "sh", "-c", keep)
        try:
            spaces.execute("webgood", "sh", "-c", renew)
            (shown,) = (
                row for row in endpoints.rows(watched.facts, watched.host) if row.endpoint.port == 8443 and row.endpoint.name
            )
            await watched.look(again(shown, watched.facts))
            found = watched.finding(key).finding
            assert "Apache" in found.title and "apache2ctl -t" in found.fix and f"{file}.pem" in found.evidence.inside
            spaces.execute("webgood", "sh", "-c", f"{_AWAIT} apachectl graceful; sleep 1")
            await watched.look(again(watched.finding(key), watched.facts))
            assert watched.finding(key).state is FIXED
        finally:
            spaces.execute("webgood", "sh", "-c", f"{back}; apachectl graceful")
