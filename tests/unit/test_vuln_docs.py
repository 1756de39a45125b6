"""Every rule that a verdict can name is in docs/vulnerabilities.md, and a test names every rule that is in there."""

from __future__ import annotations

import re
from pathlib import Path

from schouw.vulnerabilities.feeds import FEEDS

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"\b((?:DEB|UBU|RPM|KRN|ORG|PRI)-\d+)\b")
DOCS = (ROOT / "docs/vulnerabilities.md").read_text()


def test_rules() -> None:
    told = set(re.findall(r"^\| ((?:DEB|UBU|RPM|KRN|ORG|PRI)-\d+) \|", DOCS, re.MULTILINE))
    code = "".join(path.read_text() for path in (ROOT / "src/schouw/vulnerabilities").rglob("*.py"))
    named = set(RULE.findall(code))
    assert named <= told
    tests = "".join(path.read_text() for path in (ROOT / "tests/unit").glob("test_vuln_*.py"))
    tested = {rule.replace("_", "-").upper() for rule in re.findall(r"def test_((?:deb|ubu|rpm|krn|org|pri)_\d+)", tests)}
    assert told - tested <= {"PRI-4", "PRI-5"}  # what follows from PRI-3, and from counting by host


def test_feeds() -> None:
    fetched = [feed.name for feed in FEEDS if feed.url]
    assert [name for name in fetched if re.sub(r"-(9|10)$", "-8", name) not in DOCS] == []
