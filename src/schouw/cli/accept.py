"""``schouw accept``: an accepted risk, with a reason and an end."""

from __future__ import annotations

import argparse
import getpass
from datetime import UTC, date, datetime, time

from schouw.cli.places import fleet, places
from schouw.errors import ConfigError


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The finding counts again after the date."
    command.add_argument("key", metavar="KEY", help="the finding's key, as in `schouw report --format json`")
    command.add_argument("--host", required=True)
    command.add_argument("--until", required=True, metavar="DATE", help="its last day, such as 2027-03-31")
    command.add_argument("--reason", required=True, metavar="TEXT")


def run(options: argparse.Namespace) -> int:
    from schouw.history import History

    where = places(options)
    (host,) = fleet(where).select([options.host])[:1]
    try:
        until = datetime.combine(date.fromisoformat(options.until), time.max).astimezone(UTC)
    except ValueError:
        raise ConfigError(f"--until {options.until!r}: expected a date such as 2027-03-31") from None
    if until < datetime.now(UTC):
        raise ConfigError(f"--until {options.until}: that day is over; expected one to come")
    if not options.reason.strip():
        raise ConfigError("--reason is empty; expected why the risk is accepted")
    history = History.open(where.history)
    try:
        if options.key not in {finding.key for finding in history.findings(host.name)}:
            raise ConfigError(f"{host.name} has no finding {options.key!r}; see: schouw report {host.name} --format json")
        history.accept(host.name, options.key, until, options.reason, getpass.getuser())
    finally:
        history.close()
    print(f"{host.name}: {options.key} accepted until {options.until}")
    return 0
