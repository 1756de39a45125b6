"""What a port is: its name, whether it should be private or speaks in the clear, and how it is closed (services.toml)."""

from __future__ import annotations

from schouw.checks.catalogue import data, table
from schouw.model.host import Port
from schouw.probe.risky import BY_PORT, Kind

_CLASS = {
    Kind.DATABASE: "database",
    Kind.CACHE: "cache",
    Kind.QUEUE: "queue",
    Kind.PANEL: "panel",
    Kind.DESKTOP: "desktop",
    Kind.FILES: "files",
    Kind.MANAGEMENT: "management",
    Kind.MONITORING: "monitoring",
    Kind.PROXY: "proxy",
}


def service_of(port: Port, process: str = "") -> str:
    """A name for people: the service's, else the program's, else "unknown service"."""
    number = _usual(port, process)
    if port.proto == "udp":
        return _text("udp", port.number) or process or "unknown service"
    known = BY_PORT.get(number)
    return known.service if known else process or "unknown service"


def private_class(port: Port, process: str = "") -> str:
    """Which kind of thing that should be private it is (a variant of ports.service.exposed), "" for what may be public."""
    number = _usual(port, process)
    if str(number) in _table("plaintext"):
        return ""
    if port.proto == "udp" and not _text("udp", port.number):
        return ""
    if str(number) in _table("class"):
        return _text("class", number)
    known = BY_PORT.get(number)
    if known is None:
        return "monitoring" if port.proto == "udp" else ""
    return _CLASS.get(known.kind, "")


def plaintext_class(port: Port) -> str:
    """A variant of ports.service.plaintext, "" for what is none."""
    if port.proto == "udp" and not _text("udp", port.number):
        return ""
    return _text("plaintext", port.number)


def bind(port: Port, process: str = "") -> str:
    """How to keep it private or in order at its root, "" where nothing is known."""
    return _text("bind", _usual(port, process))


def _usual(port: Port, process: str) -> int:
    """The port that this program is known by, else the port itself."""
    for name in process.replace(",", " ").split():
        if (number := _table("process").get(name)) and isinstance(number, int):
            return number
    return port.number


def _table(name: str) -> dict[str, object]:
    return table(data("services.toml")[name])


def _text(name: str, number: int) -> str:
    return str(_table(name).get(str(number), ""))
