"""How it goes with the fleet, from scans to lines."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from pathlib import Path

from schouw.model.host import Host
from schouw.model.severity import Area, Severity
from schouw.model.trend import DayCount, Mend
from schouw.report import collect_report, render
from schouw.views.segments import plain
from schouw.views.trends import bars, duration, fix_times, fleet_trend, host_line, trends_lines
from tests.unit.history_lab import WEB1, Shelf, finding

TODAY = date(2026, 11, 24)
ROOT = finding("PermitRootLogin", Severity.CRITICAL, "hardening.sshd.root")


def day(ago: int, *counts: int, host: str = "web1") -> DayCount:
    return DayCount(host, TODAY - timedelta(days=ago), sum(counts[:4]), counts)


def history(folder: Path) -> Shelf:
    """Two findings for six days, then one of them for four more; another host with one."""
    shelf = Shelf(folder / "history.db")
    for number in range(10):
        shelf.now += timedelta(hours=23)
        shelf.scan(*([finding(), ROOT] if number < 6 else [ROOT]))
    shelf.scan(finding("22/tcp", Severity.LOW), host=Host(name="web2"))
    return shelf


def test_a_host_that_was_not_scanned_on_a_day_counts_as_before() -> None:
    known = [day(4, 0, 2, 0, 0, 0), day(1, 0, 1, 0, 0, 0), day(3, 0, 5, 0, 0, 0, host="web2"), day(3, 9, 9, 9, 9, 9, host="gone")]
    trend = fleet_trend(known, {"web1", "web2"}, TODAY, 90)
    assert trend.days[0] == TODAY - timedelta(days=4) and trend.days[-1] == TODAY
    assert trend.series[Severity.HIGH] == (2, 7, 7, 6, 6)
    # What was counted before the span still counts when it begins.
    assert fleet_trend(known, {"web1"}, TODAY, 2).series[Severity.HIGH] == (1, 1)


def test_days_of_which_no_severities_were_kept_are_not_taken_for_none() -> None:
    old = DayCount("web1", TODAY - timedelta(days=9), 7, None)
    assert len(fleet_trend([old, day(1, 0, 1, 0, 0, 0)], {"web1"}, TODAY, 90).days) == 2


def test_times_to_fix_by_area() -> None:
    mends = [Mend("web1", area, Severity.HIGH, Shelf.now, hours * 3600.0) for area, hours in
             ((Area.PORTS, 1), (Area.PORTS, 2), (Area.PORTS, 60), (Area.CRYPTO, 240))]  # fmt: skip
    ports, crypto = fix_times([*mends, Mend("gone", Area.LOGINS, Severity.HIGH, Shelf.now, 1.0)], {"web1"})
    assert (ports.fixed, duration(ports.mean), duration(ports.median)) == (3, "21.0 h", "2.0 h")
    assert (crypto.area, duration(crypto.mean)) == (Area.CRYPTO, "10 days")


def test_the_history_gives_them(tmp_path: Path) -> None:
    shelf = history(tmp_path)
    found = shelf.history.trends(shelf.now.date() - timedelta(days=90))
    (mend,) = found.mends
    assert (mend.area, mend.severity, round(mend.seconds / 3600)) == (Area.PORTS, Severity.HIGH, 6 * 24)
    trend = fleet_trend(found.days, {"web1", "web2"}, shelf.now.date(), 90)
    assert trend.series[Severity.CRITICAL] == (1,) * len(trend.days)
    assert trend.series[Severity.HIGH][0] == 1 and trend.series[Severity.HIGH][-1] == 0 == trend.series[Severity.LOW][0]
    assert {one.host for one in shelf.history.days("web2", shelf.now.date())} == {"web2"}
    line = plain(host_line(shelf.history.days("web1", date(2026, 1, 1)), "web1", shelf.now.date()))
    assert line.startswith("findings above info ███") and line.endswith(f"▄ {len(trend.days)} days")


def test_the_plot_is_of_letters_and_needs_no_colour(tmp_path: Path) -> None:
    shelf = history(tmp_path)
    found = shelf.history.trends(shelf.now.date() - timedelta(days=90))
    lines = [plain(line) for line in trends_lines(found, ["web1", "web2"], shelf.now.date(), 90, 78, 20)]
    text = "\n".join(lines)
    assert "\x1b" not in text and max(map(len, lines)) <= 78
    assert "CCCC" in text and "H high 1 → 0" in text
    assert "ports             1      6 days      6 days" in text
    nothing = trends_lines(found, [], shelf.now.date(), 90, 78, 20)
    assert "two days of scans are needed" in plain(nothing[0])


def test_a_report_for_people_says_how_it_went(tmp_path: Path) -> None:
    shelf = history(tmp_path)
    report = collect_report(shelf.history, [WEB1], None, shelf.now.astimezone(UTC), trends=True)
    for name, words in (("markdown", "| ports | 1 | 6 days | 6 days |"), ("html", "<h2>Trend since 2026-11-02</h2>")):
        assert words in "".join(render(report, name))
    bare = collect_report(shelf.history, [WEB1], None, shelf.now)
    assert "Trend since" not in "".join(render(bare, "html"))


def test_a_bar_a_week() -> None:
    assert len(bars(range(90))) == 13 and bars(range(90))[-1] == "█"
