"""``schouw forget``: remove accounts from the history. They are personal data, and may have to go before their time."""

from __future__ import annotations

import argparse

from schouw.cli.places import places
from schouw.errors import ConfigError


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Remove what is kept of accounts and their logins: of those named, on one host or on all; of a whole host; or of "
        "everybody. An account that logs in again later is counted again. Findings hold no names and stay."
    )
    command.add_argument("accounts", nargs="*", metavar="ACCOUNT", help="names, as in `schouw logins`")
    command.add_argument("--host", default="", help="only what is kept of this host")
    command.add_argument("--all", action="store_true", help="every account of every host")


def run(options: argparse.Namespace) -> int:
    from schouw.history import History
    from schouw.history.database import overwrite_removed

    if not (options.accounts or options.host or options.all):
        raise ConfigError("forget what? expected accounts, --host HOST or --all")
    if options.all and (options.accounts or options.host):
        raise ConfigError("--all is everything; expected neither accounts nor --host with it")
    where = places(options)
    if not where.history.exists():
        raise ConfigError(f"{where.history}: there is no history, so no account is kept")
    history = History.open(where.history)
    try:
        count = history.forget_accounts(options.host, options.accounts)
    finally:
        history.close()
    overwrite_removed(where.history)
    print(f"{count} row{'' if count == 1 else 's'} of accounts removed")
    return 0
