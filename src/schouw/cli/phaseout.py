"""``schouw phaseout``: what is to be switched off by a day, who still depends on it, and whether it really is off."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.deciding import ask
from schouw.cli.output import write
from schouw.cli.places import Places, fleet, places
from schouw.errors import ConfigError
from schouw.model.phaseout import PROTOCOLS, Phaseout, What

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.views.standing import Standing

_ACCOUNTS = ("ftp", "imap", "pop3", "smtp", "sieve")


def add(command: argparse.ArgumentParser) -> None:
    from schouw.cli import shared_options

    command.description = (
        "Findings that a phase-out covers are planned until its day and do not count; after it they are overdue, and do."
    )
    command.set_defaults(act=_list, format="table")
    shared = shared_options()
    actions = command.add_subparsers(metavar="ACTION")
    start = actions.add_parser("start", help="begin one, or set the one of that name anew", parents=[shared])
    start.add_argument("name", metavar="NAME", help="such as ftp-2027")
    start.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="HOST|GROUP|FILTER",
        help="where, as the fleet is now; may be repeated (default: all)",
    )
    start.add_argument(
        "--what",
        required=True,
        choices=[one.value for one in What],
        help="logins without TLS; TLS 1.1 and older; or the protocol altogether",
    )
    start.add_argument(
        "--protocol",
        action="append",
        default=[],
        choices=PROTOCOLS,
        help="of which; may be repeated (default: all with accounts)",
    )
    start.add_argument("--from", dest="begins", metavar="DATE", help="its first day (default: now)")
    start.add_argument("--until", required=True, metavar="DATE", help="its last day: 2027-03-31, or so far ahead: 30d, 6w")
    start.set_defaults(act=_start)
    stop = actions.add_parser("stop", help="end one: it covers nothing any more; its figures stay", parents=[shared])
    stop.add_argument("name", metavar="NAME")
    stop.set_defaults(act=_stop)
    listing = actions.add_parser("list", help="all of them, in numbers (as without an action)", parents=[shared])
    listing.add_argument("--format", choices=("table", "json"), default="table", help="(default: table)")
    listing.set_defaults(act=_list)
    show = actions.add_parser("show", help="one with its hosts, whether it is off there, and its accounts", parents=[shared])
    show.add_argument("name", metavar="NAME")
    show.add_argument("--format", choices=("table", "json"), default="table", help="(default: table)")
    show.set_defaults(act=_show)
    export = actions.add_parser("export", help="the list for a mailing: who still has to change something", parents=[shared])
    export.add_argument("name", metavar="NAME")
    export.add_argument("--state", action="append", default=[], metavar="STATE", help=_states())
    export.add_argument("--format", choices=("csv", "json"), default="csv", help="(default: csv)")
    export.set_defaults(act=_export)
    for action in (listing, show, export):
        action.add_argument("--output", metavar="FILE", help="write the result to FILE")
    for action in (show, export):
        action.add_argument("--customers", metavar="FILE", help="whose they are: a CSV file of account or domain and customer")


def run(options: argparse.Namespace) -> int:
    return int(options.act(options))


def _states() -> str:
    return "only those: new, back, left, knocking, gone; may be repeated (default: all but gone)"


def _start(options: argparse.Namespace) -> int:
    from schouw.model.baseline import is_baseline_name
    from schouw.views.acceptance import last_moment
    from schouw.views.header import plural
    from schouw.views.phaseouts import what

    if not is_baseline_name(options.name):
        raise ConfigError(f"{options.name!r}: expected a name such as ftp-2027: a letter, then letters, digits, . _ or -")
    where, now = places(options), datetime.now(UTC)
    ours = fleet(where)
    try:
        until = last_moment(options.until, now)
    except ConfigError as error:
        raise ConfigError(f"--until {error}") from None
    phaseout = Phaseout(
        options.name,
        What(options.what),
        _protocols(options.protocol, What(options.what)),
        _hosts(where, ours, options.host, now),
        _begins(options.begins) if options.begins else now,
        until,
        getpass.getuser(),
        now,
        " ".join(options.host),
    )
    ask(where, ours, lambda runner: runner.keep_phaseout(phaseout))
    (one,) = (one for one in _standings(options, where, ours) if one.phaseout.name == options.name)
    there, left = plural(len(phaseout.hosts), "host"), plural(one.left, "account")
    print(f"{what(phaseout)} on {there}, until {until.astimezone():%Y-%m-%d}; {left} left")
    return 0


def _protocols(given: Sequence[str], what: What) -> tuple[str, ...]:
    if what is What.ALL and not given:
        raise ConfigError("--what all: expected --protocol, for which protocol is to go altogether")
    if what is What.PLAINTEXT and "https" in given:
        raise ConfigError("--protocol https: nobody logs in there in a way that is counted; expected it with old-tls or all")
    wanted = given or (PROTOCOLS if what is What.OLD_TLS else _ACCOUNTS)
    return tuple(one for one in PROTOCOLS if one in wanted)


def _hosts(where: Places, ours: Fleet, words: Sequence[str], now: datetime) -> tuple[str, ...]:
    from schouw.history.snapshot import having, read_summaries
    from schouw.views.selection import select

    chosen = select(ours, words, lambda: read_summaries(where.history), lambda cve: having(where.history, cve), now)
    return tuple(host.name for host in chosen)


def _begins(text: str) -> datetime:
    """From the first second of that day on, in this machine's time zone."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise ConfigError(f"--from {text!r}: expected a date such as 2026-12-01") from None


def _stop(options: argparse.Namespace) -> int:
    where = places(options)
    ours = fleet(where)
    before = _named(_standings(options, where, ours), options.name).phaseout
    if not before.running:
        raise ConfigError(f"{options.name} was stopped already")
    phaseout = replace(before, ended_at=datetime.now(UTC), ended_by=getpass.getuser())
    ask(where, ours, lambda runner: runner.keep_phaseout(phaseout))
    print(f"{options.name} is stopped: what it covered counts again")
    return 0


def _list(options: argparse.Namespace) -> int:
    from schouw.report.phaseouts import summaries

    where = places(options)
    some = _standings(options, where, fleet(where))
    write(summaries(some, options.format, datetime.now().astimezone()), getattr(options, "output", None))
    return 0


def _show(options: argparse.Namespace) -> int:
    from schouw.report.phaseouts import whole

    where = places(options)
    one = _named(_standings(options, where, fleet(where), names=True), options.name)
    write(whole(one, options.format, datetime.now().astimezone()), options.output)
    return 0


def _export(options: argparse.Namespace) -> int:
    from schouw.report.phaseouts import WANTED, mailing
    from schouw.views.standing import Fate

    known = {fate.name.lower(): fate for fate in Fate}
    for state in options.state:
        if state not in known:
            raise ConfigError(f"--state {state}: expected one of {', '.join(known)}")
    wanted = [known[state] for state in options.state] or WANTED
    where = places(options)
    one = _named(_standings(options, where, fleet(where), names=True), options.name)
    write(mailing((account for account in one.accounts if account.fate in wanted), options.format), options.output)
    return 0


def _standings(options: argparse.Namespace, where: Places, ours: Fleet, names: bool = False) -> list[Standing]:
    """`names`: also ask whose accounts they are."""
    from schouw.history import History
    from schouw.views.standing import standings

    given = getattr(options, "customers", None)
    customers = replace(ours.customers, file=Path(given) if given else ours.customers.file)
    history = History.open(where.history, read_only=True)
    try:
        return standings(history, datetime.now().astimezone(), customers.of if names else None)
    finally:
        history.close()


def _named(some: Sequence[Standing], name: str) -> Standing:
    found = next((one for one in some if one.phaseout.name == name), None)
    if found is None:
        known = ", ".join(one.phaseout.name for one in some) or "none"
        raise ConfigError(f"there is no phase-out {name}; there is: {known}")
    return found
