"""Where the library's own settings are what lets something weak through: their line, and the fix there for all programs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schouw.checks.advice import quoted, steps
from schouw.checks.base import Case
from schouw.checks.encryption import system_wide
from schouw.checks.encryption.configured import configured
from schouw.checks.encryption.fixes import Advice, Thing
from schouw.checks.encryption.software import Software
from schouw.checks.encryption.spelling import words_of
from schouw.model.daemons import DAEMONS, Daemon, Setting
from schouw.model.libraries import Libraries
from schouw.model.profile import Profile
from schouw.model.services import Part
from schouw.model.tls import TlsVersion
from schouw.text import line

_OLD = {TlsVersion.SSL2, TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11}


def lowered(case: Case, parts: Sequence[Part], thing: Thing, values: Sequence[str], profile: Profile, advice: Advice) -> Advice:
    """The advice for a service that has no line of its own for `thing`, made one for all programs where that is the cause.

    A line of its own stays the place to fix, and the evidence says what lets it through.
    """
    libraries = case.libraries
    causes = ((part, _cause(part, libraries, thing, values)) for part in parts)
    part, cause = next(((part, cause) for part, cause in causes if cause is not None), (None, None))
    if libraries is None or part is None or cause is None:
        return advice if advice.location else _not_yet(case, parts, thing, values, advice)
    inside = f"{words(libraries, cause)}; {advice.inside}"
    if advice.location and not system_wide.left_to_policy(part):
        return Advice(advice.fix, inside, advice.location)
    policy = libraries.policy if system_wide.by_policy(cause) else None
    everywhere = (
        change_policy(case, policy.value, thing)
        if policy is not None
        else steps((*_rewritten(libraries, cause, words_of(profile, part.daemon.library)["min"]), restart(case)))
    )
    fix = steps(("for all programs of this host:", everywhere, f"or for {Software.of(part).title} alone:", advice.fix))
    return Advice(fix, inside, (policy or cause).location)


def _not_yet(case: Case, parts: Sequence[Part], thing: Thing, values: Sequence[str], advice: Advice) -> Advice:
    """The same for what is met though OpenSSL, as it is told by now, refuses it to all of these parts."""
    versions = {one for one in TlsVersion if one.value in values}
    allowed = [configured(part, case.libraries) for part in parts if thing is Thing.PROTOCOL]
    if not allowed or case.libraries is None or any(one is None or one.allowed & versions for one in allowed):
        return advice
    title = Software.of(parts[0]).title
    start = "OpenSSL is set to refuse that by now, which a program notices at its start:"
    fix = steps((start, restart(case).removeprefix("then: "), f"where that does not help, for {title} alone:", advice.fix))
    return Advice(fix, f"{advice.inside}; OpenSSL as it is set by now refuses it")


def words(libraries: Libraries, setting: Setting) -> str:
    """The line in a sentence: where it stands and what it says."""
    said = line(f"{_name(libraries, setting)} = {setting.value}", 100)
    if system_wide.by_policy(setting):
        policy = libraries.policy.value if libraries.policy is not None else "of its own"
        return f"the crypto policy is {line(policy, 60)}" + (f": {said}" if setting != libraries.policy else "")
    return f"{setting.location} has for all programs: {said}"


def change_policy(case: Case, policy: str, thing: Thing | None = None) -> str:
    """How to leave a policy for one without what brings back the insufficient; it takes effect at a program's start."""
    base, *modules = policy.split(":")
    better = ":".join(["DEFAULT" if base == "LEGACY" else base, *(one for one in modules if one != "SHA1")])
    if better == policy:
        better = f"{policy}:NO-SHA1" if thing is Thing.SIGNATURE else "DEFAULT"
    return steps((f"update-crypto-policies --set {quoted([better])}", restart(case, "sshd")))


def restart(case: Case, *more: str) -> str:
    """Of all that is known to run with OpenSSL: its settings are read once, at a start, and never at a reload."""
    sections: list[Daemon | None] = [getattr(case.inside, name).result for name in DAEMONS] if case.inside is not None else []
    running = [one for one in sections if one is not None and one.running is not False and one.library.startswith("OpenSSL")]
    units = [Software(one.name).unit(case) for one in running]
    return f"then: systemctl restart {' '.join((*units, *more))}     # and whatever else speaks TLS: a reload is not enough"


def _cause(part: Part, libraries: Libraries | None, thing: Thing, values: Sequence[str]) -> Setting | None:
    match thing:
        case Thing.PROTOCOL:
            versions = {one for one in TlsVersion if one.value in values}
            return system_wide.letting_in(part, libraries, versions) if versions <= _OLD else None
        case Thing.SIGNATURE:
            return system_wide.letting_in_sha1(part, libraries) if "sha1" in values else None
        case Thing.DH:
            short = any(int(one.rpartition(" ")[2]) < 2048 for one in values)
            return system_wide.letting_in_short_fields(part, libraries) if short else None
        case Thing.SUITE if libraries is not None and libraries.policy is not None and system_wide.left_to_policy(part):
            return libraries.policy if libraries.policy.value.partition(":")[0] == "LEGACY" else None
        case _:
            return None


def _rewritten(libraries: Libraries, setting: Setting, lowest: str) -> tuple[str, str]:
    name = _name(libraries, setting)
    value = lowest if name == "MinProtocol" else re.sub(r"(?i)@SECLEVEL=\d", "@SECLEVEL=2", setting.value)
    return f"in {setting.file}, line {setting.line}, instead of {line(f'{name} = {setting.value}', 80)}:", f"{name} = {value}"


def _name(libraries: Libraries, setting: Setting) -> str:
    return next((name for name, one in libraries.openssl.items() if one == setting), "")
