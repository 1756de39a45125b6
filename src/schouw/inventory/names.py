"""Names of hosts and groups: their grammar, ranges of them, and the nearest one to a mistyped one."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable

#: Also safe as a program's argument and as a file name: it starts with a letter or digit.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$"
#: A name with ranges in it, such as ``db[01:12].example.net``.
PATTERN = r"^[A-Za-z0-9\[][A-Za-z0-9._:\[\]-]{0,252}$"
#: One pattern stands for at most so many hosts.
MOST = 4096

_NAME = re.compile(NAME)
_RANGE = re.compile(r"\[([0-9]+|[a-z]|[A-Z]):([0-9]+|[a-z]|[A-Z])(?::([0-9]+))?\]")


def is_name(text: str) -> bool:
    return _NAME.match(text) is not None and not text.endswith("\n")


def expand(pattern: str) -> tuple[str, ...]:
    """All names that a pattern stands for, both ends included, as in an Ansible inventory.

    ``db[01:12]`` keeps its leading zeros, ``rack-[a:d]`` runs over letters, ``[0:20:5]`` takes steps.
    `ValueError`, in words for a person, for a range that cannot be.
    """
    if "[" not in pattern:
        return (pattern,)
    parts = _RANGE.split(pattern)  # text, start, end, step, text, …
    choices = [_range(*parts[at : at + 3]) for at in range(1, len(parts), 4)]
    fixed = parts[0::4]
    if any("[" in text or "]" in text for text in fixed):
        raise ValueError(f'"{pattern}" is not a range; expected one such as "db[01:12]" or "rack[a:f]"')
    if (count := math.prod(map(len, choices))) > MOST:
        raise ValueError(f'"{pattern}" stands for {count} hosts; expected at most {MOST}')
    return tuple(
        "".join(itertools.chain.from_iterable(itertools.zip_longest(fixed, chosen, fillvalue="")))
        for chosen in itertools.product(*choices)
    )


def _range(start: str, end: str, step: str | None) -> list[str]:
    written = f"[{start}:{end}]"
    stride = int((step or "1")[:9])
    if start.isdigit() != end.isdigit() or stride == 0:
        raise ValueError(f'"{written}" is not a range; expected two numbers or two letters, and a step of at least 1')
    if max(len(start), len(end)) > 9:
        raise ValueError(f'"{written}" has a number that is too long')
    if start.isdigit():
        padded = len(start) > 1 and start.startswith("0")
        if padded and len(start) != len(end):
            raise ValueError(f'"{written}" has ends of different lengths; expected as many digits in both, such as "[01:12]"')
        width = len(start) if padded else 0
        numbers = range(int(start), int(end) + 1, stride)
        if len(numbers) > MOST:
            raise ValueError(f'"{written}" stands for {len(numbers)} hosts; expected at most {MOST}')
        names = [str(number).zfill(width) for number in numbers]
    else:
        names = [chr(code) for code in range(ord(start), ord(end) + 1, stride)]
        if not all(map(str.isalpha, names)):
            raise ValueError(f'"{written}" mixes small and capital letters')
    if not names:
        raise ValueError(f'"{written}" is empty: its start comes after its end')
    return names


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that someone who typed `wrong` most likely meant."""
    import difflib  # only needed once something is wrong already

    words = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(wrong.casefold(), words, n=1, cutoff=0.6)
    return words[close[0]] if close else None


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "") -> str:
    """``did you mean "web"?``, or `otherwise` when nothing comes near."""
    near = nearest(wrong, known)
    return f'did you mean "{near}"?' if near else otherwise
