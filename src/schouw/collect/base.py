"""What a collector is: the shell snippet that prints a section, and the parser of what comes back.

The way a section is written
    Every line is a tag, a tab, and fields between tabs: ``addr\t192.0.2.10``. The tag is put there by our
    snippet, so what a program or a file says can never pass for another kind of line. A line tagged ``!``
    says what could not be seen: ``!\troot\t/usr/sbin/sshd -T``. See `Rows` and `host.sh`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from schouw.model.attempt import Attempt

T = TypeVar("T")

#: The longest field that is kept of anything; longer ones do not fit any grammar of ours.
FIELD = 300


@dataclass(frozen=True, slots=True)
class Collector(Generic[T]):
    """One section of the inside view.

    `script` runs in a ``sh`` of its own, with the helpers of `library.sh`; what it prints, at most `limit`
    bytes within `seconds`, is handed to `parse` as clean text. `parse` knows nothing else: equal text gives
    an equal section, so that it is read once. `stamp`, where given, is a cheap snippet whose output changes
    whenever the section's could: while it stays the same the section is not even run again. One that cannot
    tell prints nothing.

    `there`, where given, is a condition of ``sh`` that starts no program. Where it is false nothing runs either:
    the section then is the one row ``none``, with `otherwise` for a reason.

    With `reads` nothing runs: `parse` gets what the section of that name printed.

    A section that `resumes` says itself how far it came, in its one line tagged ``@``, and is told so next time in
    ``$KNOWN``: then it sends only what is new since. It is run every time.
    """

    name: str
    script: str
    parse: Callable[[Rows], Attempt[T]]
    stamp: str = ""
    limit: int = 4 << 20
    seconds: int = 20
    reads: str = ""
    there: str = ""
    otherwise: str = ""
    resumes: bool = False


def number(text: str) -> int | None:
    """A whole number of at most 15 digits; None for anything else."""
    text = text.strip()
    return int(text) if len(text) <= 15 and text.isascii() and text.isdigit() else None


class Rows:
    """The lines of one section, by tag."""

    __slots__ = ("_lines", "_odd", "_rows")

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._rows: dict[str, list[str]] = {}
        self._odd = 0
        for row in self._lines:
            tag, tab, rest = row.partition("\t")
            if tab:
                self._rows.setdefault(tag, []).append(rest)
            elif row:
                self._odd += 1

    def all(self, tag: str) -> list[str]:
        """What follows the tag, line by line."""
        return self._rows.get(tag, [])

    def one(self, tag: str) -> str:
        """The first such line, "" for none, cut to `FIELD` characters."""
        return next(iter(self._rows.get(tag, ())), "").strip()[:FIELD]

    def split(self, tag: str, fields: int) -> Iterator[list[str]]:
        """Lines with that many fields, none too long; the others count as odd."""
        for row in self._rows.get(tag, ()):
            parts = row.split("\t")
            if len(parts) == fields and len(row) <= FIELD * fields:
                yield parts
            else:
                self._odd += 1

    def in_order(self, *tags: str) -> Iterator[tuple[str, str]]:
        """(tag, what follows it) of the lines with one of these tags, as they came."""
        for row in self._lines:
            tag, tab, rest = row.partition("\t")
            if tab and tag in tags:
                yield tag, rest

    def misfit(self) -> None:
        """Count a line that does not fit the section's grammar."""
        self._odd += 1

    def lacking(self) -> str:
        """What could not be seen, as one sentence; "" where all was. To be asked last."""
        reasons = [_reason(row) for row in dict.fromkeys(self._rows.get("!", [])[:5])]
        if self._odd:
            reasons.append(f"{self._odd} line{'s' if self._odd > 1 else ''} of the host's answer made no sense")
        return "; ".join(reasons)


def _reason(row: str) -> str:
    word, _, detail = row.partition("\t")
    if word == "root":
        return f"needs root: allow `{detail[:FIELD]}` in sudoers"
    return detail[:FIELD] or "the host did not say why"
