"""How soon: CISA's Binding Operational Directive 26-04, and then what is likelier and worse (PRI-1 to PRI-5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from schouw.model.vulnerability import CveFacts, Priority
from schouw.vulnerabilities import cvss


class _Circumstances(NamedTuple):
    exploited: bool
    exposed: bool
    automatable: bool
    total: bool


_FORENSICS = True
_YES, _NO = True, False

#: (exploited, exposed, automatable, total impact) → (days, whether to look for traces). None: with the next upgrade.
TIMELINES: dict[tuple[bool, bool, bool, bool], tuple[int | None, bool]] = {
    (_YES, _YES, _YES, _YES): (3, _FORENSICS),
    (_YES, _YES, _NO, _YES): (3, _FORENSICS),
    (_YES, _NO, _YES, _YES): (3, _FORENSICS),
    (_YES, _YES, _YES, _NO): (3, False),
    (_NO, _YES, _YES, _YES): (3, False),
    (_YES, _YES, _NO, _NO): (14, False),
    (_YES, _NO, _YES, _NO): (14, False),
    (_YES, _NO, _NO, _YES): (14, False),
    (_YES, _NO, _NO, _NO): (14, False),
    (_NO, _YES, _YES, _NO): (14, False),
    (_NO, _YES, _NO, _YES): (14, False),
    (_NO, _YES, _NO, _NO): (60, False),
    (_NO, _NO, _YES, _NO): (60, False),
    (_NO, _NO, _YES, _YES): (60, False),
    (_NO, _NO, _NO, _YES): (None, False),
    (_NO, _NO, _NO, _NO): (None, False),
}

_NEVER = 1 << 20


def prioritise(facts: CveFacts, exposed: bool | None) -> Priority:
    """`exposed` None: whether the package can be reached from outside is not known, which counts as yes (PRI-1).

    What CISA has not said is read from the CVSS vector (PRI-2); without one it counts as no, and is marked all the same.
    """
    automatable, total = facts.automatable, facts.total
    given = (("exposed", exposed), ("automatable", automatable), ("total", total))
    derived = tuple(name for name, value in given if value is None)
    circumstances = _Circumstances(
        exploited=facts.exploited is not None,
        exposed=exposed is not False,
        automatable=bool(cvss.automatable(facts.vector) if automatable is None else automatable),
        total=bool(cvss.total(facts.vector) if total is None else total),
    )
    days, forensics = TIMELINES[circumstances]
    return Priority(days, forensics, *circumstances, derived)


def due(priority: Priority, found: date) -> date | None:
    """The deadline of what was found on that day; None: with the next upgrade."""
    return found + timedelta(days=priority.days) if priority.days is not None else None


def order(facts: CveFacts, priority: Priority) -> tuple[object, ...]:
    """PRI-3, most urgent first: deadline, exploited, ransomware, EPSS, CVSS, age. No score cuts anything off before that."""
    return (
        _NEVER if priority.days is None else priority.days,
        not priority.exploited,
        not facts.ransomware,
        -(facts.percentile if facts.percentile is not None else facts.epss or 0.0),
        -(facts.cvss or 0.0),
        facts.published or date.max,
        facts.name,
    )


def most_urgent(known: Iterable[CveFacts], exposed: bool | None) -> tuple[CveFacts, Priority] | None:
    """Of the CVEs that one fix closes, the one that sets its deadline; None of none."""
    judged = [(facts, prioritise(facts, exposed)) for facts in known]
    return min(judged, key=lambda one: order(*one), default=None)
