"""Telling people as the engine and the command line do it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import load
from schouw.model.notifier import Matter, Notifier
from schouw.model.severity import Severity
from schouw.notify.desk import Desk
from schouw.notify.ledger import path_of
from schouw.notify.sending import send
from schouw.scan.engine import Engine
from schouw.scan.events import Hello, SweepDone, Trouble
from schouw.scan.keeper import Keeper, now
from schouw.scan.notifying import run_notifying
from tests.unit.notify_lab import hook
from tests.unit.scan_support import SERVER, UNPACED, Scripted, closing, some_hosts


def told_engine(folder: Path, looker: Scripted) -> tuple[Engine, Desk]:
    keeper = Keeper.open(folder / "history.db")
    desk = Desk(keeper, path_of(folder / "history.db"), send, now)
    return Engine(looker, keeper, UNPACED, desk=desk), desk


async def test_a_sweep_is_told_after_its_end_and_a_broken_notifier_to_whoever_watches(tmp_path: Path) -> None:
    looker = Scripted()
    looker.server = replace(SERVER, services=((3306, "mariadbd"),))
    engine, desk = told_engine(tmp_path, looker)
    async with closing(engine), hook() as there:
        notifier = Notifier("ops", urls=(there.url,), severity=Severity.INFO)
        await engine.fleet(some_hosts("a", "b"), notifiers=[notifier])
        telling = asyncio.create_task(run_notifying(engine, desk))
        there.status = 503
        events = engine.watch()
        await engine.submit(some_hosts("a", "b"))
        # The scans end though nobody can be told.
        said = Trouble("")
        ended = False
        async with asyncio.timeout(60):
            async for event in events:
                ended = ended or isinstance(event, SweepDone)
                if isinstance(event, Trouble):
                    said = event
                    break
        assert ended and "503" in said.text
        late = engine.watch()
        greeting = await anext(late)
        assert isinstance(greeting, Hello) and greeting.trouble == said.text
        telling.cancel()
    assert there.posted == []


HOSTS = """\
[hosts.here]
local = true
[notify.ops]
url_env = "TOLD"
severity = "info"
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    (tmp_path / "hosts.toml").write_text(HOSTS)
    return kept | {"HOME": str(tmp_path), "COLUMNS": "200"}


async def schouw(*arguments: str, home: dict[str, str]) -> tuple[int, str]:
    """In a thread, for the servers are in this process's loop."""
    command = [sys.executable, "-m", "schouw", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=home, cwd=home["HOME"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout + done.stderr


async def test_a_scan_of_a_timers_is_told_before_it_ends(home: dict[str, str]) -> None:
    async with hook() as there:
        home["TOLD"] = there.url
        status, said = await schouw("scan", "--inside", "--quiet", home=home)
        assert status in (0, 3), said
        (body,) = there.bodies
        assert "new: here: " in body
        status, said = await schouw("notify", home=home)
        assert (status, said.startswith("✓ ops (json): last told ")) == (0, True), said


async def test_a_message_to_try_it_with_and_what_waits(home: dict[str, str]) -> None:
    async with hook() as there:
        home["TOLD"] = there.url
        there.status = 500
        await schouw("scan", "--inside", "--quiet", home=home)
        status, said = await schouw("notify", home=home)
        assert status == 3 and "nothing arrives since" in said and "    waits: new: here: " in said
        status, said = await schouw("notify", "--test", home=home)
        assert status == 3 and "500" in said and "secret-word" not in said
        status, said = await schouw("doctor", home=home)
        assert status == 3 and "notify ✗ ops (json): nothing arrives since" in said
        there.status = 200
        status, said = await schouw("notify", "--test", "ops", home=home)
        assert (status, said) == (0, "✓ ops (json): sent\n")
        assert there.posted[0]["title"] == "schouw: a test"
    del home["TOLD"]
    status, said = await schouw("notify", home=home)
    assert status == 3 and "no address in $TOLD" in said
    status, said = await schouw("notify", "opps", home=home)
    assert status == 2 and "expected one of ops" in said


def test_the_fleet_file_says_who_is_told(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(
        '[groups.web]\n[hosts.a]\n[notify.ops]\nurl_file = "ops.urls"\nabout = ["new", "stale"]\nquiet = "22:00-07:00"\n'
        'digest = "08:00"\ngroups = ["web"]\nseverity = "medium"\n'
    )
    (one,) = load(tmp_path / "hosts.toml").notifiers
    assert one.url_file == str(tmp_path / "ops.urls") and one.about == (Matter.NEW, Matter.STALE)
    assert one.quiet is not None and [str(moment) for moment in one.quiet] == ["22:00:00", "07:00:00"]
    # The engine hears of it through its socket.
    assert json.loads(json.dumps(str(replace(one, urls=("secret",))))).count("secret") == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('severity = "high"', "[notify.ops] has no address; expected url_file, url_env or both"),
        ('url = "mailto://x"', "may hold a secret, and none belongs here; expected url_file"),
        ('url_env = "A"\ngroups = ["wep"]', 'unknown group "wep"; did you mean "web"?'),
        ('url_env = "A"\nquiet = "22-7"', 'quiet = "22-7"; expected a time of day such as "22:00-07:00"'),
        ('url_env = "A"\nquiet = "22:00-22:00"', "is no time at all, or all day"),
        ('url_env = "A"\nabout = ["news"]', 'about has "news" in it'),
    ],
)
def test_mistakes_have_a_place_and_say_what_was_expected(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "hosts.toml").write_text(f"[groups.web]\n[hosts.a]\n[notify.ops]\n{table}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "hosts.toml")
    assert said in str(caught.value) and "hosts.toml:" in str(caught.value)
