"""TLS endpoints: a row each, with versions, suites and certificate by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schouw.model.deep import DeepLook
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
_WIDE = 96


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """A listener with what it agrees to, or one more name on it with its certificate."""

    endpoint: Endpoint
    profile: Profile
    tls: Looked[TlsOffer] | None = None
    certificates: tuple[Looked[CertificateOffer], ...] = ()
    """Two where it has an RSA and an ECDSA one."""
    plain: Looked[PlainOffer] | None = None
    deep: Looked[DeepLook] | None = None
    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.endpoint.address} {self.endpoint.port} {self.endpoint.name}"

    @property
    def listener(self) -> bool:
        """Whether it stands for the port itself, not for one more name on it."""
        return self.tls is not None or self.plain is not None

    @property
    def bare(self) -> bool:
        """Whether it says that it has no TLS."""
        offer = self.plain.attempt.result if self.plain is not None else None
        return self.tls is None and offer is not None and offer.tls.result is False

    @property
    def clear(self) -> bool:
        """Whether it takes passwords before TLS."""
        offer = self.plain.attempt.result if self.plain is not None else None
        return offer is not None and offer.login.result is True

    @property
    def offer(self) -> TlsOffer | None:
        return self.tls.attempt.result if self.tls is not None else None

    @property
    def shown(self) -> CertificateOffer | None:
        """The certificate that ends first."""
        offers = [look.attempt.result for look in self.certificates if look.attempt.result is not None]
        return min((offer for offer in offers if offer.chain), key=lambda offer: offer.chain[0].not_after, default=None)

    @property
    def leaf(self) -> Certificate | None:
        return self.shown.chain[0] if self.shown is not None else None


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
        keep(replace(row(look.endpoint), tls=look))
    for shown in outside.certificates:
        one = row(shown.endpoint)
        keep(replace(one, certificates=(*one.certificates, shown)))
    for said in outside.plain:
        name = listeners.get((said.endpoint.port, said.endpoint.address), said.endpoint.name)
        keep(replace(row(replace(said.endpoint, name=name)), plain=said))
    for asked in outside.deep:
        name = listeners.get((asked.endpoint.port, asked.endpoint.address), asked.endpoint.name)
        keep(replace(row(replace(asked.endpoint, name=name)), deep=asked))
    return sorted(found.values(), key=lambda one: (one.endpoint.port, one.endpoint.address, not one.listener, one.endpoint.name))


def _answering(parts: Sequence[Part], endpoint: Endpoint) -> tuple[Part, ...]:
    here = [part for part in parts if endpoint.port in part.block.ports]
    named = [part for part in here if endpoint.name in part.block.names]
    return tuple(named or [part for part in here if endpoint.port in part.block.default_ports] or here)[:3]


# -- one line --------------------------------------------------------------------------------------


def endpoint_line(row: EndpointRow, cells: int, now: datetime, cursor: bool) -> Line:
    """Suites and post-quantum groups only where there is room for them."""
    first, wide = row.listener, cells >= _WIDE
    more: tuple[Segment, ...] = (*fit(_tally(row), 9), *fit((_quantum(row),), 7)) if wide else ()
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            worst(row),
            (f" {row.endpoint.port if first else '':<6}", "strong"),
            (pad(row.endpoint.protocol.value if first else "", 10) + " ", "text"),
            *fit(_version_cells(row), 20),
            *more,
            *fit(_days_cell(row, now), 14),
            (row.endpoint.name or row.endpoint.address, "strong" if cursor else "text"),
        ),
        cells,
    )


def worst(row: EndpointRow) -> Segment:
    """The worst level of all that it offers, passwords before TLS among it; "?" where that is not known."""
    if row.bare or row.clear:
        return SIGNS[Level.INSUFFICIENT], ROLES[Level.INSUFFICIENT]
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
    met += [f"DH {one.dh_bits}" for one in offer.accepted.result or () if one.dh_bits and not one.group]
    return list(dict.fromkeys(met))


def key_words(leaf: Certificate) -> str:
    if leaf.key == "EC":
        return f"EC {leaf.curve}"
    return leaf.key if leaf.key.startswith("Ed") else f"{leaf.key} {leaf.bits}"


def _version_cells(row: EndpointRow) -> Iterator[Segment]:
    """ "1.0! 1.1! 1.2· 1.3+"."""
    if row.offer is None:
        if row.bare or (row.tls is not None and row.tls.attempt.absent):
            yield "no TLS", "high" if row.bare else "dim"
        elif row.listener:
            yield "not checked", "unknown"
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


def _tally(row: EndpointRow) -> Iterator[Segment]:
    """ "2+ 3· 1!": how many suites of each level."""
    if row.offer is None:
        return
    levels = [level(row.profile, Kind.SUITE, suite) for suite in _values(row, Kind.SUITE)]
    for one in Level:
        if count := levels.count(one):
            yield f"{count}{SIGNS[one]} ", ROLES[one]
    if row.offer.accepted.reason and not row.offer.accepted.absent:
        yield "?", "unknown"


def _quantum(row: EndpointRow) -> Segment:
    if row.offer is None:
        return "", "dim"
    if any("MLKEM" in group for group in groups(row.offer)):
        return "ML-KEM", "ok"
    return ("", "dim") if row.offer.groups.complete else ("?", "unknown")


def _days_cell(row: EndpointRow, now: datetime) -> Iterator[Segment]:
    offer, leaf = row.shown, row.leaf
    if offer is None or leaf is None:
        if row.certificates:
            missing = all(look.attempt.absent for look in row.certificates)
            yield ("none", "dim") if missing else ("not checked", "unknown")
        return
    left = (leaf.not_after.date() - now.date()).days
    role = "critical" if left < 0 else "medium" if left < SHORT else "ok"
    yield (f"{left}d" if left >= 0 else f"expired {-left}d"), role
    if offer.trusted.result is False:
        yield " !", "high"
