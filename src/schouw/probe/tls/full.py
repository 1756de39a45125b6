"""The full look: every suite and every group, one connection for each that is taken and one for each list's end.

It goes on from a light look of the same minute: what was taken or refused there is not asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import chain

from schouw.model.tls import TlsVersion
from schouw.probe.reach import Unreached
from schouw.probe.tls.answer import Kind
from schouw.probe.tls.asked import AGES, Asked, Enough
from schouw.probe.tls.codepoints import LISTS, SIGNATURES, Exchange, exchange
from schouw.probe.tls.hello import ALL_GROUPS, CURVES, Hello

_VERSIONS = (TlsVersion.TLS12, TlsVersion.TLS11, TlsVersion.TLS10, TlsVersion.SSL3)
#: Offered together as long as each hello gets a clear answer.
_TOGETHER = tuple(
    tuple(suite for name in names for suite in LISTS[name])
    for names in (("modern", "dated", "legacy", "broken", "rare"), ("open",), ("shared",))
)
_SHA1 = tuple(code for code, name in SIGNATURES.items() if name.endswith(("md5", "sha1")))


async def full(asked: Asked, ssl2: Callable[[], Awaitable[tuple[str, ...] | None]]) -> None:
    """Ask until everything is known. Never raises; what was not asked for is said. `ssl2` asks for SSL 2.0."""
    asked.begin_again()
    try:
        await _suites(asked, TlsVersion.TLS13, LISTS["tls13"])
        for version in _VERSIONS:
            newer = AGES[AGES.index(version) + 1]
            if version is TlsVersion.TLS12 or asked.spoken(newer):
                await _suites(asked, version, *_TOGETHER)
                await _suites(asked, version, LISTS["finite"])  # a server without parameters may fail at the whole hello
            else:  # it would have answered the newer one with this (RFC 5246, E.1), but for a gap that it does not know of
                await _suites(asked, version, _TOGETHER[0])
        if not asked.never(TlsVersion.TLS12):
            asked.ssl2(await ssl2())
        await _groups(asked, TlsVersion.TLS13, asked.took(TlsVersion.TLS13), ALL_GROUPS)
        curves = tuple(suite for suite in asked.took(TlsVersion.TLS12) if exchange(suite) is Exchange.CURVE)
        await _groups(asked, TlsVersion.TLS12, curves, CURVES)
        await _weak_signatures(asked, curves)
        await asked.settle()
    except Enough:
        return
    except Unreached as reason:
        asked.end(reason)


async def _suites(asked: Asked, version: TlsVersion, *lists: tuple[int, ...]) -> None:
    together = tuple(chain.from_iterable(lists))
    while asked.clear and not asked.never(version) and await asked.offer(version, together) is not None:
        pass
    for suites in lists:
        while not asked.never(version) and await asked.offer(version, suites) is not None:
            pass


async def _groups(asked: Asked, version: TlsVersion, suites: tuple[int, ...], groups: tuple[int, ...]) -> None:
    """With suites that are known to be taken, so that a no is meant for the groups."""
    while suites and (left := asked.without(groups)):
        answer = await asked.ask(Hello(version, suites[:8], left))
        if answer.kind is not Kind.ACCEPTED or answer.group not in left:
            return


async def _weak_signatures(asked: Asked, suites: tuple[int, ...]) -> None:
    """Whether it would sign its key exchange with SHA-1 or MD5 for a client that knows nothing else."""
    if suites:
        await asked.ask(Hello(TlsVersion.TLS12, suites, signatures=_SHA1))
