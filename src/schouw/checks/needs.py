"""The facts that checks need, each picked as an `Attempt`: seen, seen in part, or not, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from schouw.checks.base import Case
from schouw.model.attempt import Attempt, not_checked
from schouw.model.daemons import Exemption, Renewal
from schouw.model.facts import (
    NOT_LOOKED_AT,
    AutomaticUpdates,
    Firewall,
    Identity,
    Inside,
    Kernel,
    Listener,
    Origins,
    Packages,
    Restart,
    Sshd,
    System,
    Updates,
)
from schouw.model.host import Reach
from schouw.model.libraries import Libraries
from schouw.model.logins import Logins
from schouw.model.outside import Outside, SshOffer
from schouw.model.ports import PortRow

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
Need = Callable[[Case], Attempt[T]]


def _section(pick: Callable[[Inside], Attempt[T]]) -> Need[T]:
    def need(case: Case) -> Attempt[T]:
        return pick(case.inside) if case.inside else not_checked(case.facts.inside.reason or "not looked at from inside")

    return need


identity: Need[Identity] = _section(lambda inside: inside.identity)
system: Need[System] = _section(lambda inside: inside.system)
kernel: Need[Kernel] = _section(lambda inside: inside.kernel)
packages: Need[Packages] = _section(lambda inside: inside.packages)
updates: Need[Updates] = _section(lambda inside: inside.updates)
origins: Need[Origins] = _section(lambda inside: inside.origins)
listeners: Need[tuple[Listener, ...]] = _section(lambda inside: inside.listeners)
processes: Need[int] = _section(lambda inside: inside.processes)
firewall: Need[Firewall] = _section(lambda inside: inside.firewall)
automatic: Need[AutomaticUpdates] = _section(lambda inside: inside.automatic)
restarts: Need[tuple[Restart, ...]] = _section(lambda inside: inside.restarts)
logins: Need[Logins] = _section(lambda inside: inside.logins)
_libraries: Need[Libraries] = _section(lambda inside: inside.libraries)
_exemptions: Need[tuple[Exemption, ...]] = _section(lambda inside: inside.exemptions)
_renewals: Need[tuple[Renewal, ...]] = _section(lambda inside: inside.renewals)
_sshd: Need[Sshd] = _section(lambda inside: inside.sshd)


def both(first: Need[A], second: Need[B]) -> Need[tuple[A, B]]:
    """Both are needed; what either lacks is lacking."""

    def need(case: Case) -> Attempt[tuple[A, B]]:
        one, two = first(case), second(case)
        lacking = _reasons(one.reason, two.reason)
        if one.result is None or two.result is None:
            return not_checked(lacking)
        return Attempt((one.result, two.result), lacking)

    return need


def exemptions(case: Case) -> Attempt[tuple[Exemption, ...]]:
    """What bans addresses; a host without any such thing bans nobody."""
    return _none_where_absent(_exemptions(case))


def renewals(case: Case) -> Attempt[tuple[Renewal, ...]]:
    return _none_where_absent(_renewals(case))


def libraries(case: Case) -> Attempt[Libraries]:
    """What holds for all programs; a host without such files tells them nothing."""
    attempt = _libraries(case)
    return Attempt(Libraries()) if attempt.absent and attempt != NOT_LOOKED_AT else attempt


def _none_where_absent(attempt: Attempt[tuple[T, ...]]) -> Attempt[tuple[T, ...]]:
    return Attempt(()) if attempt.absent else attempt


def sshd(case: Case) -> Attempt[Sshd]:
    """The effective settings; the lines of its files alone are not enough to judge by."""
    attempt = _sshd(case)
    if attempt.result is not None and not attempt.result.settings:
        return not_checked(attempt.reason or "its effective settings could not be read")
    return attempt


def outside(case: Case) -> Attempt[Outside]:
    return case.facts.outside


def offers(case: Case) -> Attempt[tuple[SshOffer, ...]]:
    """What SSH servers offered from outside."""
    view = case.facts.outside
    if view.result is None:
        return not_checked(view.reason or "not looked at from outside")
    found = tuple(attempt.result for attempt in view.result.ssh if attempt.result is not None)
    lacking = _reasons(*(attempt.reason for attempt in view.result.ssh), "" if found else view.result.blocked)
    return Attempt(found, lacking) if found or not lacking else not_checked(lacking)


def ssh_servers(case: Case) -> Attempt[tuple[tuple[SshOffer, ...], Sshd | None]]:
    """What can be known of the SSH servers: their offers, and the settings of the host's own sshd.

    Both views are needed as far as this host has them: without the one, what only it can show would seem gone.
    """
    shown: Attempt[tuple[SshOffer, ...]] = offers(case) if case.host.reach is not Reach.LOCAL else Attempt(())
    says: Attempt[Sshd] = sshd(case) if case.host.reach is not Reach.OUTSIDE else Attempt()
    lacking = _reasons(shown.reason, says.reason)
    if not shown.result and says.result is None and lacking:
        return not_checked(lacking)
    return Attempt((shown.result or (), says.result), lacking)


def rows(case: Case) -> Attempt[tuple[PortRow, ...]]:
    """Ports from both sides, as far as this host has both: this machine is judged by the inside view alone."""
    within: Attempt[tuple[Listener, ...]] = listeners(case) if case.host.reach is not Reach.OUTSIDE else Attempt(())
    without: Attempt[Outside] = _ports(case) if case.host.reach is not Reach.LOCAL else Attempt()
    lacking = _reasons(within.reason, without.reason)
    if within.result is None and without.result is None:
        return not_checked(lacking or "not looked at")
    return Attempt(case.rows, lacking)


def met(case: Case) -> Attempt[tuple[PortRow, ...]]:
    """Ports from both sides, for what only the outside view can tell."""
    without = _ports(case)
    if without.result is None:
        return not_checked(without.reason or "not looked at from outside")
    everything = rows(case)
    return replace(everything, reason=_reasons(everything.reason, without.reason))


def bound(case: Case) -> Attempt[tuple[PortRow, ...]]:
    """Ports from both sides, for what the inside view alone can tell."""
    attempt = listeners(case)
    return Attempt(case.rows if attempt.result is not None else None, attempt.reason)


def _ports(case: Case) -> Attempt[Outside]:
    """The outside view, lacking what its ports lack; not checked where no port was tried."""
    view = case.facts.outside
    if view.result is None:
        return not_checked(view.reason or "not looked at from outside")
    lacking = _reasons(view.reason, view.result.ports.reason, view.result.blocked)
    return Attempt(view.result, lacking) if view.result.ports.result is not None else not_checked(lacking or "no port was tried")


def _reasons(*reasons: str) -> str:
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
