"""What rules judge: one installed thing, as feeds name it. Equal ones of different hosts are judged once."""

from __future__ import annotations

from typing import NamedTuple

from schouw.model.vulnerability import CveVerdict, Match

NOWHERE = "no repository"


class Item(NamedTuple):
    release: str
    """Whose feed is asked, such as "debian:12"."""
    name: str
    version: str
    source: str
    arch: str = ""
    """"" where the order of versions is Debian's: sources have none."""
    module: str = ""
    """``name:stream`` of a modular RPM; several with commas where only dnf tells which are enabled."""
    foreign: str = ""
    """Who built it, where that is not the distribution; `NOWHERE`: no repository has it."""
    pro: tuple[str, ...] | None = None
    """Ubuntu Pro services of the host; None: not known."""
    note: str = ""
    """How it came to be judged so, for a person."""


SetAside = tuple[str, str]
"""(rule, reason) for which what is said of a thing does not count, or ("", "")."""

Asked = tuple[Item, SetAside]


def unknown(rule: str, note: str) -> Match:
    """Said of a package as a whole."""
    return Match((), CveVerdict.UNKNOWN, rule, note=note)


def set_aside(match: Match, rule: str, why: str) -> Match:
    """A match that would count, less what a rule takes away; others stay. KRN-1 alone leaves it open."""
    if not match.verdict.vulnerable:
        return match
    verdict = CveVerdict.UNKNOWN if rule == "KRN-1" else CveVerdict.SUPPRESSED
    return Match(match.cves, verdict, rule, match.fixed, match.advisory, why)


def foreign(item: Item, matches: list[Match]) -> list[Match]:
    """ORG-3: blind matching errs both ways, so of a package that somebody else built nothing is known."""
    whose = "it is in no repository" if item.foreign == NOWHERE else f"built by {item.foreign}, not by the distribution"
    note = f"{whose}: its versions cannot be compared"
    if not matches:
        return [unknown("ORG-3", note)]
    return [Match(match.cves, CveVerdict.UNKNOWN, "ORG-3", advisory=match.advisory, note=note) for match in matches]
