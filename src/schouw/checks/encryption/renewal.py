"""What renews certificates on its own: whether it runs, how it fares, and how it is called by hand (renewals.toml)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from schouw.checks import needs
from schouw.checks.advice import listing, plural, steps
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.catalogue import data, table
from schouw.model.daemons import Renewal
from schouw.model.finding import Evidence
from schouw.model.tls import Certificate
from schouw.text import line


@check("crypto.cert.renewal", needs.renewals)
def renewal(case: Case, renewals: tuple[Renewal, ...]) -> Iterator[Found | Unsure]:
    del case
    for one in renewals:
        words = {"tool": line(one.tool, 40), "count": plural(len(one.failing), "certificate")}
        if one.failing:
            said = "; ".join(f"{name}: {line(text, 90)}" for name, text in list(one.failing.items())[:2])
            yield Found(
                one.tool, Evidence(inside=listing([said], 200)), _by_hand(one.tool, next(iter(one.failing))), "failing", words
            )
        elif not one.active and one.names:
            inside = f"no timer and no cron job runs it; it looks after {listing(one.names, 120)}"
            yield Found(one.tool, Evidence(inside=inside), _start(one.tool), "idle", words)


def keeper_of(case: Case, leaf: Certificate) -> str:
    """What to do about a certificate that a program looks after, "" where none is known to."""
    renewals = case.inside.renewals.result if case.inside is not None else None
    for one in renewals or ():
        mine = next((name for name in (*leaf.names, leaf.subject) if name in one.names or name in one.failing), None)
        if mine is not None:
            state = f"it fails: {line(one.failing[mine], 120)}" if mine in one.failing else "and should have renewed it"
            return steps((f"{one.tool} looks after it, {state}", _by_hand(one.tool, mine)))
    return ""


def _by_hand(tool: str, name: str) -> str:
    return _words(tool, "by_hand").replace("<name>", shlex.quote(name))


def _start(tool: str) -> str:
    return _words(tool, "start")


def _words(tool: str, key: str) -> str:
    known = data("encryption/renewals.toml")
    return str(table(known.get(tool) or known["other"])[key])
