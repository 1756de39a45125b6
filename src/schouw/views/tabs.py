"""The further tabs of a host: ports, packages, ssh, scans, raw facts; each a list of lines for a given width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Protocol

from schouw.model.attempt import Attempt
from schouw.model.facts import Facts, Inside
from schouw.model.host import Host
from schouw.model.outside import Outside, PortState, SshOffer
from schouw.model.ports import unrouted
from schouw.views.ages import age, since
from schouw.views.segments import Line, Segment, pad, wrap

_NO_FACTS: list[Line] = [(("? Nothing is known yet: press r to scan.", "unknown"),)]


class Scan(Protocol):
    """One past scan, as the history keeps it."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def finished_at(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def error(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Place:
    proto: str
    port: int


def _inside(facts: Facts | None) -> Inside | None:
    return facts.inside.result if facts else None


def _outside(facts: Facts | None) -> Outside | None:
    return facts.outside.result if facts else None


def _because(reason: str, cells: int) -> list[Line]:
    return [
        ((f"{'? not checked: ' if not index else '  '}{piece}", "unknown"),)
        for index, piece in enumerate(wrap(reason, cells - 16))
    ]


def ports(facts: Facts | None, host: Host, cells: int, now: datetime) -> list[Line]:
    """Every port that listens inside, is open outside or is expected: the three views of it side by side."""
    inside, outside = _inside(facts), _outside(facts)
    if facts is None:
        return _NO_FACTS
    listening: dict[_Place, list[str]] = {}
    names: dict[_Place, str] = {}
    for listener in (inside.listeners.result or ()) if inside else ():
        place = _Place(listener.proto, listener.port)
        listening.setdefault(place, []).append(listener.address)
        names[place] = listener.process or listener.unit or names.get(place, "") or "?"
    seen: dict[_Place, set[PortState]] = {}
    for probed in (outside.ports.result or ()) if outside else ():
        seen.setdefault(_Place("tcp", probed.port), set()).add(probed.state)
    expected = {_Place(port.proto, port.number) for port in host.listen or ()}
    open_outside = {place for place, states in seen.items() if PortState.OPEN in states}
    places = sorted(listening.keys() | expected | open_outside, key=lambda place: (place.proto, place.port))
    lines: list[Line] = [((f"{'port':<11}{'process':<18}{'listens on':<26}{'from outside':<14}expected", "dim"),)]
    for place in places:
        lines.append(_port_line(place, listening.get(place), names.get(place, ""), seen.get(place), place in expected, host))
    for what, reasons in (("inside", _inside_lacks(facts, inside)), ("outside", _outside_lacks(facts, outside, now))):
        if reasons:
            lines += [(), ((f"View from {what}", "title"),)]
            lines += [line for reason in dict.fromkeys(reasons) for line in _because(reason, cells)]
    return lines


def _inside_lacks(facts: Facts, inside: Inside | None) -> list[str]:
    attempts: tuple[Attempt[Any], ...] = (inside.listeners, inside.processes) if inside else (facts.inside,)
    return [attempt.reason for attempt in attempts if attempt.reason and not attempt.absent]


def _outside_lacks(facts: Facts, outside: Outside | None, now: datetime) -> list[str]:
    if outside is None:
        return [facts.outside.reason] if facts.outside.reason else []
    reasons = [outside.ports.reason, *(f"{part}: no route from here" for part in unrouted(outside)), outside.blocked]
    if outside.at is not None and outside.at < facts.taken_at:
        why = facts.outside.reason or "only some services were looked at again"
        reasons.insert(0, f"{why}; what is shown was seen {since(outside.at, now)} ago")
    return [reason for reason in reasons if reason]


def _port_line(
    place: _Place, addresses: list[str] | None, process: str, seen: set[PortState] | None, expected: bool, host: Host
) -> Line:
    where = ", ".join(sorted(set(addresses))) if addresses else "nothing"
    state: Segment = ("not looked at", "unknown")
    if seen:
        best = next(state for state in PortState if state in seen)
        state = (best.value, "accent" if best is PortState.OPEN else "dim")
    elif place.proto == "udp":
        state = ("–", "dim")
    said = ("", "text") if host.listen is None else ("yes", "ok") if expected else ("no", "high" if state[0] == "open" else "dim")
    return (
        (pad(f"{place.port}/{place.proto}", 11), "strong"),
        (pad(process, 17) + " ", "text" if process != "?" else "unknown"),
        (pad(where, 25) + " ", "text" if addresses else "dim"),
        (f"{state[0]:<14}", state[1]),
        said,
    )


def packages(facts: Facts | None, cells: int) -> list[Line]:
    """Pending updates first, security ones before the others, then all that is installed."""
    inside = _inside(facts)
    if inside is None:
        return _because(facts.inside.reason, cells) if facts else _NO_FACTS
    lines: list[Line] = []
    if inside.updates.result:
        updates = inside.updates.result
        known = inside.age(updates.fetched_at)
        fetched = f"lists fetched {age(known)} ago" if known is not None else "it is not known when lists were fetched"
        lines.append(((f"Updates {len(updates.pending)}", "title"), (f"   {updates.manager}, {fetched}", "dim")))
        for update in sorted(updates.pending, key=lambda update: (not update.security, update.package)):
            mark: Segment = ("security ", "high") if update.security else ("update   ", "dim")
            text = f"{update.installed} → {update.candidate}"
            lines.append(
                (("  ", "text"), mark, (pad(update.package, 30) + " ", "strong"), (pad(text, max(20, cells - 42)), "text"))
            )
    if inside.updates.reason:
        lines += _because(inside.updates.reason, cells)
    lines.append(())
    if inside.packages.result:
        installed = inside.packages.result
        lines.append(((f"Installed {len(installed.packages)}", "title"), (f"   {installed.manager}", "dim")))
        lines += [
            ((f"  {pad(package.name, 36)} ", "text"), (pad(package.version, 32) + " ", "dim"), (package.architecture, "dim"))
            for package in installed.packages
        ]
    if inside.packages.reason:
        lines += _because(inside.packages.reason, cells)
    return lines


def ssh(facts: Facts | None, cells: int) -> list[Line]:
    """What its SSH servers offer before login, and which configuration is in force."""
    if facts is None:
        return _NO_FACTS
    inside, outside = _inside(facts), _outside(facts)
    lines: list[Line] = []
    for attempt in outside.ssh if outside else ():
        lines += _offer(attempt, cells)
    if outside is None and facts.outside.reason:
        lines += [*_because(facts.outside.reason, cells), ()]
    sshd = inside.sshd if inside else None
    if sshd and sshd.result:
        lines.append((("Host keys", "title"),))
        lines += [((f"  {pad(f'{key.type} {key.bits}', 14)} {key.fingerprint}", "text"),) for key in sshd.result.host_keys]
        lines += [(), (("Settings in force", "title"), (f"   {sshd.result.version}", "dim"))]
        for keyword, values in sorted(sshd.result.settings.items()):
            pieces = wrap(", ".join(values), cells - 34)
            lines.append(((f"  {pad(keyword, 31)} ", "dim"), (pieces[0], "text")))
            lines += [((" " * 34 + piece, "text"),) for piece in pieces[1:]]
    if sshd and sshd.reason:
        lines += _because(sshd.reason, cells)
    return lines or [(("? No SSH server was looked at.", "unknown"),)]


def _offer(attempt: Attempt[SshOffer], cells: int) -> list[Line]:
    if attempt.result is None:
        return [*_because(attempt.reason, cells), ()]
    offer = attempt.result
    where = f"[{offer.address}]:{offer.port}" if ":" in offer.address else f"{offer.address}:{offer.port}"
    lines: list[Line] = [((f"Offered on {where}", "title"), (f"   {offer.software}", "dim"))]
    for label, names in (
        ("key exchange", offer.kex),
        ("host keys", offer.host_keys),
        ("ciphers", offer.ciphers),
        ("MACs", offer.macs),
    ):
        pieces = wrap(", ".join(names), cells - 18)
        lines.append(((f"  {label:<14}  ", "dim"), (pieces[0], "text")))
        lines += [((" " * 18 + piece, "text"),) for piece in pieces[1:]]
    return [*lines, ()]


def scans(rows: Iterable[Scan], now: datetime, cells: int) -> list[Line]:
    lines: list[Line] = []
    for row in rows:
        role = {"scanned": "ok", "unreachable": "error"}.get(row.state, "unknown")
        seconds = (row.finished_at - row.started_at).total_seconds()
        when = f"{row.finished_at.astimezone(now.tzinfo):%d %b %H:%M:%S}"
        lines.append(
            (
                (f"{when}  {since(row.finished_at, now):>4} ago  ", "dim"),
                (f"{row.state:<12}", role),
                (f"{seconds:6.1f} s  ", "dim"),
                (pad(row.error, max(10, cells - 52)), "text"),
            )
        )
    return lines or [(("Never scanned: press r.", "unknown"),)]


def raw(facts: Facts | None, cells: int) -> list[Line]:
    """All that was seen, as it is kept."""
    if facts is None:
        return _NO_FACTS
    return [((piece, "text"),) for text in _tree("", facts, 0) for piece in wrap(text, cells)]


def _tree(label: str, value: object, depth: int) -> Iterable[str]:
    indent = "  " * depth
    head = f"{indent}{label}: " if label else indent
    if is_dataclass(value):
        if label:
            yield head.rstrip()
        for field in fields(value):
            yield from _tree(field.name, getattr(value, field.name), depth + bool(label))
    elif isinstance(value, dict):
        yield head.rstrip() if value else f"{head}–"
        for key, item in value.items():
            yield from _tree(str(key), item, depth + 1)
    elif isinstance(value, (tuple, list)):
        yield from _items(head, value, depth)
    else:
        yield f"{head}{'–' if value in (None, '') else value}"


def _items(head: str, values: Sequence[object], depth: int) -> Iterable[str]:
    if not values:
        yield f"{head}–"
    elif all(isinstance(item, (str, int, float)) for item in values):
        yield f"{head}{', '.join(map(str, values))}"
    else:
        yield head.rstrip()
        for item in values:
            yield "  " * (depth + 1) + (_flat(item) if is_dataclass(item) else str(item))


def _flat(value: object) -> str:
    if not is_dataclass(value):
        return str(value)
    parts = [
        f"{field.name}={getattr(value, field.name)}"
        for field in fields(value)
        if getattr(value, field.name) not in (None, "", ())
    ]
    return "  ".join(parts)
