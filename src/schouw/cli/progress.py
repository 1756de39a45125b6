"""Progress of a sweep on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from schouw.scan import Event

_BAR = 20


class Progress:
    """Feed it every event; `failed` are the hosts that could not be scanned."""

    def __init__(self, stream: TextIO, hosts: int | None, *, quiet: bool) -> None:
        """`hosts`: how many there are to do; None for a watch, which is never done."""
        self._stream = stream
        self._hosts = hosts
        self._quiet = quiet
        self._bar = stream.isatty()
        self._done = 0
        self.failed: tuple[str, ...] = ()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar and not self._quiet:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, event: Event, sweep: str) -> bool:
        """Whether this event ends the sweep."""
        from schouw.scan import Finished, Notice, Step, SweepDone, Trouble

        match event:
            case SweepDone(sweep=done, failed=failed) if done == sweep:
                self.failed = failed
                return True
            case Finished(host=host, summary=summary):
                self._done += 1
                outcome = "cancelled" if summary is None else summary.error or summary.state.value
                self._say(f"{host}: {outcome.removeprefix(f'{host}: ')}")
            case Step(host=host, step=step) if self._bar:
                self._paint(f"{host}: {step}")
            case Notice(text=text) | Trouble(text=text) if text:
                self._say(text)
            case _:
                pass
        return False

    def _say(self, text: str) -> None:
        if self._quiet:
            return
        if self._bar:
            self._paint(text)
        else:
            self._stream.write(f"{text}\n" if self._hosts is None else f"[{self._done}/{self._hosts}] {text}\n")
            self._stream.flush()

    def _paint(self, text: str) -> None:
        if self._quiet:
            return
        line = text
        if self._hosts is not None:
            filled = _BAR * self._done // max(self._hosts, 1)
            line = f"▕{'█' * filled}{'░' * (_BAR - filled)}▏ {self._done}/{self._hosts}  {text}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r\x1b[K{line[:width]}")
        self._stream.flush()
