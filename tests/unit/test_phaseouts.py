"""Phase-outs: what they plan and what is overdue, who is left day by day, and what became of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.history import History
from schouw.history.snapshot import read_summaries
from schouw.model.attempt import Attempt, seen
from schouw.model.finding import Decision, Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, LoginClass, Logins, LoginService
from schouw.model.outside import OutsidePort, PortState
from schouw.model.phaseout import Phaseout, What, covers
from schouw.model.severity import Area, FindingState, Severity
from schouw.report import collect_report, render
from schouw.views.pace import pace, total
from schouw.views.phaseout_chart import chart
from schouw.views.phaseouts import verdict
from schouw.views.segments import line_width, plain
from schouw.views.standing import Account, Fate, Standing, standings
from tests.unit.facts import met, outside
from tests.unit.history_lab import START, WEB1, Shelf, facts, finding, inside
from tests.unit.test_history_accounts import use

FTP = finding("ftp", check="crypto.ftp.plaintext")
OTHER = finding("3306/tcp")
DAY = timedelta(days=1)


def phaseout(
    what: What = What.PLAINTEXT, *protocols: str, begins: int = 0, days: int = 30, hosts: tuple[str, ...] = ("web1",)
) -> Phaseout:
    moments = (START + begins * DAY, START + days * DAY)
    return Phaseout("clear", what, protocols or ("ftp", "imap"), hosts, *moments, "ops", START, "group:web")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def states(shelf: Shelf) -> dict[str, FindingState]:
    return {one.finding.subject: one.state for one in shelf.history.findings("web1")}


# -- in reports ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_a_report_shows_how_it_stands_and_what_is_planned_but_nobodys_name(shelf: Shelf, format: str) -> None:
    service = LoginService("vsftpd", "3.0.5", ("/var/log/vsftpd.log",), "")
    look = facts(seen(inside(logins=seen(Logins((service,), (use("alice", protocol="ftp"),))))), None, shelf.now)
    counted, fresh = shelf.history.count_logins("web1", look, shelf.now)
    shelf.history.record(WEB1, counted, Verdict((FTP, OTHER), ()), shelf.now, shelf.now, fresh)
    shelf.history.keep_phaseout(phaseout())
    begun = shelf.now - timedelta(seconds=2)
    made = [collect_report(shelf.history, (host,), begun, shelf.now, trends=True) for host in (WEB1, Host(name="web2"))]
    told, other = ("".join(render(report, format)).replace("\\", "") for report in made)
    assert "Phase-outs" in told and "FTP and IMAP in plaintext" in told
    assert "planned" in told.lower() and FTP.title in told
    assert "alice" not in told
    assert "Phase-outs" not in other


# -- planned and overdue ---------------------------------------------------------------------------


def test_what_it_covers_is_planned_until_its_day_and_overdue_after_it(shelf: Shelf) -> None:
    shelf.scan(FTP, OTHER)
    (summary,) = shelf.history.keep_phaseout(phaseout())
    assert states(shelf) == {"ftp": FindingState.PLANNED, "3306/tcp": FindingState.NEW}
    assert summary.total(Severity.HIGH) == 1 and Area.CRYPTO not in summary.counts
    (planned,) = (one for one in shelf.history.findings("web1") if one.state is FindingState.PLANNED)
    assert (planned.planned_until, planned.phaseout) == (START + 30 * DAY, "clear")

    # A scan before the day changes nothing of that, and counts the same.
    assert shelf.scan(FTP, OTHER).total(Severity.HIGH) == 1

    shelf.now = START + 31 * DAY
    assert states(shelf)["ftp"] is FindingState.OVERDUE
    for late in (shelf.history.summary("web1"), read_summaries(shelf.path, shelf.now)["web1"], shelf.scan(FTP, OTHER)):
        assert late.total(Severity.HIGH) == 2 and late.worst[0].state is FindingState.OVERDUE


def test_a_finding_that_comes_later_is_planned_too_and_one_that_goes_is_fixed(shelf: Shelf) -> None:
    shelf.scan(OTHER)
    shelf.history.keep_phaseout(phaseout())
    assert shelf.scan(FTP, OTHER).total(Severity.HIGH) == 1
    assert states(shelf)["ftp"] is FindingState.PLANNED
    shelf.scan(OTHER)
    assert states(shelf)["ftp"] is FindingState.FIXED


def test_stopped_or_not_begun_it_covers_nothing(shelf: Shelf) -> None:
    shelf.scan(FTP)
    shelf.history.keep_phaseout(phaseout(begins=10))
    assert states(shelf)["ftp"] is FindingState.NEW
    shelf.now = START + 11 * DAY
    assert shelf.history.summary("web1").total(Severity.HIGH) == 0
    (summary,) = shelf.history.keep_phaseout(replace(phaseout(begins=10), ended_at=shelf.now, ended_by="ops"))
    assert states(shelf)["ftp"] is FindingState.NEW and summary.total(Severity.HIGH) == 1


def test_other_hosts_and_accepted_ones_are_let_alone(shelf: Shelf) -> None:
    shelf.scan(FTP)
    shelf.history.keep_phaseout(phaseout(hosts=("web2",)))
    assert states(shelf)["ftp"] is FindingState.NEW
    shelf.history.keep_phaseout(phaseout())
    shelf.history.decide(Decision("web1", FTP.key, "ops", START + 60 * DAY, "a customer's till"))
    assert states(shelf)["ftp"] is FindingState.ACCEPTED
    shelf.now = START + 61 * DAY
    assert states(shelf)["ftp"] is FindingState.OVERDUE


@pytest.mark.parametrize(
    ("check", "subject", "what", "protocols", "covered"),
    [
        ("crypto.ftp.plaintext", "ftp", What.PLAINTEXT, ("ftp",), True),
        ("crypto.ftp.plaintext", "ftp", What.PLAINTEXT, ("imap",), False),
        ("crypto.ftp.plaintext", "ftp", What.OLD_TLS, ("ftp",), False),
        ("crypto.mail.plaintext_login", "mailboxes", What.PLAINTEXT, ("imap", "pop3"), True),
        ("crypto.mail.plaintext_login", "mailboxes", What.PLAINTEXT, ("pop3",), False),  # it is about IMAP as well
        ("crypto.mail.no_tls", "25/tcp", What.PLAINTEXT, ("smtp",), False),  # mail between servers
        ("logins.accounts.plaintext", "dovecot pop3", What.PLAINTEXT, ("pop3",), True),
        ("logins.accounts.old_tls", "dovecot pop3", What.PLAINTEXT, ("pop3",), False),
        ("logins.accounts.refused", "dovecot pop3", What.PLAINTEXT, ("pop3",), False),  # what is left of it afterwards
        ("crypto.tls.protocol", "mailboxes", What.OLD_TLS, ("imap", "pop3"), True),
        ("crypto.tls.protocol", "443/tcp www.example.nl", What.OLD_TLS, ("https",), True),
        ("crypto.tls.protocol", "8443/tcp", What.OLD_TLS, ("https",), False),
        ("crypto.tls.suite", "ftp", What.OLD_TLS, ("ftp",), False),
        ("crypto.tls.suite", "ftp", What.ALL, ("ftp",), True),
        ("hardening.ftp.anonymous", "ftp", What.ALL, ("ftp",), True),
        ("software.updates.security", "", What.ALL, ("ftp",), False),
    ],
)
def test_it_covers_what_goes_with_it_and_no_more(
    check: str, subject: str, what: What, protocols: tuple[str, ...], covered: bool
) -> None:
    assert covers(phaseout(what, *protocols), check, subject, "TLS 1.0 and 1.1 offered on 443") is covered


def test_a_strict_profile_s_finding_about_tls_1_2_is_not_covered() -> None:
    title = "TLS 1.0, 1.1 and 1.2 offered on 443"
    assert not covers(phaseout(What.OLD_TLS, "https"), "crypto.tls.protocol", "443/tcp", title)


@pytest.mark.parametrize("wrong", [{"hosts": ()}, {"protocols": ()}, {"until": START - DAY}])
def test_one_that_makes_no_sense_is_refused(shelf: Shelf, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="phase-out clear"):
        shelf.history.keep_phaseout(replace(phaseout(), **wrong))  # type: ignore[arg-type]
    assert shelf.history.phaseouts() == ()


# -- accounts --------------------------------------------------------------------------------------

MAIL = Host(name="web1")


class Book:
    """Looks at one host whose log tells of these logins."""

    def __init__(self, path: Path) -> None:
        self.now = START
        self.history = History.open(path, clock=lambda: self.now)

    def look(self, *uses: AccountUse, lacking: str = "", shut: bool = False, service: str = "dovecot") -> None:
        services = (LoginService(service, "2.3.19", ("/var/log/mail.log",), lacking),)
        ports: Attempt[tuple[OutsidePort, ...]] = seen((met(143, PortState.CLOSED),))
        look = facts(
            seen(inside(logins=seen(Logins(services, uses)))), seen(replace(outside(), ports=ports)) if shut else None, self.now
        )
        counted, fresh = self.history.count_logins("web1", look, self.now)
        self.history.record(MAIL, counted, Verdict((), ()), self.now, self.now, fresh)

    def standing(self) -> Standing:
        (one,) = standings(self.history, self.now)
        return one

    def fates(self) -> dict[str, Fate]:
        return {one.account: one.fate for one in self.standing().accounts}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path / "history.db")
    yield book
    book.history.close()


def test_each_day_has_its_figure_and_the_days_before_it_are_worked_out(book: Book) -> None:
    """Three customers: one stopped 20 days ago, one 10 days ago, one did so today."""
    past = START - 80 * DAY
    book.look(*(use(name, first=past, last=START - age * DAY) for name, age in (("ann", 50), ("bob", 40), ("cees", 0))))
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "imap"))
    days = book.history.phaseout_days("clear")["web1"]
    assert [days[START.date() - age * DAY] for age in (30, 21, 20, 11, 10, 0)] == [3, 3, 2, 2, 1, 1]
    book.now += DAY
    book.look(use("dirk", last=book.now))
    one = book.standing()
    assert one.left == 2 and one.trend[-1] == (book.now.date(), 2)


def test_a_day_on_which_the_log_could_not_be_read_has_no_figure(book: Book) -> None:
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "imap"))
    book.look(use("ann"))
    book.now += DAY
    book.look(lacking="needs root")
    assert list(book.history.phaseout_days("clear")["web1"].values()) == [1]
    one = book.standing()
    assert one.trend[-1] == (book.now.date(), 1)
    assert one.places[0].untold == (("dovecot", "needs root"),)


def test_who_is_new_who_came_back_and_who_is_gone(book: Book) -> None:
    past = START - 80 * DAY
    book.look(use("ann", first=past), use("bob", first=past, last=START - 35 * DAY))
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "imap", days=90))
    assert book.fates() == {"ann": Fate.LEFT, "bob": Fate.GONE}
    book.now += 5 * DAY
    book.look(use("bob", last=book.now), use("cees", last=book.now), use("dirk", LoginClass.TLS, version="1.3", last=book.now))
    assert book.fates() == {"ann": Fate.LEFT, "bob": Fate.BACK, "cees": Fate.NEW}
    book.now += 31 * DAY
    book.look()
    assert set(book.fates().values()) == {Fate.GONE}


def test_when_it_is_off_nobody_is_left_and_who_still_knocks_is_said(book: Book) -> None:
    book.look(use("ann"), use("bob"))
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "imap"))
    book.now += DAY
    book.look(use("ann", LoginClass.REFUSED, last=book.now), shut=True)
    one = book.standing()
    assert one.done and one.left == 0 and one.trend[-1][1] == 0
    assert book.fates() == {"ann": Fate.KNOCKING, "bob": Fate.GONE}
    assert verdict(one, book.now) == ("off, verified from outside and inside", "ok")


def test_a_log_that_does_not_tell_is_said_with_the_line_that_would_make_it(book: Book) -> None:
    book.look(replace(use("ann", LoginClass.UNKNOWN, protocol="smtp"), service="postfix"), service="postfix")
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "smtp"))
    assert book.standing().places[0].untold == (("postfix", "smtpd_tls_loglevel = 1"),)


def test_forgetting_accounts_leaves_the_figures_and_no_names(book: Book) -> None:
    book.look(use("ann@example.nl"))
    book.history.keep_phaseout(phaseout(What.PLAINTEXT, "imap"))
    book.history.forget_accounts()
    one = book.standing()
    assert one.accounts == () and one.trend[-1][1] == 1
    assert "example.nl" not in repr(book.history.phaseouts()) + repr(book.history.phaseout_days("clear"))


# -- trend and pace --------------------------------------------------------------------------------


def some_days(*figures: int) -> dict[date, int]:
    return {date(2026, 11, 1) + number * DAY: figure for number, figure in enumerate(figures)}


def test_a_host_that_was_not_seen_on_a_day_counts_as_before() -> None:
    days = {"web1": some_days(5, 4, 3), "web2": {date(2026, 11, 2): 10}}
    assert [count for _, count in total(days, date(2026, 11, 4))] == [15, 14, 13, 13]
    assert total({}, date(2026, 11, 4)) == ()


@pytest.mark.parametrize(
    ("figures", "zero"),
    [
        ((10, 9, 8, 7, 6), date(2026, 11, 11)),
        ((5, 5, 5, 5), None),
        ((3, 4, 5, 6), None),
        ((3, 2, 1, 0), date(2026, 11, 4)),
    ],
)
def test_the_day_on_which_the_pace_reaches_zero(figures: tuple[int, ...], zero: date | None) -> None:
    found = pace(tuple(some_days(*figures).items()))
    assert found is not None and found.zero == zero


def test_two_days_make_no_pace() -> None:
    assert pace(tuple(some_days(9, 8).items())) is None and pace(()) is None


@pytest.mark.parametrize("cells", [20, 48, 77])
@pytest.mark.parametrize("ahead", [-20, 5, 400])
def test_the_chart_keeps_to_its_width(cells: int, ahead: int) -> None:
    trend = tuple(some_days(*range(40, 10, -1)).items())
    now = START + 29 * DAY
    one = Standing(replace(phaseout(), until=now + ahead * DAY), (), (), trend, pace(trend))
    assert {line_width(line) <= cells for line in chart(one, cells, now)} == {True}
    assert any("█" in plain(line) for line in chart(one, cells, now))


@pytest.mark.parametrize(
    ("days", "words", "role"),
    [
        (60, "at this pace zero on 5 Dec, 26 days before the day", "ok"),
        (31, "at this pace zero on 5 Dec, 3 days too late", "high"),
        (20, "overdue for 9d: not off on 0 hosts, 1 left", "error"),
    ],
)
def test_where_it_stands_in_a_sentence(days: int, words: str, role: str) -> None:
    trend = tuple(some_days(*range(34, 4, -1)).items())
    now = START + 29 * DAY
    ann = Account("web1", "imap", "ann", "", Fate.LEFT, 1, START, now)
    one = Standing(phaseout(days=days), (ann,), (), trend, pace(trend))
    assert verdict(one, now) == (words, role)


def test_what_is_overdue_is_news(shelf: Shelf) -> None:
    shelf.scan(FTP, OTHER)
    shelf.history.keep_phaseout(phaseout())
    assert shelf.history.news(0).overdue == ()
    assert {one.key: one.state for one in shelf.history.news(0).happened}[FTP.key] is FindingState.PLANNED
    shelf.now = START + 31 * DAY
    (late,) = shelf.history.news(0).overdue
    assert (late.host, late.key, late.since) == ("web1", FTP.key, START + 30 * DAY)


def test_it_is_kept_with_who_set_it_so(shelf: Shelf) -> None:
    shelf.scan(FTP)
    shelf.history.keep_phaseout(phaseout())
    assert shelf.history.phaseouts() == (phaseout(),)
    assert WEB1.name in shelf.history.phaseouts()[0].hosts
