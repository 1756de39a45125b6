"""`r` on one thing: what was carried over stays as it was, and no claim about it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schouw.model.attempt import seen
from schouw.model.facts import Facts
from schouw.model.finding import Decision, Finding, Outcome, What
from schouw.model.protocol import Protocol
from schouw.model.severity import FindingState, Severity
from tests.unit.history_lab import OUTSIDE, START, Shelf, facts, finding
from tests.unit.tls_facts import T10, looked, offer, plain

WEB = finding("443/tcp", check="crypto.tls.protocol")
FTP = finding("ftp", check="crypto.ftp.plaintext")
FTP_TLS = finding("ftp", check="crypto.tls.protocol")
SSH = finding("22/tcp", check="crypto.ssh.cipher")
PORT = finding("3306/tcp", check="ports.service.exposed")
ROOT = finding("", check="hardening.sshd.root_login")
ALL = (WEB, FTP, FTP_TLS, SSH, PORT, ROOT)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def saw(at: datetime, *, web: datetime, ftp: datetime) -> Facts:
    """A look that began `at`; its ports and the TLS of FTP are of the first."""
    view = replace(
        OUTSIDE,
        at=START,
        tls=(
            replace(looked(offer(T10)), at=web),
            replace(looked(offer(T10), 21, protocol=Protocol.FTP), at=START),
        ),
        plain=(replace(looked(plain(), 21, protocol=Protocol.FTP), at=ftp),),
    )
    return facts(outer=seen(view), at=at)


def judged(shelf: Shelf, *still: Finding, web: bool = False, ftp: bool = False) -> set[str]:
    """Of which claims a look at these places says something, where all of these findings still stand."""
    first = saw(START, web=START, ftp=START)
    shelf.scan(*ALL, look=first)
    for one in ALL:
        shelf.history.decide(Decision("web1", one.key, "ops", what=What.CLAIM))
    now = shelf.now + timedelta(minutes=59)
    shelf.scan(*(still or ALL), look=saw(now, web=now if web else START, ftp=now if ftp else START))
    claims = {one.finding.key: one.claim for one in shelf.history.findings("web1")}
    return {key for key, claim in claims.items() if claim is not None and claim.outcome is not Outcome.WAITING}


def test_a_claim_is_judged_by_a_look_that_went_there(shelf: Shelf) -> None:
    assert judged(shelf, web=True) == {WEB.key, ROOT.key}


def test_what_is_said_before_tls_tells_nothing_of_tls(shelf: Shelf) -> None:
    assert judged(shelf, ftp=True) == {FTP.key, ROOT.key}


def test_a_look_at_ssh_tells_of_ssh(shelf: Shelf) -> None:
    assert judged(shelf) == {SSH.key, ROOT.key}


def test_what_was_carried_over_is_neither_seen_again_nor_gone_from_the_count(shelf: Shelf) -> None:
    judged(shelf, web=True)
    states = {one.finding.key: (one.state, one.scans) for one in shelf.history.findings("web1")}
    assert states[WEB.key] == (FindingState.OPEN, 2) and states[PORT.key] == (FindingState.NEW, 1)
    assert shelf.history.summary("web1").total(Severity.HIGH) == len(ALL)


def test_what_is_gone_where_it_looked_is_fixed(shelf: Shelf) -> None:
    assert judged(shelf, FTP, FTP_TLS, SSH, PORT, ROOT, web=True) == {WEB.key, ROOT.key}
    (web,) = (one for one in shelf.history.findings("web1") if one.finding.key == WEB.key)
    assert web.state is FindingState.FIXED and web.claim is not None and web.claim.outcome is Outcome.FIXED
