"""Telling people, through a real webhook and a real mail server."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.history.values import News
from schouw.model.basis import Deadline
from schouw.model.finding import Decision, Evidence, Finding
from schouw.model.host import Host
from schouw.model.notifier import Matter, Notifier
from schouw.model.phaseout import Phaseout, What
from schouw.model.severity import Area, Severity
from schouw.model.summary import Summary
from schouw.notify.composing import MOST_LINES, Item, Message, message
from schouw.notify.desk import Desk
from schouw.notify.ledger import Told, path_of, read
from schouw.notify.sending import send
from schouw.notify.timing import may_send
from tests.unit.history_lab import WEB1, Shelf, finding
from tests.unit.notify_lab import hook, post_office

EVERYTHING = Notifier("ops", severity=Severity.INFO)


@dataclass
class Office:
    """A desk on a history whose clock a test moves; letters are sent for real, or kept where `kept` is a list."""

    shelf: Shelf
    notifier: Notifier = EVERYTHING
    kept: list[Message] | None = None
    broken: str = ""
    hosts: list[Host] = field(default_factory=lambda: [WEB1])

    def __post_init__(self) -> None:
        self.desk = self.again()

    def again(self) -> Desk:
        """As after a restart."""
        self.desk = Desk(self, path_of(self.shelf.path), self._send, lambda: self.shelf.now)
        return self.desk

    async def begin(self) -> None:
        await self.desk.begin([self.notifier], self.hosts)

    async def news(self, after: int) -> News:
        return self.shelf.history.news(after)

    async def summaries(self) -> Mapping[str, Summary]:
        return self.shelf.history.summaries()

    async def _send(self, url: str, letter: Message) -> str:
        if self.kept is None:
            return await send(url, letter)
        if not self.broken:
            self.kept.append(letter)
        return self.broken


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "history.db")


def fail(shelf: Shelf) -> None:
    shelf.now += timedelta(hours=1)
    shelf.history.record_failure(WEB1, HostError(ErrorClass.SILENT, "web1: no answer"), shelf.now, shelf.now)


async def test_a_webhook_is_told_what_is_new_and_what_came_back(shelf: Shelf) -> None:
    async with hook() as there:
        office = Office(shelf, replace(EVERYTHING, urls=(there.url,)))
        shelf.scan(finding("22/tcp"))
        await office.begin()
        shelf.scan(finding("22/tcp"), finding("3306/tcp"))
        await office.desk.tell()
        assert office.desk.problem == ""
        shelf.scan()
        shelf.scan(finding("22/tcp", Severity.CRITICAL))
        await office.desk.tell()
        await office.desk.tell()
    assert there.bodies == [
        "new: web1: high 3306/tcp is open to the world",
        "regressed: web1: critical 22/tcp is open to the world",
    ]
    assert [posted["title"] for posted in there.posted] == ["schouw: 1 new", "schouw: 1 regressed"]


async def test_a_broken_webhook_is_said_loses_nothing_and_gets_all_of_it_later(shelf: Shelf) -> None:
    async with hook() as there, hook() as other:
        office = Office(shelf, replace(EVERYTHING, urls=(there.url, other.url)))
        await office.begin()
        there.status = 500
        shelf.scan(finding("22/tcp"))
        await office.desk.tell()
        assert "notify ops (json): nothing arrives since" in office.desk.problem and "500" in office.desk.problem
        assert "secret-word" not in office.desk.problem
        shelf.scan(finding("22/tcp"), finding("3306/tcp"))
        office.again()
        await office.begin()
        there.status = 200
        await office.desk.tell()
        assert office.desk.problem == ""
    assert there.bodies == ["new: web1: high 22/tcp is open to the world\nnew: web1: high 3306/tcp is open to the world"]
    # Whoever was reached is not told again because somebody else was not.
    assert [body.count("22/tcp") for body in other.bodies] == [1, 0]


async def test_an_address_that_was_put_right_is_told_what_the_wrong_one_was_not(shelf: Shelf) -> None:
    async with hook() as there:
        wrong = there.url.replace("json:", "jsom:")
        office = Office(shelf, replace(EVERYTHING, urls=(wrong,)))
        await office.begin()
        shelf.scan(finding("22/tcp"))
        await office.desk.tell()
        assert "jsom" in office.desk.problem
        office.notifier = replace(EVERYTHING, urls=(there.url,))
        office.again()
        await office.begin()
        await office.desk.tell()
        assert office.desk.problem == ""
    assert there.bodies == ["new: web1: high 22/tcp is open to the world"]


async def test_a_letter_by_mail(shelf: Shelf) -> None:
    async with post_office() as there:
        office = Office(shelf, replace(EVERYTHING, urls=(there.url,)))
        await office.begin()
        shelf.scan(finding("3306/tcp"))
        await office.desk.tell()
        assert office.desk.problem == ""
    (letter,) = there.letters
    assert letter["Subject"] == "schouw: 1 new" and letter["To"] == "ops@example.net"
    body = letter.get_body()
    assert body is not None and "new: web1: high 3306/tcp is open to the world" in body.get_content()


async def test_nobody_there_and_no_address_at_all(shelf: Shelf) -> None:
    letter = Message("schouw: 1 new", "x")
    assert "apprise knows" in await send("nonsense", letter)
    async with hook() as there:
        pass
    assert await send(there.url, letter) != ""
    office = Office(shelf, replace(EVERYTHING, url_env="NOT_SET"))
    await office.begin()
    await office.desk.tell()
    assert "no address in $NOT_SET" in office.desk.problem


async def test_one_that_never_answers_is_given_up() -> None:
    async with asyncio.timeout(30):
        server = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            assert "given up" in await send(f"json://127.0.0.1:{port}/", Message("a", "b"), seconds=2.0)


async def test_an_accepted_finding_is_told_once_when_it_lapses(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",)), kept=[])
    shelf.scan(finding("3306/tcp"))
    await office.begin()
    until = shelf.now + timedelta(days=2)
    shelf.history.decide(Decision("web1", "ports.exposed.private:3306/tcp", "ann", until, "till the move"))
    shelf.now = until
    for _ in range(3):
        shelf.scan(finding("3306/tcp"))
        await office.desk.tell()
    assert [letter.title for letter in office.kept or ()] == ["schouw: 1 overdue"]


async def test_an_acceptance_that_lapses_soon_is_told_once_for_each_day_it_gets(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",), about=(Matter.LAPSING,)), kept=[])
    shelf.scan(finding("3306/tcp"))
    await office.begin()
    accepted_at = shelf.now
    for days in (16, 40):
        until = accepted_at + timedelta(days=days)
        shelf.history.decide(Decision("web1", "ports.exposed.private:3306/tcp", "ann", until, "till the move"))
        for _ in range(4):
            await office.desk.tell()
            shelf.now += timedelta(days=1)
            shelf.scan(finding("3306/tcp"))
        shelf.now = until - timedelta(days=13)
        await office.desk.tell()
    assert [letter.body for letter in office.kept or ()] == [
        f"lapsing: web1: high 3306/tcp is open to the world (accepted until {accepted_at + timedelta(days=days):%Y-%m-%d})"
        for days in (16, 40)
    ]


async def test_a_phase_out_whose_day_is_over_is_told_once(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",), about=(Matter.OVERDUE,)), kept=[])
    ftp = Finding("crypto.ftp.plaintext", Area.CRYPTO, Severity.HIGH, "FTP on 21: no TLS at all", "ftp", Evidence(), "", "")
    shelf.scan(ftp)
    until = shelf.now + timedelta(days=30)
    shelf.history.keep_phaseout(Phaseout("ftp-2027", What.PLAINTEXT, ("ftp",), ("web1",), shelf.now, until, "ann", shelf.now))
    await office.begin()
    await office.desk.tell()
    assert office.kept == []
    for _ in range(3):
        shelf.now = max(shelf.now, until) + timedelta(days=1)
        shelf.scan(ftp)
        await office.desk.tell()
    assert [letter.body for letter in office.kept or ()] == [
        f"overdue: web1: high FTP on 21: no TLS at all (phase-out until {until:%Y-%m-%d})"
    ]


async def test_a_deadline_that_is_over_is_told_once(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",), about=(Matter.OVERDUE,)), kept=[])
    one = replace(finding(), deadlines=(Deadline(14, None), Deadline(3, None)))
    await office.begin()
    for _ in range(6):
        shelf.scan(one)
        await office.desk.tell()
        shelf.now += timedelta(hours=23)
    assert [letter.body for letter in office.kept or ()] == [
        "overdue: web1: high 3306/tcp is open to the world (to be fixed by 2026-11-04)"
    ]


async def test_a_host_that_is_not_seen_is_told_once_and_again_after_it_was_seen(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",), about=(Matter.STALE,)), kept=[])
    shelf.scan()
    await office.begin()
    shelf.now += timedelta(hours=26)
    await office.desk.tell()
    assert office.kept == []  # nobody looked: that is no news of the host
    for _ in range(3):
        fail(shelf)
        await office.desk.tell()
    shelf.scan()
    await office.desk.tell()
    for _ in range(28):
        fail(shelf)
        await office.desk.tell()
    assert [letter.title for letter in office.kept or ()] == ["schouw: 1 stale"] * 2
    assert "web1: not seen since" in (office.kept or [])[0].body and "no answer" in (office.kept or [])[0].body


async def test_what_is_exploited_is_told_when_that_becomes_known(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",), severity=Severity.HIGH), kept=[])
    one = replace(finding("openssh", check="software.updates.security"), title='9 CVEs "exploited":true')
    shelf.scan(one)
    await office.begin()
    await office.desk.tell()
    assert office.kept == []
    for _ in range(3):
        shelf.scan(replace(one, exploited=True))
        await office.desk.tell()
    assert [letter.title for letter in office.kept or ()] == ["schouw: 1 exploited"]


async def test_only_what_was_asked_for(shelf: Shelf) -> None:
    asked = Notifier("ops", urls=("json://x",), severity=Severity.HIGH, groups=("mail",))
    office = Office(shelf, asked, kept=[], hosts=[WEB1, Host(name="mail1", groups=("mail",)), Host(name="off", enabled=False)])
    await office.begin()
    for host in office.hosts:
        shelf.scan(finding("22/tcp", Severity.MEDIUM), finding("3306/tcp"), host=host)
    await office.desk.tell()
    assert [letter.body for letter in office.kept or ()] == ["new: mail1: high 3306/tcp is open to the world"]


async def test_in_the_middle_of_a_sweep_it_waits_for_the_end_but_not_for_ever(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",)), kept=[])
    await office.begin()
    shelf.scan(finding())
    await office.desk.tell(busy=True)
    assert office.kept == []
    shelf.now += timedelta(minutes=11)
    await office.desk.tell(busy=True)
    assert len(office.kept or ()) == 1


async def test_whoever_names_a_fleet_does_not_wait_for_who_is_slow_to_be_told(shelf: Shelf) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slow(url: str, letter: Message) -> str:
        asked.set()
        await answered.wait()
        return ""

    office = Office(shelf, replace(EVERYTHING, urls=("json://x",)))
    desk = Desk(office, path_of(shelf.path), slow, lambda: shelf.now)
    await desk.begin([office.notifier], [WEB1])
    shelf.scan(finding())
    telling = asyncio.create_task(desk.tell())
    await asked.wait()
    await desk.begin([replace(office.notifier, urls=("json://x", "json://y"))], [WEB1])
    assert not telling.done()
    answered.set()
    await telling
    assert len(read(path_of(shelf.path))) == 2


async def test_a_ledger_that_makes_no_sense_is_said_and_left_alone(shelf: Shelf) -> None:
    path_of(shelf.path).write_text("{")
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",)), kept=[])
    await office.begin()
    await office.desk.tell()
    assert "not what schouw wrote" in office.desk.problem and path_of(shelf.path).read_text() == "{"


async def test_a_history_that_was_put_in_the_place_of_another_is_told_afresh(shelf: Shelf, tmp_path: Path) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://x",)), kept=[])
    shelf.scan(*(finding(f"{port}/tcp") for port in range(1, 40)))
    await office.begin()
    office.shelf = Shelf(tmp_path / "new.db", now=shelf.now)
    office.shelf.scan()
    await office.desk.tell()
    office.shelf.scan(finding())
    await office.desk.tell()
    assert [letter.title for letter in office.kept or ()] == ["schouw: 1 new"]


async def test_what_was_told_is_for_its_owner_alone_and_holds_no_address(shelf: Shelf) -> None:
    office = Office(shelf, replace(EVERYTHING, urls=("json://user:secret-word@x",)), kept=[])
    await office.begin()
    path = path_of(shelf.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret-word" not in path.read_text()


def test_a_message_is_bounded_and_takes_no_orders_from_servers() -> None:
    hostile = Item(Matter.NEW, "web1", "<!channel> @everyone [pay](http://x) \x1b[2J\n`rm`", Severity.HIGH)
    assert not set("<>@[]`\x1b\n") & set(message([hostile]).body)
    many = message([hostile] * 500)
    assert len(many.body.splitlines()) == MOST_LINES + 1 and many.body.endswith("and 470 more: schouw changes --since 1d")
    assert many.title == "schouw: 500 new"


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def told(**values: object) -> Told:
    return Told(**({"event": 1, "begun_at": NOON - timedelta(days=9)} | values))  # type: ignore[arg-type]


def test_quiet_hours_may_span_midnight() -> None:
    quiet = Notifier("ops", quiet=(time(22), time(7)))
    open_at = [hour for hour in range(24) if may_send(quiet, told(), NOON.replace(hour=hour))]
    assert open_at == list(range(7, 22))


def test_a_digest_goes_out_once_a_day_and_is_caught_up_once() -> None:
    daily = Notifier("ops", digest=time(8))
    assert not may_send(daily, told(begun_at=NOON), NOON + timedelta(hours=1))
    assert may_send(daily, told(sent_at=NOON - timedelta(days=5)), NOON)
    assert not may_send(daily, told(sent_at=NOON.replace(hour=8)), NOON + timedelta(hours=19))
    assert may_send(daily, told(sent_at=NOON.replace(hour=8)), NOON + timedelta(hours=20))


def test_messages_are_paced_and_tries_at_what_is_broken_become_rare() -> None:
    plain = Notifier("ops")
    sent = told(sent_at=NOON)
    assert not may_send(plain, sent, NOON + timedelta(minutes=4)) and may_send(plain, sent, NOON + timedelta(minutes=5))
    assert may_send(plain, sent, NOON + timedelta(minutes=1), ending=True)
    waits = []
    for failures in (1, 2, 3, 7, 500):
        broken = told(tried_at=NOON, failures=failures)
        waits.append(next(wait for wait in range(1, 100) if may_send(plain, broken, NOON + timedelta(minutes=wait))))
    assert waits == [1, 2, 4, 60, 60]


def test_apprise_is_loaded_by_nobody_but_the_courier() -> None:
    program = "import sys, schouw.scan.service, schouw.cli.scan, schouw.notify.status; print('apprise' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == "False", done.stderr
