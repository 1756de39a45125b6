"""What servers print reaches the screen as text and nothing else; a hang-up and a crash end cleanly."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.host import Host
from schouw.model.severity import HostState
from schouw.model.summary import Summary
from schouw.scan.events import Notice, Step
from schouw.tui.app import SchouwApp
from schouw.tui.safe import Printable, crash_report
from tests.tui.driving import screen_text, until
from tests.tui.fleet import LACKING, SOME, FakeRunner, FakeSource, make_app, summary
from tests.unit.test_views_host import FACTS

HOSTILE = (
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b[2J\x1b[31m",
    "\x9b31m",
    "[/]",
    "[/b]",
    "[b",
    "[@click=app.quit]x[/]",
    "[$error]x",
    "\u202egnp.exe",
    "\u200b\ufeff\u2066x",
    "服务器" * 9,
    "a\u0301" * 40,
    "\n\r\t\x00",
    "x" * 400,
)
T = TypeVar("T")


def poison(value: T, text: str) -> T:
    """The same value with `text` in every field that holds free text."""
    if is_dataclass(value) and not isinstance(value, type):
        return cast(
            "T", replace(value, **{field.name: poison(getattr(value, field.name), text) for field in fields(value) if field.init})
        )
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return cast("T", tuple(poison(item, text) for item in value))
    if isinstance(value, dict):
        return cast("T", {key: poison(item, text) for key, item in value.items()})
    return cast("T", text) if type(value) is str else value


class HostileSource(FakeSource):
    """Host number N has text number N in every field."""

    def __init__(self) -> None:
        states = list(HostState)
        self.texts = {f"host{number:02}": text for number, text in enumerate(HOSTILE)}
        bad: dict[str, Summary] = {}
        for number, (name, text) in enumerate(self.texts.items()):
            made = replace(summary("x", SOME), error="e", error_class="c")
            bad[name] = replace(poison(made, text), name=name, state=states[number % len(states)])
        super().__init__(bad, facts_of=lambda name: poison(FACTS, self.texts[name]))

    def findings(self, name: str) -> Sequence[TrackedFinding]:
        text = self.texts[name]
        return [
            replace(item, finding=replace(poison(item.finding, text), check=f"{item.finding.area}.x.y{number}"))
            for number, item in enumerate(SOME)
        ]

    def not_checked(self, name: str) -> Sequence[NotChecked]:
        return [replace(poison(item, self.texts[name]), check=item.check) for item in LACKING]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_hostile_text_in_every_field_of_every_screen_is_only_text(tmp_path: Path, size: tuple[int, int]) -> None:
    source, runner = HostileSource(), FakeRunner()
    hosts = [Host(name=name, groups=(text,), tags=(text,), note=text, address=text) for name, text in source.texts.items()]
    strange = [Host(name=text) for text in HOSTILE]
    app = make_app(tmp_path, runner=runner, source=source, hosts=(*hosts, *strange))
    async with app.run_test(size=size) as pilot:
        for name, text in source.texts.items():
            runner.say(Step(name, text, 1, 2), Notice(text))
        await until(pilot, lambda: app.board.rows["host13"].live)
        for keys in ("v v v", "g", "g", "end", "home", "f escape", "slash x escape", "colon h escape", "question_mark escape"):
            await pilot.press(*keys.split())
            clean(app)
        for name in list(source.texts)[:: 1 if size[0] > 100 else 4]:
            app.open_host(name, list(source.texts))
            await until(pilot, lambda: len(app.screen_stack) == 2)
            for key in ["1", "down", "2", "8", "9", "enter", "escape", "0", *["right"] * 4, "1", "enter"]:
                await pilot.press(key)
                clean(app)
            await pilot.press(*(["escape"] if size[0] < 100 else []), "o", "escape", "escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_hostile_text_over_the_whole_fleet_is_only_text(tmp_path: Path, size: tuple[int, int]) -> None:
    source = HostileSource()
    hosts = tuple(Host(name=name) for name in source.texts)
    app = make_app(tmp_path, source=source, hosts=hosts)
    async with app.run_test(size=size) as pilot:
        await pilot.press("F")
        await until(pilot, lambda: "kinds on" in screen_text(app))
        for keys in ("end", "enter", "end", "home", "o escape", "escape", "question_mark escape"):
            await pilot.press(*keys.split())
            clean(app)


def clean(app: SchouwApp) -> None:
    strips = app.screen._compositor.render_strips()
    for strip in strips:
        shown = strip
        for line_filter in app.get_line_filters():
            shown = shown.apply_filter(line_filter, Color(0, 0, 0))
        assert shown.text.isprintable()
        assert not any(segment.style and segment.style.meta.get("@click") for segment in shown)


def test_the_line_filter_replaces_single_characters_and_keeps_styles() -> None:
    bold = Style(bold=True)
    before = [Segment("ok", bold), Segment("a\x1b[31m\u202eb", bold)]
    after = Printable().apply(before, Color(0, 0, 0))
    assert after == [Segment("ok", bold), Segment("a\ufffd[31m\ufffdb", bold)]
    assert Printable().apply(before[:1], Color(0, 0, 0)) == before[:1]


def test_a_crash_report_holds_neither_values_nor_messages() -> None:
    def fail() -> None:
        password = "hunter2"
        raise ValueError(f"could not log in with {password}")

    try:
        fail()
    except ValueError as error:
        report = crash_report(type(error), error.__traceback__, "Nothing is lost.")
    assert "hunter2" not in report
    assert "ValueError" in report
    assert "test_safety.py" in report


PROGRAM = """
import sys
from pathlib import Path
from tests.tui.fleet import make_app
app = make_app(Path(sys.argv[1]))
if sys.argv[2] == "crash":
    def fail() -> None:
        secret = "hunter2"
        raise ValueError(secret)
    app.flush = fail
app.run()
print("ended", flush=True)
"""


async def run_in_terminal(folder: Path, how: str, act: str) -> tuple[int, str]:
    """Run the program on a terminal of its own until its first picture; then `act`: exit status and all it printed."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="120", LINES="40", PYTHONPATH=str(Path(__file__).parents[2]))
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM, str(folder), how])
    loop = asyncio.get_running_loop()
    printed = bytearray()
    shown, closed = asyncio.Event(), asyncio.Event()

    def read() -> None:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        printed.extend(data)
        if b"worst first" in printed:
            shown.set()
        if not data:
            loop.remove_reader(master)
            closed.set()

    loop.add_reader(master, read)
    async with asyncio.timeout(30):
        if how != "crash":
            await shown.wait()
        if act == "signal":
            os.kill(pid, signal.SIGHUP)
        elif act == "close":
            loop.remove_reader(master)
            os.close(master)
            closed.set()
        elif act == "q":
            os.write(master, b"q")
        await closed.wait()
        _, status = await asyncio.to_thread(os.waitpid, pid, 0)
    if act != "close":
        os.close(master)
    return os.waitstatus_to_exitcode(status), printed.decode(errors="replace")


async def test_a_hang_up_ends_it_cleanly(tmp_path: Path) -> None:
    status, printed = await run_in_terminal(tmp_path, "normal", "signal")
    assert "ended" in printed
    assert "\x1b[?1049l" in printed, "the terminal is as it was"
    assert status == 0


async def test_a_terminal_that_is_gone_leaves_no_process(tmp_path: Path) -> None:
    await run_in_terminal(tmp_path, "normal", "close")


async def test_q_gives_the_terminal_back(tmp_path: Path) -> None:
    status, printed = await run_in_terminal(tmp_path, "normal", "q")
    assert status == 0
    assert "\x1b[?1049l" in printed
    assert "\x1b[?25h" in printed


async def test_a_crash_restores_the_terminal_and_prints_no_secret(tmp_path: Path) -> None:
    _, printed = await run_in_terminal(tmp_path, "crash", "")
    assert "schouw stopped: ValueError" in printed
    assert "\x1b[?1049l" in printed
    assert "hunter2" not in printed
