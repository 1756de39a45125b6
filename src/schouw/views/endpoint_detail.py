"""Everything that is known of one TLS endpoint: a matrix of versions, suites and groups, its chain, and the lines behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TypeVar

from schouw.model.attempt import Attempt
from schouw.model.profile import Kind
from schouw.model.services import Part
from schouw.model.tls import Certificate, CertificateOffer, Looked, PlainOffer, TlsOffer, TlsVersion
from schouw.views.ages import since
from schouw.views.deep_answers import deep_lines
from schouw.views.endpoints import LEGEND, SHORT, EndpointRow, groups, key_words, marked
from schouw.views.segments import Line, cut, fit, pad, width, wrap

T = TypeVar("T")


def endpoint_detail(row: EndpointRow, cells: int, now: datetime) -> list[Line]:
    endpoint = row.endpoint
    title = f"{endpoint.port}/tcp {endpoint.protocol.value} on {endpoint.address}" + (
        f" as {endpoint.name}" if endpoint.name else ""
    )
    lines: list[Line] = [((piece, "strong"),) for piece in wrap(title, cells)]
    lines += [
        ((piece, "dim"),) for piece in wrap(f"judged by {row.profile.title}, {endpoint.protocol.service_class.value}", cells)
    ]
    lines += [*(((piece, "dim"),) for piece in wrap(LEGEND[0][0], cells)), ()]
    if row.tls is not None:
        lines += [*_offer_lines(row, row.tls, cells, now)]
    for look in row.certificates:
        lines += [*_certificate_lines(row, look, cells, now)]
    if row.deep is not None or (row.offer is not None and row.offer.spoken):
        lines += [*deep_lines(row.deep, cells, now), ()]
    if row.plain is not None:
        lines += [*plain_lines(row.plain, cells, now), ()]
    return lines + list(_configuration(row, cells))


def headed(title: str, note: str, cells: int) -> Iterator[Line]:
    """A heading with a note, which gets lines of its own where it does not fit beside it."""
    if len(title) + 3 + len(note) <= cells:
        yield ((title, "title"), (f"   {note}", "dim"))
        return
    yield ((title, "title"),)
    yield from (((f"  {piece}", "dim"),) for piece in wrap(note, cells - 2))


def _seen(look: Looked[T], now: datetime) -> str:
    return f"seen from outside {since(look.at, now)} ago"


def _reason(attempt: Attempt[T], cells: int) -> Iterator[Line]:
    if attempt.reason:
        role = "dim" if attempt.absent else "unknown"
        first = "  " if attempt.absent else "  ? "
        for number, piece in enumerate(wrap(attempt.reason, cells - 4)):
            yield ((f"{first if not number else '    '}{piece}", role),)


def _offer_lines(row: EndpointRow, look: Looked[TlsOffer], cells: int, now: datetime) -> Iterator[Line]:
    offer = look.attempt.result
    how = f", {offer.depth} look, {offer.connections} connections" if offer is not None else ""
    yield from headed("Versions", _seen(look, now) + how, cells)
    yield from _reason(look.attempt, cells)
    if offer is None:
        yield ()
        return
    for version in reversed(TlsVersion):
        if version in offer.versions:
            yield from _version_line(row, version, offer.versions[version], cells)
    yield ()
    yield from headed("Suites", "key exchange and its signature beside them", cells)
    for version in reversed(TlsVersion):
        for one in offer.accepted.result or ():
            if one.version is version:
                exchange = " ".join(filter(None, (one.group, f"DH {one.dh_bits}" if one.dh_bits else "", one.signature)))
                yield _value_line(row, Kind.SUITE, one.suite, f"{version.removeprefix('TLSv'):<6}", exchange, cells)
    yield from _reason(offer.accepted, cells)
    yield ()
    yield from headed("Groups", "its favourite first", cells)
    for group in groups(offer):
        yield _value_line(row, Kind.GROUP, group, "", "", cells)
    yield from _reason(offer.groups, cells)
    yield ()


def _version_line(row: EndpointRow, version: TlsVersion, one: Attempt[bool], cells: int) -> Iterator[Line]:
    if one.result:
        yield _value_line(row, Kind.PROTOCOL, version.value, "", "", cells)
    elif one.result is False:
        yield ((f"  – {version.value}", "dim"), ("  refused", "dim"))
    else:
        reason = one.reason or "not asked"
        yield fit(((f"  ? {version.value}  {reason}", "unknown"),), cells)


def _value_line(row: EndpointRow, kind: Kind, value: str, before: str, after: str, cells: int) -> Line:
    sign, role = marked(row.profile, kind, value)
    # The value is what matters: what stands behind it only gets the room that is left.
    left = cells - 4 - len(before) - width(value) - 2
    tail = f"  {cut(after, left)}" if after and left >= 8 else ""
    return fit(
        ((f"  {sign} ", role), (before, "dim"), (pad(value, cells - 4 - len(before) - width(tail)), role), (tail, "dim")), cells
    )


def _certificate_lines(row: EndpointRow, look: Looked[CertificateOffer], cells: int, now: datetime) -> Iterator[Line]:
    yield from headed("Certificate", _seen(look, now), cells)
    yield from _reason(look.attempt, cells)
    offer = look.attempt.result
    for number, one in enumerate(offer.chain if offer is not None else ()):
        yield from _chain_lines(row, one, number, cells, now.date())
    if offer is not None and offer.trusted.result is not None:
        words = (
            "trusted by this machine"
            if offer.trusted.result
            else f"not trusted by this machine: {offer.why_not or 'no reason given'}"
        )
        for piece in wrap(words, cells - 4):
            yield ((f"  {'+' if offer.trusted.result else '!'} {piece}", "ok" if offer.trusted.result else "high"),)
    elif offer is not None:
        yield from _reason(offer.trusted, cells)
    yield ()


def _chain_lines(row: EndpointRow, one: Certificate, number: int, cells: int, today: date) -> Iterator[Line]:
    left = (one.not_after.date() - today).days
    role = "critical" if left < 0 else "medium" if left < SHORT else "ok"
    age = f"{left} days left" if left >= 0 else f"expired {-left} days ago"
    yield ((f"  {number + 1} ", "dim"), (pad(one.subject, max(12, cells - 5 - len(age) - 2)), "text"), (f"  {age}", role))
    sign, key_role = marked(row.profile, Kind.CERTIFICATE_KEY, key_words(one))
    facts = [(f"    {sign} {key_words(one)}", key_role)]
    if one.signature:
        sign, hash_role = marked(row.profile, Kind.CERTIFICATE_SIGNATURE, one.signature)
        facts.append((f"   {sign} {one.signature}", hash_role))
    yield tuple(facts)
    yield ((f"    {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}", "dim"),)
    for label, text in (("for", ", ".join(one.names) if not number else ""), ("by", one.issuer)):
        for count, piece in enumerate(wrap(text, cells - 9) if text else ()):
            yield ((f"    {label if not count else '':<4} ", "dim"), (piece, "text"))


def plain_lines(look: Looked[PlainOffer], cells: int, now: datetime) -> list[Line]:
    """What it says and takes before TLS."""
    offer = look.attempt.result
    lines: list[Line] = [*headed("Before TLS", _seen(look, now), cells)]
    lines += _reason(look.attempt, cells)
    if offer is None:
        return lines
    for label, attempt, bad in (
        ("TLS offered", offer.tls, False),
        ("password taken", offer.login, True),
        ("anybody may log in", offer.anonymous, True),
        ("passes mail on for strangers", offer.relay, True),
    ):
        if attempt.result is None and attempt.absent:
            continue
        words = "not known" if attempt.result is None else "yes" if attempt.result else "no"
        role = "unknown" if attempt.result is None else "high" if attempt.result is bad else "ok"
        sign = "?" if attempt.result is None else "!" if attempt.result is bad else "+"
        lines.append(((f"  {sign} ", role), (f"{label:<30}", "dim"), (words, role)))
        lines += _reason(attempt, cells)
    for label, text in (
        ("greeting", offer.greeting),
        ("mechanisms", " ".join(offer.mechanisms)),
        ("capabilities", ", ".join(offer.capabilities)),
    ):
        for number, piece in enumerate(wrap(text, cells - 18) if text else ()):
            lines.append(((f"    {label if not number else '':<13} ", "dim"), (piece, "text")))
    return lines


def _configuration(row: EndpointRow, cells: int) -> Iterator[Line]:
    for part in row.parts:
        daemon = part.daemon
        words = " · ".join(filter(None, (f"{daemon.name} {daemon.version}", daemon.library, part.block.label)))
        yield from headed("Configuration", words, cells)
        yield from setting_lines(part, cells)
        yield ()


def setting_lines(part: Part, cells: int) -> Iterator[Line]:
    """Each setting with its value and place."""
    for keyword, setting in part.block.settings.items():
        pieces = wrap(f"{keyword} {setting.value}".strip(), cells - 4)
        yield from (((f"  {piece}" if not number else f"    {piece}", "code"),) for number, piece in enumerate(pieces))
        yield ((f"    {setting.location or 'a default: nobody wrote it'}", "dim"),)
