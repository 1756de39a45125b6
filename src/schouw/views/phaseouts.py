"""Phase-outs in words and lines: the list, one of them in full, and its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from schouw.checks.switched_off import Said
from schouw.model.phaseout import Phaseout, What
from schouw.views.ages import day, since
from schouw.views.cards import sparkline
from schouw.views.findings import edge
from schouw.views.header import plural
from schouw.views.pace import Pace
from schouw.views.phaseout_chart import chart
from schouw.views.segments import Line, Segment, cut, fit, line_width, pad, spread, width, wrap
from schouw.views.standing import Account, Fate, Place, Standing

_NAMES = {"ftp": "FTP", "imap": "IMAP", "pop3": "POP3", "smtp": "SMTP", "sieve": "ManageSieve", "https": "HTTPS"}
_ROLES = {Fate.NEW: "new", Fate.BACK: "regressed", Fate.LEFT: "open", Fate.KNOCKING: "unknown", Fate.GONE: "fixed"}
_HOST_CELLS = 16


# -- words -----------------------------------------------------------------------------------------


def what(phaseout: Phaseout) -> str:
    """ "FTP in plaintext", "TLS 1.1 and older of IMAP and POP3", "POP3 altogether"."""
    names = [_NAMES.get(one, one) for one in phaseout.protocols]
    those = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
    match phaseout.what:
        case What.PLAINTEXT:
            return f"{those} in plaintext"
        case What.OLD_TLS:
            return f"TLS 1.1 and older of {those}"
        case What.ALL:
            return f"{those} altogether"


def verdict(standing: Standing, now: datetime) -> Segment:
    """Where it stands, in one sentence."""
    phaseout, left = standing.phaseout, standing.left
    if phaseout.ended_at is not None:
        return f"stopped {day(phaseout.ended_at, now)} by {phaseout.ended_by}", "dim"
    if standing.done:
        return "off, verified from outside and inside", "ok"
    if now < phaseout.begins:
        return f"begins {day(phaseout.begins, now)}", "dim"
    if now >= phaseout.until:
        on = len(standing.places) - len(standing.off)
        return f"overdue for {since(phaseout.until, now)}: not off on {plural(on, 'host')}, {left} left", "error"
    if not left:
        return ("nobody is left; it is not off yet" if standing.trend else "nobody was seen yet"), "accent"
    return _at_this_pace(standing.pace, phaseout.until.astimezone(now.tzinfo).date(), now)


def _at_this_pace(pace: Pace | None, end: date, now: datetime) -> Segment:
    if pace is None:
        return "too early to tell at what pace", "dim"
    if pace.zero is None:
        return "not falling", "error"
    days = (pace.zero - end).days
    compared = "on the day" if not days else f"{plural(abs(days), 'day')} {'too late' if days > 0 else 'before the day'}"
    zero = datetime(pace.zero.year, pace.zero.month, pace.zero.day, tzinfo=now.tzinfo)
    return f"at this pace zero on {day(zero, now)}, {compared}", "high" if days > 0 else "ok"


def off_words(place: Place) -> Segment:
    """Of one host, from both sides."""
    off = place.off
    if off.verified:
        lacking = "; ".join(words for words in (off.outside.words, off.inside.words) if words)
        return f"off, verified from outside and inside{f' ({lacking})' if lacking else ''}", "ok"
    role = "open" if off.on else "unknown"
    return f"outside: {_side(off.outside)} · inside: {_side(off.inside)}", role


def _side(said: Said) -> str:
    word = {True: "off", False: "on", None: "cannot tell"}[said.off]
    return f"{word} ({said.words})" if said.words else word


# -- the list --------------------------------------------------------------------------------------


def title_line(some: Sequence[Standing], cells: int) -> Line:
    running = sum(one.phaseout.running for one in some)
    return fit(((" schouw › ", "dim"), ("phase-outs", "title"), (f"   {running} running", "dim")), cells)


def row_line(one: Standing, cells: int, now: datetime, cursor: bool, marked: bool) -> Line:
    """Its name, who is left, the trend, its day."""
    phaseout = one.phaseout
    quiet = not phaseout.running
    end = day(phaseout.until, now)
    graph = sparkline(tuple(count for _, count in one.trend)[-min(30, max(8, cells // 6)) :])
    _, role = verdict(one, now)
    right: tuple[Segment, ...] = (
        (f" {graph} ", "dim" if quiet else "accent"),
        ("✓ off".rjust(9) if one.done else f"{one.left:>4} left", role if not quiet else "dim"),
        (f"  {end:>11} ", "dim" if quiet else "text"),
    )
    room = max(10, cells - line_width(right) - 2)
    name = min(20, room)
    left = (edge(cursor, marked), (pad(phaseout.name, name) + " ", "dim" if quiet else "strong"))
    return spread((*left, (cut(what(phaseout), room - name), "dim")) if room - name >= 12 else left, right, cells)


# -- one of them -----------------------------------------------------------------------------------


def detail(one: Standing, cells: int, now: datetime) -> list[Line]:
    """All but the names of accounts."""
    words, role = verdict(one, now)
    lines: list[Line] = [((what(one.phaseout), "strong"),), *(((piece, role),) for piece in wrap(words, cells)), ()]
    lines += chart(one, cells, now)
    lines += [(), _counts(one), *([_by_protocol(one)] if len(one.phaseout.protocols) > 1 else []), ()]
    lines.append((("Hosts", "title"),))
    for place in one.places:
        lines += _place_lines(place, cells, now)
    return [*lines, (), *(((piece, "dim"),) for piece in wrap(_made(one.phaseout, now), cells))]


def _counts(one: Standing) -> Line:
    fates = one.fates
    line: list[Segment] = [(f"{one.left} left", "strong")]
    for fate in (Fate.NEW, Fate.BACK, Fate.KNOCKING, Fate.GONE):
        if fates[fate]:
            line += [(" · ", "dim"), (f"{fates[fate]} {fate.value}", _ROLES[fate])]
    return tuple(line)


def _by_protocol(one: Standing) -> Line:
    counts = one.by_protocol
    return ((" · ".join(f"{_NAMES[protocol]} {counts[protocol]}" for protocol in one.phaseout.protocols), "dim"),)


def _place_lines(place: Place, cells: int, now: datetime) -> list[Line]:
    count = place.accounts
    words, role = off_words(place)
    age = f" · seen {since(place.at, now)} ago" if place.at else ""
    lines: list[Line] = [((f"  {place.host} ", "text"), (f"{count} left" if count else "nobody left", "dim"), (age, "dim"))]
    lines += [((f"    {piece}", role),) for piece in wrap(words, cells - 4)]
    for service, lacking in place.untold:
        lines += [((f"    {piece}", "unknown"),) for piece in wrap(f"not all is told by {service}: {lacking}", cells - 4)]
    return lines


def _made(phaseout: Phaseout, now: datetime) -> str:
    meant = f" of {phaseout.meant}" if phaseout.meant else ""
    return (
        f"{plural(len(phaseout.hosts), 'host')}{meant}, from {day(phaseout.begins, now)} until {day(phaseout.until, now)}; "
        f"set by {phaseout.by} on {day(phaseout.made_at, now)}"
    )


# -- its accounts ----------------------------------------------------------------------------------


def account_title(one: Standing, cells: int, now: datetime) -> list[Line]:
    words, role = verdict(one, now)
    left: Line = (
        (" schouw › phase-outs › ", "dim"),
        (one.phaseout.name, "title"),
        (f"   until {day(one.phaseout.until, now)}   ", "text"),
        (what(one.phaseout), "dim"),
    )
    graph = sparkline(tuple(count for _, count in one.trend)[-max(8, cells // 4) :])
    return [fit(left, cells), fit(((f" {graph}  ", "accent"), (words, role)), cells)]


def parts(one: Standing) -> list[tuple[str, int]]:
    """Under which headings its accounts stand, and its hosts."""
    fates = one.fates
    return [
        ("all", len(one.accounts)),
        *((fate.value, fates[fate]) for fate in Fate if fates[fate]),
        ("hosts", len(one.places)),
    ]


def parts_line(one: Standing, part: str, cells: int) -> Line:
    line: list[Segment] = [(" ", "text")]
    for name, count in parts(one):
        left, right = ("[", "]") if name == part else (" ", " ")
        line += [(f"{left}{name} ", "title" if name == part else "text"), (f"{count}{right}", "strong")]
    return fit(line, cells)


def account_line(one: Account, cells: int, now: datetime, cursor: bool, marked: bool) -> Line:
    right = f" {since(one.last, now):>4} ago "
    room = cells - width(right) - 1 - 10 - 6
    host = min(_HOST_CELLS, room // 5)
    customer = min(24, room // 4) if room >= 70 else 0  # else it is said beside
    return fit(
        (
            edge(cursor, marked),
            (pad(one.fate.value, 10), _ROLES[one.fate]),
            (pad(_NAMES.get(one.protocol, one.protocol), 5) + " ", "dim"),
            (pad(one.account, room - host - customer - 2) + " ", "strong" if cursor else "text"),
            (pad(one.customer, customer) + (" " if customer else ""), "dim"),
            (pad(one.host, host + (0 if customer else 1)), "dim"),
            (right, "dim"),
        ),
        cells,
    )


def account_detail(one: Account, cells: int, now: datetime) -> list[Line]:
    lines: list[Line] = [((piece, "strong"),) for piece in wrap(one.account, cells)]
    lines.append(((one.fate.value, _ROLES[one.fate]), (f" · {_NAMES.get(one.protocol, one.protocol)} on {one.host}", "dim")))
    if one.customer:
        lines.append((("customer ", "dim"), (cut(one.customer, cells - 9), "text")))
    seen = f"first {day(one.first, now)}, last {day(one.last, now)} ({since(one.last, now)} ago), {plural(one.count, 'login')}"
    return [*lines, *(((piece, "dim"),) for piece in wrap(seen, cells)), ()]


def place_line(place: Place, cells: int, cursor: bool, marked: bool) -> Line:
    words, role = off_words(place)
    count = place.accounts
    return fit(
        (edge(cursor, marked), (f"{pad(place.host, _HOST_CELLS)} ", "strong"), (f"{count:>4} left  ", "text"), (words, role)),
        cells,
    )


def place_detail(place: Place, cells: int, now: datetime) -> list[Line]:
    return [((place.host, "title"),), *_place_lines(place, cells, now)[1:]]
