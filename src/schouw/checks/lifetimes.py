"""How long each release of a distribution gets security updates (lifetimes.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from schouw.checks.catalogue import data, table
from schouw.model.facts import System


@dataclass(frozen=True, slots=True)
class Lifetime:
    free: date
    """Last day of security updates for everybody."""
    full: date | None = None
    """Where long-term support by a community follows: the end of what came before."""
    paid: date | None = None


def lifetime(system: System) -> Lifetime | None:
    """None for a release that the table does not know."""
    distribution = "centos-stream" if system.id == "centos" and "stream" in system.pretty.lower() else system.id
    releases = data("lifetimes.toml").get(distribution)
    if not isinstance(releases, dict):
        return None
    # "9.4" is 9, "12" is 12, "3.20.3" is 3.20: the longest prefix of whole parts that the table has.
    parts = system.version.split(".")
    known = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    row = next((table(releases[version]) for version in known if version in releases), None)
    if row is None:
        return None
    dates = {key: value for key, value in row.items() if isinstance(value, date)}
    return Lifetime(dates["free"], dates.get("full"), dates.get("paid"))
