"""TLS endpoints: a row each, with versions, suites and certificate by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schouw.model.facts import Facts
from schouw.model.host import Host
from schouw.model.profile import Kind, Level, Profile, level
from schouw.model.services import Part, services
from schouw.model.tls import Certificate, CertificateOffer, Endpoint, Looked, PlainOffer, TlsOffer
from schouw.profiles import held_to
from schouw.views.segments import Line, Segment, fit, pad

#: A level is a sign as well as a colour.
SIGNS = {Level.GOOD: "+", Level.SUFFICIENT: "·", Level.PHASE_OUT: "~", Level.INSUFFICIENT: "!"}
ROLES = {Level.GOOD: "ok", Level.SUFFICIENT: "text", Level.PHASE_OUT: "low", Level.INSUFFICIENT: "high"}
LEGEND: Line = (("+ good  · sufficient  ~ to be phased out  ! insufficient  ? not known", "dim"),)
SHORT = 14
"""Days of a certificate that are few."""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """A listener with what it agrees to, or one more name on it with its certificate."""

    endpoint: Endpoint
    profile: Profile
    tls: Looked[TlsOffer] | None = None
    certificate: Looked[CertificateOffer] | None = None
    plain: Looked[PlainOffer] | None = None
    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.endpoint.address} {self.endpoint.port} {self.endpoint.name}"

    @property
    def offer(self) -> TlsOffer | None:
        return self.tls.attempt.result if self.tls is not None else None

    @property
    def leaf(self) -> Certificate | None:
        offer = self.certificate.attempt.result if self.certificate is not None else None
        return offer.chain[0] if offer is not None and offer.chain else None


def rows(facts: Facts | None, host: Host) -> list[EndpointRow]:
    """By port and address; a listener first, then the other names on it."""
    outside = facts.outside.result if facts is not None else None
    if facts is None or outside is None:
        return []
    parts = {port: one.parts for one in services(facts) for port in one.ports}
    found: dict[tuple[int, str, str], EndpointRow] = {}
    listeners = {(look.endpoint.port, look.endpoint.address): look.endpoint.name for look in outside.tls}

    def row(endpoint: Endpoint) -> EndpointRow:
        key = (endpoint.port, endpoint.address, endpoint.name)
        return found.get(key) or EndpointRow(
            endpoint, held_to(host, endpoint.protocol.service_class), parts=_answering(parts.get(endpoint.port, ()), endpoint)
        )

    def keep(one: EndpointRow) -> None:
        found[one.endpoint.port, one.endpoint.address, one.endpoint.name] = one

    for look in outside.tls:
        keep(_with(row(look.endpoint), tls=look))
    for shown in outside.certificates:
        keep(_with(row(shown.endpoint), certificate=shown))
    for said in outside.plain:
        name = listeners.get((said.endpoint.port, said.endpoint.address), said.endpoint.name)
        keep(_with(row(Endpoint(said.endpoint.address, said.endpoint.port, said.endpoint.protocol, name)), plain=said))
    return sorted(found.values(), key=lambda one: (one.endpoint.port, one.endpoint.address, one.tls is None, one.endpoint.name))


def _with(
    row: EndpointRow,
    tls: Looked[TlsOffer] | None = None,
    certificate: Looked[CertificateOffer] | None = None,
    plain: Looked[PlainOffer] | None = None,
) -> EndpointRow:
    return EndpointRow(row.endpoint, row.profile, tls or row.tls, certificate or row.certificate, plain or row.plain, row.parts)


def _answering(parts: Sequence[Part], endpoint: Endpoint) -> tuple[Part, ...]:
    here = [part for part in parts if endpoint.port in part.block.ports]
    named = [part for part in here if endpoint.name in part.block.names]
    return tuple(named or [part for part in here if endpoint.port in part.block.default_ports] or here)[:3]


# -- one line --------------------------------------------------------------------------------------


def head(cells: int) -> Line:
    return fit(
        ((f"  {'port':<6}{'speaks':<11}{'versions':<18}{'suites':<9}{'pq':<4}{'certificate':<13}name or address", "dim"),), cells
    )


def endpoint_line(row: EndpointRow, cells: int, now: datetime, cursor: bool) -> Line:
    sign, role = worst(row)
    first = row.tls is not None
    suites = _values(row, Kind.SUITE)
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            (sign, role),
            (pad(f"{row.endpoint.port}" if first else "", 5) + " ", "strong"),
            (pad(row.endpoint.protocol.value if first else "  and as", 10) + " ", "text" if first else "dim"),
            *fit(_version_cells(row), 17),
            (" ", "text"),
            *fit(_tally(row, suites), 8),
            (" ", "text"),
            _quantum_cell(row),
            *fit(_days_cell(row, now), 12),
            (" ", "text"),
            (row.endpoint.name or row.endpoint.address, "strong" if cursor else "text"),
        ),
        cells,
    )


def worst(row: EndpointRow) -> Segment:
    """The worst level of all that it offers, "?" where that is not known."""
    if row.tls is not None and row.offer is None:
        return ("?", "unknown") if not row.tls.attempt.absent else ("–", "dim")
    kinds = (Kind.PROTOCOL, Kind.SUITE, Kind.GROUP, Kind.CERTIFICATE_KEY)
    levels = [level(row.profile, kind, value) for kind in kinds for value in _values(row, kind)]
    if not levels:
        return ("?", "unknown")
    one = max(levels, key=lambda each: each.rank)
    return SIGNS[one], ROLES[one]


def _values(row: EndpointRow, kind: Kind) -> list[str]:
    offer, leaf = row.offer, row.leaf
    match kind:
        case Kind.PROTOCOL:
            return [version.value for version, one in offer.versions.items() if one.result] if offer else []
        case Kind.SUITE:
            return list(dict.fromkeys(one.suite for one in offer.accepted.result or ())) if offer else []
        case Kind.GROUP:
            return groups(offer) if offer else []
        case Kind.CERTIFICATE_KEY:
            return [key_words(leaf)] if leaf else []
        case _:
            return []


def groups(offer: TlsOffer) -> list[str]:
    met = [*(offer.groups.result or ())]
    met += [one.group for one in offer.accepted.result or () if one.group]
    met += [f"DH {one.dh_bits}" for one in offer.accepted.result or () if one.dh_bits]
    return list(dict.fromkeys(met))


def key_words(leaf: Certificate) -> str:
    if leaf.key == "EC":
        return f"EC {leaf.curve}"
    return leaf.key if leaf.key.startswith("Ed") else f"{leaf.key} {leaf.bits}"


def _version_cells(row: EndpointRow) -> Iterator[Segment]:
    """ "1.0! 1.1! 1.2· 1.3+"."""
    if row.offer is None:
        yield ("" if row.tls is None else "not checked" if not row.tls.attempt.absent else "no TLS"), "unknown"
        return
    for version, one in row.offer.versions.items():
        if one.result:
            sign, role = marked(row.profile, Kind.PROTOCOL, version)
            yield f"{version.removeprefix('TLSv')}{sign} ", role
        elif one.result is None and not one.absent:
            yield f"{version.removeprefix('TLSv')}? ", "unknown"


def marked(profile: Profile, kind: Kind, value: str) -> Segment:
    one = level(profile, kind, value)
    return SIGNS[one], ROLES[one]


def _tally(row: EndpointRow, suites: Sequence[str]) -> Iterator[Segment]:
    """ "2+ 3· 1!": how many suites of each level."""
    if row.offer is None:
        return
    levels = [level(row.profile, Kind.SUITE, suite) for suite in suites]
    for one in Level:
        if count := levels.count(one):
            yield f"{count}{SIGNS[one]} ", ROLES[one]
    if row.offer.accepted.reason and not row.offer.accepted.absent:
        yield "?", "unknown"


def _quantum_cell(row: EndpointRow) -> Segment:
    if row.offer is None or (row.offer.groups.result is None and not row.offer.groups.absent):
        return ("    " if row.tls is None else "?   "), "unknown"
    has = any("MLKEM" in group for group in groups(row.offer))
    return ("yes " if has else "no  "), "ok" if has else "dim"


def _days_cell(row: EndpointRow, now: datetime) -> Iterator[Segment]:
    look, leaf = row.certificate, row.leaf
    if leaf is None or look is None:
        if look is not None:
            yield ("none" if look.attempt.absent else "not checked"), "dim" if look.attempt.absent else "unknown"
        return
    left = (leaf.not_after - now).days
    role = "critical" if left < 0 else "medium" if left < SHORT else "ok"
    yield (f"{left}d" if left >= 0 else f"expired {-left}d"), role
    offer = look.attempt.result
    if offer is not None and offer.trusted.result is False:
        yield " !trust", "high"
