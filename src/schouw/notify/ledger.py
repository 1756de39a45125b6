"""What was told at which address: a small file beside the history, so that nothing is told twice and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from schouw.errors import HistoryError


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One address of one notifier."""

    event: int
    """The last event of the history that was told or was not worth it."""
    standing: tuple[str, ...] = ()
    """What was told, and is still so: names of states that last, see `composing`."""
    begun_at: datetime
    sent_at: datetime | None = None
    """The last message that arrived; of a digest also the last time that there was nothing to say."""
    tried_at: datetime | None = None
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    problem: str = ""
    """Why the last one failed, one clean line."""


Ledger = dict[str, Told]
"""By `name_of` an address."""

_DECODER = msgspec.json.Decoder(Ledger)


def path_of(history: Path) -> Path:
    return history.with_name(history.name + ".told")


def name_of(notifier: str, url: str) -> str:
    """The address itself may hold a password, and stays out of the file."""
    return f"{notifier}:{blake2b(url.encode(), digest_size=8).hexdigest()}"


def gone(known: Ledger, notifier: str, there: Collection[str]) -> Ledger:
    """Those of a notifier that are not among the addresses of today."""
    return {name: told for name, told in known.items() if name.rpartition(":")[0] == notifier and name not in there}


def read(path: Path) -> Ledger:
    """Empty where there is none yet. `HistoryError` where it cannot be read or makes no sense."""
    try:
        return _DECODER.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise HistoryError(f"{path}: what was told cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise HistoryError(
            f"{path}: this is not what schouw wrote ({error}); remove it, and what is new is told from then on"
        ) from error


def write(path: Path, ledger: Ledger) -> None:
    """All of it or, where that fails, nothing of it; for its owner alone."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(ledger))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise HistoryError(f"{path}: what was told cannot be kept: {error.strerror}") from error
