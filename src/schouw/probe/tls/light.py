"""The light look: how a listener stands, in some ten connections.

It asks for what could be wrong, list by list, and each list's worst first. A server that has nothing of a list says no
once to all of it; so a good one is known the soonest.
"""

from __future__ import annotations

from collections.abc import Callable

from schouw.model.tls import TlsVersion
from schouw.probe.reach import Unreached
from schouw.probe.tls.answer import PROTOCOL_VERSION, Answer, Kind
from schouw.probe.tls.asked import Asked, Enough
from schouw.probe.tls.codepoints import GROUPS, LISTS, SUITES
from schouw.probe.tls.hello import Hello

MOST = 11
"""Connections. The certificate's makes twelve."""

_SPENT = f"the {MOST} connections of a light look were used"

#: From bad to worse, each asked for with all that is worse.
_WORSE = ("dated", "legacy", "broken")
_OLD = (TlsVersion.TLS11, TlsVersion.TLS10, TlsVersion.SSL3)


async def light(asked: Asked, left: Callable[[], int]) -> None:
    """Ask until all is known, or `left` says that no connection is. Never raises; what was not asked for is said."""
    try:
        await _tls13(asked)
        if await _tls12(asked):
            await _older(asked, left)
        await _groups(asked, left)
        await _other_certificate(asked, left)
        if left() > 0:
            await asked.settle()
    except Enough:
        return
    except Unreached as reason:
        asked.end(reason)


async def _tls13(asked: Asked) -> None:
    await asked.offer(TlsVersion.TLS13, LISTS["tls13"])


async def _tls12(asked: Asked) -> bool:
    """Whether anything as old as TLS 1.2 may be spoken."""
    answer = await asked.offer(TlsVersion.TLS12, LISTS["modern"])
    if answer is None or _too_old(answer):
        return False
    if answer.kind is Kind.ACCEPTED and answer.version is not TlsVersion.TLS12:
        return True
    await _how_bad(asked)
    for name in ("finite", "open"):
        await asked.offer(TlsVersion.TLS12, LISTS[name])
    return True


async def _how_bad(asked: Asked) -> None:
    """Descend: offer all lists that are worse than what was taken last, until none of them is taken."""
    worse = list(_WORSE)
    while worse:
        answer = await asked.offer(TlsVersion.TLS12, [suite for name in reversed(worse) for suite in LISTS[name]])
        if answer is None or answer.kind is not Kind.ACCEPTED:
            return
        worse = worse[next(at for at, name in enumerate(worse) if answer.suite in LISTS[name]) + 1 :]


async def _older(asked: Asked, left: Callable[[], int]) -> None:
    suites = [*LISTS["broken"], *LISTS["legacy"]]
    if not asked.spoken(TlsVersion.TLS12) or set(asked.took(TlsVersion.TLS12)) & set(LISTS["finite"]):
        suites += LISTS["finite"]
    for version in _OLD:
        if asked.spoken(version) is not None:
            continue
        if left() <= 0:
            asked.lack(f"{version} was not asked for: {_SPENT}")
            return
        await asked.offer(version, suites)


async def _groups(asked: Asked, left: Callable[[], int]) -> None:
    """Post-quantum and finite-field groups, in one hello: a server that has none of either says so once."""
    missing = [kind for kind in ("hybrid", "finite") if not asked.has(GROUPS[kind])]
    while missing and asked.took(TlsVersion.TLS13):
        if left() - asked.unsettled <= 0:
            asked.lack(f"{' and '.join(missing)} groups were not asked for: {_SPENT}", groups=True)
            return
        groups = tuple(group for kind in missing for group in GROUPS[kind])
        if (await asked.ask(Hello(TlsVersion.TLS13, LISTS["tls13"], groups))).kind is not Kind.ACCEPTED:
            return
        missing = [kind for kind in missing if not asked.has(GROUPS[kind])]


async def _other_certificate(asked: Asked, left: Callable[[], int]) -> None:
    """A server may have one certificate with RSA and one with ECDSA, and shows the one that the suite needs."""
    taken = [SUITES[code] for code in asked.took(TlsVersion.TLS12) if code in LISTS["modern"]]
    if len(taken) != 1 or left() < 1 + asked.unsettled:
        return
    other = "_RSA_" if "_ECDSA_" in taken[0] else "_ECDSA_"
    await asked.offer(TlsVersion.TLS12, [code for code in LISTS["modern"] if other in SUITES[code]])


def _too_old(answer: Answer) -> bool:
    return answer.kind is Kind.REFUSED and answer.alert == PROTOCOL_VERSION
