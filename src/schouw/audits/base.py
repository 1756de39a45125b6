"""What every format gives, and how a hostile file is kept at bay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import IO
from xml.etree.ElementTree import Element, ParseError

import tomli
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from schouw.errors import ConfigError
from schouw.model.baseline import AuditRow
from schouw.model.severity import Severity
from schouw.text import line

MOST_ROWS = 20_000
_CVE = re.compile(r"CVE-\d{4}-\d{4,7}", re.IGNORECASE)
_PORT = re.compile(r"(\d{1,5})(?:/(tcp|udp))?", re.IGNORECASE)


@dataclass
class Found:
    """Rows as they are read. `ConfigError` as soon as there are too many."""

    rows: list[AuditRow] = field(default_factory=list)
    at: datetime | None = None
    """When the audit ended, where the file says so."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What was read and not kept, and how often."""

    def add(self, row: AuditRow) -> None:
        if len(self.rows) == MOST_ROWS:
            raise ConfigError(f"more than {MOST_ROWS:,} rows; expected an export of what is to be followed, without the rest")
        self.rows.append(row)

    def ended(self, at: datetime | None) -> None:
        """The last of all moments that the file names."""
        if at is not None and (self.at is None or at > self.at):
            self.at = at


def elements(file: IO[bytes], wanted: frozenset[str]) -> Iterator[Element]:
    """Each whole element with one of these tags, in order; the file is never in memory as a whole.

    `ConfigError` where it is no XML, or tries what only hostile files do (entities, references to other files).
    """
    depth = 0
    try:
        root: Element | None = None
        for event, element in iterparse(file, events=("start", "end")):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if event == "end" and element.tag in wanted:
                yield element
                element.clear()
            if depth == 1 and event == "end":
                root.clear()
    except DefusedXmlException as error:
        raise ConfigError(f"it declares entities, which no scanner's report does ({type(error).__name__}); not read") from error
    except ParseError as error:
        raise ConfigError(f"it is no whole XML: {error}") from error


def text(element: Element, path: str) -> str:
    """Of a child, for one line; "" where there is none."""
    return line(" ".join((element.findtext(path) or "").split()))


def cves(*texts: str) -> tuple[str, ...]:
    """Every CVE that is named, once, in order."""
    return tuple(dict.fromkeys(found.upper() for some in texts for found in _CVE.findall(some)))[:200]


def port(number: str, proto: str = "") -> str:
    """``443/tcp``; "" for 0, "general" and whatever else is no port."""
    match = _PORT.fullmatch(number.strip())
    if not match or not 0 < int(match[1]) < 65536:
        return ""
    return f"{int(match[1])}/{(match[2] or proto or 'tcp').lower()}"


@cache
def _severities() -> dict[str, Severity]:
    data = tomli.loads(files(__package__).joinpath("rules.toml").read_text("utf-8"))["severities"]
    return {word: Severity(severity) for severity, words in data.items() for word in words}


def severity(word: str) -> Severity | None:
    """From a word in English or Dutch, or a CVSS score (its ratings, CVSS v3.1 section 5); None for what makes no sense."""
    word = word.strip().lower()
    if known := _severities().get(word):
        return known
    try:
        score = float(word)
    except ValueError:
        return None
    bars = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((rated for bar, rated in bars if score >= bar), Severity.INFO)
