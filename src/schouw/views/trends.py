"""How it goes with the fleet: findings by severity over time, and how long it takes to fix them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schouw.model.severity import Area, Severity
from schouw.model.trend import DayCount, Mend, Trends
from schouw.views.cards import sparkline
from schouw.views.segments import Line, Segment, fit

SPANS = (90, 30, 365)
"""Days; the first is shown first."""
_SHOWN = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
"""In the order in which they are drawn: where two meet, the worse one is seen."""
_MARKS = {severity.letter: severity.value for severity in _SHOWN}


@dataclass(frozen=True, slots=True)
class FleetTrend:
    """One figure a day and severity, over all hosts; a host that was not scanned on a day counts as it did before."""

    days: tuple[date, ...]
    series: dict[Severity, tuple[int, ...]]


def fleet_trend(days: Iterable[DayCount], names: Collection[str], last: date, span: int) -> FleetTrend:
    """Of these hosts, from the first day that anything is known of to `last`."""
    first = last - timedelta(days=span - 1)
    by_host: dict[str, dict[date, tuple[int, ...]]] = {}
    for one in days:
        if one.host in names and one.counts is not None and one.day <= last:
            by_host.setdefault(one.host, {})[max(one.day, first)] = one.counts
    begun = min((day for known in by_host.values() for day in known), default=last)
    shown = [begun + timedelta(days=number) for number in range((last - begun).days + 1)]
    sums = {severity: [0] * len(shown) for severity in Severity}
    for known in by_host.values():
        counts: tuple[int, ...] = (0,) * len(Severity)
        for number, day in enumerate(shown):
            counts = known.get(day, counts)
            for severity, count in zip(Severity, counts, strict=True):
                sums[severity][number] += count
    return FleetTrend(tuple(shown), {severity: tuple(some) for severity, some in sums.items()})


@dataclass(frozen=True, slots=True)
class FixTime:
    area: Area
    fixed: int
    mean: float
    median: float
    """Seconds."""


def fix_times(mends: Iterable[Mend], names: Collection[str]) -> tuple[FixTime, ...]:
    """By area, those in which nothing was fixed left out."""
    from statistics import median

    taken: dict[Area, list[float]] = {}
    for one in mends:
        if one.host in names:
            taken.setdefault(one.area, []).append(one.seconds)
    return tuple(
        FixTime(area, len(taken[area]), sum(taken[area]) / len(taken[area]), median(taken[area]))
        for area in Area
        if area in taken
    )


SINCE = 90
"""Days of a report."""


def bars(series: Sequence[int]) -> str:
    """A figure a week, the last of each, as small bars."""
    return sparkline(tuple(series[::-1][::7][::-1]))


def duration(seconds: float) -> str:
    """ "6 days", "3.5 h", "20 min"."""
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:.0f} days"
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def trends_lines(found: Trends, names: Collection[str], today: date, span: int, cells: int, lines: int) -> list[Line]:
    """A plot by severity, where the letters are the lines, and a table of the times to fix."""
    trend = fleet_trend(found.days, names, today, span)
    times = fix_times(found.mends, names)
    shown: list[Line] = []
    if len(trend.days) < 2:
        shown.append((("? two days of scans are needed for a line; here is one at most", "unknown"),))
    else:
        shown += plot(trend, cells, max(8, lines - len(times) - 8))
        shown += [_legend(trend, cells), fit(((" a host counts from its first scan on, accepted risks do not", "dim"),), cells)]
    shown += [(), ((f"time to fix, of what was fixed in the last {span} days", "strong"),)]
    if not times:
        return [*shown, (("– nothing was fixed", "dim"),)]
    shown.append(((f"{'area':<12}{'fixed':>7}{'mean':>12}{'median':>12}", "dim"),))
    for one in times:
        text = f"{one.area.value:<12}{one.fixed:>7}{duration(one.mean):>12}{duration(one.median):>12}"
        shown.append(fit(((text, "text"),), cells))
    return shown


def plot(trend: FleetTrend, cells: int, lines: int) -> list[Line]:
    """Drawn by plotext, painted by us: in its text only our marks are letters."""
    import plotext

    figure = plotext
    figure.clear_figure()
    figure.theme("clear")
    figure.plotsize(cells, lines)
    numbers = list(range(len(trend.days)))
    for severity in _SHOWN:
        figure.plot(numbers, trend.series[severity], marker=severity.letter)
    top = max((max(trend.series[severity]) for severity in _SHOWN), default=0)
    figure.ylim(0, max(1, top))
    figure.yticks(ticks := sorted({0, top // 2, max(1, top)}), [str(tick) for tick in ticks])
    marked = sorted({0, len(numbers) // 2, len(numbers) - 1})
    figure.xticks(marked, [f"{trend.days[number]:%m-%d}" for number in marked])
    drawn: str = figure.build()
    return [fit(tuple(_painted(text)), cells) for text in drawn.replace("\x1b[0m", "").splitlines()]


def _painted(text: str) -> Iterable[Segment]:
    run, role = "", "dim"
    for character in text:
        mine = _MARKS.get(character, "dim")
        if mine != role and run:
            yield run, role
            run = ""
        run, role = run + character, mine
    if run:
        yield run, role


def _legend(trend: FleetTrend, cells: int) -> Line:
    parts: list[Segment] = [(" ", "text")]
    for severity in reversed(_SHOWN):
        series = trend.series[severity]
        parts += [(f"{severity.letter} {severity.value} ", severity.value), (f"{series[0]} → {series[-1]}   ", "text")]
    return fit(parts, cells)


def host_line(days: Sequence[DayCount], name: str, today: date, span: int = 90) -> Line:
    """One host's findings above info over so many days, as small bars; nothing where one day is known."""
    known = {one.day: one.active for one in days if one.host == name and one.day > today - timedelta(days=span)}
    if len(known) < 2:
        return ()
    value, values = 0, []
    for number in range((today - min(known)).days + 1):
        value = known.get(min(known) + timedelta(days=number), value)
        values.append(value)
    return (("findings above info ", "dim"), (sparkline(tuple(values)), "accent"), (f" {len(values)} days", "dim"))
