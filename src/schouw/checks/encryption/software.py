"""The program that serves a port, as far as it is known: from its configuration, or from what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schouw.checks.advice import family
from schouw.checks.base import Case
from schouw.checks.catalogue import data
from schouw.model.daemons import DAEMONS
from schouw.model.protocol import ServiceClass
from schouw.model.services import Part, Service
from schouw.text import line


@dataclass(frozen=True, slots=True)
class Software:
    """`name` is that of a file in programs/, "unknown" where nothing is known."""

    name: str
    version: str = ""
    library: str = ""
    panel: str = ""

    @classmethod
    def of(cls, part: Part) -> Software:
        daemon = part.daemon
        return cls(daemon.name if daemon.name in DAEMONS else "unknown", daemon.version, daemon.library, daemon.panel)

    @property
    def words(self) -> dict[str, object]:
        return data(f"encryption/programs/{self.name}.toml")

    @property
    def title(self) -> str:
        return str(self.words["title"])

    @property
    def label(self) -> str:
        return line(f"{self.title} {self.version}".strip(), 60)

    def then(self, case: Case) -> str:
        """How a change is tested and made effective."""
        return worded(case, self.words["then"])

    def unit(self, case: Case) -> str:
        """What systemd calls it: for what takes effect at a start alone."""
        return worded(case, self.words.get("unit", ""))


def by_greeting(case: Case, service: Service) -> Software:
    """The program that a service says it is, from outside; anybody may say anything, so it only picks the words."""
    said = [look.attempt.result.greeting for look in service.plain if look.attempt.result is not None]
    if service.service_class is ServiceClass.WEB and (outside := case.facts.outside.result) is not None:
        said += [look.attempt.result.server for look in outside.http if look.attempt.result is not None]
    for name in DAEMONS:
        for text in said:
            if match := re.search(str(Software(name).words["greets"]), text):
                return Software(name, next(iter(match.groups()), None) or "")
    return Software("unknown")


def worded(case: Case, value: object) -> str:
    """A text, or of a table the one for this host's family of distributions; the first, where the family is not known."""
    if not isinstance(value, dict):
        return str(value)
    return str(value.get(family(case.system), "" if family(case.system) else next(iter(value.values()))))


def version_numbers(text: str) -> tuple[int, ...]:
    """(2, 3, 19) from "2.3.19.1 (9b53102964)" and the like; empty where there is none."""
    match = re.match(r"\d{1,4}(\.\d{1,4})*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
