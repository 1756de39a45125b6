"""The light look: how a listener stands, in five to twelve connections.

It asks for what could be wrong, all at once and the worst first, and tells apart only what is taken. A server that has
nothing of it says no once; so a good one is known the soonest.
"""

from __future__ import annotations

from collections.abc import Callable

from schouw.model.tls import TlsVersion
from schouw.probe.reach import Unreached
from schouw.probe.tls.answer import PROTOCOL_VERSION, Answer, Kind
from schouw.probe.tls.asked import Asked, Enough
from schouw.probe.tls.codepoints import GROUPS, LISTS, SUITES
from schouw.probe.tls.hello import Hello

MOST = 12
"""Connections, one of them for the certificate where that needs a whole handshake."""

_SPENT = f"the {MOST} connections of a light look were used"

#: From bad to worse: what is worse than what was taken is asked for once more, and what is better is not.
_WORSE = ("dated", "legacy", "broken")
_BAD = (*LISTS["broken"], *LISTS["legacy"])
_OLD = (TlsVersion.TLS11, TlsVersion.TLS10, TlsVersion.SSL3)

Left = Callable[[], int]


async def light(asked: Asked, left: Left) -> None:
    """Ask until all is known, or `left` says that no connection is. Never raises; what was not asked for is said."""
    try:
        await _all(asked, left)
        if left() > 0:
            await asked.settle()
    except Enough:
        return
    except Unreached as reason:
        asked.end(reason)


async def _all(asked: Asked, left: Left) -> None:
    first = await asked.offer(TlsVersion.TLS12, LISTS["modern"])
    if first is None:
        return
    if first.kind not in (Kind.ACCEPTED, Kind.REFUSED):
        await _newest(asked, left)  # is it there at all?
        await _older(asked, left, _BAD)
        await _others(asked, left, first)
    elif first.alert == PROTOCOL_VERSION:
        await _newest(asked, left)
    elif first.kind is Kind.ACCEPTED and first.version is not TlsVersion.TLS12:
        await _older(asked, left, (*_BAD, *LISTS["finite"]))
        await _newest(asked, left)
    else:
        await _older(asked, left, _BAD)
        if asked.clear:
            await _newest(asked, left)
            await _others(asked, left, first)
        else:  # what it answers at the end tells that a closed connection was meant as a no
            await _others(asked, left, first)
            await _newest(asked, left)


async def _older(asked: Asked, left: Left, suites: tuple[int, ...]) -> None:
    """One no is enough, where it has something newer to answer with."""
    for version in _OLD:
        if asked.spoken(version) or asked.never(version) or not asked.open(version, suites):
            continue
        if left() <= 1:
            asked.lack(f"{version} was not asked for: {_SPENT}")
            return
        answer = await asked.offer(version, suites, whole=bool(asked.took(TlsVersion.TLS12)))
        if asked.took(TlsVersion.TLS12) and answer is not None and answer.kind in (Kind.REFUSED, Kind.CLOSED):
            return


async def _others(asked: Asked, left: Left, first: Answer) -> None:
    """What is not modern in TLS 1.2, and the modern suites of the other kind of certificate, as many as go into one hello.

    Finite fields come last, and apart where there is no TLS 1.3: an old OpenSSL without parameters for them may refuse the
    whole hello. The other certificate waits for the second hello where something else will be taken, which mostly shows it.
    """
    kinds = {name: LISTS[name] for name in (*reversed(_WORSE), "open")}
    other = "_RSA_" if "_ECDSA_" in SUITES.get(first.suite, "") else "_ECDSA_"
    if first.kind is Kind.ACCEPTED:
        kinds["other"] = tuple(code for code in LISTS["modern"] if other in SUITES[code])
    kinds["finite"] = LISTS["finite"]
    waits = any(asked.spoken(version) for version in _OLD)
    while kinds:
        if left() <= (asked.spoken(TlsVersion.TLS13) is None):
            asked.lack(f"{', '.join(kinds)} suites were not asked for: {_SPENT}")
            return
        together = _first(kinds, asked.most)
        if not asked.took(TlsVersion.TLS13) and together != ["finite"]:
            together = [name for name in together if name != "finite"]
        if waits and together != ["other"]:
            together = [name for name in together if name != "other"]
        answer = await asked.offer(TlsVersion.TLS12, [suite for name in together for suite in kinds[name]])
        waits = False
        if answer is not None and answer.kind is Kind.ACCEPTED:
            name = next(name for name in together if answer.suite in kinds[name])
            done = {name, *(_WORSE[: _WORSE.index(name)] if name in _WORSE else ())}
            done |= {"other"} if other in SUITES[answer.suite] else set()
        elif answer is None or answer.kind is Kind.REFUSED or sum(len(kinds[name]) for name in together) <= asked.most:
            done = set(together)
        else:
            continue  # too many at once for it: the next hello has fewer
        kinds = {name: suites for name, suites in kinds.items() if name not in done}
    if set(asked.took(TlsVersion.TLS12)) & set(LISTS["finite"]) and not any(asked.spoken(version) for version in _OLD):
        await _older(asked, left, LISTS["finite"])


def _first(kinds: dict[str, tuple[int, ...]], most: int) -> list[str]:
    """Whole kinds from the first on, `most` suites together."""
    names: list[str] = []
    for name, suites in kinds.items():
        most -= len(suites)
        if most < 0:
            break
        names.append(name)
    return names


async def _newest(asked: Asked, left: Left) -> None:
    """TLS 1.3, and its post-quantum and finite-field groups in one hello: a server that has none of either says so once.

    Curves come after them, for a server that goes by its own order; where none was seen up to TLS 1.2, at once.
    """
    if not asked.has(GROUPS["curve"]) or left() <= 1:
        await _any_group(asked, left)
    missing = [kind for kind in ("hybrid", "finite") if not asked.has(GROUPS[kind])]
    while missing and asked.spoken(TlsVersion.TLS13) is not False:
        if left() - (not asked.clear or not asked.took(TlsVersion.TLS13)) <= 0:
            asked.lack(f"{' and '.join(missing)} groups were not asked for: {_SPENT}", groups=True)
            break
        groups = tuple(group for kind in missing for group in GROUPS[kind])
        if (await asked.ask(Hello(TlsVersion.TLS13, LISTS["tls13"], groups))).kind is not Kind.ACCEPTED:
            break
        missing = [kind for kind in missing if not asked.has(GROUPS[kind])]
    await _any_group(asked, left)


async def _any_group(asked: Asked, left: Left) -> None:
    if asked.took(TlsVersion.TLS13) or asked.never(TlsVersion.TLS13):
        return
    if left() <= 0:
        asked.lack(f"{TlsVersion.TLS13} was not asked for: {_SPENT}")
        return
    await asked.offer(TlsVersion.TLS13, LISTS["tls13"])
