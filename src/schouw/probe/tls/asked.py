"""What a listener was asked, and what it took: the state that a light look begins and a full one goes on with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Literal

from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.tls import Accepted, TlsOffer, TlsVersion
from schouw.probe.reach import Unreached, Unspoken
from schouw.probe.tls.answer import (
    PROTOCOL_VERSION,
    UNRECOGNIZED_NAME,
    Answer,
    Kind,
    extended_master_secret,
    secure_renegotiation,
)
from schouw.probe.tls.codepoints import SIGNATURES, SUITES, group_name, suite_name, usable
from schouw.probe.tls.hello import ALL_SUITES, MOST_SUITES, Hello

Say = Callable[[Hello], Awaitable[Answer]]
"""Sends a hello over a connection of its own. `Unreached` when there is none to be had."""

AGES = tuple(TlsVersion)
DEAD = 3
"""Hellos in a row that an endpoint may leave without any answer before it is left alone."""


class Enough(Exception):
    """There is no use in going on with this endpoint; `Asked.result` says why."""


class Asked:
    """Offers to one listener under one name, and what came of them."""

    def __init__(self, say: Say, name: str = "") -> None:
        self._say, self._name = say, name
        self._accepted: dict[tuple[TlsVersion, int], Accepted] = {}
        self._groups: dict[int, None] = {}
        self._versions: dict[TlsVersion, bool] = {}
        self._never: set[TlsVersion] = set()
        self._whole: set[TlsVersion] = set()
        self._known: dict[TlsVersion, set[int]] = {version: set() for version in AGES}
        self._doubts: list[tuple[Hello, Answer]] = []
        self._welcome: Hello | None = None
        self._first: Answer | None = None
        """The first answer up to TLS 1.2: it shows more than the newer ones."""
        self._ended: Attempt[TlsOffer] | None = None
        self._lacking: list[str] = []
        self._lacking_groups: list[str] = []
        self.chains: dict[bytes, list[bytes]] = {}
        """Certificate chains that were shown in the clear, by their first certificate."""
        self.clear = True
        """Whether each hello so far got a yes or a no."""

    @property
    def most(self) -> int:
        """Suites that go into one hello."""
        return ALL_SUITES if self.clear else MOST_SUITES

    def open(self, version: TlsVersion, suites: Iterable[int]) -> tuple[int, ...]:
        """Those that exist in the version, and that it was not asked for yet."""
        return tuple(code for code in suites if code not in self._known[version] and usable(code, version))

    async def offer(self, version: TlsVersion, suites: Iterable[int], *, whole: bool = False) -> Answer | None:
        """Offer those suites that were not asked for yet; None when none is left. `Enough` when it is no use.

        `whole`: all is offered that this version and older ones could agree to. A no is then one for all of them: a
        server answers with the newest that it has, up to the one that it is asked for (RFC 5246, E.1).
        """
        left = self.open(version, suites)[: self.most]
        if not left:
            return None
        if whole:
            self._whole.add(version)
        answer = await self.ask(Hello(version, left))
        if answer.kind is Kind.REFUSED or (answer.kind is not Kind.ACCEPTED and len(left) <= MOST_SUITES):
            self._known[version].update(left)
        return answer

    async def ask(self, hello: Hello) -> Answer:
        """Like `offer`, whatever was asked before."""
        hello = replace(hello, name=self._name)
        answer = await self._say(hello)
        match answer.kind:
            case Kind.ACCEPTED:
                self._take(hello, answer)
            case Kind.REFUSED:
                self._refused(hello, answer.alert)
            case _:
                self._doubt(hello, answer)
        return answer

    def took(self, version: TlsVersion) -> tuple[int, ...]:
        """Suites that were accepted in that version."""
        return tuple(code for other, code in self._accepted if other is version)

    def has(self, groups: Iterable[int]) -> bool:
        return any(group in self._groups for group in groups)

    def without(self, groups: Iterable[int]) -> tuple[int, ...]:
        """Those groups that it was not seen to take."""
        return tuple(group for group in groups if group not in self._groups)

    def spoken(self, version: TlsVersion) -> bool | None:
        """Whether it speaks the version, as far as seen; None where that was not asked."""
        return self._versions.get(version)

    def never(self, version: TlsVersion) -> bool:
        """Whether it said, asked for that very version, that it does not speak it: other suites make no difference then."""
        return version in self._never

    def end(self, reason: Unreached) -> None:
        """It came to an end early: what was seen until then stays."""
        if self._accepted:
            self._lacking.append(str(reason))
        elif self._ended is None:
            self._ended = absent(str(reason)) if isinstance(reason, Unspoken) else not_checked(str(reason))

    def ssl2(self, suites: tuple[str, ...] | None) -> None:
        """What came of asking for SSL 2.0, which lists its suites."""
        self._versions[TlsVersion.SSL2] = suites is not None
        for code, suite in enumerate(suites or ()):
            self._accepted[TlsVersion.SSL2, code] = Accepted(TlsVersion.SSL2, suite)

    def lack(self, what: str, *, groups: bool = False) -> None:
        """Say what was not asked for."""
        (self._lacking_groups if groups else self._lacking).append(what)

    def begin_again(self) -> None:
        """What was not asked for until now will be."""
        self._lacking.clear()
        self._lacking_groups.clear()

    @property
    def unsettled(self) -> bool:
        """Whether `settle` would take a connection."""
        return any(answer.kind is Kind.CLOSED for _, answer in self._doubts)

    async def settle(self) -> None:
        """Tell a no from a fault: where the connection was just closed, a hello that was welcome before is sent once more.

        A server that answers it, or any later one, refuses in its own way (Dovecot 2.3 loses its alerts); one that does
        not has had enough of us, or is in trouble.
        """
        if self._welcome is None or not self.unsettled:
            return
        if (await self._say(self._welcome)).kind is Kind.ACCEPTED:
            self._settled()

    def result(self, depth: Literal["light", "full"], connections: int) -> Attempt[TlsOffer]:
        if self._ended is not None:
            return self._ended
        if not self._accepted and self._doubts:
            return not_checked(f"it {self._doubts[-1][1].said}")
        in_doubt = [_in_doubt(hello, answer) for hello, answer in self._doubts if not hello.groups]
        without = [_in_doubt(hello, answer) for hello, answer in self._doubts if hello.groups]
        first = self._first
        return seen(
            TlsOffer(
                depth=depth,
                versions=self._all_versions(depth),
                accepted=seen(tuple(self._accepted.values()), _sentence(*self._lacking, *in_doubt)),
                groups=seen(
                    tuple(group_name(group) for group in self._groups),
                    _sentence(*self._lacking, *self._lacking_groups, *without),
                ),
                connections=connections,
                compression=first.compression if first else None,
                secure_renegotiation=secure_renegotiation(first) if first else None,
                extended_master_secret=extended_master_secret(first) if first else None,
            )
        )

    def _all_versions(self, depth: Literal["light", "full"]) -> dict[TlsVersion, Attempt[bool]]:
        doubtful = {
            version: answer.said for hello, answer in self._doubts if not hello.groups for version in self._meant(hello.version)
        }
        versions: dict[TlsVersion, Attempt[bool]] = {}
        for version in AGES if depth == "full" else AGES[1:]:
            spoken = self._versions.get(version)
            if spoken or (spoken is False and version not in doubtful):
                versions[version] = seen(spoken)
            elif version in doubtful:
                versions[version] = not_checked(f"it {doubtful[version]}")
            elif self._lacking:
                versions[version] = not_checked(_sentence(*self._lacking))
        return versions

    def _take(self, hello: Hello, answer: Answer) -> None:
        version = answer.version
        for other in AGES[AGES.index(version) + 1 : AGES.index(hello.version) + 1]:
            self._versions.setdefault(other, False)  # it chooses the newest that it has
            self._never.add(other)
        self._versions[version] = True
        self._known[version].add(answer.suite)
        self._welcome = self._welcome or hello
        if version is not TlsVersion.TLS13:
            self._first = self._first or answer
        if answer.group is not None:
            self._groups[answer.group] = None
        accepted = Accepted(
            version=version,
            suite=suite_name(answer.suite),
            group=group_name(answer.group) if answer.group is not None else answer.prime,
            dh_bits=answer.dh_bits,
            signature=SIGNATURES.get(answer.signature, f"0x{answer.signature:04X}") if answer.signature is not None else "",
        )
        before = self._accepted.get((version, answer.suite))
        if before is None or hello.signatures != Hello(version, ()).signatures:
            self._accepted[version, answer.suite] = accepted
        if answer.chain:
            self.chains.setdefault(answer.chain[0], answer.chain)
        self._settled()

    def _settled(self) -> None:
        """It answers still: where it closed the connection before, that was its way of saying no."""
        for hello, answer in self._doubts:
            if answer.kind is Kind.CLOSED:
                self._refused(hello, None)
        self._doubts = [(hello, answer) for hello, answer in self._doubts if answer.kind is not Kind.CLOSED]

    def _refused(self, hello: Hello, alert: int | None) -> None:
        if alert == PROTOCOL_VERSION:
            self._never.add(hello.version)
            if hello.version is not TlsVersion.TLS13:
                self._whole.add(hello.version)  # only where it has nothing as old as this
        elif hello.groups:
            return  # a no to the groups
        for version in self._meant(hello.version):
            self._versions.setdefault(version, False)

    def _meant(self, version: TlsVersion) -> tuple[TlsVersion, ...]:
        """Of which versions an answer to one speaks."""
        return AGES[1 : AGES.index(version) + 1] if version in self._whole else (version,)

    def _doubt(self, hello: Hello, answer: Answer) -> None:
        self.clear = False
        if len(hello.suites) > MOST_SUITES:
            return  # too much at once, perhaps: it will be asked for in parts
        self._doubts.append((hello, answer))
        if answer.alert == UNRECOGNIZED_NAME:
            self._ended = not_checked(f"it knows no {self._name}" if self._name else "it wants to be told a name")
            raise Enough
        if answer.kind in (Kind.FOREIGN, Kind.ODD) and self._welcome is None:
            foreign = answer.kind is Kind.FOREIGN
            self._ended = absent(f"it speaks no TLS: it {answer.said}") if foreign else not_checked(f"it {answer.said}")
            raise Enough
        quiet = [seen.kind is Kind.SILENT for _, seen in self._doubts]
        if self._welcome is None and (sum(quiet) >= 2 or len(self._doubts) >= DEAD):
            times = f"after each of {len(self._doubts)} ClientHellos" if len(self._doubts) > 1 else ""
            self._ended = not_checked(f"it {answer.said} {times}".strip())
            raise Enough


def _sentence(*parts: str) -> str:
    return "; ".join(dict.fromkeys(parts))


def _in_doubt(hello: Hello, answer: Answer) -> str:
    first = SUITES[hello.suites[0]]
    others = f" and {len(hello.suites) - 1} more" if len(hello.suites) > 1 else ""
    return f"{hello.version} with {first}{others}: it {answer.said}"
