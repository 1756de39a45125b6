"""What a check is: a name, the facts it needs, and a pure function from those facts to what it found.

`@check(name, need)` turns such a function into a `Check`. One mechanism here, and no check by hand, says "not
checked": where the needed facts are missing the function is not even called; where they were seen in part it
is, but that nothing was found then proves nothing, and that is said too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

from schouw.checks.catalogue import CATALOGUE
from schouw.model.attempt import Attempt, not_checked
from schouw.model.basis import Deadline
from schouw.model.facts import Facts, Inside, System
from schouw.model.finding import Evidence, Finding, NotChecked
from schouw.model.host import Host
from schouw.model.libraries import Libraries
from schouw.model.ports import PortRow, port_rows
from schouw.model.services import Service, services
from schouw.model.vulnerability import Knowledge

T = TypeVar("T")

NOTHING_KNOWN: Attempt[Knowledge] = not_checked("there is no vulnerability database: run `schouw db update`")


@dataclass(frozen=True)
class Case:
    """Everything that a check may look at. `now` is our own clock, UTC."""

    facts: Facts
    host: Host
    now: datetime
    known: Attempt[Knowledge] = NOTHING_KNOWN
    """What the vulnerability database says of the host."""

    @property
    def inside(self) -> Inside | None:
        return self.facts.inside.result

    @property
    def system(self) -> System | None:
        """For the wording of a fix; a check that judges the system needs `needs.system`."""
        return self.inside.system.result if self.inside else None

    @property
    def libraries(self) -> Libraries | None:
        """What TLS libraries are told for all programs; None where that is not known."""
        return self.inside.libraries.result if self.inside else None

    @cached_property
    def rows(self) -> tuple[PortRow, ...]:
        """Ports from both sides, joined once for all checks; `needs.rows` and its like say what was not seen."""
        return port_rows(self.facts)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The same for what speaks TLS or should."""
        return services(self.facts)

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Found:
    """One thing wrong. `words` fill the placeholders of the title in the catalogue."""

    subject: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    fix: str = ""
    variant: str = ""
    """Which of the severities and titles that the catalogue has for this check, "" where it has one."""
    words: dict[str, str] = field(default_factory=dict)
    because: str = ""
    """Why it matters here, after what the catalogue says for everywhere."""
    impact: str = ""
    cves: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    exploited: bool = False
    references: tuple[str, ...] = ()
    """Beside what the catalogue has."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """One subject that could not be judged; subject "" stands for the check as a whole."""

    reason: str
    subject: str = ""
    unasked: bool = False
    """See `NotChecked.unasked`."""


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is ``area.thing.aspect`` and has a row in the catalogue."""

    name: str
    run: Callable[[Case], tuple[tuple[Finding, ...], tuple[NotChecked, ...]]]


Judge = Callable[[Case, T], Iterable[Found | Unsure]]


def check(name: str, need: Callable[[Case], Attempt[T]]) -> Callable[[Judge[T]], Check]:
    """Decorator: the function gets the case and the facts that `need` picks, which are there."""

    def made(judge: Judge[T]) -> Check:
        def run(case: Case) -> tuple[tuple[Finding, ...], tuple[NotChecked, ...]]:
            attempt = need(case)
            if attempt.result is None:
                return (), (NotChecked(name, "", attempt.reason or "not looked at"),)
            outcomes = list(judge(case, attempt.result))
            if attempt.reason:
                outcomes.append(Unsure(attempt.reason))
            if not outcomes:
                return (), ()
            findings = tuple(_finding(name, outcome) for outcome in outcomes if isinstance(outcome, Found))
            unsure = [outcome for outcome in outcomes if isinstance(outcome, Unsure)]
            gaps = (NotChecked(name, one.subject, one.reason, one.unasked) for one in unsure)
            return findings, tuple(dict.fromkeys(gaps))

        return Check(name, run)

    return made


def _finding(name: str, found: Found) -> Finding:
    row = CATALOGUE[name]
    return Finding(
        check=name,
        area=row.area,
        severity=row.severities[found.variant],
        title=(row.titles.get(found.variant) or row.titles[""]).format_map(found.words),
        subject=found.subject,
        evidence=found.evidence,
        why=f"{row.why} {found.because}".rstrip(),
        fix=found.fix,
        references=found.references + row.references,
        cves=found.cves,
        impact=found.impact,
        deadlines=found.deadlines,
        exploited=found.exploited,
    )
