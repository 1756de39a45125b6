"""What mail and FTP services say and take before TLS, a row each, and which lines they are set up with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schouw.model.attempt import Attempt
from schouw.model.facts import Facts
from schouw.model.protocol import ServiceClass
from schouw.model.services import Part, Service, services
from schouw.model.tls import Looked, PlainOffer
from schouw.views.ages import since
from schouw.views.endpoint_detail import headed, plain_lines, setting_lines
from schouw.views.segments import Line, Segment, fit, pad, wrap

_CLASSES = (ServiceClass.MAIL, ServiceClass.MX, ServiceClass.FTP)


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A service as it was met before TLS; `look` None: nothing was asked of it, for the reason `why`."""

    service: Service
    look: Looked[PlainOffer] | None = None
    why: str = ""

    @property
    def key(self) -> str:
        endpoint = self.look.endpoint if self.look is not None else None
        return f"{endpoint.address} {endpoint.port}" if endpoint is not None else self.service.subject

    @property
    def offer(self) -> PlainOffer | None:
        return self.look.attempt.result if self.look is not None else None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the configuration that answer there."""
        parts = self.service.parts
        return parts if self.look is None else tuple(part for part in parts if self.look.endpoint.port in part.block.ports)


def rows(facts: Facts | None) -> list[OfferRow]:
    """By port and address."""
    found: list[OfferRow] = []
    for service in services(facts) if facts is not None else ():
        if service.service_class not in _CLASSES:
            continue
        looks = sorted(service.plain, key=lambda look: (look.endpoint.port, look.endpoint.address))
        found += [OfferRow(service, look) for look in looks] or [OfferRow(service, why=_why(facts))]
    return sorted(found, key=lambda row: row.look.endpoint.port if row.look is not None else min(row.service.ports, default=0))


def _why(facts: Facts | None) -> str:
    unseen = facts is not None and facts.outside.result is None
    return f"not looked at from outside: {facts.outside.reason}" if facts and unseen else "nothing was asked of it before TLS"


# -- one line --------------------------------------------------------------------------------------


def offer_line(row: OfferRow, cells: int, now: datetime, cursor: bool) -> Line:
    endpoint = row.look.endpoint if row.look is not None else None
    ports = str(endpoint.port) if endpoint is not None else ",".join(map(str, row.service.ports))
    return fit(
        (
            ("▸" if cursor else " ", "accent"),
            _worst(row),
            (f" {pad(ports, 6 if endpoint is not None else 17)}", "strong"),
            *((f"{pad(endpoint.protocol.value, 10)} ", "text") for endpoint in (endpoint,) if endpoint is not None),
            *_words(row),
            (pad(f"{since(row.look.at, now)} ago", 9) if row.look is not None else "", "dim"),
            *_open_to_all(row),
            (endpoint.address if endpoint is not None else "", "dim"),
        ),
        cells,
    )


def _worst(row: OfferRow) -> Segment:
    offer = row.offer
    if offer is None:
        return "?", "unknown"
    if offer.tls.result is False or True in (offer.login.result, offer.anonymous.result, offer.relay.result):
        return "!", "high"
    return ("+", "ok") if offer.tls.result and offer.login.result is False else ("?", "unknown")


def _words(row: OfferRow) -> Iterator[Segment]:
    offer = row.offer
    if offer is None:
        yield "not checked", "unknown"
        return
    yield _answer(offer.tls, 8, {True: ("TLS", "ok"), False: ("no TLS", "high"), None: ("TLS ?", "unknown")})
    yield _answer(
        offer.login,
        17,
        {True: ("takes passwords", "high"), False: ("no passwords", "ok"), None: ("passwords ?", "unknown")},
    )


def _open_to_all(row: OfferRow) -> Iterator[Segment]:
    offer = row.offer
    if offer is not None and offer.anonymous.result:
        yield "anybody may log in ", "high"
    if offer is not None and offer.relay.result:
        yield "open relay ", "high"


def _answer(attempt: Attempt[bool], cells: int, words: dict[bool | None, Segment]) -> Segment:
    text, role = words[attempt.result]
    return pad(text, cells), role


# -- all of it -------------------------------------------------------------------------------------


def offer_detail(row: OfferRow, cells: int, now: datetime) -> list[Line]:
    lines: list[Line] = []
    if row.look is not None:
        endpoint = row.look.endpoint
        lines += headed(f"{endpoint.port}/tcp {endpoint.protocol.value}", f"on {endpoint.address}", cells)
        lines += [(), *plain_lines(row.look, cells, now), ()]
    else:
        ports = ", ".join(str(port) for port in row.service.ports)
        lines.append(((f"{ports} {row.service.subject}", "strong"),))
        lines += [*(((piece, "unknown"),) for piece in wrap(f"? {row.why}", cells)), ()]
    for part, labels in _alike(row.parts):
        words = " · ".join(filter(None, (f"{part.daemon.name} {part.daemon.version}", part.daemon.library, ", ".join(labels))))
        lines += [*headed("Configuration", words, cells), *setting_lines(part, cells), ()]
    return lines


def _alike(parts: tuple[Part, ...]) -> list[tuple[Part, list[str]]]:
    """Parts with the same settings once, with all their labels."""
    found: list[tuple[Part, list[str]]] = []
    for part in parts:
        same = next((labels for one, labels in found if one.block.settings == part.block.settings), None)
        if same is None:
            found.append((part, [part.block.label]))
        else:
            same.append(part.block.label)
    return found
