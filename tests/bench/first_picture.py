"""The first picture of 200 hosts from the history, against a bare Textual application that paints a screen of text."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.fleet import swept
from tests.bench.measure import Result, in_turn
from tests.bench.terminal import until_painted

HOSTS = 200

_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("\\n".join(f"PAINTED {line} " + "text " * 20 for line in range(60)))

Bare().run()
"""


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="schouw-bench-") as name:
        folder = Path(name)
        fleet = asyncio.run(_prepare(folder))
        schouw = [str(Path(sys.executable).with_name("schouw")), "--config", str(fleet), "--history", str(folder / "many.db")]
        env = {"XDG_STATE_HOME": name, "XDG_CONFIG_HOME": name, "XDG_RUNTIME_DIR": name}
        ours, bare = in_turn(
            lambda: until_painted(schouw, b"scanned", env),
            lambda: until_painted([sys.executable, "-c", _BARE], b"PAINTED", env),
            7,
        )
        yield Result(
            "first picture of 200 hosts against bare Textual",
            ours.wall / bare.wall,
            1.5,
            detail=f"{ours.wall:.3f} s, {bare.wall:.3f} s",
        )


async def _prepare(folder: Path) -> Path:
    """A history in which every host was scanned, and the fleet file for it."""
    shown = await swept(HOSTS, folder)
    fleet = folder / "hosts.toml"
    # rescan = "never": the engine that the dashboard starts must not measure itself into the picture.
    tables = [
        f'[hosts."{host.name}"]\naddress = "192.0.2.1"\nport = {number + 1}\n' for number, host in enumerate(shown.fleet.hosts)
    ]
    fleet.write_text('[defaults]\nrescan = "never"\nssh_config = ""\n' + "\n".join(tables))
    return fleet
