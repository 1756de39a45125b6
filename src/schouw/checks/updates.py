"""Area software: pending updates, how fresh the host's knowledge of them is, whether they install themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schouw.checks import needs
from schouw.checks.advice import command, listing, plural, quoted
from schouw.checks.base import Case, Found, Unsure, check
from schouw.model.facts import AutomaticUpdates, Update, Updates
from schouw.model.finding import Evidence

DAY = 86400.0
OLD_LISTS = 7 * DAY
"""After this the host's package lists prove nothing about what is pending."""
LATE_RUN = 7 * DAY
MANY = 40
"""More packages than this are upgraded together instead of being named."""


@check("software.updates.security", needs.updates)
def security(case: Case, updates: Updates) -> Iterator[Found | Unsure]:
    yield from _pending(case, updates, [update for update in updates.pending if update.security], "security update")


@check("software.updates.other", needs.updates)
def other(case: Case, updates: Updates) -> Iterator[Found | Unsure]:
    yield from _pending(case, updates, [update for update in updates.pending if not update.security], "other update")


@check("software.updates.stale", needs.updates)
def stale(case: Case, updates: Updates) -> Iterator[Found | Unsure]:
    age = _age(case, updates.fetched_at)
    if age is None:
        yield Unsure("the age of the package lists is not known")
    elif age > OLD_LISTS:
        days = _days(age)
        yield Found(
            evidence=Evidence(inside=f"package lists fetched {days} days ago"),
            fix=command(case.system, "refresh", updates.manager),
            words={"days": days},
        )


@check("software.updates.automatic", needs.automatic)
def automatic(case: Case, updates: AutomaticUpdates) -> Iterator[Found | Unsure]:
    switch_on = command(case.system, "automatic")
    idle = _age(case, updates.succeeded_at)
    if not updates.tool and case.inside and case.inside.automatic.complete:
        yield Found(evidence=Evidence(inside="no tool for automatic updates is installed"), fix=switch_on, variant="none")
    elif updates.tool and not updates.enabled:
        inside = f"{updates.tool} is installed but off" + (f": {updates.detail}" if updates.detail else "")
        yield Found(evidence=Evidence(inside=inside), fix=switch_on, variant="off")
    elif idle is not None and idle > LATE_RUN:
        days = _days(idle)
        yield Found(
            evidence=Evidence(inside=f"{updates.tool} is on, but last succeeded {days} days ago"),
            fix=f"look why it fails: {command(case.system, 'automatic_check')}",
            variant="late",
            words={"days": days},
        )


def _pending(case: Case, updates: Updates, those: Sequence[Update], kind: str) -> Iterator[Found | Unsure]:
    age = _age(case, updates.fetched_at)
    if age is not None and age > OLD_LISTS:
        # What is pending is pending; what is not in old lists may still be.
        yield Unsure(f"the package lists are {_days(age)} days old")
    if not those:
        return
    versions = (f"{update.package} {update.installed} → {update.candidate}" for update in those)
    yield Found(
        evidence=Evidence(inside=listing(versions)),
        fix=_upgrade(case, updates, those),
        words={"count": plural(len(those), kind)},
    )


def _upgrade(case: Case, updates: Updates, those: Sequence[Update]) -> str:
    if len(those) <= MANY:
        names = sorted({update.package for update in those})
        return command(case.system, "upgrade_some", updates.manager).format(packages=quoted(names))
    return command(case.system, "upgrade_security" if those[0].security else "upgrade_all", updates.manager)


def _age(case: Case, moment: float | None) -> float | None:
    return case.inside.age(moment) if case.inside else None


def _days(seconds: float) -> str:
    return str(int(seconds // DAY))
