"""Asking Vulners through its own library: once for each distinct set of packages, within a budget, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from schouw.errors import SchouwError
from schouw.text import line
from schouw.vulnerabilities.online.memory import Memory
from schouw.vulnerabilities.online.packages import Candidate, PackageSet, candidates
from schouw.vulnerabilities.settings import VulnersSettings

if TYPE_CHECKING:
    from vulners import AsyncVulners

PLACE = "https://vulners.com"
#: What one request may hold.
_CHUNK = 2500
_LARGEST = 64 << 20
_SECONDS = 180.0
_LONGEST_PAUSE = 60.0


class OnlineError(SchouwError):
    """Vulners cannot be asked, or would not answer. The feeds' own verdicts stand without it."""


class _LastWord(OnlineError):
    """The next question would fare no better."""


@dataclass(frozen=True, slots=True)
class Answers:
    candidates: Mapping[str, tuple[Candidate, ...]]
    """By `PackageSet.digest`; what could not be asked is not in it."""
    problems: tuple[str, ...]
    """One sentence each."""


def key_of(env: Mapping[str, str]) -> str:
    """From ``VULNERS_API_KEY``, else from the keyring (service "schouw", user "vulners"); "" where neither has it."""
    if env.get("VULNERS_API_KEY"):
        return env["VULNERS_API_KEY"]
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password("schouw", "vulners") or ""
    except KeyringError:
        return ""


async def ask(
    sets: Iterable[PackageSet],
    settings: VulnersSettings,
    key: str,
    memory: Memory,
    told: Callable[[str], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Answers:
    """Candidates for each set. Whatever goes wrong is a sentence in `problems`, never an exception."""
    place = settings.url or PLACE
    found: dict[str, tuple[Candidate, ...]] = {}
    problems: dict[str, None] = {}
    waiting: dict[str, PackageSet] = {}
    for one in sets:
        known = memory.answer(one.digest, clock())
        if known is not None:
            found[one.digest] = candidates(known)
        else:
            waiting[one.digest] = one
    if not waiting:
        return Answers(found, ())
    try:
        client = _client(place, key)
    except OnlineError as error:
        return Answers(found, (str(error),))
    if memory.first_time(place, clock()):
        told(
            f"Vulners ({place}) is sent the release and the names, versions and architectures of packages; no name, address "
            "or other fact of a host. [database.vulners] enabled = false in settings.toml ends that"
        )
    async with client:
        for digest, one in waiting.items():
            try:
                answer = await _asked(client, one, settings.daily_requests, memory, clock)
            except OnlineError as error:
                problems[str(error)] = None
                if isinstance(error, _LastWord):
                    break
            else:
                memory.keep(digest, answer, clock())
                found[digest] = candidates(answer)
    return Answers(found, tuple(problems))


def _client(place: str, key: str) -> AsyncVulners:
    try:
        from vulners import AsyncVulners, VulnersError
    except ImportError:
        raise OnlineError("Vulners is not asked: its library is not installed; pip install 'schouw[vulners]'") from None
    if not key:
        raise OnlineError("Vulners is not asked: there is no key; set VULNERS_API_KEY, or: keyring set schouw vulners")
    plain = place.startswith("http:")
    try:
        # Its own retries would knock three times within a second where the server asked for ten minutes of peace.
        return AsyncVulners(key, base_url=place, http2=not plain, trust_env=not plain, max_retries=0, max_response_bytes=_LARGEST)
    except (VulnersError, ValueError) as error:
        raise OnlineError(f"Vulners is not asked: {line(str(error), 120)}") from error


async def _asked(
    client: AsyncVulners, one: PackageSet, budget: int, memory: Memory, clock: Callable[[], datetime]
) -> dict[str, object]:
    chunks = [one.packages[start : start + _CHUNK] for start in range(0, len(one.packages), _CHUNK)]
    if not memory.spend(clock(), len(chunks), budget):
        raise _LastWord(f"Vulners is not asked any more today: the budget of {budget} requests is spent")
    issues: list[object] = []
    for chunk in chunks:
        answer = await _patiently(client, one, chunk)
        more = answer.get("issues")
        issues += more if isinstance(more, list) else []
    return {"issues": issues}


async def _patiently(client: AsyncVulners, one: PackageSet, packages: tuple[str, ...]) -> Mapping[str, Any]:
    """Once more after a pause that the server asked for, if it is a short one."""
    from vulners import RateLimitError

    try:
        return await _one(client, one, packages)
    except _LastWord as error:
        cause = error.__cause__
        pause = cause.retry_after if isinstance(cause, RateLimitError) else None
        if pause is None or pause > _LONGEST_PAUSE:
            raise
        await asyncio.sleep(pause)
    return await _one(client, one, packages)


async def _one(client: AsyncVulners, one: PackageSet, packages: tuple[str, ...]) -> Mapping[str, Any]:
    from vulners import (
        APIConnectionError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        PermissionDeniedError,
        RateLimitError,
        VulnersError,
    )

    try:
        async with asyncio.timeout(_SECONDS):
            answer = await client.audit.linux_audit(one.name, one.version, packages, cvelist_metrics=True)
    except AuthenticationError as error:
        raise _LastWord("Vulners does not know the key; is VULNERS_API_KEY right?") from error
    except PermissionDeniedError as error:
        raise _LastWord(f"Vulners does not allow this key to ask ({_why(error)}); it needs the scope api") from error
    except RateLimitError as error:
        raise _LastWord("Vulners asks for a longer pause than we wait; the rest is asked another time") from error
    except (APITimeoutError, TimeoutError) as error:
        raise OnlineError("Vulners did not answer in time") from error
    except APIConnectionError as error:
        raise _LastWord(f"Vulners cannot be reached: {line(str(error), 120)}") from error
    except APIResponseValidationError as error:
        raise OnlineError("Vulners answered something that is not its own format (a page of HTML?)") from error
    except APIStatusError as error:
        if error.status_code == 402:
            raise _LastWord("Vulners says that the credits of this key are used up") from error
        raise OnlineError(f"Vulners answered with an error: {error.status_code or ''} {_why(error)}") from error
    except (VulnersError, ValueError) as error:
        raise OnlineError(f"Vulners could not be asked: {line(str(error), 120)}") from error
    if not isinstance(answer, dict):
        raise OnlineError("Vulners answered something that is not its own format")
    return answer


def _why(error: Exception) -> str:
    return line(str(error), 120)
