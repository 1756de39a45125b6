"""How soon the CVEs that one fix closes want it, and why: CISA's BOD 26-04 (PRI-1 to PRI-3) in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from schouw.checks.advice import plural
from schouw.model.basis import Deadline
from schouw.model.vulnerability import CveFacts, Knowledge, Priority
from schouw.vulnerabilities.priority import prioritise

UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Urgency:
    variant: str
    """Which severity of the catalogue: days, or `UPGRADE`."""
    deadlines: tuple[Deadline, ...]
    exploited: int
    because: str


def urgency(cves: Collection[str], known: Knowledge, exposed: bool | None) -> Urgency:
    """What is more urgent than the rest decides. Of a fix that names no CVE nothing is known, which counts as such."""
    judged = [(facts, prioritise(facts, exposed)) for cve in cves or ("",) for facts in (known.about.get(cve) or CveFacts(cve),)]
    by_days: dict[int, list[CveFacts]] = {}
    for facts, priority in judged:
        if priority.days is not None:
            by_days.setdefault(priority.days, []).append(facts)
    soonest = min(by_days, default=None)
    deciding, priority = min((one for one in judged if one[1].days == soonest), key=lambda one: _order(*one))
    return Urgency(
        variant=UPGRADE if soonest is None else str(soonest),
        deadlines=tuple(Deadline(days, _since(by_days[days])) for days in sorted(by_days)),
        exploited=sum(facts.exploited is not None for facts, _ in judged),
        because=_because(deciding, priority, len(by_days.get(soonest, ())) - 1 if soonest is not None else 0),
    )


def counted(cves: Collection[str], exploited: int) -> str:
    """ "9 CVEs, 1 exploited"."""
    return plural(len(cves), "CVE") + (f", {exploited} exploited" if exploited else "")


def _order(facts: CveFacts, priority: Priority) -> tuple[object, ...]:
    """As `priority.order`, without what changes from day to day: a finding that says the same is the same."""
    return not priority.exploited, not facts.ransomware, -(facts.cvss or 0.0), facts.published or date.max, facts.name


def _since(those: Collection[CveFacts]) -> date | None:
    """When the world came to know of the first of them; None where that is not known of all."""
    days = [facts.exploited or facts.published for facts in those]
    known = [day for day in days if day is not None]
    return min(known) if len(known) == len(days) else None


def _because(facts: CveFacts, priority: Priority, more: int) -> str:
    when = "with the next upgrade" if priority.days is None else f"within {priority.days} days"
    name = (facts.name or "what it closes") + (f" (and {more} more)" if more else "")
    text = f"BOD 26-04 wants {name} fixed {when}: {', '.join(_words(facts, priority))}."
    return f"{text} Also look the host over for traces of an intruder." if priority.forensics else text


def _words(facts: CveFacts, priority: Priority) -> list[str]:
    by_vector = "by its CVSS vector" if facts.vector else "assumed"
    ransomware = " and used by ransomware" if facts.ransomware else ""
    return [
        f"exploited in the wild{ransomware}" if priority.exploited else "not known to be exploited",
        _word("reached from outside", priority.exposed, "assumed" if "exposed" in priority.derived else ""),
        _word("automatable", priority.automatable, by_vector if "automatable" in priority.derived else ""),
        _word("total impact", priority.total, by_vector if "total" in priority.derived else ""),
    ]


def _word(word: str, true: bool, how: str) -> str:
    return ("" if true else "not ") + word + (f" ({how})" if how else "")
