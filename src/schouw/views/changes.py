"""The Changes screen as plain values: what became of findings since a moment, or of an audit's list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schouw.audits.matching import Ending, Followed
from schouw.history.values import Compared
from schouw.model.severity import Area
from schouw.views.ages import day, since
from schouw.views.changed import FATES, ROLES, arrange
from schouw.views.detail import finding_detail
from schouw.views.export import Record, finding_rows
from schouw.views.findings import edge
from schouw.views.order import natural
from schouw.views.pivot import On
from schouw.views.segments import Line, Segment, fit, line_width, pad, squeeze, width, wrap
from schouw.views.since import Since

_HOST_CELLS = 16
_ENDINGS = {
    Ending.OPEN: "open", Ending.ACCEPTED: "accepted", Ending.FIXED: "fixed", Ending.NOT_CHECKED: "unknown",
    Ending.RETRACTED: "dim", Ending.UNMATCHED: "dim", Ending.NO_HOST: "dim",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A finding then and now, or a row of an audit followed to its end."""

    of: Compared | Followed
    place: int
    """In the audit's list."""

    @property
    def part(self) -> str:
        """Under which heading it belongs."""
        return (self.of.fate if isinstance(self.of, Compared) else self.of.ending).value

    @property
    def key(self) -> str:
        return f"{self.of.host} {self.of.tracked.key}" if isinstance(self.of, Compared) else str(self.place)

    @property
    def findings(self) -> tuple[On, ...]:
        tracked = (self.of.tracked,) if isinstance(self.of, Compared) else self.of.findings
        return tuple(On(self.of.host, one) for one in tracked)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one area or one host."""

    name: str
    rows: tuple[Row, ...]

    @property
    def key(self) -> str:
        return self.name

    @property
    def findings(self) -> tuple[On, ...]:
        return tuple(on for row in self.rows for on in row.findings)


VIEWS = ("one by one", "by area", "by host")


def group_of(row: Row, view: str) -> str:
    """The name of the row's group in that view; an audit's rows may belong to no area of ours, or to a host of others."""
    if view == "by host":
        return row.of.host if isinstance(row.of, Compared) else row.of.host or row.of.row.host or "no host named"
    if view == "by area":
        return row.findings[0].tracked.finding.area.value if row.findings else "no finding of ours"
    return ""


def groups(rows: Sequence[Row], view: str) -> list[Group]:
    """Areas in their order, hosts by name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(group_of(row, view), []).append(row)
    areas = [area.value for area in Area]
    names = sorted(found, key=lambda name: (areas.index(name) if name in areas else len(areas), natural(name)))
    return [Group(name, tuple(found[name])) for name in names]


def rows_of(changes: Sequence[Compared] | Sequence[Followed]) -> list[Row]:
    compared = arrange(one for one in changes if isinstance(one, Compared))
    followed = [one for one in changes if isinstance(one, Followed)]
    both: list[Compared | Followed] = [*compared, *followed]
    return [Row(one, place) for place, one in enumerate(both)]


def parts(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Every heading under which there is something, "all" first, with how much."""
    counts = Counter(row.part for row in rows)
    order = [fate.value for fate in FATES] + [ending.value for ending in Ending]
    return [("all", len(rows)), *((part, counts[part]) for part in dict.fromkeys(order) if counts[part])]


def role_of(part: str) -> str:
    roles = {fate.value: role for fate, role in ROLES.items()} | {ending.value: role for ending, role in _ENDINGS.items()}
    return roles.get(part, "strong")


def title_line(since_: Since | None, text: str, within: str, cells: int, now: datetime) -> Line:
    """`within`: the area or host that is looked into, "" for all."""
    left: list[Segment] = [(" schouw › ", "dim"), ("changes", "title")]
    if within:
        left += [(" › ", "dim"), (within, "title")]
    left += [("   since ", "dim"), (text, "accent")]
    if since_ is not None:
        at = since_.at.astimezone(now.tzinfo)
        left.append((f"   {day(at, now)} {at:%H:%M}", "dim"))
        if since_.audit is not None:
            left.append((f"   {since_.audit.source}", "dim"))
    return fit(left, cells)


def parts_line(rows: Sequence[Row], part: str, cells: int) -> Line:
    line: list[Segment] = []
    for gap in ("  ", " "):
        line = [(" ", "text")]
        for name, count in parts(rows):
            left, right = ("[", "]") if name == part else (" ", " ")
            line += [(f"{left}{name} ", "title" if name == part else role_of(name)), (f"{count}{right}{gap[1:]}", "strong")]
        if line_width(line) <= cells:
            break
    return fit(line, cells)


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the columns of a list are, in cells: as wide as what stands in them."""

    part: int
    host: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Columns:
        parts = {len(row.part) for row in rows}
        hosts = {width(group_of(row, "by host")) for row in rows}
        return cls(max(parts, default=0), min(_HOST_CELLS, max(hosts, default=0)))


def row_line(row: Row, columns: Columns, cells: int, now: datetime, cursor: bool, marked: bool) -> Line:
    if isinstance(row.of, Followed):
        return _followed_line(row.of, columns, cells, cursor, marked)
    finding = row.of.tracked.finding
    room = cells - columns.part - columns.host - 22
    return fit(
        (
            edge(cursor, marked),
            (f"{pad(row.part, columns.part)} ", role_of(row.part)),
            (f"{finding.severity.letter} ", finding.severity.value),
            (f"{finding.area.value:<9} ", "dim"),
            (f"{pad(row.of.host, columns.host)} ", "strong"),
            (pad(squeeze(finding.title, room), room), "strong" if cursor else "text"),
            (f" {since(row.of.at, now):>5}", "dim"),
        ),
        cells,
    )


def group_line(group: Group, cells: int, cursor: bool, marked: bool) -> Line:
    """How many of each part there are in an area or on a host."""
    line: list[Segment] = [edge(cursor, marked), (f"{pad(group.name, _HOST_CELLS + 2)} ", "strong")]
    line += [(f" {count} {part} ", role_of(part)) for part, count in parts(group.rows)[1:]]
    return fit(line, cells)


def group_detail(group: Group, cells: int) -> list[Line]:
    """Its rows under the headings of the parts."""
    lines: list[Line] = [((group.name, "title"),), ()]
    for part, count in parts(group.rows)[1:]:
        lines.append(((f"{part} {count}", role_of(part)),))
        for row in group.rows:
            if row.part == part:
                title = row.of.tracked.finding.title if isinstance(row.of, Compared) else row.of.row.title
                lines += [((f"  {piece}", "text"),) for piece in wrap(title, cells - 2)]
        lines.append(())
    return lines


def _followed_line(one: Followed, columns: Columns, cells: int, cursor: bool, marked: bool) -> Line:
    row = one.row
    number = pad(row.number, min(20, max(8, cells // 6)))
    severity: Segment = (row.severity.letter, row.severity.value) if row.severity else ("·", "dim")
    return fit(
        (
            edge(cursor, marked),
            (f"{number} ", "accent"),
            severity,
            (f" {pad(one.ending.value, columns.part)} ", _ENDINGS[one.ending]),
            (f"{pad(one.host or row.host, columns.host)} ", "strong" if one.host else "dim"),
            (f"{row.port} " if row.port else "", "dim"),
            (row.title, "strong" if cursor else "text"),
        ),
        cells,
    )


def row_detail(row: Row, cells: int, now: datetime) -> list[Line]:
    if isinstance(row.of, Compared):
        head: Line = ((row.of.host, "title"), (" · ", "dim"), (f"{row.part}, for {since(row.of.at, now)}", role_of(row.part)))
        return [head, *finding_detail(row.of.tracked, cells, now)]
    one = row.of
    lines: list[Line] = [((piece, "strong"),) for piece in wrap(f"{one.row.number}  {one.row.title}", cells)]
    where = " ".join(filter(None, (one.row.host, *one.row.addresses, one.row.port)))
    lines += [*(((piece, "dim"),) for piece in wrap(f"{where} {' '.join(one.row.cves)}", cells)), ()]
    ending = f"{ending_words(row)}{f', for {since(one.since, now)}' if one.since else ''}"
    lines += [*(((piece, _ENDINGS[one.ending]),) for piece in wrap(ending, cells)), ()]
    for found in one.findings:
        lines += [((one.host, "title"),), *finding_detail(found, cells, now), ()]
    return lines


def ending_words(row: Row) -> str:
    """What became of it, and why not more can be said."""
    reason = row.of.reason if isinstance(row.of, Followed) else ""
    return f"{row.part}: {reason}" if reason else row.part


def records(rows: Sequence[Row]) -> list[Record]:
    """For a file: the same columns for every row of a list."""
    made: list[Record] = []
    for row in rows:
        if isinstance(row.of, Compared):
            made.append({"change": row.part, "since": row.of.at.isoformat(), **finding_rows(row.of.host, (row.of.tracked,))[0]})
        else:
            one = row.of
            made.append(
                {
                    "number": one.row.number,
                    "title": one.row.title,
                    "host": one.row.host,
                    "port": one.row.port,
                    "state": row.part,
                    "since": one.since.isoformat() if one.since else "",
                    "our_host": one.host,
                    "our_key": " ".join(found.key for found in one.findings),
                    "reason": one.reason,
                }
            )
    return made
