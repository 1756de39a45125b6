"""Accounts in the history: distinct over a window, added up over looks, gone when their time is over, and nowhere else."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schouw.history import History
from schouw.history.database import overwrite_removed
from schouw.history.fileformat import VERSION
from schouw.model.attempt import seen
from schouw.model.facts import Facts
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, LoginClass, LoginCount, Logins, LoginService
from schouw.scan.keeper import Keeper
from schouw.scan.record import Recorder
from tests.unit.history_lab import START, as_format, facts, inside

MAIL = Host(name="web1")
DOVECOT = LoginService("dovecot", "2.3.19.1", ("/var/log/mail.log",))


def use(
    account: str,
    kind: LoginClass = LoginClass.PLAINTEXT,
    *,
    last: datetime = START,
    first: datetime | None = None,
    count: int = 1,
    version: str = "",
    protocol: str = "imap",
    customer: str = "",
) -> AccountUse:
    return AccountUse("dovecot", protocol, kind, version, account, count, first or last, last, customer)


def logins(*uses: AccountUse, whole: bool = False) -> Facts:
    return facts(seen(inside(logins=seen(Logins((DOVECOT,), uses, whole)))))


class Book:
    """A history that looks at one host again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = START
        self.history = History.open(path, clock=lambda: self.now)

    def look(self, *uses: AccountUse, whole: bool = False, host: Host = MAIL) -> Logins:
        counted, fresh = self.history.count_logins(host.name, logins(*uses, whole=whole), self.now)
        self.history.record(host, counted, Verdict((), ()), self.now, self.now, fresh)
        assert counted.inside.result is not None and counted.inside.result.logins.result is not None
        return counted.inside.result.logins.result

    def kept(self, days: int = 365, host: str = "web1") -> dict[str, int]:
        return {one.account: one.count for one in self.history.account_uses(self.now - timedelta(days=days)).get(host, [])}


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "history.db")


def month(found: Logins, kind: LoginClass, protocol: str = "imap") -> tuple[int, int, int]:
    (count,) = (one for one in found.counts or () if one.kind is kind and one.protocol == protocol)
    return count.week, count.month, count.quarter


def test_accounts_are_distinct_over_a_window_and_not_sums(book: Book) -> None:
    book.look(use("ann"), use("bob"))
    book.now += timedelta(days=5)
    found = book.look(use("ann", last=book.now), use("cees", last=book.now))
    assert month(found, LoginClass.PLAINTEXT) == (3, 3, 3)
    book.now += timedelta(days=10)
    assert month(book.look(use("ann", last=book.now)), LoginClass.PLAINTEXT) == (1, 3, 3)
    book.now += timedelta(days=25)
    assert month(book.look(), LoginClass.PLAINTEXT) == (0, 1, 3)


def test_what_is_read_adds_up_and_the_first_time_stays(book: Book) -> None:
    book.look(use("ann", count=3))
    book.now += timedelta(days=1)
    book.look(use("ann", count=2, last=book.now, customer="klant1"))
    (kept,) = book.history.account_uses(START)["web1"]
    assert (kept.count, kept.first, kept.last, kept.customer) == (5, START, START + timedelta(days=1), "klant1")


def test_logs_read_from_their_beginning_once_more_count_nothing_twice(book: Book) -> None:
    book.look(use("ann", count=3), whole=True)
    book.look(use("ann", count=3), use("bob"), whole=True)
    assert book.kept() == {"ann": 3, "bob": 1}


def test_facts_hold_numbers_and_no_names(book: Book) -> None:
    found = book.look(use("ann@example.nl"), use("bob@example.nl", LoginClass.OLD_TLS, version="1.0"))
    assert found.uses == () and found.services == (DOVECOT,)
    assert found.counts == (
        LoginCount("dovecot", "imap", LoginClass.OLD_TLS, 1, 1, 1),
        LoginCount("dovecot", "imap", LoginClass.PLAINTEXT, 1, 1, 1),
    )
    stored = book.history.facts("web1")
    assert "example.nl" not in repr(stored) and stored is not None
    again, nothing = book.history.count_logins("web1", stored, book.now)
    assert again is stored and nothing is None


def test_what_a_log_does_not_tell_is_said_until_it_does(book: Book) -> None:
    assert book.look(use("ann", LoginClass.TLS)).versionless == ("dovecot",)
    assert book.look(use("bob", LoginClass.UNKNOWN)).untold == ("dovecot",)
    # Somebody made it tell: what comes now is told, and what came before does not count against it.
    book.now += timedelta(days=1)
    found = book.look(use("ann", LoginClass.TLS, version="1.3", last=book.now), use("bob", last=book.now))
    assert found.versionless == () and found.untold == ()
    assert month(found, LoginClass.PLAINTEXT) == (1, 1, 1)


def test_a_clock_in_the_future_keeps_nobody_longer(book: Book) -> None:
    book.look(use("ann", last=START + timedelta(days=3650)))
    (kept,) = book.history.account_uses(START - timedelta(days=1))["web1"]
    assert kept.last == START


def test_names_go_when_their_time_is_over(book: Book) -> None:
    other = Host(name="web2", keep_accounts=timedelta(days=365).total_seconds())
    book.look(use("ann"), use("bob", last=START - timedelta(days=60)))
    book.look(use("ann"), host=other)
    book.now += timedelta(days=40)
    book.look()
    assert book.kept() == {"ann": 1}
    book.now += timedelta(days=60)
    book.look(host=other)
    assert book.kept() == {} and book.kept(host="web2") == {"ann": 1}
    book.look(host=replace(other, keep_accounts=timedelta(days=7).total_seconds()))
    assert book.kept(host="web2") == {}


def test_an_account_a_host_or_all_can_be_forgotten(book: Book) -> None:
    other = Host(name="web2")
    for host in (MAIL, other):
        book.look(use("ann"), use("ann", LoginClass.TLS), use("bob"), host=host)
    assert book.history.forget_accounts("web1", ["Ann"]) == 2
    assert book.kept() == {"bob": 1} and set(book.kept(host="web2")) == {"ann", "bob"}
    assert book.history.forget_accounts(names=["bob"]) == 2
    assert book.history.forget_accounts("web2") == 2
    book.look(use("dirk"))
    assert book.history.forget_accounts() == 1
    assert book.history.account_uses(START - timedelta(days=999)) == {}


def test_what_is_forgotten_is_on_the_disk_no_more(book: Book) -> None:
    book.look(*(use(f"unmistakable-{number}@example.nl") for number in range(300)))
    assert b"unmistakable" in book.path.read_bytes() + book.path.with_name("history.db-wal").read_bytes()
    book.history.forget_accounts()
    book.history.close()
    overwrite_removed(book.path)
    assert not any(b"unmistakable" in path.read_bytes() for path in book.path.parent.iterdir())
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600


def test_hostile_names_are_kept_as_they_are(book: Book) -> None:
    odd = ("'; drop table account; --", "=cmd()", "a\x00b", "\udcff", "ünï", "x" * 320, "")
    book.look(*map(use, odd))
    assert len(book.kept()) == len(odd)
    assert book.history.forget_accounts(names=["'; drop table account; --"]) == 1


async def test_a_recording_for_others_holds_numbers_alone(tmp_path: Path) -> None:
    keeper = Keeper.open(tmp_path / "h.db", Recorder(tmp_path / "r.jsonl"))
    await keeper.keep(MAIL, logins(use("ann@example.nl")), START, START)
    await keeper.close()
    text = (tmp_path / "r.jsonl").read_text()
    assert "example.nl" not in text and '"counts":[{' in text


def test_a_history_of_format_1_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    History.open(path).close()
    as_format(1, path)
    book = Book(path)
    book.look(use("ann"))
    assert book.kept() == {"ann": 1}
    with book.history._database.read() as connection:
        assert connection.execute(sa.text("select version from schema_version")).scalar() == VERSION
    assert path.with_name("history.db.format-1").exists()
