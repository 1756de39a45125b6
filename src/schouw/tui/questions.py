"""What is asked of the vulnerability database: read in a thread, nothing here touches a widget."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schouw.errors import DatabaseError
from schouw.model.severity import Area
from schouw.views import cves
from schouw.views.cves import KERNEL, Listed, Listing
from schouw.views.lookup import Answer

if TYPE_CHECKING:
    from schouw.model.finding import Finding, TrackedFinding
    from schouw.tui.source import Source
    from schouw.vulnerabilities.lookup import Hosts

_CVE = re.compile(r"CVE-\d{4}-\d{4,15}")


@dataclass(frozen=True, slots=True)
class Question:
    """A CVE or a package by name; "": which CVEs findings name, or those that are named here."""

    name: str = ""
    only: tuple[str, ...] = ()
    """Of what findings name, these; empty: all."""
    listed: tuple[Listed, ...] = ()
    """To choose from, in place of what findings name."""
    title: str = ""

    @property
    def cve(self) -> bool:
        return _CVE.fullmatch(self.name) is not None

    @property
    def open(self) -> bool:
        """Nothing is named yet: a person is about to type."""
        return not (self.name or self.only or self.listed)


def typed(text: str) -> Question:
    text = text.strip()
    return Question(text.upper() if _CVE.fullmatch(text.upper()) else text)


def of_findings(findings: Sequence[Finding]) -> Question:
    """Their CVE, a choice of them where they have several, or of all where they have none."""
    cves = tuple(dict.fromkeys(cve for finding in findings for cve in finding.cves))
    if len(cves) == 1:
        return Question(cves[0])
    return Question(only=cves, title=", ".join(_packages(findings)[:3]) if cves else "")


def package_of(findings: Sequence[Finding]) -> Question:
    """The package that a finding about vulnerabilities is of."""
    return Question(next(iter(_packages(findings)), ""))


def _packages(findings: Sequence[Finding]) -> list[str]:
    subjects = (one.subject.partition(" ")[0] or KERNEL for one in findings if one.area is Area.VULNS)
    return list(dict.fromkeys(subjects))


def answer(question: Question, source: Source, hosts: Hosts) -> Answer:
    """`SchouwError` with what to do where nothing can be told."""
    if question.cve:
        return source.lookup.cve(question.name, hosts)
    if question.name:
        return source.lookup.package(question.name, hosts)
    if question.listed:
        return Listing(question.title, question.listed)
    some = cves.listed(source.everything(), hosts, frozenset(question.only))
    try:
        about = source.lookup.about([one.cve for one in some])
    except DatabaseError:
        about = {}  # what findings name is there all the same
    return Listing(question.title or "CVEs", tuple(cves.told(some, about)))


def finding_of(findings: Collection[TrackedFinding], cve: str) -> TrackedFinding | None:
    """The one that closes it, or tells that nothing does."""
    having = [one for one in findings if cve in one.finding.cves and one.state.active]
    return min(having, key=lambda one: not one.finding.fix, default=None)
