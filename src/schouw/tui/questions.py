"""What is asked of the vulnerability database: read in a thread, nothing here touches a widget."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schouw.errors import DatabaseError
from schouw.model.severity import Area
from schouw.views import cves
from schouw.views.cves import Listed, Listing
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


def of_finding(finding: Finding | None) -> Question:
    """Its CVE, a choice of them where it has several, or of all where it has none."""
    cves = finding.cves if finding is not None else ()
    return Question(cves[0]) if len(cves) == 1 else Question(only=cves, title=finding.subject if finding and cves else "")


def package_of(finding: Finding | None) -> Question:
    if finding is None or finding.area is not Area.VULNS or not finding.subject:
        return Question()
    return Question(finding.subject.partition(" ")[0])


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
