"""From sslyze's own results, made in its environment, to our facts: also for servers that cannot be had here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from schouw.model.attempt import Attempt
from schouw.model.deep import Chain, Oracle, Renegotiation, Resumption
from schouw.probe.deep.child import RUNNER
from schouw.probe.deep.environment import MADE_FOR
from schouw.probe.deep.lines import LONGEST, attempt, read_answer
from tests.unit.deep_lab import sslyze

Cases = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def cases() -> Cases:
    script = Path(__file__).with_name("deep_readings.py")
    done = subprocess.run([sslyze(), "-I", "-W", "ignore", script, RUNNER], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: Cases = json.loads(done.stdout)
    return found


def read(cases: Cases, case: str, question: str) -> Attempt[Any]:
    """The runner's answer as our side reads it."""
    sent = json.dumps({"says": "answer", "question": question, **cases[case]}).encode()
    assert len(sent) < LONGEST
    return attempt(read_answer(sent))


def chain(cases: Cases, case: str) -> Chain:
    (one,) = list(read(cases, case, "chains").result or [])
    assert isinstance(one, Chain)
    return one


@pytest.mark.parametrize("question", ["heartbleed", "ccs_injection", "compression"])
def test_a_vulnerable_server_is_called_one(cases: Cases, question: str) -> None:
    assert read(cases, question, question).result is True


def test_robot_knows_no_from_do_not_know(cases: Cases) -> None:
    results = {case.removeprefix("robot "): read(cases, case, "robot").result for case in cases if case.startswith("robot ")}
    assert results == {
        "VULNERABLE_STRONG_ORACLE": Oracle.STRONG,
        "VULNERABLE_WEAK_ORACLE": Oracle.WEAK,
        "NOT_VULNERABLE_NO_ORACLE": Oracle.NONE,
        "NOT_VULNERABLE_RSA_NOT_SUPPORTED": Oracle.NONE,
        "UNKNOWN_INCONSISTENT_RESULTS": None,
    }


def test_counts_keep_their_places(cases: Cases) -> None:
    assert read(cases, "renegotiation", "renegotiation").result == Renegotiation(secure=False, by_client=10)
    assert read(cases, "resumption", "resumption").result == Resumption(tried=2, by_id=1, by_ticket=2)


def stores(one: Chain) -> dict[str, bool]:
    return {trust.store: trust.trusted for trust in one.trust.result or ()}


def test_each_store_has_its_own_word(cases: Cases) -> None:
    assert stores(chain(cases, "whole")) == {"Java": False, "Mozilla": True}
    assert stores(chain(cases, "incomplete")) == {"Java": False, "Mozilla": False}
    assert all(trust.trusted or trust.why_not for trust in chain(cases, "whole").trust.result or ())


def test_dates_and_names_are_not_held_against_a_chain(cases: Cases) -> None:
    for case in ("expired", "another name"):
        assert stores(chain(cases, case)) == {"Java": False, "Mozilla": True}
    assert chain(cases, "no name").trust.result is None and "for no name" in chain(cases, "no name").trust.reason


def test_the_order_of_a_chain_is_seen(cases: Cases) -> None:
    assert (chain(cases, "whole").ordered, chain(cases, "whole").length) == (True, 2)
    assert (chain(cases, "shuffled").ordered, chain(cases, "shuffled").length) == (False, 3)


def test_staples_are_read(cases: Cases) -> None:
    stapled = chain(cases, "stapled")
    assert stapled.must_staple and stapled.staple.result is not None
    assert (stapled.staple.result.status, stapled.staple.result.trusted) == ("good", True)
    assert stapled.staple.result.next_update is not None and stapled.staple.result.next_update.tzinfo is not None
    for case, status in (("revoked", "revoked"), ("responder failed", "failed")):
        staple = chain(cases, case).staple.result
        assert staple is not None and staple.status == status
    assert chain(cases, "whole").staple.absent


def test_every_failure_is_a_sentence(cases: Cases) -> None:
    failures = {case: answer["reason"] for case, answer in cases.items() if case.startswith("failure ")}
    assert failures["failure certificate"] == "the server wants a client certificate"
    assert "alert 40" in failures["failure ServerRejectedTlsHandshake"]
    assert all(reason and len(reason) <= 300 and "\n" not in reason for reason in failures.values())


def test_the_environment_has_the_sslyze_that_the_runner_is_made_for() -> None:
    pinned = RUNNER.with_name("requirements.txt").read_text()
    assert f"sslyze=={MADE_FOR}." in pinned
