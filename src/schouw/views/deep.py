"""What a deep look costs the servers, said before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schouw.model.facts import Facts
from schouw.model.host import Host, Reach
from schouw.probe.deep import plan
from schouw.views.header import plural
from schouw.views.segments import Line, pad, wrap

ASKS = (
    "sslyze asks each port for Heartbleed, ROBOT, CCS injection, compression, renegotiation, fallback, early data, "
    "resumption, trust by five stores and OCSP. Suites and groups it does not try: our own look has them for a tenth."
)
COUNTED = (
    "Mail and FTP daemons log every one of them, and fail2ban or CSF may count them: see first that the address that "
    "schouw looks from is exempt there."
)


@dataclass(frozen=True, slots=True)
class Port:
    """About how many connections, and lines in its log."""

    port: int
    program: str
    connections: int
    log_lines: int


@dataclass(frozen=True, slots=True)
class Toll:
    """For one host. `note`: why there are no ports, "" where there are."""

    host: Host
    ports: tuple[Port, ...]
    note: str = ""


def toll(host: Host, facts: Facts | None) -> Toll:
    """From what the last look saw."""
    if host.reach is Reach.LOCAL:
        return Toll(host, (), "this machine cannot look at itself from outside")
    outside = facts.outside.result if facts is not None else None
    if facts is None or outside is None:
        return Toll(host, (), "not seen from outside yet: what it costs shows when its ports are known")
    inside = facts.inside.result
    listening = (inside.listeners.result or ()) if inside is not None else ()
    ports = []
    for endpoint in plan.endpoints(outside):
        if plan.starttls(endpoint.protocol) is not None:
            programs = [one.process for one in listening if one.port == endpoint.port and one.proto == "tcp" and one.process]
            ports.append(
                Port(
                    endpoint.port,
                    programs[0] if programs else endpoint.protocol.value,
                    plan.connections(endpoint.protocol),
                    plan.log_lines(endpoint, programs),
                )
            )
    return Toll(host, tuple(ports), "" if ports else "no TLS port of it is known that sslyze can ask")


def title(tolls: Sequence[Toll]) -> str:
    return f"Deep look at {tolls[0].host.name if len(tolls) == 1 else plural(len(tolls), 'host')}"


def announcement(tolls: Sequence[Toll], cells: int) -> list[Line]:
    """For a screen of this width."""
    every = [port for one in tolls for port in one.ports]
    lines: list[Line] = [((piece, "text"),) for piece in wrap(ASKS, cells)]
    for one in tolls:
        lines += [(), ((one.host.name, "strong"),)]
        lines += [((f"  {piece}", "unknown"),) for piece in wrap(one.note, cells - 2) if piece]
        lines += [_port_line(port) for port in one.ports]
    if every:
        lines += [(), *(((piece, "strong"),) for piece in wrap(_in_all(tolls, every), cells))]
        lines += [((piece, "medium"),) for piece in wrap(COUNTED, cells) if any(port.log_lines > 1 for port in every)]
    return lines


def _port_line(port: Port) -> Line:
    logged = f", {plural(port.log_lines, 'line')} in its log" if port.log_lines > 1 else ""
    return (
        (f"  {pad(f'{port.port}/tcp', 10)}", "text"),
        (f"{pad(port.program, 13)} ", "dim"),
        (f"about {port.connections} connections{logged}", "text"),
    )


def _in_all(tolls: Sequence[Toll], every: Sequence[Port]) -> str:
    connections, logged = sum(port.connections for port in every), sum(port.log_lines for port in every)
    said = f"In all about {connections} connections and {plural(logged, 'line')} in logs, on {plural(len(every), 'port')}"
    # A minute's worth may be used at once.
    waits = max(sum(port.connections for port in one.ports) / one.host.connections_per_minute - 1 for one in tolls)
    return f"{said}; {plural(round(waits + 0.5), 'minute')} or so by the hosts' budgets." if waits > 0 else f"{said}."
