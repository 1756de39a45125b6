"""A recorded fleet behind the engine's own interface: `schouw --demo`, screen tests, the README's picture."""

from __future__ import annotations

from schouw.demo.opening import TITLE, Demo, open_demo, open_replay, replay_many

__all__ = ["TITLE", "Demo", "open_demo", "open_replay", "replay_many"]
