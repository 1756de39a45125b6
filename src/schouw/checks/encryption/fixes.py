"""What to write where, for the software and version that was found (programs/*.toml)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from schouw.checks.advice import steps
from schouw.checks.base import Case
from schouw.checks.catalogue import data, table, texts
from schouw.checks.encryption.software import Software, by_greeting, version_numbers, worded
from schouw.checks.encryption.spelling import words_of
from schouw.model.daemons import Setting
from schouw.model.profile import Kind, Profile, level
from schouw.model.services import Part, Service
from schouw.model.tls import TlsOffer, TlsVersion
from schouw.text import line

#: Places that a fix names beside the first.
_PLACES = 3
#: A finite group that OpenSSL 3 and newer offer in TLS 1.3 unless they are told not to.
_ADDED = "ffdhe2048"
#: Libraries that do not, or whose groups stand in the same line as the versions.
_WITHOUT = ("OpenSSL 1.", "GnuTLS")


class Thing(StrEnum):
    """What is to be fixed: a table of the files in programs/."""

    PROTOCOL = "protocol"
    SUITE = "suite"
    SUITE13 = "suite13"
    """Those of TLS 1.3, which are set elsewhere."""
    GROUP = "group"
    DH = "dh"
    SIGNATURE = "signature"
    SHA224 = "sha224"
    """A signature with it, where there is nothing worse: no level of OpenSSL keeps that out."""
    LOGIN = "login"
    TLS = "tls"
    ANONYMOUS = "anonymous"
    RELAY = "relay"
    HSTS = "hsts"
    REDIRECT = "redirect"
    CHAIN = "chain"
    CERTIFICATE = "certificate"
    COMPRESSION = "compression"
    EARLY_DATA = "early_data"
    RENEGOTIATION = "renegotiation"
    STAPLE = "staple"


_BRINGS_13 = frozenset({Thing.PROTOCOL, Thing.TLS})


@dataclass(frozen=True, slots=True)
class Advice:
    fix: str
    inside: str = ""
    """What causes it, for the evidence: the setting in force, or that it is a default."""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A setting that a recipe is about, in the part where it holds."""

    part: Part
    keyword: str
    setting: Setting

    @property
    def text(self) -> str:
        return line(f"{self.keyword} {self.setting.value}".strip(), 140)


def advise(case: Case, service: Service, parts: Sequence[Part], thing: Thing, profile: Profile) -> Advice:
    """How to fix `thing` in these parts of the service; by what the service calls itself where there are none.

    What makes it speak TLS 1.3 for the first time also names the groups, where the profile refuses some that libraries have
    by default; so does what is written before anybody saw all groups.
    """
    advice = _advise(case, service, parts, thing, profile)
    if not _adds_groups(service, parts, thing, profile):
        return advice
    return replace(advice, fix=in_one(advice.fix, _advise(case, service, parts, Thing.GROUP, profile).fix))


def in_one(first: str, second: str) -> str:
    """Two fixes as one, tested and made effective once."""
    *lines, last = first.splitlines()
    return steps((*lines, second)) if lines and second.splitlines()[-1] == last else steps((first, second))


def _adds_groups(service: Service, parts: Sequence[Part], thing: Thing, profile: Profile) -> bool:
    """Whether the fix would bring in groups, or bring to light groups, of which there is no finding yet."""
    software = Software.of(parts[0]) if parts else Software("unknown")
    offers = [(look.endpoint, offer) for look in service.offers if (offer := look.attempt.result) is not None]
    seen_whole = {endpoint for endpoint, offer in offers if offer.groups.complete and _speaks_13(offer)}
    recipes = list(_recipes(software, Thing.GROUP))
    written = (cause for recipe in recipes for cause in _causes(recipe, parts) if cause.setting.file)
    return (
        thing in _BRINGS_13
        and bool(recipes)
        and not level(profile, Kind.GROUP, _ADDED).accepted
        and not software.library.startswith(_WITHOUT)
        and not software.panel
        and not (offers and all(endpoint in seen_whole for endpoint, _ in offers))
        and not any(_ADDED in (offer.groups.result or ()) for _, offer in offers)
        and not any(written)
    )


def _speaks_13(offer: TlsOffer) -> bool:
    attempt = offer.versions.get(TlsVersion.TLS13)
    return attempt is not None and attempt.result is True


def _advise(case: Case, service: Service, parts: Sequence[Part], thing: Thing, profile: Profile) -> Advice:
    software = Software.of(parts[0]) if parts else by_greeting(case, service)
    mine = [part for part in parts if part.daemon.name == software.name]
    words = words_of(profile, software.library)
    for recipe in _recipes(software, thing):
        causes = [cause for cause in _causes(recipe, mine) if _holds(recipe, software, cause.part, cause.setting)]
        if not causes and not _holds(recipe, software, mine[0] if mine else None, None):
            continue
        written = [cause for cause in causes if cause.setting.file]
        first = next(iter(written or causes), None)
        text = _told_to_panel(software, thing, first) or _by_hand(case, software, recipe, written, mine)
        return Advice(_filled(text, words), _inside(software, first) if parts else "", first.setting.location if first else "")
    general = worded(case, next(_recipes(Software("unknown"), thing))["write"])
    last = software.then(case)
    fix = steps((_filled(general, words), f"then: {last}" if last else ""))
    return Advice(fix, software.label if parts else "")


def _recipes(software: Software, thing: Thing) -> Iterator[dict[str, object]]:
    known = software.words.get(thing, [])
    return (table(one) for one in known) if isinstance(known, list) else iter(())


def _causes(recipe: dict[str, object], parts: Sequence[Part]) -> list[Cause]:
    """The recipe's settings as they stand: the first keyword that any part has, each place once."""
    for keyword in texts(recipe.get("settings", [])):
        found: dict[Setting, Cause] = {}
        for part in parts:
            for name, setting in _named(part, keyword):
                found.setdefault(setting, Cause(part, name, setting))
        if found:
            return list(found.values())
    return []


def _named(part: Part, keyword: str) -> Iterable[tuple[str, Setting]]:
    """The settings that a recipe's keyword stands for; one that ends with ``*`` for all that begin so."""
    settings = part.block.settings
    if keyword.endswith("*"):
        return [(name, one) for name, one in settings.items() if name.startswith(keyword[:-1])]
    return [(keyword, settings[keyword])] if keyword in settings else []


def _holds(recipe: dict[str, object], software: Software, part: Part | None, setting: Setting | None) -> bool:
    version = version_numbers(software.version)
    return (
        ("since" not in recipe or (bool(version) and version >= version_numbers(str(recipe["since"]))))
        and ("before" not in recipe or (bool(version) and version < version_numbers(str(recipe["before"]))))
        and ("library" not in recipe or software.library.startswith(str(recipe["library"])))
        and ("tls" not in recipe or (part is not None and part.block.tls in texts(recipe["tls"])))
        and ("config" not in recipe or (part is not None and part.block.file.endswith(str(recipe["config"]))))
        and ("file" not in recipe or (setting is not None and setting.file.endswith(str(recipe["file"]))))
    )


def _by_hand(case: Case, software: Software, recipe: dict[str, object], written: Sequence[Cause], parts: Sequence[Part]) -> str:
    last = software.then(case)
    ending = f"then: {last}" if last else ""
    if run := worded(case, recipe.get("run", "")):
        return steps((run, ending))
    return steps((_place(case, recipe, written, parts), worded(case, recipe.get("write", "")), ending))


def _place(case: Case, recipe: dict[str, object], written: Sequence[Cause], parts: Sequence[Part]) -> str:
    if written:
        first = written[0].setting
        more = _more([cause.setting.location for cause in written[1:]])
        return f"in {first.file}, line {first.line}{more}, instead of {line(written[0].text, 80)}:"
    begins = [f"{part.block.file}:{part.block.line}" for part in parts if part.block.line]
    if "block" in recipe and begins:
        return f"{recipe['block']} that begins at {begins[0]}{_more(begins[1:])}:"
    at = worded(case, recipe.get("at", ""))
    return f"{at}:" if at else ""


def _more(places: Sequence[str]) -> str:
    if not places:
        return ""
    left = len(places) - _PLACES
    return f" (and {', '.join(places[:_PLACES])}{f' and {left} more' if left > 0 else ''})"


def _told_to_panel(software: Software, thing: Thing, cause: Cause | None) -> str:
    """What to tell a panel that owns the file, "" where none does."""
    known = table(data("encryption/programs/panels.toml").get(software.panel, {}))
    if not known:
        return ""
    own = table(known.get(software.name, {}))
    told = own.get(thing) or known.get(thing) or own.get("other") or known["other"]
    place = cause.setting.file if cause is not None and cause.setting.file else f"the configuration of {software.title}"
    return steps((f"{known['title']} writes {place}, and would undo a change there:", str(told)))


def _inside(software: Software, cause: Cause | None) -> str:
    if cause is None:
        return software.label
    if cause.setting.file:
        return f"{software.label}: {cause.text}"
    return f"nobody wrote it: {cause.text} is the default of {software.label}"


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"<{word}>", value)
    return text
