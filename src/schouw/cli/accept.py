"""``schouw accept``: an accepted risk, with a reason and an end."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from schouw.cli.deciding import add_finding, carry_out
from schouw.errors import ConfigError
from schouw.model.finding import What


def add(command: argparse.ArgumentParser) -> None:
    command.description = "The finding counts again after the date."
    add_finding(command)
    end = command.add_mutually_exclusive_group(required=True)
    end.add_argument("--until", metavar="DATE", help="its last day, such as 2027-03-31, or so far ahead: 30d, 6w")
    end.add_argument("--withdraw", action="store_true", help="let it count again from now on")
    command.add_argument("--reason", metavar="TEXT", help="why; needed with --until")


def run(options: argparse.Namespace) -> int:
    from schouw.views.acceptance import in_words, last_moment

    now, reason, until = datetime.now(UTC), (options.reason or "").strip(), None
    if not options.withdraw:
        try:
            until = last_moment(options.until, now)
        except ConfigError as error:
            raise ConfigError(f"--until {error}") from None
        if not reason:
            raise ConfigError("--reason is missing; expected why the risk is accepted")
    carry_out(options, What.ACCEPT, reason, in_words(until, now.astimezone()), until)
    return 0
