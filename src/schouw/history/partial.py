"""A look at a part of the outside view: what it says something new of. All else in it was seen by an earlier look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schouw.model.facts import Facts
from schouw.model.outside import Outside
from schouw.model.services import is_about
from schouw.model.tls import Looked

_SEEN_OUTSIDE = ("ports.", "crypto.", "hardening.ftp.", "hardening.mail.")


def partly(facts: Facts) -> bool:
    """Whether most of its outside view is of an earlier look."""
    at = facts.outside.result.at if facts.outside.result is not None else None
    return at is not None and at < facts.taken_at


def carried_over(facts: Facts, check: str, subject: str) -> bool:
    """Whether a finding of that check and subject is of an earlier look, for this one did not go there."""
    outside = facts.outside.result
    if outside is None or not partly(facts) or not check.startswith(_SEEN_OUTSIDE):
        return False
    if check.startswith("crypto.ssh."):
        # An offer has no age of its own; a look at SSH goes nowhere else.
        return any(look.at >= facts.taken_at for look in _every(outside))
    now = (look.endpoint for look in _told_by(outside, check) if look.at >= facts.taken_at)
    return not any(subject in (one.name, f"{one.port}/tcp") or is_about(subject, one.port, one.protocol) for one in now)


def _every(outside: Outside) -> Iterable[Looked[Any]]:
    return (*outside.tls, *outside.certificates, *outside.plain, *outside.http)


def _told_by(outside: Outside, check: str) -> Iterable[Looked[Any]]:
    match check.split("."):
        case ["ports", *_]:
            return ()
        case ["crypto", "cert", *_]:
            return outside.certificates
        case ["crypto", "http", *_]:
            return outside.http
        case ["crypto", "tls", *_]:
            return outside.tls
        case _:
            return outside.plain
