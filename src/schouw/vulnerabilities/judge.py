"""Hosts against the database. Nothing is kept per host: equal packages are judged once, whoever has them."""

from __future__ import annotations

from schouw.model.vulnerability import Assessment, CveVerdict, Judged, Match
from schouw.vulnerabilities import live, uncovered
from schouw.vulnerabilities.database import Coverage, Database
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.subjects import Subject, subjects
from schouw.vulnerabilities.verdicts import Asked, verdicts

#: Judged items that are remembered; a fleet of 1,000 hosts has some 35,000.
_REMEMBERED = 200_000

Names = frozenset[tuple[str, str]]
"""(release, package name as its feed has it)."""


class Judge:
    """`Judge(database).host(inventory)`; one thread at a time.

    `settled`: also say what is not vulnerable, and why. `plain`: debsecan's algorithm and nothing beyond it.
    """

    def __init__(self, database: Database, *, settled: bool = False, plain: bool = False) -> None:
        self.database = database
        self._settled = settled
        self._plain = plain
        self._known: dict[Asked, tuple[Match, ...]] = {}

    def host(self, inventory: Inventory, only: Names | None = None) -> Assessment:
        """What feeds say of the host's packages; with `only`, of these and of the kernel that runs."""
        release = str(inventory.release)
        coverage = self.database.coverage(release)
        if coverage is None:
            return uncovered.assess(inventory, self.database.ends(release))
        these = subjects(inventory, coverage.keyed, self._plain)
        wanted = [one for one in these.found if only is None or (one.item.release, one.item.name) in only]
        self._learn(wanted if these.running is None else [*wanted, these.running])
        judged = [self._judged(subject) for subject in wanted]
        running = these.kernel
        if these.running is not None and running is not None:
            kernel = live.patched(self._judged(these.running), inventory.live_patch, coverage.kind)
            running = live.closing(running, kernel, coverage.kind)
            judged.append(kernel)
        # RPM-7
        limit = "advisories tell of fixes only: a CVE without a fix is not seen" if coverage.kind == "rpm" else ""
        return Assessment(release, coverage.feeds, tuple(one for one in judged if one.matches), running, limit)

    def refresh(self) -> Names | None:
        """Take up a database that was swapped in: whose packages have to be judged again, None for everybody's."""
        if not self.database.replaced:
            return frozenset()
        old, self.database = self.database, Database.open(self.database.path)
        changed = self.database.changed(old.generation)
        releases = {item.release for item, _ in self._known}
        if old.rejected != self.database.rejected or any(
            _asked(old.coverage(release)) != _asked(self.database.coverage(release)) for release in releases
        ):
            changed = None
        old.close()
        if changed is None:
            self._known.clear()
        else:
            for asked in [asked for asked in self._known if (asked[0].release, asked[0].name) in changed]:
                del self._known[asked]
        return changed

    def _learn(self, wanted: list[Subject]) -> None:
        missing = [asked for one in wanted if (asked := (one.item, one.set_aside)) not in self._known]
        if len(self._known) + len(missing) > _REMEMBERED:
            self._known.clear()
            missing = [(one.item, one.set_aside) for one in wanted]
        for asked, matches in verdicts(self.database, missing, self._settled):
            self._known[asked] = tuple(
                match for match in matches if self._settled or match.verdict is not CveVerdict.NOT_AFFECTED
            )

    def _judged(self, subject: Subject) -> Judged:
        item = subject.item
        return Judged(item.name, item.version, subject.packages, item.source, self._known[item, subject.set_aside])


def _asked(coverage: Coverage | None) -> list[str]:
    return [feed.name for feed in coverage.feeds] if coverage else []
