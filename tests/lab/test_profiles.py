"""Hardened hosts, judged by more than one profile. Facts that are there are judged again: nobody is scanned for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schouw.checks import judge
from schouw.history import History
from schouw.inventory import load
from schouw.model.host import Profiles
from schouw.model.severity import Severity
from tests.lab import spaces
from tests.lab.conftest import Scan
from tests.lab.judged import JUDGED

GOOD = ("webgood", "mailgood", "eximgood", "trixie")
WEAK = ("webweak", "mailweak", "eximweak", "trixieweak")
LENIENT = (Severity.LOW, Severity.INFO)


@pytest.fixture(scope="module")
def seen(scan: Scan, history: Path) -> Iterator[History]:
    scan(*GOOD, *WEAK)
    store = History.open(history)
    yield store
    store.close()


def severities(history: History, name: str, profile: str) -> dict[str, Severity]:
    (host,) = (host for host in load(spaces.FLEET).hosts if host.name == name)
    facts = history.facts(name)
    assert facts is not None
    held = replace(host, profiles=Profiles(web=profile, mail=profile, mx=profile, ftp=profile))
    return {one.key: one.severity for one in judge(facts, held, datetime.now(UTC)).findings if one.key.startswith("crypto.")}


@pytest.mark.parametrize("profile", ["ncsc-nl", "mozilla-intermediate"])
@pytest.mark.parametrize("name", GOOD)
def test_a_hardened_host_has_nothing_above_low(name: str, profile: str, seen: History) -> None:
    assert {key: one for key, one in severities(seen, name, profile).items() if one not in LENIENT} == {}


@pytest.mark.parametrize("name", WEAK)
def test_profiles_differ(name: str, seen: History) -> None:
    ncsc, old = severities(seen, name, "ncsc-nl"), severities(seen, name, "mozilla-old")
    protocols = [key for key in JUDGED[name] if key.startswith("crypto.tls.protocol:")]
    assert protocols and all(key in ncsc and key not in old for key in protocols)
