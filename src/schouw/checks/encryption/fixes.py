"""What to write where, for the software and version that was found (fixes/*.toml), and who would notice (impact.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schouw.checks.advice import family, steps
from schouw.checks.base import Case
from schouw.checks.catalogue import data, table, texts
from schouw.checks.encryption.spelling import words_of
from schouw.model.daemons import Setting
from schouw.model.profile import Profile
from schouw.model.services import DAEMONS, Part, Service
from schouw.model.tls import ServiceClass
from schouw.text import line


class Thing(StrEnum):
    """What is to be fixed: a table of every file in fixes/."""

    PROTOCOL = "protocol"
    SUITE = "suite"
    GROUP = "group"
    DH = "dh"
    SIGNATURE = "signature"
    LOGIN = "login"
    TLS = "tls"
    ANONYMOUS = "anonymous"
    RELAY = "relay"
    HSTS = "hsts"
    REDIRECT = "redirect"
    CHAIN = "chain"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Advice:
    fix: str
    inside: str = ""
    """What causes it, for the evidence: the setting in force, or that it is a default."""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Software:
    """A server program as far as it is known; `name` is "unknown" where it is not."""

    name: str
    version: str = ""
    library: str = ""
    panel: str = ""

    @classmethod
    def of(cls, part: Part) -> Software:
        daemon = part.daemon
        return cls(daemon.name, daemon.version, daemon.library, daemon.panel)

    @property
    def title(self) -> str:
        return str(_file(self.name)["title"])

    @property
    def label(self) -> str:
        return line(f"{self.title} {self.version}".strip(), 60)


def advise(case: Case, service: Service, parts: Sequence[Part], thing: Thing, profile: Profile) -> Advice:
    """How to fix `thing` in these parts of the service; by what the service calls itself where there are none."""
    software = Software.of(parts[0]) if parts else by_greeting(case, service)
    mine = [part for part in parts if part.daemon.name == software.name]
    recipe, cause = _recipe(software, mine, thing)
    if recipe is None:
        return Advice(_fill(_file("unknown")[thing], profile, software))
    keyword, setting = cause
    inside = _inside(software, keyword, setting) if parts else ""
    return Advice(
        fix=_panel(software, thing, profile, setting) or _text(case, recipe, software, profile, keyword, _written(recipe, mine)),
        inside=inside,
        location=setting.location if setting is not None else "",
    )


def impact(thing: Thing, service: ServiceClass, newest: str = "") -> str:
    """Who would notice; `newest` is the newest version that goes, for `Thing.PROTOCOL`."""
    words = table(data("encryption/impact.toml").get(thing, {}))
    if thing is Thing.PROTOCOL:
        words = table(words.get(newest) or words["TLSv1.1"])
    return str(words.get(service) or words.get("other", ""))


def by_greeting(case: Case, service: Service) -> Software:
    """The program that a service says it is, from outside; anybody may say anything, so it only picks the words."""
    said = [look.attempt.result.greeting for look in service.plain if look.attempt.result is not None]
    if service.service_class is ServiceClass.WEB and (outside := case.facts.outside.result) is not None:
        said += [look.attempt.result.server for look in outside.http if look.attempt.result is not None]
    for name in DAEMONS:
        for text in said:
            if match := re.search(str(_file(name)["greets"]), text):
                return Software(name, next(iter(match.groups()), None) or "")
    return Software("unknown")


def then(case: Case, software: Software) -> str:
    """How a change is tested and made effective."""
    return _worded(case, _file(software.name)["then"])


def _file(name: str) -> dict[str, object]:
    return data(f"encryption/fixes/{name}.toml")


def _recipe(
    software: Software, parts: Sequence[Part], thing: Thing
) -> tuple[dict[str, object] | None, tuple[str, Setting | None]]:
    """The first recipe that holds here, with the setting that causes it: one that somebody wrote, else a default."""
    known = _file(software.name).get(thing)
    recipes = [table(one) for one in known] if isinstance(known, list) else []
    for recipe in recipes:
        found = [(keyword, setting, part) for part in parts for keyword, setting in _settings(recipe, part)]
        fitting = [(keyword, setting) for keyword, setting, part in found if _holds(recipe, software, part, setting)]
        bare = not found and _holds(recipe, software, parts[0] if parts else None, None)
        if fitting or bare:
            cause = next((one for one in fitting if one[1].file), None) or next(iter(fitting), None)
            return recipe, cause or ("", None)
    return None, ("", None)


def _settings(recipe: dict[str, object], part: Part) -> Iterable[tuple[str, Setting]]:
    keywords = texts(recipe.get("settings", []))
    return [(keyword, part.block.settings[keyword]) for keyword in keywords if keyword in part.block.settings]


def _holds(recipe: dict[str, object], software: Software, part: Part | None, setting: Setting | None) -> bool:
    since, before = recipe.get("since"), recipe.get("before")
    version = _version(software.version)
    return (
        (since is None or (bool(version) and version >= _version(str(since))))
        and (before is None or (bool(version) and version < _version(str(before))))
        and ("library" not in recipe or software.library.startswith(str(recipe["library"])))
        and ("tls" not in recipe or (part is not None and part.block.tls in texts(recipe["tls"])))
        and ("file" not in recipe or (setting is not None and setting.file.endswith(str(recipe["file"]))))
    )


def _version(text: str) -> tuple[int, ...]:
    match = re.match(r"\d{1,4}(\.\d{1,4})*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _written(recipe: dict[str, object], parts: Sequence[Part]) -> list[tuple[str, Setting]]:
    """Every place where one of the recipe's settings is written, each once."""
    found = [(keyword, setting) for part in parts for keyword, setting in _settings(recipe, part) if setting.file]
    keyword = found[0][0] if found else ""
    return [one for one in dict.fromkeys(found) if one[0] == keyword]


def _text(
    case: Case, recipe: dict[str, object], software: Software, profile: Profile, keyword: str, written: list[tuple[str, Setting]]
) -> str:
    last = then(case, software)
    ending = f"then: {last}" if last else ""
    run = _worded(case, recipe.get("run", ""))
    if run:
        return steps((_fill_text(run, profile, software), ending))
    lines = _fill_text(_worded(case, recipe.get("write", "")), profile, software)
    if written:
        first = written[0][1]
        more = f" (and {', '.join(one.location for _, one in written[1:4])}" if written[1:] else ""
        more += f" and {len(written) - 4} more" if len(written) > 4 else ""
        where = (
            f"in {first.file}, line {first.line}{more}{')' if more else ''}, instead of {line(f'{keyword} {first.value}', 80)}:"
        )
    else:
        at = _worded(case, recipe.get("at", ""))
        where = f"{at}:" if at else ""
    return steps((where, lines, ending))


def _panel(software: Software, thing: Thing, profile: Profile, setting: Setting | None) -> str:
    """What to tell a panel that owns the file, "" where none does."""
    known = table(data("encryption/fixes/panels.toml").get(software.panel, {}))
    if not known:
        return ""
    own = table(known.get(software.name, {}))
    told = str(own.get(thing) or known.get(thing) or own.get("other") or known["other"])
    place = setting.file if setting is not None and setting.file else f"the configuration of {software.title}"
    return steps((f"{known['title']} writes {place}, and would undo a change there:", _fill_text(told, profile, software)))


def _inside(software: Software, keyword: str, setting: Setting | None) -> str:
    if setting is None:
        return software.label
    shown = line(f"{keyword} {setting.value}", 140)
    if setting.file:
        return f"{software.label}: {shown}"
    return f"nobody wrote it: {shown} is the default of {software.label}"


def _worded(case: Case, value: object) -> str:
    """A text, or one for each family of distributions; Debian's words where this one has none."""
    if isinstance(value, dict):
        value = value.get(family(case.system), next(iter(value.values())) if family(case.system) not in value else "")
    return str(value)


def _fill(recipe: object, profile: Profile, software: Software) -> str:
    first = table(recipe[0]) if isinstance(recipe, list) else {}
    return _fill_text(str(first.get("write", "")), profile, software)


def _fill_text(text: str, profile: Profile, software: Software) -> str:
    for word, value in words_of(profile, software.library).items():
        text = text.replace(f"<{word}>", value)
    return text
