"""Where a setting of sshd belongs on this host, so that it wins: sshd takes the first value that it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname

from schouw.checks.advice import reload_sshd, steps
from schouw.model.facts import Directive, Sshd, System

_FOLDER = "/etc/ssh/sshd_config.d"
DROP_IN = f"{_FOLDER}/00-hardening.conf"
_VERSION = re.compile(r"OpenSSH_(\d{1,3})\.(\d{1,3})", re.ASCII)
_MAIN = "/etc/ssh/sshd_config"

#: Two names for one setting; `sshd -T` prints the first.
_ALIASES = {
    "kbdinteractiveauthentication": "challengeresponseauthentication",
    "pubkeyacceptedalgorithms": "pubkeyacceptedkeytypes",
}


def openssh_version(text: str) -> tuple[int, int]:
    """(9, 2) from ``OpenSSH_9.2p1 …``; (0, 0) for anything else."""
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def written(sshd: Sshd, keyword: str) -> Directive | None:
    """The line that decides: the first of `keyword` (in lower case) outside Match blocks; None where it is a default."""
    names = {keyword, _ALIASES.get(keyword, keyword)}
    return next((one for one in _unconditional(sshd) if one.keyword.lower() in names), None)


def location(sshd: Sshd, keyword: str) -> str:
    """``FILE:LINE``, "" for a default."""
    directive = written(sshd, keyword)
    return f"{directive.file}:{directive.line}" if directive else ""


def fix(sshd: Sshd | None, system: System | None, keyword: str, wanted: str) -> str:
    """`wanted` is the whole line, such as ``PermitRootLogin no``; what to write where, and how it takes effect."""
    reload = f"then: {reload_sshd(system)}"
    if sshd is None:
        return steps((f"in {DROP_IN} (or at the top of {_MAIN} where that folder is not included):", wanted, reload))
    directive = written(sshd, keyword)
    if directive is not None and not _drop_in_wins(sshd, directive):
        return steps((f"in {directive.file}, line {directive.line}, instead of {directive.keyword} …:", wanted, reload))
    if _includes(sshd):
        return steps((f"in {DROP_IN}:", wanted, reload))
    return steps((f"at the top of {_MAIN}:", wanted, reload))


def _drop_in_wins(sshd: Sshd, directive: Directive) -> bool:
    """Whether our drop-in would be read before this line."""
    include = _includes(sshd)
    if include is None:
        return False
    order = list(sshd.directives)
    if order.index(directive) < order.index(include):
        return False
    # Files of one folder are read in the order of their names.
    return dirname(directive.file) != _FOLDER or directive.file > DROP_IN


def _includes(sshd: Sshd) -> Directive | None:
    """The line that includes the drop-in folder for everybody."""
    return next(
        (
            one
            for one in _unconditional(sshd)
            if one.keyword.lower() == "include" and (_FOLDER in one.value or one.value.startswith("sshd_config.d/"))
        ),
        None,
    )


def _unconditional(sshd: Sshd) -> Iterator[Directive]:
    """Lines that hold for everybody. A Match holds to the next one or to the end of its file; ``Match all`` ends it."""
    conditional: set[str] = set()
    for directive in sshd.directives:
        if directive.keyword.lower() == "match":
            if directive.value.strip().lower() == "all":
                conditional.discard(directive.file)
            else:
                conditional.add(directive.file)
        elif directive.file not in conditional:
            yield directive
