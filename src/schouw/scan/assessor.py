"""The vulnerability database, asked about one host after another. For one thread: the keeper's."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.errors import DatabaseError
from schouw.model.attempt import Attempt, not_checked
from schouw.model.basis import Basis
from schouw.model.facts import Facts
from schouw.model.vulnerability import Assessment, CveFacts, FeedAge, Knowledge

if TYPE_CHECKING:
    from schouw.vulnerabilities.judge import Changed, Judge

_NONE = "there is no vulnerability database: run `schouw db update`"

#: What a host's vulnerabilities are judged by, of the inside view.
SECTIONS = ("system", "packages", "kernel", "origins", "updates", "live_patch", "pro", "streams", "listeners", "processes")


class Assessor:
    """Nothing here raises: without a database that can be used, hosts are not checked, with the reason."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: there is none to look for."""
        self._path = path
        self._judge: Judge | None = None
        self._problem = _NONE
        self._about: dict[str, CveFacts | None] = {}
        self._before = ""
        self._changed: Changed | None = None
        """What differs from the database with the fingerprint `_before`; None: anything may."""

    @property
    def fingerprint(self) -> str:
        """Of the data that hosts are judged by; "" where there is none."""
        return self._judge.database.fingerprint if self._judge is not None else ""

    def refresh(self) -> None:
        """Take up the database that is there now."""
        before = self.fingerprint
        try:
            if self._judge is None:
                self._judge, changed = self._opened(), None
            else:
                changed = self._judge.refresh()
        except DatabaseError as error:
            self._judge, self._problem, changed = None, str(error), None
        if self.fingerprint != before:
            self._before, self._changed = before, changed
            self._about.clear()

    def _opened(self) -> Judge | None:
        if self._path is None or not self._path.exists():
            self._problem = _NONE
            return None
        from schouw.vulnerabilities.database import Database
        from schouw.vulnerabilities.judge import Judge

        return Judge(Database.open(self._path))

    def knowledge(self, facts: Facts) -> Attempt[Knowledge]:
        """What the database says of a host."""
        inside = facts.inside.result
        if inside is None:
            return not_checked(facts.inside.reason or "not looked at from inside")
        if self._judge is None:
            return not_checked(self._problem)
        from schouw.vulnerabilities.inventory import inventory_of

        attempt = inventory_of(inside)
        if attempt.result is None:
            return not_checked(attempt.reason)
        try:
            assessment = self._judge.host(attempt.result)
            basis = basis_of(assessment.release, assessment.feeds, self.fingerprint)
            known = Knowledge(assessment, self._known(self._judge, assessment), basis)
        except DatabaseError as error:
            self._judge, self._problem = None, str(error)
            return not_checked(self._problem)
        return Attempt(known, attempt.reason)

    def unchanged(self, basis: Basis | None, facts: Facts) -> Basis | None:
        """What a host is now judged by, where the new database says the same of it as the one of `basis` did."""
        inside = facts.inside.result
        if self._judge is None or self._changed is None or inside is None or basis is None or basis.fingerprint != self._before:
            return None
        from schouw.vulnerabilities.inventory import inventory_of

        inventory = inventory_of(inside).result
        if inventory is None or self._changed.concerns(inventory):
            return None
        coverage = self._judge.database.coverage(basis.release)
        return basis_of(basis.release, coverage.feeds if coverage is not None else (), self.fingerprint)

    def _known(self, judge: Judge, assessment: Assessment) -> dict[str, CveFacts]:
        """What is known of the CVEs that the host has: asked once, whoever has them."""
        cves = {cve for judged in assessment.judged for match in judged.matches if match.verdict.vulnerable for cve in match.cves}
        missing = [cve for cve in cves if cve not in self._about]
        if missing:
            self._about |= dict.fromkeys(missing) | judge.database.about(missing)
        return {cve: facts for cve in cves if (facts := self._about[cve]) is not None}


def basis_of(release: str, feeds: Collection[FeedAge], fingerprint: str) -> Basis:
    return Basis(
        release,
        fingerprint,
        min((feed.date for feed in feeds), default=None),
        min((feed.fresh_until for feed in feeds), default=None),
    )
