"""The filter language, the same on the screen and on the command line.

Bare words match names; ``sev>=high area:crypto state:new tag:prod group:mail os:debian12 tls<1.2 cve:CVE-2024-6387
stale>1h`` match what they say; ``!`` in front negates; ``/…/`` is a regular expression over the name. All terms must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.model.summary import Summary
from schouw.views.status import Row, condition

Test = Callable[[Row, datetime], bool]

# Patterns are compiled (and kept by `re`) when first used: the first picture needs none of them.
_REGEX_LENGTH = 100
_SUBJECT_LENGTH = 100
#: With so few, the time grows with the fourth power of a name's length at worst.
_REPEATS = 3
_CHOICES = 8
#: A repeated group that repeats or chooses inside: matching time can grow exponentially with the length.
_NESTED = r"\((?:[^()\\]|\\.)*(?:[*+|]|\{\d+,)(?:[^()\\]|\\.)*\)(?:[*+]|\{\d)"
_PIECE = r"!?/(?:[^/\\]|\\.)*/|\S+"
_TERM = r"([A-Za-z]+)(>=|<=|:|=|>|<)(.*)"
_AGE = r"(\d{1,6})([smhdw])"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_HOST_WORDS = ("fresh", *(state.value for state in HostState))


_CVE = r"CVE-\d{4}-\d{4,19}"

Having = Callable[[str], Collection[str]]
"""The names of the hosts with an open finding that names this CVE."""

Known = Mapping[str, Collection[str]]
"""The values that a fleet has for a key ("group", "tag")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A term that was not understood: the column where it begins, from 1, and what was expected, in a sentence."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the fleet is shown. Terms with `problems` are left out."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    problems: tuple[Problem, ...] = ()
    cves: tuple[str, ...] = ()
    """Those that it asks for: who has them is not in a `Row`."""

    def matches(self, row: Row, now: datetime) -> bool:
        return all(test(row, now) for test in self.tests)


def parse(text: str, known: Known | None = None, having: Having | None = None) -> Filter:
    """Never fails: what is not understood is a problem, and the other terms still hold.

    With `known`, a value that the fleet does not have is a problem too. `having` is asked whenever a row is matched.
    """
    tests: list[Test] = []
    problems: list[Problem] = []
    cves: list[str] = []

    def cve(operator: str, value: str) -> Test:
        _is(operator, "cve", value)
        name = value.upper()
        if not re.fullmatch(_CVE, name):
            raise ValueError(f"{name} is no CVE; expected such as cve:CVE-2024-6387")
        cves.append(name)
        return lambda row, _: row.name in (having(name) if having is not None else ())

    for piece in re.finditer(_PIECE, text):
        token = piece[0]
        negated = token.startswith("!") and len(token) > 1
        try:
            test = _term(token[1:] if negated else token, known or {}, {**_KEYS, "cve": cve})
        except ValueError as error:
            problems.append(Problem(piece.start() + 1 + negated, str(error)))
            continue
        tests.append(_negate(test) if negated else test)
    return Filter(text.strip(), tuple(tests), tuple(problems), tuple(cves))


def _negate(test: Test) -> Test:
    return lambda row, now: not test(row, now)


def _term(token: str, known: Known, keys: Mapping[str, Callable[[str, str], Test]]) -> Test:
    if token.startswith("/"):
        return _regex(token)
    match = re.fullmatch(_TERM, token, re.DOTALL)
    if match is None:
        word = token.casefold()
        return lambda row, _: word in row.name.casefold()
    key, operator, value = match[1].casefold(), match[2], match[3].casefold()
    if key not in keys:
        near = get_close_matches(key, keys, 1)
        hint = f"did you mean {near[0]}{operator}{value}?" if near else f"known: {', '.join(keys)}"
        raise ValueError(f"unknown term {token}; {hint}")
    if not value:
        raise ValueError(f"{token} needs a value")
    if key in known and value not in (names := [name.casefold() for name in known[key]]):
        near = get_close_matches(value, names, 1)
        hint = f"did you mean {key}:{near[0]}?" if near else f"it has {', '.join(names) or 'none'}"
        raise ValueError(f"the fleet has no {key} {value}; {hint}")
    return keys[key](operator, value)


def _regex(token: str) -> Test:
    source = token[1:-1] if len(token) > 1 and token.endswith("/") else token[1:]
    if len(source) > _REGEX_LENGTH:
        raise ValueError(f"a regular expression may have {_REGEX_LENGTH} characters, this has {len(source)}")
    if re.search(_NESTED, source) or re.search(r"\\[1-9]|\(\?P=", source):
        raise ValueError(
            "a repeated group with repeats or choices inside, or a back-reference, could take for ever; write it without"
        )
    if len(re.findall(r"(?<![\\(])[*+?{]", source)) > _REPEATS or source.count("|") > _CHOICES:
        raise ValueError(
            f"a regular expression may repeat (* + ? {{) {_REPEATS} times and have {_CHOICES} |; more could take too long"
        )
    try:
        pattern = re.compile(source, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"/{source}/ is not a regular expression: {error}") from error
    return lambda row, _: pattern.search(row.name[:_SUBJECT_LENGTH]) is not None


def _severity(operator: str, value: str) -> Test:
    found = [severity for severity in Severity if severity.value.startswith(value)]
    if not found:
        raise ValueError(f"{value} is no severity; expected {', '.join(Severity)}")
    rank = found[0].rank
    # "<" and "<=" ask for hosts whose worst is no worse than that; the others for any finding that fits.
    if operator.startswith("<"):
        best = rank if operator == "<=" else rank + 1
        return lambda row, _: (worst := row.summary.worst_severity) is None or worst.rank >= best
    ranks = {">=": range(rank + 1), ">": range(rank)}.get(operator, range(rank, rank + 1))
    return lambda row, _: any(severity.rank in ranks for severity in _present(row.summary))


def _present(summary: Summary) -> set[Severity]:
    return {severity for area in summary.counts.values() for severity, count in area.items() if count}


def _area(operator: str, value: str) -> Test:
    found = [area for area in Area if area.value.startswith(value)]
    if operator not in (":", "=") or not found:
        raise ValueError(f"area:{value}: expected area: and one of {', '.join(Area)}")
    return lambda row, _: any(any(row.summary.counts.get(area, {}).values()) for area in found)


def _state(operator: str, value: str) -> Test:
    _is(operator, "state", value)
    if value == FindingState.OVERDUE:
        return lambda row, _: any(line.state is FindingState.OVERDUE for line in row.summary.worst)
    summary_fields = {"new": "new", "fixed": "fixed", "regressed": "regressed"}
    if value in summary_fields:
        field = summary_fields[value]
        return lambda row, _: getattr(row.summary, field) > 0 or any(line.state.value == value for line in row.summary.worst)
    if value == FindingState.OPEN:
        return lambda row, _: row.summary.worst_severity is not None
    if value == "running":
        return lambda row, _: row.live is not None
    conditions = {"never": "never scanned", "scanned": "fresh"}
    if value in (*_HOST_WORDS, "stale", "off"):
        wanted = conditions.get(value, value)
        return lambda row, now: condition(row, now).value == wanted
    words = "new, open, overdue, fixed, regressed, running, fresh, partial, stale, unreachable, never"
    raise ValueError(f"{value} is no state; expected one of {words}")


def _is(operator: str, key: str, value: str) -> None:
    if operator not in (":", "="):
        raise ValueError(f"{key}{operator}{value}: expected {key}:{value}")


def _tag(operator: str, value: str) -> Test:
    _is(operator, "tag", value)
    return lambda row, _: any(value == tag.casefold() for tag in row.host.tags)


def _group(operator: str, value: str) -> Test:
    _is(operator, "group", value)
    return lambda row, _: any(value == group.casefold() for group in row.host.groups)


def _os(operator: str, value: str) -> Test:
    _is(operator, "os", value)
    return lambda row, _: row.summary.os_id.casefold().startswith(value) or value in row.summary.os.casefold()


def _error(operator: str, value: str) -> Test:
    _is(operator, "error", value)
    return lambda row, _: row.summary.state is not HostState.SCANNED and value in row.summary.error_class.casefold()


def _tls(operator: str, value: str) -> Test:
    from schouw.model.tls import TlsVersion  # of no use to the first picture

    ages = [version.value.casefold() for version in TlsVersion]
    wanted = next((at for at, age in enumerate(ages) if value in (age, age.removeprefix("tlsv"), age.replace("v", ""))), None)
    if wanted is None:
        raise ValueError(f"{value} is no version of TLS; expected such as tls<1.2 (ssl2, ssl3, 1.0, 1.1, 1.2, 1.3)")
    fitting = {"<": ages[:wanted], "<=": ages[: wanted + 1], ">": ages[wanted + 1 :], ">=": ages[wanted:]}.get(
        operator, [ages[wanted]]
    )
    return lambda row, _: row.summary.oldest_tls.casefold() in fitting


def _stale(operator: str, value: str) -> Test:
    match = re.fullmatch(_AGE, value)
    if match is None or operator in (":", "="):
        raise ValueError(f"stale{operator}{value}: expected an age, such as stale>1h (s, m, h, d or w)")
    limit = int(match[1]) * _SECONDS[match[2]]

    def older(row: Row, now: datetime) -> bool:
        at = row.summary.scanned_at
        return at is None or (now - at).total_seconds() > limit

    return older if operator.startswith(">") else _negate(older)


_KEYS: dict[str, Callable[[str, str], Test]] = {
    "sev": _severity,
    "severity": _severity,
    "area": _area,
    "state": _state,
    "tag": _tag,
    "group": _group,
    "os": _os,
    "tls": _tls,
    "error": _error,
    "stale": _stale,
}
