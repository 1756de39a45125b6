"""What mail and FTP services say and take before TLS, and which lines they are set up with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from schouw.model.facts import Facts
from schouw.model.services import Part, Service, services
from schouw.model.tls import ServiceClass
from schouw.views.endpoint_detail import headed, plain_lines, setting_lines
from schouw.views.segments import Line, wrap

_CLASSES = (ServiceClass.MAIL, ServiceClass.MX, ServiceClass.FTP)


def offers(facts: Facts, cells: int, now: datetime) -> list[Line]:
    """A section a service, with each of its ports and then its configuration."""
    lines: list[Line] = []
    for what, attempt in (("outside", facts.outside), ("inside", facts.inside)):
        if attempt.result is None and attempt.reason:
            said = wrap(f"not looked at from {what}: {attempt.reason}", cells - 2)
            lines += [((f"{'? ' if not number else '  '}{piece}", "unknown"),) for number, piece in enumerate(said)]
    for service in services(facts):
        if service.service_class in _CLASSES:
            lines += [(), *_service(service, cells, now)]
    return lines or [(("– No mail or FTP service is known on this host.", "dim"),)]


def _service(service: Service, cells: int, now: datetime) -> Iterator[Line]:
    looked = sorted(service.plain, key=lambda look: (look.endpoint.port, look.endpoint.address))
    for look in looked:
        endpoint = look.endpoint
        yield ((f"{endpoint.port}/tcp {endpoint.protocol.value}", "strong"), (f"   on {endpoint.address}", "dim"))
        yield from plain_lines(look, cells, now)
    if not looked:
        ports = ", ".join(str(port) for port in service.ports)
        yield ((f"{ports} {service.subject}", "strong"), ("   nothing was asked of it before TLS", "dim"))
    for part, labels in _alike(service.parts):
        words = " · ".join(filter(None, (f"{part.daemon.name} {part.daemon.version}", part.daemon.library, ", ".join(labels))))
        yield from headed("Configuration", words, cells)
        yield from setting_lines(part, cells)


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
