"""What a deep look saw of an endpoint, a line an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeVar

from schouw.model.attempt import Attempt
from schouw.model.deep import Chain, DeepLook, Oracle, Renegotiation, Resumption
from schouw.model.tls import Looked
from schouw.views.ages import since
from schouw.views.segments import Line, fit, pad, wrap

T = TypeVar("T")

_FINE, _SO_SO, _BAD, _NEITHER = ("+", "ok"), ("~", "low"), ("!", "high"), ("·", "text")
_LABEL = 24


def deep_lines(look: Looked[DeepLook] | None, cells: int, now: datetime) -> Iterator[Line]:
    """None: it was never looked at so deep."""
    if look is None:
        yield fit((("Deep look", "title"), ("   never made: press D", "dim")), cells)
        return
    deep = look.attempt.result
    yield fit((("Deep look", "title"), (f"   {since(look.at, now)} ago", "dim")), cells)
    if deep is None:
        yield from _why(look.attempt, cells)
        return
    yield fit(((f"  {deep.tool}, {deep.connections} connections", "dim"),), cells)
    for label, attempt, bad in (
        ("Heartbleed", deep.heartbleed, True),
        ("CCS injection", deep.ccs_injection, True),
        ("compression", deep.compression, True),
        ("early data (0-RTT)", deep.early_data, True),
        ("fallback is noticed", deep.fallback_scsv, False),
        ("extended master secret", deep.extended_master_secret, False),
    ):
        yield from _line(label, attempt, cells, partial(_yes_or_no, bad))
    yield from _line("ROBOT", deep.robot, cells, _robot)
    yield from _line("renegotiation", deep.renegotiation, cells, _renegotiation)
    yield from _line("resumption", deep.resumption, cells, _resumption)
    yield from _line("certificates", deep.chains, cells, lambda chains: (*_NEITHER, str(len(chains))))
    for chain in deep.chains.result or ():
        yield from _chain(chain, cells)


def _line(label: str, attempt: Attempt[T], cells: int, words: Callable[[T], tuple[str, str, str]]) -> Iterator[Line]:
    if attempt.result is not None:
        sign, role, text = words(attempt.result)
        yield fit(((f"  {sign} ", role), (pad(label, min(_LABEL, cells // 2)), "dim"), (text, role)), cells)
    elif attempt.absent:
        yield fit(((f"  – {label}", "dim"),), cells)
    else:
        yield fit((("  ? ", "unknown"), (pad(label, min(_LABEL, cells // 2)), "dim"), ("not known", "unknown")), cells)
    yield from _why(attempt, cells)


def _why(attempt: Attempt[T], cells: int) -> Iterator[Line]:
    for piece in wrap(attempt.reason, cells - 4) if attempt.reason else ():
        yield ((f"    {piece}", "dim" if attempt.absent else "unknown"),)


def _yes_or_no(bad: bool, answer: bool) -> tuple[str, str, str]:
    return (*(_BAD if answer is bad else _FINE), "yes" if answer else "no")


def _robot(oracle: Oracle) -> tuple[str, str, str]:
    return (*(_FINE if oracle is Oracle.NONE else _BAD), "no" if oracle is Oracle.NONE else f"yes, {oracle.value}")


def _renegotiation(found: Renegotiation) -> tuple[str, str, str]:
    asked = f"{found.by_client} in a row if the client asks" if found.by_client else "not if the client asks"
    sign = _BAD if not found.secure else _SO_SO if found.by_client else _FINE
    return (*sign, f"{'secure' if found.secure else 'insecure'}, {asked}")


def _resumption(found: Resumption) -> tuple[str, str, str]:
    return (*_NEITHER, f"{found.by_ticket} of {found.tried} by ticket, {found.by_id} of {found.tried} by id")


def _chain(chain: Chain, cells: int) -> Iterator[Line]:
    yield from (((f"    {piece}", "text"),) for piece in wrap(f"{chain.subject}, {chain.length} sent", cells - 4))
    if chain.ordered is False:
        yield fit(((f"    {_SO_SO[0]} not in order", _SO_SO[1]),), cells)
    for store in chain.trust.result or ():
        sign, role = _FINE if store.trusted else _BAD
        words = f"{store.store}: {'trusted' if store.trusted else f'not trusted, {store.why_not}'}"
        yield from (
            ((f"    {sign if not number else ' '} {piece}", role),) for number, piece in enumerate(wrap(words, cells - 6))
        )
    yield from _why(chain.trust, cells)
    staple = chain.staple.result
    if staple is not None:
        sign, role = _FINE if staple.status == "good" and staple.trusted is not False else _BAD
        yield fit(((f"    {sign} OCSP response: {staple.status}", role),), cells)
    elif chain.must_staple or not chain.staple.absent:
        yield from (((f"    {piece}", "high"),) for piece in wrap(f"! OCSP response: {chain.staple.reason}", cells - 4))
