"""Hosts against the database. Nothing is kept per host: equal packages are judged once, whoever has them."""

from __future__ import annotations

from collections.abc import Iterable

from schouw.model.facts import Package
from schouw.model.vulnerability import Assessment, CveVerdict, Judged, Match
from schouw.vulnerabilities import live, uncovered
from schouw.vulnerabilities.database import Coverage, Database
from schouw.vulnerabilities.inventory import Inventory
from schouw.vulnerabilities.kernel import bears_on
from schouw.vulnerabilities.releases import following
from schouw.vulnerabilities.rules.item import Asked, Item
from schouw.vulnerabilities.subjects import NOTHING, Circumstances, View, asked
from schouw.vulnerabilities.verdicts import verdicts

#: Installed things that are remembered; a fleet of 1,000 hosts has some 35,000.
_REMEMBERED = 200_000

Names = frozenset[tuple[str, str]]
"""(release, package name as its feed has it)."""


class Changed:
    """What has to be judged again after a database was swapped in."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._by_release: dict[str, set[str]] = {}
        for release, name in names:
            self._by_release.setdefault(release, set()).add(name)

    def concerns(self, inventory: Inventory) -> bool:
        """Whether a host has any of it. A backport is judged by the next release, so that one's names count as well."""
        release = inventory.release
        here = self._by_release.get(str(release), set()) | self._by_release.get(str(following(release)), set())
        return bool(here) and not (
            here.isdisjoint(package.source for package in inventory.packages)
            and here.isdisjoint(package.name for package in inventory.packages)
        )


class _Cell:
    """What is known of one installed thing. One for equal ones, so that it is its own key."""

    __slots__ = ("_judged", "asked", "matches")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.matches: tuple[Match, ...] | None = None
        self._judged: Judged | None = None

    def forget(self) -> None:
        self.matches = self._judged = None

    def judged(self, names: list[str]) -> Judged:
        """As binary packages of these names; mostly the same on every host, and then the same value."""
        packages = tuple(names) if len(names) == 1 else tuple(sorted(set(names)))
        if self._judged is None or self._judged.packages != packages:
            item = self.asked[0]
            self._judged = Judged(item.name, item.version, packages, item.source, self.matches or ())
        return self._judged


_NEW = _Cell((Item("", "", "", ""), ("", "")))


class Judge:
    """`Judge(database).host(inventory)`; one thread at a time.

    `settled`: also say what is not vulnerable, and why. `plain`: debsecan's algorithm and nothing beyond it.
    """

    def __init__(self, database: Database, *, settled: bool = False, plain: bool = False) -> None:
        self.database = database
        self._settled = settled
        self._plain = plain
        self._cells: dict[Asked, _Cell] = {}
        self._by_package: dict[Circumstances, dict[object, _Cell | None]] = {}

    @property
    def remembered(self) -> int:
        """How many distinct things were judged."""
        return len(self._cells)

    def host(self, inventory: Inventory, only: Names | None = None) -> Assessment:
        """What feeds say of the host's packages; with `only`, of these and of the kernel that runs."""
        release = str(inventory.release)
        coverage = self.database.coverage(release)
        if coverage is None:
            return uncovered.assess(inventory, self.database.ends(release))
        if len(self._cells) > _REMEMBERED:
            self._forget()
        common = Circumstances.of(inventory, coverage.keyed, self._plain)
        groups, others = self._known(inventory, common, None if only is None else frozenset(name for _, name in only))
        view = View.of(inventory, common, others)
        self._add(groups, view, others)
        if only is not None:
            groups = {cell: names for cell, names in groups.items() if (cell.asked[0].release, cell.asked[0].name) in only}
        running = view.kernel_asked()
        kernel = self._cell(running) if running else None
        self._learn([*groups, kernel] if kernel else groups)
        judged = [cell.judged(names) for cell, names in groups.items() if cell.matches]
        known = view.kernel_known()
        if kernel is not None and view.now is not None and known is not None:
            one = live.patched(kernel.judged([view.now.package.name]), inventory.live_patch, coverage.kind)
            known = live.closing(known, one, coverage.kind)
            judged += [one] if one.matches else []
        # RPM-7
        limit = "advisories tell of fixes only: a CVE without a fix is not seen" if coverage.kind == "rpm" else ""
        return Assessment(release, coverage.feeds, tuple(judged), known, limit)

    def refresh(self) -> Changed | None:
        """Take up a database that was swapped in, if one was; None: everything has to be judged again."""
        if not self.database.replaced:
            return Changed(frozenset())
        old, self.database = self.database, Database.open(self.database.path)
        changed = self.database.changed(old.generation)
        releases = {item.release for item, _ in self._cells}
        if old.rejected != self.database.rejected or any(
            _asked(old.coverage(release)) != _asked(self.database.coverage(release)) for release in releases
        ):
            changed = None
        old.close()
        if changed is None:
            self._forget()
        else:
            for (item, _), cell in self._cells.items():
                if (item.release, item.name) in changed:
                    cell.forget()
        return Changed(changed) if changed is not None else None

    def _forget(self) -> None:
        self._cells.clear()
        self._by_package.clear()

    def _known(
        self, inventory: Inventory, common: Circumstances, names: frozenset[str] | None
    ) -> tuple[dict[_Cell, list[str]], list[Package]]:
        """The host's packages by what they are judged as, of which something is said; and those not known by themselves.

        With `names`, at least those that a feed may call so, and kernels.
        """
        groups: dict[_Cell, list[str]] = {}
        others: list[Package] = []
        packages: Iterable[Package] = inventory.packages
        if names is not None:
            packages = [one for one in packages if one.source in names or one.name in names or bears_on(one)]
        # Nearly all packages are known by themselves: half a million times in a fleet.
        known = ({} if common.by_neighbours else self._by_package.setdefault(common, {})).get
        foreign = {name.partition(":")[0] for name in inventory.foreign or ()}
        for package in packages:
            cell = known(package, _NEW)
            if cell is _NEW or package.name in foreign:
                others.append(package)
            elif cell is not None and cell.matches != ():
                _into(groups, cell, package)
        return groups, others

    def _add(self, groups: dict[_Cell, list[str]], view: View, packages: Iterable[Package]) -> None:
        """To `groups`, packages of which the host may have something of its own to say. Kernels are never known by themselves."""
        known = self._by_package.setdefault(view.circumstances, {})
        now = view.now.package if view.now else None
        for package in packages:
            own = view.particulars(package)
            key: object = package if own is NOTHING and not bears_on(package) else (package, own)
            if key not in known:
                one = asked(view.circumstances, package, own)
                known[key] = self._cell(one) if one else None
            cell = known[key]
            if cell is not None and package is not now:
                _into(groups, cell, package)

    def _cell(self, one: Asked) -> _Cell:
        return self._cells.setdefault(one, _Cell(one))

    def _learn(self, cells: Iterable[_Cell]) -> None:
        missing = [cell for cell in cells if cell.matches is None]
        found = verdicts(self.database, [cell.asked for cell in missing], self._settled)
        for cell, matches in zip(missing, found, strict=True):
            cell.matches = tuple([match for match in matches if self._settled or match.verdict is not CveVerdict.NOT_AFFECTED])


def _into(groups: dict[_Cell, list[str]], cell: _Cell, package: Package) -> None:
    names = groups.get(cell)
    if names is None:
        groups[cell] = [package.name]
    else:
        names.append(package.name)


def _asked(coverage: Coverage | None) -> list[str]:
    return [feed.name for feed in coverage.feeds] if coverage else []
