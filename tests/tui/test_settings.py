"""Keys, themes and tastes: checked as a whole before anything of them is used, and refused with the reason."""

from __future__ import annotations

import os
import stat
from itertools import pairwise
from pathlib import Path

import pytest
from rich.style import Style

from schouw.errors import ConfigError
from schouw.shipped import shipped
from schouw.tui import settings, state, themes
from schouw.tui.clipboard import copy
from schouw.tui.keys import CONTEXTS
from tests.tui.driving import until, until_text
from tests.tui.fleet import FakeRunner, make_app

ALL = themes.load((shipped("themes"),))
#: Roles that are drawn, not read.
DRAWN = {"border"}


# -- keys ------------------------------------------------------------------------------------------


def load(folder: Path, text: str) -> settings.Settings:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(text)
    return settings.load(folder, folder / "state", {}, folder)


def test_the_built_in_keys_do_not_clash() -> None:
    assert settings.keymap_of({}) == ({}, [])
    assert all(binding.id and binding.tooltip for context in CONTEXTS.values() for binding in context)


def test_keys_of_tmux_screen_and_the_shell_are_left_alone() -> None:
    keys = {key for context in CONTEXTS.values() for binding in context for key in binding.key.split(",")}
    assert not keys & {"ctrl+a", "ctrl+b", "ctrl+k", "ctrl+z"}


def test_good_settings(tmp_path: Path) -> None:
    keys = '"fleet.rescan" = "f5"\n"fleet.find" = ["slash", "ctrl+f"]\n"fleet.pause" = "."\n"fleet.resort" = ","\n'
    made = load(tmp_path, f'theme = "light"\n[keys]\n{keys}')
    assert made.problems == ()
    assert made.theme == "light"
    assert made.keys == {"fleet.rescan": "f5", "fleet.find": "slash,ctrl+f", "fleet.pause": "full_stop", "fleet.resort": "comma"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[keys]\n"fleet.rescn" = "r"', "did you mean fleet.rescan?"),
        ('[keys]\n"fleet.rescan" = "ctrl+shift+hyper"', "is no key that a terminal can send"),
        ('[keys]\n"fleet.rescan" = "rr"', "is no key that a terminal can send"),
        ('[keys]\n"fleet.rescan" = "ctrl+b"', "belongs to the terminal"),
        ('[keys]\n"fleet.rescan" = "x"', "x would be both fleet."),
        ('[keys]\n"app.theme" = "n"', "both app.theme and host.next"),
        ('[keys]\n"fleet.rescan" = 3', "expected a key"),
        ('[keys]\n"fleet.rescan" = []', "expected a key"),
        ("keys = 3", "expected a table"),
        ("theme = 3", "theme: expected"),
        ("colour = 3", "unknown key colour"),
        ("[keys", "cannot be read as TOML"),
    ],
)
def test_bad_settings_are_refused_with_the_reason_and_change_nothing(tmp_path: Path, text: str, problem: str) -> None:
    made = load(tmp_path, text)
    assert problem in "\n".join(made.problems)
    assert made.keys == {}


async def test_a_key_of_ones_own_works_and_the_help_knows_it(tmp_path: Path) -> None:
    runner = FakeRunner()
    app = make_app(tmp_path, runner=runner, settings=load(tmp_path / "c", '[keys]\n"fleet.rescan" = "f5"'))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r", "f5")
        await until(pilot, lambda: runner.submitted)
        assert len(runner.submitted) == 1
        await until_text(pilot, "f5 rescan")


async def test_what_is_wrong_is_listed_once_and_the_rest_works(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    made = load(folder, '[keys]\n"fleet.rescan" = "x"')
    (folder / "themes").mkdir()
    (folder / "themes" / "mine.toml").write_text("[colors]\n[roles]\n")
    app = make_app(tmp_path, settings=made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "Not used, because:", "fleet.rescan", "mine.toml", "colors.primary is missing")
        await pilot.press("escape")
        await until_text(pilot, "14 hosts")


# -- themes ----------------------------------------------------------------------------------------


def contrast(first: str, second: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_promised_themes_are_there() -> None:
    assert ALL.problems == ()
    assert set(ALL.files) == {"dark", "light", "high-contrast", "colour-blind", "ansi"}


@pytest.mark.parametrize("name", [name for name, file in ALL.files.items() if not file.ansi])
def test_every_word_can_be_read_on_every_ground(name: str) -> None:
    """WCAG 2.2: 4.5 to 1 for text, 7 to 1 for the high-contrast theme."""
    file = ALL.files[name]
    least = 7.0 if name == "high-contrast" else 4.5
    paint = file.paint()
    for ground in ("", *themes.GROUNDS):
        for role in file.roles.keys() - DRAWN - set(themes.GROUNDS):
            style = paint.style(role, ground)
            assert style.color and style.bgcolor and style.color.triplet and style.bgcolor.triplet
            ratio = contrast(style.color.triplet.hex, style.bgcolor.triplet.hex)
            assert ratio >= least, f"{name}: {role} on {ground or 'background'}: {ratio:.2f}"


def test_severities_differ_in_brightness_for_those_who_see_no_hue() -> None:
    roles = ALL.files["colour-blind"].roles
    shades = [Style.parse(roles[role]).color for role in ("critical", "high", "medium")]
    ratios = [contrast(shade.triplet.hex, "#000000") for shade in shades if shade and shade.triplet]
    assert all(brighter > darker * 1.15 for darker, brighter in pairwise(ratios))


def test_the_ansi_theme_uses_the_terminals_own_colours() -> None:
    for role, text in ALL.files["ansi"].roles.items():
        style = Style.parse(text)
        assert style.color is None or style.color.triplet is None, role


GOOD = (shipped("themes") / "dark.toml").read_text()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('primary = "#5aa9e6"', 'primary = "#5aa9"'), "is no colour"),
        (('primary = "#5aa9e6"', "primary = 3"), "is no colour"),
        (('primary = "#5aa9e6"', ""), "colors.primary is missing"),
        (('primary = "#5aa9e6"', 'primary = "ansi_blue"'), "needs ansi = true"),
        (("primary", "primry"), "did you mean primary?"),
        (('high = "#ff9f55"', 'high = "bold #zzz"'), "is no style"),
        (('high = "#ff9f55"', 'high = "link https://example.net"'), "is no style"),
        (('high = "#ff9f55"', ""), "roles.high is missing"),
        (("dark = true", 'dark = "yes"'), "dark: expected true or false"),
        (("[roles]", "[rolls]"), "unknown key rolls"),
        (("[roles]", "[roles"), "cannot be read as TOML"),
    ],
)
def test_bad_themes_are_refused_before_they_are_used(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(ConfigError, match=problem.replace("?", r"\?")):
        themes.read(path)


async def test_a_theme_of_ones_own_can_be_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(GOOD.replace("dark: the default", "my very own"))
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await until_text(pilot, "my very own")


@pytest.mark.parametrize("name", list(ALL.files))
async def test_every_theme_paints_every_screen(tmp_path: Path, name: str) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        app.use_theme(name)
        await pilot.press("enter")
        await until_text(pilot, "MySQL is open")
        await pilot.press("escape", "slash", "x", "escape", "f", "escape", "ctrl+p")
        await until(pilot, lambda: len(app.screen_stack) == 2)


async def test_without_colours_letters_and_shapes_still_say_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "┏━ dns4", " C ┓", "H CBC ciphers", "✗ no answer", "✓ nothing found")


# -- tastes and copies -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "view": "map"}', '{"version": 1, "view": 3, "reverse": "x"}', "\x00"]
)
def test_odd_tastes_are_as_if_there_were_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "ui.json").write_text(text)
    assert state.load(tmp_path / "ui.json") == state.Remembered()


def test_tastes_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ui.json"
    kept = state.Remembered("map", "name", True, "os", "light")
    state.save(path, kept)
    assert state.load(path) == kept
    assert [item.name for item in path.parent.iterdir()] == ["ui.json"]


async def test_a_taste_for_something_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    state.save(tmp_path / "state" / "ui.json", state.Remembered("holograms", "colour", True, "smell", "gone"))
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_text(pilot, "14 hosts")
        assert app.theme == "dark"


async def test_what_is_too_long_for_the_terminal_goes_to_a_file_of_ones_own(tmp_path: Path) -> None:
    sent: list[str] = []
    said = await copy("x" * 80_000, {}, sent.append, tmp_path / "state")
    path = tmp_path / "state" / "copied.txt"
    assert str(path) in said
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116
    assert sent == []


async def test_inside_tmux_the_text_goes_to_its_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\ncat > {tmp_path}/got\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = await copy("ssh fix", {"TMUX": "/tmp/x,1,0"}, lambda text: None, tmp_path)
    assert "tmux" in said
    assert (tmp_path / "got").read_text() == "ssh fix"
    assert (tmp_path / "called").read_text() == "load-buffer -w -\n"


async def test_a_tmux_that_fails_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sent: list[str] = []
    assert "OSC 52" in await copy("fix", {"TMUX": "/tmp/x,1,0"}, sent.append, tmp_path)
    assert sent == ["fix"]
