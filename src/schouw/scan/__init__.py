"""The engine: order, limits, retries, time-outs, cancellation, events, record and replay.

Importing this loads neither asyncssh nor SQLAlchemy; the engine loads them with the first host that needs them.
"""

from __future__ import annotations

from schouw.scan.attach import attach, open_runner
from schouw.scan.client import Client
from schouw.scan.engine import Engine
from schouw.scan.events import (
    VERSION,
    AnyEvent,
    Decided,
    Event,
    Finished,
    Hello,
    Notice,
    Queued,
    Rejudged,
    Step,
    SweepDone,
    SweepProgress,
    Trouble,
)
from schouw.scan.keeper import Keeper
from schouw.scan.look import Look, Looker
from schouw.scan.record import Recorder, ReplayLooker, read_recording
from schouw.scan.runner import Runner
from schouw.scan.scheduler import run_schedule
from schouw.scan.server import Server, serve

__all__ = [
    "VERSION",
    "AnyEvent",
    "Client",
    "Decided",
    "Engine",
    "Event",
    "Finished",
    "Hello",
    "Keeper",
    "Look",
    "Looker",
    "Notice",
    "Queued",
    "Recorder",
    "Rejudged",
    "ReplayLooker",
    "Runner",
    "Server",
    "Step",
    "SweepDone",
    "SweepProgress",
    "Trouble",
    "attach",
    "open_runner",
    "read_recording",
    "run_schedule",
    "serve",
]
