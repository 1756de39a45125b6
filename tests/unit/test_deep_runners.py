"""Runners that do wrong: each is a said, bounded outcome, and none is left behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook
from schouw.probe.deep import child as deep_child
from schouw.probe.deep.lines import LONGEST
from schouw.probe.deep.look import DeepResult, Limits
from tests.unit.deep_lab import deep, endpoint, fake, gone

QUICK = Limits(endpoint=2.0)


def says(kind: str = "answer", **fields: object) -> str:
    """A line of Python that makes a runner say this."""
    return f"say({json.dumps({'says': kind, **fields})!r})"


HEARTBLEED = says(question="heartbleed", result=True)
DONE = says("done", connections=9)


async def outcome(interpreter: Path, count: int = 1, limits: Limits = QUICK) -> DeepResult:
    return await deep(*(endpoint(4430 + number) for number in range(count)), interpreter=interpreter, limits=limits)


async def refusal(interpreter: Path) -> str:
    (looked,) = (await outcome(interpreter)).looks
    assert looked.attempt.result is None
    return looked.attempt.reason


def found(result: DeepResult, index: int = 0) -> DeepLook:
    attempt: Attempt[DeepLook] = result.looks[index].attempt
    assert attempt.result is not None, attempt.reason
    return attempt.result


async def test_without_an_environment_it_says_what_to_run(tmp_path: Path) -> None:
    assert await refusal(tmp_path / "bin" / "python") == "sslyze is not installed; run: schouw sslyze install"


async def test_an_interpreter_without_sslyze_says_so() -> None:
    said = await refusal(Path(sys.executable))
    assert "ModuleNotFoundError" in said and "schouw sslyze install" in said


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        ('{"version": 1, "sslyze": "1.3.4", "problem": ""}', "has sslyze 1.3.4, and schouw is made for 6.3"),
        ('{"version": 2, "sslyze": "6.3.1", "problem": ""}', "made for 6.3"),
        ('{"version": 1, "sslyze": "", "problem": ""}', "cannot be used"),
        ("Python 3.11.2 (main) on linux", "something else than our runner"),
        ("[" * 1000, "something else than our runner"),
        ("\x1b[31m" * 9, "something else than our runner"),
    ],
)
async def test_a_wrong_greeting_is_named(tmp_path: Path, greeting: str, reason: str) -> None:
    said = await refusal(fake(tmp_path, "ask()", greeting=greeting))
    assert reason in said and "\x1b" not in said and "schouw sslyze install" in said


async def test_one_that_cannot_be_executed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_text("neither a program nor a script")
    path.chmod(0o755)
    assert "cannot be started" in await refusal(path)
    path.chmod(0o644)
    assert "cannot be started" in await refusal(path)


async def test_one_that_never_greets_is_ended_and_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep_child, "START_SECONDS", 0.5)
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/started\nexec sleep 60\n")
    path.chmod(0o755)
    result = await outcome(path, 3)
    assert {one.attempt.reason for one in result.looks} == {"sslyze did not start within 0.5 s"}
    (started,) = (tmp_path / "started").read_text().split()
    assert await gone(int(started))


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("sys.exit('no memory left')", "ended with status 1: no memory left"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by signal 11"),
        ("os.close(1); time.sleep(60)", "closed its output"),
        ("time.sleep(60)", "ended after 2 s"),
        ("say('nonsense')", "something that our runner does not say"),
        ("say('{}')", "something that our runner does not say"),
        ('say(\'{"says": "answer", "question": "shoe size", "result": 43}\')', "unknown question 'shoe size'"),
        ('say(\'{"says": "answer", "question": "robot", "result": "maybe"}\')', "not an answer to robot"),
        ('say(\'{"says": "answer", "question": "robot", "result": null}\')', "not an answer to robot"),
        (f"sys.stdout.write('x' * {LONGEST * 3}); sys.stdout.flush(); time.sleep(60)", "a line of more than"),
        ('while True: say(\'{"says": "answer", "question": "robot", "reason": "x"}\')', "does not stop answering"),
    ],
)
async def test_what_was_answered_before_it_went_wrong_is_kept(tmp_path: Path, then: str, reason: str) -> None:
    look = found(await outcome(fake(tmp_path, "ask()", HEARTBLEED, then)))
    assert look.heartbleed.result is True
    assert look.compression.result is None and reason in look.compression.reason


async def test_after_one_that_died_the_next_endpoint_has_a_new_one(tmp_path: Path) -> None:
    script = fake(tmp_path, "ask()", HEARTBLEED, DONE, "ask()", "sys.exit(3)")
    result = await outcome(script, 3)
    assert found(result, 0).heartbleed.result is True
    assert "status 3" in result.looks[1].attempt.reason
    assert found(result, 2).heartbleed.result is True


async def test_one_runner_serves_all_endpoints_of_a_host(tmp_path: Path) -> None:
    script = fake(tmp_path, f"open('{tmp_path}/started', 'a').write('x')", *("ask()", HEARTBLEED, DONE) * 7)
    result = await outcome(script, 7)
    assert all(found(result, number).connections == 9 for number in range(7))
    assert (tmp_path / "started").read_text() == "x"


async def test_it_and_what_it_started_are_ended_even_where_it_will_not(tmp_path: Path) -> None:
    script = fake(
        tmp_path,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "child = subprocess.Popen(['sleep', '600'])",
        f"open('{tmp_path}/pids', 'w').write(f'{{os.getpid()}} {{child.pid}}')",
        "ask()",
        "time.sleep(600)",
    )
    said = await refusal(script)
    assert "ended after 2 s" in said
    for pid in (tmp_path / "pids").read_text().split():
        assert await gone(int(pid))


async def test_what_a_server_made_it_say_cannot_hurt_a_screen(tmp_path: Path) -> None:
    hostile = "\x1b]0;title\x07[red]\u202e" + "x" * 900
    chain = {"fingerprint": "ab", "subject": hostile, "length": 1, "ordered": None, "trust": {"reason": hostile}, "staple": {}}
    answer, last = says(question="chains", result=[chain] * 60), says("done", connections=1, lacking=hostile)
    look = found(await outcome(fake(tmp_path, "ask()", answer, last)))
    assert look.chains.result is not None and len(look.chains.result) == 32
    for one in look.chains.result:
        for text in (one.subject, one.trust.reason, look.robot.reason):
            assert text.isprintable() and len(text) <= 300


async def test_no_more_is_asked_once_the_time_of_a_host_is_over(tmp_path: Path) -> None:
    result = await outcome(fake(tmp_path, *("ask()", HEARTBLEED, DONE) * 3), 2, Limits(host=0.0))
    assert all("not asked" in one.attempt.reason for one in result.looks)


async def test_steps_count_the_endpoints(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    script = fake(tmp_path, *("ask()", HEARTBLEED, DONE) * 3)
    await deep(endpoint(1), endpoint(2), interpreter=script, on_step=lambda *step: steps.append(step))
    assert steps == [("deep look", 0, 2), ("deep look", 1, 2), ("deep look", 2, 2)]
