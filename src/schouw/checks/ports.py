"""Area ports: what listens and what answers, against what the host is expected to offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schouw.checks import needs
from schouw.checks.advice import close_port, listing, steps
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.services import bind, plaintext_class, private_class, service_of
from schouw.model.daemons import Exemption
from schouw.model.finding import Evidence
from schouw.model.host import Port
from schouw.model.outside import Outside
from schouw.model.ports import Exposure, PortRow, unrouted
from schouw.text import line

_OPEN = (Exposure.EXPOSED, Exposure.FORWARDED, Exposure.OPEN)
#: Bound to an address that others could reach, and nothing better is known.
_LISTENS = (Exposure.UNKNOWN, Exposure.INTERNAL)
_SHUT = (Exposure.FIREWALLED, Exposure.REJECTED)


@dataclass(frozen=True, slots=True)
class Seen:
    """One port over all address families."""

    port: Port
    rows: tuple[PortRow, ...]

    def any(self, verdicts: tuple[Exposure, ...]) -> bool:
        return any(row.verdict in verdicts for row in self.rows)

    @property
    def unseen(self) -> str:
        """Why it may be open although no address answers, "" where that is settled."""
        if self.any(_OPEN):
            return ""
        return next((row.reason for row in self.rows if row.verdict is Exposure.UNSEEN), "")

    @property
    def nameless(self) -> bool:
        """Whether something listens whose program's name was not seen."""
        return any(row.inside and row.process is None for row in self.rows)

    @property
    def process(self) -> str:
        return next((row.process for row in self.rows if row.process), "")

    @property
    def service(self) -> str:
        return service_of(self.port, self.process)

    @property
    def evidence(self) -> Evidence:
        answers = [f"{address} {row.outside}" for row in self.rows if row.outside for address in row.addresses]
        greeting = next((row.greeting for row in self.rows if row.greeting), "")
        bound = dict.fromkeys(address for row in self.rows for address in row.inside)
        inside = f"{line(self.process, 60) or 'a process'} listens on {listing(bound, 120)}" if bound else ""
        return Evidence(outside=listing(answers, 120) + (f": {greeting[:70]}" if greeting else ""), inside=inside)


def by_port(rows: tuple[PortRow, ...]) -> list[Seen]:
    grouped: dict[Port, list[PortRow]] = {}
    for row in rows:
        grouped.setdefault(Port(row.port, row.proto), []).append(row)
    return [Seen(port, tuple(some)) for port, some in grouped.items()]


def _found(case: Case, seen: Seen, variant: str = "", advice: str = "") -> Found:
    return Found(
        subject=str(seen.port),
        evidence=seen.evidence,
        fix=advice or _close(case, seen),
        variant=variant,
        words={"port": str(seen.port), "service": seen.service},
    )


def _close(case: Case, seen: Seen) -> str:
    """At its root where we know how, and in the firewall."""
    firewall = case.inside.firewall.result if case.inside else None
    unit = next((row.unit for row in seen.rows if row.unit), "")
    root = bind(seen.port, seen.process)
    if seen.any((Exposure.FORWARDED,)):
        root = (
            "find what publishes it: docker ps, podman ps, `nft list ruleset | grep dnat`; "
            f"publish it on loopback only, such as -p 127.0.0.1:{seen.port.number}:{seen.port.number}"
        )
    elif not root and unit:
        root = f"if nobody needs it: systemctl disable --now {unit}"
    shut = close_port(firewall.tool if firewall and firewall.active else "", str(seen.port))
    return steps((root, f"{'and ' if root else ''}in the firewall: {shut}"))


def _blocked(case: Case) -> bool:
    """Then silence tells of us, not of the host."""
    return case.facts.outside.result is not None and bool(case.facts.outside.result.blocked)


def _client(port: Port) -> bool:
    """UDP sockets of clients look like services: DHCP's, and those on a port that the kernel picks (another each time)."""
    return port.proto == "udp" and (port.number in (68, 546) or port.number >= 32768)


def _expected(case: Case, port: Port) -> bool:
    return case.host.listen is not None and port in case.host.listen


@check("ports.service.unexpected", needs.rows)
def unexpected(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    if case.host.listen is None:
        return
    for seen in by_port(rows):
        is_open, there = seen.any(_OPEN), seen.any((*_OPEN, *_LISTENS, *_SHUT))
        if _expected(case, seen.port) or _client(seen.port):
            continue
        if seen.unseen:
            yield Unsure(seen.unseen, str(seen.port))
            continue
        # An open database is judged as such; saying it twice helps nobody.
        if not there or (is_open and private_class(seen.port, seen.process)):
            continue
        variant = (
            "open" if is_open else "udp" if seen.port.proto == "udp" else "unknown" if seen.any((Exposure.UNKNOWN,)) else "closed"
        )
        advice = steps(
            (
                _close(case, seen),
                f'or, if it is meant to be there, add "{seen.port}" to `listen` of {case.host.name} in the fleet file',
            )
        )
        yield _found(case, seen, variant, advice)


@check("ports.service.exposed", needs.met)
def exposed(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    # Said once, here: what listens there is nowhere shown as shut, and what the other family shows is judged all the same.
    for part in unrouted(case.facts.outside.result) if case.facts.outside.result else ():
        yield Unsure(f"{part} of this host was not looked at: no route from here", part)
    nameless = needs.processes(case).reason
    for seen in by_port(rows):
        kind = private_class(seen.port, seen.process)
        if kind and seen.any(_OPEN):
            yield _found(case, seen, "expected" if _expected(case, seen.port) else kind)
        elif kind and seen.unseen:
            yield Unsure(seen.unseen, str(seen.port))
        elif nameless and seen.nameless and (seen.any(_OPEN) or seen.unseen):
            yield Unsure(nameless, str(seen.port))


@check("ports.service.everywhere", needs.bound)
def everywhere(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    nameless = needs.processes(case).reason
    for seen in by_port(rows):
        if not seen.any((Exposure.UNKNOWN,)) or seen.any(_OPEN) or _expected(case, seen.port):
            continue
        if private_class(seen.port, seen.process):
            yield _found(case, seen)
        elif nameless and seen.nameless and not _client(seen.port):
            yield Unsure(nameless, str(seen.port))


@check("ports.service.filtered", needs.met)
def filtered(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    if _blocked(case):
        return
    for seen in by_port(rows):
        if seen.any((Exposure.FIREWALLED,)) and not seen.any(_OPEN) and not _expected(case, seen.port):
            root = (
                bind(seen.port, seen.process)
                or "bind it to loopback or a private address, or stop it, if nobody outside needs it"
            )
            yield _found(case, seen, advice=root)


@check("ports.service.plaintext", needs.rows)
def plaintext(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    for seen in by_port(rows):
        kind = plaintext_class(seen.port)
        if kind and seen.any(_OPEN):
            yield _found(case, seen, kind)
        elif kind and seen.unseen:
            yield Unsure(seen.unseen, str(seen.port))
        elif kind and seen.any(_LISTENS):
            yield _found(case, seen, "listening")


@check("ports.service.forwarded", needs.met)
def forwarded(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    for seen in by_port(rows):
        if _expected(case, seen.port) or private_class(seen.port, seen.process):
            continue
        if seen.any((Exposure.FORWARDED,)):
            yield _found(case, seen)
        elif seen.unseen:
            yield Unsure(seen.unseen, str(seen.port))


@check("ports.service.gone", needs.rows)
def gone(case: Case, rows: tuple[PortRow, ...]) -> Iterator[Found | Unsure]:
    present = {seen.port: seen for seen in by_port(rows)}
    for port in case.host.listen or ():
        seen = present.get(port)
        if seen is not None and seen.unseen:
            yield Unsure(seen.unseen, str(port))
            continue
        # Shut where it was looked at counts, however little is known of an address that was not.
        if seen is not None and (seen.any(_OPEN) or (seen.any(_LISTENS) and not seen.any(_SHUT))):
            continue
        variant, what = _gone(case, port, seen)
        if not variant:
            yield Unsure(what, str(port))
            continue
        yield _found(
            case,
            seen or Seen(port, ()),
            variant,
            steps((what, f'or take "{port}" out of `listen` of {case.host.name} in the fleet file')),
        )


def _gone(case: Case, port: Port, seen: Seen | None) -> tuple[str, str]:
    """Which variant and what to do; "" and why it cannot be told."""
    listeners = needs.listeners(case).result
    if listeners is not None and (seen is None or not seen.any(_SHUT)):
        return "stopped", f"start the service that should listen on {port} (systemctl --failed shows what broke)"
    view = case.facts.outside.result
    tried = port.proto == "tcp" and view is not None and any(one.port == port.number for one in view.ports.result or ())
    if not tried or _blocked(case):
        return "", "whether it can be reached could not be seen"
    return "closed", f"start what should answer on {port}, or let it through the firewall"


@check("ports.host.blocked", needs.outside)
def blocked(case: Case, outside: Outside) -> Iterator[Found | Unsure]:
    known = needs.exemptions(case).result or ()
    lines = [one.fix for one in known if not one.exempt]
    if outside.blocked:
        yield Found(
            evidence=Evidence(outside=outside.blocked[:200]),
            fix=steps(
                lines
                or (
                    "let the address that schouw looks from (OURS) pass every ban list:",
                    "fail2ban: ignoreip = 127.0.0.1/8 ::1 OURS in /etc/fail2ban/jail.local, then: fail2ban-client reload",
                    "OpenSSH 9.8 and newer: PerSourcePenaltyExemptList OURS in sshd_config, then reload it",
                    "CSF: csf -a OURS; and OURS in /etc/csf/csf.ignore",
                )
            ),
        )


@check("ports.host.not_exempt", needs.exemptions)
def not_exempt(case: Case, exemptions: tuple[Exemption, ...]) -> Iterator[Found | Unsure]:
    del case
    for one in exemptions:
        if not one.exempt:
            inside = f"{line(one.tool, 40)} does not spare {line(one.ours, 60)}"
            yield Found(one.tool, Evidence(inside=inside), one.fix, words={"tool": line(one.tool, 40)})


CHECKS = (unexpected, exposed, everywhere, filtered, plaintext, forwarded, gone, blocked, not_exempt)
