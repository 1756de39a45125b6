"""Draw the README's picture from the demo: ``make picture``."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from schouw.demo.opening import open_demo
from schouw.tui import settings
from schouw.tui.app import SchouwApp
from schouw.tui.history import HistorySource
from schouw.tui.source import Runner

WIDTH, HEIGHT = 120, 40

#: Fonts from elsewhere: no viewer of a README loads them, and any monospaced one does.
_FONTS = re.compile(r"@font-face \{.*?\}|<!--.*?-->", re.DOTALL)


async def drawn() -> str:
    with tempfile.TemporaryDirectory() as folder:
        shown = open_demo(Path(folder))
        source = HistorySource(shown.history, shown.vulnerabilities)

        async def runner() -> Runner:
            return shown.runner

        chosen = settings.load(Path(folder), Path(folder), {}, Path(folder))
        app = SchouwApp(shown.fleet, source, runner, chosen, demo=True)
        try:
            async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
                while app.known is None:
                    await pilot.pause(0.02)
                return _FONTS.sub("", app.export_screenshot(title="schouw --demo"))
        finally:
            await shown.runner.close()
            source.close()


if __name__ == "__main__":
    Path(__file__).with_name("fleet.svg").write_text(asyncio.run(drawn()))
