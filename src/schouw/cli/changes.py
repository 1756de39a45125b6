"""``schouw changes --since WHEN``: what appeared, got fixed or came back."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime, time, timedelta

from schouw.cli.places import places
from schouw.errors import ConfigError

_AGO = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add(command: argparse.ArgumentParser) -> None:
    command.description = "From the history, oldest first."
    command.add_argument(
        "--since", required=True, metavar="WHEN", help="a date (2026-10-01), a time (RFC 3339), or an age (36h, 7d)"
    )


def moment(text: str, now: datetime) -> datetime:
    """A date (from its first second, local time), an RFC 3339 time, or an age such as 36h; `ConfigError` otherwise."""
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time()).astimezone(UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise ConfigError(
            f"--since {text!r}: expected a date such as 2026-10-01, an RFC 3339 time, or an age such as 7d"
        ) from None


def run(options: argparse.Namespace) -> int:
    from schouw.history import History

    history = History.open(places(options).history, read_only=True)
    try:
        found = history.changes(moment(options.since, datetime.now(UTC)))
    finally:
        history.close()
    for change in found:
        at = change.at.astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"{at}  {change.kind.value:9} {change.severity.letter} {change.host}  {change.title}")
    return 0
