"""The engine: order, limits, retries, time-outs, cancellation, events, record and replay.

Here is what a command needs of it. Importing this loads neither asyncssh nor SQLAlchemy, nor what serves or dials an engine
in another process; each is loaded with the first thing that needs it.
"""

from __future__ import annotations

from schouw.scan.attach import open_runner
from schouw.scan.events import Event, Finished, Notice, Step, SweepDone, Trouble
from schouw.scan.look import Look
from schouw.scan.runner import Runner

__all__ = ["Event", "Finished", "Look", "Notice", "Runner", "Step", "SweepDone", "Trouble", "open_runner"]
