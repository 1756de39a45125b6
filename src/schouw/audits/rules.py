"""The rules of ``rules.toml``: from an auditor's words to checks of ours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tomli

from schouw.model.baseline import AuditRow


@dataclass(frozen=True, slots=True)
class Rule:
    words: tuple[str, ...]
    checks: tuple[str, ...]
    """Names of checks, or how they begin where they end in a dot."""
    but: tuple[str, ...] = ()
    """Words that take a row out again."""
    shows: str = ""
    """What a finding has to name, where one check covers several things."""

    def means(self, check: str) -> bool:
        return any(check == name or (name.endswith(".") and check.startswith(name)) for name in self.checks)


@cache
def rules() -> tuple[Rule, ...]:
    data = tomli.loads(files(__package__).joinpath("rules.toml").read_text("utf-8"))["rule"]
    return tuple(Rule(tuple(one["words"]), tuple(one["checks"]), tuple(one.get("not", ())), one.get("shows", "")) for one in data)


@cache
def script_words() -> frozenset[str]:
    """Every word of every rule: a script of nmap with one of these names tells of something wrong."""
    return frozenset(word for rule in rules() for word in rule.words)


def rule_for(row: AuditRow) -> Rule | None:
    """The first that fits; None where no rule knows what the row is about."""
    said = f"{row.title} {row.words}".lower()
    fits = (rule for rule in rules() if any(word in said for word in rule.words) and not any(no in said for no in rule.but))
    return next(fits, None)
