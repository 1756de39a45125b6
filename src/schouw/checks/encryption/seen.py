"""What the checks of this room look at: services, as far as each view shows them, and their levels in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from schouw.checks import needs
from schouw.checks.base import Case
from schouw.checks.encryption.traits import conjoined
from schouw.model.attempt import Attempt, not_checked
from schouw.model.daemons import Daemon
from schouw.model.host import Reach
from schouw.model.ports import Exposure
from schouw.model.profile import Bar, Kind, Level, Profile, level
from schouw.model.protocol import ServiceClass
from schouw.model.services import Service

_NOT_FOR_STRANGERS = (Exposure.LOCAL, Exposure.INTERNAL, Exposure.FIREWALLED, Exposure.REJECTED)


def from_both(*daemons: str) -> Callable[[Case], Attempt[tuple[Service, ...]]]:
    """Services from both sides, as far as this host has them: this machine is judged by the inside view alone.

    What could not be read of one of these daemons is lacking.
    """

    def services(case: Case) -> Attempt[tuple[Service, ...]]:
        reasons = [_unread(case, daemons)] if case.host.reach is not Reach.OUTSIDE else []
        if case.host.reach is not Reach.LOCAL:
            reasons.append(_outside(case))
        lacking = "; ".join(dict.fromkeys(filter(None, reasons)))
        known = case.inside is not None or case.facts.outside.result is not None
        return Attempt(_visible(case), lacking) if known else not_checked(lacking or "not looked at")

    return services


def shown(case: Case) -> Attempt[tuple[Service, ...]]:
    """Services, for what only the outside view can tell."""
    if case.facts.outside.result is None:
        return not_checked(case.facts.outside.reason or "not looked at from outside")
    return Attempt(_visible(case), _outside(case))


def _visible(case: Case) -> tuple[Service, ...]:
    """Those that a stranger may reach: not what the ports are known to keep to themselves."""
    verdicts: dict[int, set[Exposure]] = {}
    for row in case.rows:
        if row.proto == "tcp":
            verdicts.setdefault(row.port, set()).add(row.verdict)

    def hidden(port: int) -> bool:
        return bool(verdicts.get(port)) and verdicts[port].issubset(_NOT_FOR_STRANGERS)

    return tuple(one for one in case.services if one.offers or one.certificates or one.plain or not all(map(hidden, one.ports)))


def _unread(case: Case, daemons: Sequence[str]) -> str:
    if case.inside is None:
        return case.facts.inside.reason or "not looked at from inside"
    sections: list[Attempt[Daemon]] = [getattr(case.inside, name) for name in daemons]
    return "; ".join(dict.fromkeys(one.reason for one in sections if one.reason and not one.absent))


def _outside(case: Case) -> str:
    view = needs.outside(case)
    return view.reason or (view.result.blocked if view.result is not None else "not looked at from outside")


# -- in words --------------------------------------------------------------------------------------


def judged(profile: Profile, kind: Kind, value: str, today: date) -> Level:
    """The level today: what was to be phased out by a day that is over is insufficient."""
    found = level(profile, kind, value)
    until = profile.bars.get(kind, Bar()).until
    return Level.INSUFFICIENT if found is Level.PHASE_OUT and until is not None and today > until else found


def because(profile: Profile, service: ServiceClass, worst: Level, kind: Kind) -> str:
    """By which yardstick, and why it is another one on port 25."""
    until = profile.bars.get(kind, Bar()).until
    by = f" by {until.isoformat()}" if until is not None and worst is Level.PHASE_OUT else ""
    words = f"is to be phased out{by}" if worst is Level.PHASE_OUT else "is insufficient"
    said = f"By {profile.title} it {words}."
    return f"{said} {profile.mx.reason}" if profile.mx is not None and service is ServiceClass.MX else said


def where(service: Service, ports: Iterable[int]) -> str:
    """ "443 (14 names)", "110, 143 and 993"."""
    text = conjoined([str(port) for port in sorted(set(ports))])
    names = len(service.names) if service.service_class is ServiceClass.WEB else 0
    return f"{text} ({names} names)" if names > 1 else text
