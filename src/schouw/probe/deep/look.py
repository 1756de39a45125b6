"""The deep look at one host: each of its TLS endpoints in turn, by one runner, as far as the host lets us."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from schouw import __version__
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.deep import DeepLook
from schouw.model.tls import Endpoint, Looked
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.deep import plan
from schouw.probe.deep.child import Broken, Child, start
from schouw.probe.deep.lines import QUESTIONS, Done, Request, attempt
from schouw.probe.words import NAME
from schouw.text import line

OnStep = Callable[[str, int, int], None]
AGENT = f"schouw/{__version__}"

#: What sslyze can ask for and check a certificate against: "my_shop.example.nl" works in browsers, and it stumbles over it.
_NAME = re.compile(r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

NOT_ASKED: Attempt[Any] = absent("asked of web servers alone: sslyze asks it with an HTTP request")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one connection, one endpoint, one host."""

    connection: int = 5
    endpoint: float = 120.0
    host: float = 1800.0
    turned_away: int = 2
    """Endpoints in a row that stop taking our connections: then it is the host that does not want us."""


@dataclass(slots=True)
class DeepResult:
    looks: list[Looked[DeepLook]] = field(default_factory=list)
    blocked: str = ""
    """Why we think that the host is refusing us, "" where it is not."""


async def look(
    those: Sequence[Endpoint],
    hostname: str,
    interpreter: Path | None,
    budget: Budget,
    clock: Callable[[], datetime],
    on_step: OnStep = lambda _step, _done, _total: None,
    limits: Limits = Limits(),
) -> DeepResult:
    """One `Looked` an endpoint, whatever happens; nothing is raised for a host's or sslyze's sake.

    `hostname` is asked for where an endpoint has no name of its own: sslyze always sends one, and servers with several
    names turn down what is only their address.
    """
    result, watch = DeepResult(), Watch()
    runners = _Runners(interpreter)
    until = asyncio.get_running_loop().time() + limits.host
    turned_away = 0
    try:
        for number, endpoint in enumerate(those):
            on_step("deep look", number, len(those))
            if watch.blocked:
                found = _Outcome(not_checked(watch.blocked))
            else:
                found = await _one(endpoint, hostname, runners, budget, limits, until)
            turned_away = turned_away + 1 if found.turned_away else 0
            if turned_away >= limits.turned_away:
                watch.say(f"{turned_away} ports in a row take no more connections of ours")
            result.looks.append(Looked(endpoint, clock(), found.attempt))
    finally:
        await runners.close()
    on_step("deep look", len(those), len(those))
    result.blocked = watch.blocked
    return result


@dataclass(frozen=True, slots=True)
class _Outcome:
    attempt: Attempt[DeepLook]
    turned_away: bool = False


class _Runners:
    """At most one runner at a time, for all endpoints until it breaks: its memory stays level (tests/bench/deep.py)."""

    def __init__(self, interpreter: Path | None) -> None:
        self._interpreter = interpreter
        self._child: Child | None = None
        self._never: Broken | None = None

    async def next(self) -> Child:
        """`Broken` where there is none to be had; then nor is there later."""
        if self._never is not None:
            raise self._never
        if self._child is None:
            try:
                self._child = await start(self._interpreter)
            except Broken as broken:
                self._never = broken
                raise
        return self._child

    async def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.close()


async def _one(endpoint: Endpoint, hostname: str, runners: _Runners, budget: Budget, limits: Limits, until: float) -> _Outcome:
    protocol = endpoint.protocol
    starttls = plan.starttls(protocol)
    if starttls is None:
        return _Outcome(absent(f"sslyze does not know how to begin TLS with {protocol.value}"))
    expected = plan.connections(protocol)
    request = Request(
        hostname=next((name for name in (endpoint.name, hostname) if _NAME.fullmatch(name)), endpoint.address),
        ip_address=endpoint.address,
        port=endpoint.port,
        starttls=starttls,
        questions=plan.questions(protocol),
        at_once=1 if plan.careful(protocol) else 2,
        seconds=limits.connection,
        agent=AGENT,
        ehlo=NAME,
    )
    try:
        child = await runners.next()
        async with asyncio.timeout_at(until):
            await asyncio.sleep(0)  # an end that has passed is noticed even where there is nothing to wait for
            await budget.take(expected)
    except Broken as broken:
        return _Outcome(not_checked(str(broken)))
    except TimeoutError:
        return _Outcome(not_checked(f"not asked: the deep look at this host took more than {limits.host / 60:g} minutes"))
    answers, done = await _ask(child, request, runners, limits)
    # More than a minute's worth cannot be waited for in advance; what comes next does.
    budget.charge(max(0, (done.connections or expected) - min(expected, budget.per_minute)))
    return _Outcome(_account(request, answers, done, child.tool), done.turned_away)


async def _ask(child: Child, request: Request, runners: _Runners, limits: Limits) -> tuple[dict[str, Attempt[Any]], Done]:
    """What was answered until it ended, well or not. A runner that did wrong or took too long is not asked again."""
    answers: dict[str, Attempt[Any]] = {}
    try:
        async with asyncio.timeout(limits.endpoint), aclosing(child.ask(request)) as saying:
            async for answer in saying:
                if isinstance(answer, Done):
                    return answers, answer
                answers[answer.question] = attempt(answer)
        lacking = "sslyze's process stopped answering"
    except TimeoutError:
        lacking = f"the look was ended after {limits.endpoint:g} s"
    except Broken as broken:
        lacking = str(broken)
    except ValueError as error:
        lacking = f"sslyze's process said something that our runner does not say ({error})"
    await runners.close()
    return answers, Done(connections=0, lacking=lacking)


def _account(request: Request, answers: dict[str, Attempt[Any]], done: Done, tool: str) -> Attempt[DeepLook]:
    """The answers as one look. Where the server turned us away in the middle, even an answer is only a part of one."""
    lacking = line(done.lacking, 300)
    if not any(one.result is not None for one in answers.values()):
        return not_checked(lacking or next((one.reason for one in answers.values()), "sslyze answered nothing"))
    every: dict[str, Attempt[Any]] = dict.fromkeys(QUESTIONS, NOT_ASKED)
    every |= dict.fromkeys(request.questions, not_checked(lacking or "sslyze did not answer this"))
    every |= {name: replace(one, reason=one.reason or lacking) if done.turned_away else one for name, one in answers.items()}
    return seen(DeepLook(**every, connections=done.connections, tool=tool))
