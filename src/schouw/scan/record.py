"""Record and replay: what was seen of hosts, in a file of one JSON object a line.

A recording is meant to be handed to others, so what opens doors stays out: key paths, user names, known_hosts,
configuration paths of the machine that scanned. Facts hold no secrets to begin with (see `schouw.collect`).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.model.attempt import Attempt
from schouw.model.facts import Facts
from schouw.model.host import Host
from schouw.model.tls import Endpoint
from schouw.scan.keeper import now
from schouw.scan.look import Look, OnStep

FORMAT = 1


class Recorded(msgspec.Struct, frozen=True):
    """One look at one host: its facts, or why there are none."""

    host: Host
    facts: Facts | None = None
    error: ErrorClass | None = None
    message: str = ""
    format: int = FORMAT


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Recorded).decode


def redacted(host: Host, facts: Facts | None) -> tuple[Host, Facts | None]:
    """Both without users and paths of whoever scanned."""
    host = replace(host, user=None, identity=(), known_hosts=(), ssh_config="", owner="", note="")
    inside = facts.inside.result if facts is not None else None
    who = inside.identity.result if inside is not None else None
    if facts is None or inside is None or who is None:
        return host, facts
    identity = replace(inside.identity, result=replace(who, user="", sudo=()))
    return host, replace(facts, inside=Attempt(replace(inside, identity=identity), facts.inside.reason))


class Recorder:
    """Appends to a file that only its owner can read. `ConfigError` when that cannot be written."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; expected a file that can be written") from error

    def add(self, host: Host, facts: Facts) -> None:
        self._write(host, facts, None)

    def add_failure(self, host: Host, error: HostError) -> None:
        self._write(host, None, error)

    def close(self) -> None:
        self._file.close()

    def _write(self, host: Host, facts: Facts | None, error: HostError | None) -> None:
        host, facts = redacted(host, facts)
        kind, message = (error.kind, str(error)) if error is not None else (None, "")
        self._file.write(_encode(Recorded(host, facts, kind, message)) + b"\n")


def read_recording(path: Path) -> list[Recorded]:
    """`ConfigError`, with the line, for what is not a recording."""
    found: list[Recorded] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    found.append(_decode(line))
                except msgspec.MsgspecError as error:
                    raise ConfigError(f"{path}:{number}: not a recording of schouw ({error})") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; expected a file written by: schouw scan --record FILE") from error
    if not found:
        raise ConfigError(f"{path}: holds no recorded host")
    return found


STEPS = ("system", "packages", "listeners", "sshd", "firewall", "outside")


class ReplayLooker:
    """Serves recordings as if hosts were looked at: each look plays the host's next one, the last is followed by the first.

    `pause`: awaited between the steps of a look, so that a person can see them.
    """

    def __init__(self, recordings: Sequence[Recorded], pause: Callable[[], Awaitable[None]] | None = None) -> None:
        self._looks: dict[str, list[Recorded]] = defaultdict(list)
        for one in recordings:
            self._looks[one.host.name].append(one)
        self._played: dict[str, int] = defaultdict(int)
        self._pause = pause

    def hosts(self) -> tuple[Host, ...]:
        return tuple(looks[-1].host for looks in self._looks.values())

    async def look(
        self, host: Host, look: Look, previous: Facts | None, on_step: OnStep, only: tuple[Endpoint, ...] = ()
    ) -> Facts:
        del look, previous, only
        looks = self._looks.get(host.name)
        if not looks:
            raise HostError(ErrorClass.NO_NAME, f"{host.name}: is not in the recording")
        for done, step in enumerate(STEPS, 1):
            on_step(step, done, len(STEPS))
            if self._pause is not None:
                await self._pause()
        one = looks[self._played[host.name] % len(looks)]
        self._played[host.name] += 1
        if one.facts is None:
            raise HostError(one.error or ErrorClass.INTERNAL, one.message)
        return replace(one.facts, taken_at=now())

    async def keep(self, host: Host) -> None:
        """Nothing to keep."""

    async def close(self) -> None:
        """Nothing to close."""
