"""The command line; thin. Each command is one module here: `add` describes it, `run` does it.

Only the module of the command that was given is imported, and nothing heavy before that command knows that it
needs it: `schouw --help` loads neither Textual nor asyncssh nor sqlalchemy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from importlib import import_module

from schouw import __version__
from schouw.errors import SchouwError

#: Command, which is also its module here, and its line in the help, in that order.
COMMANDS: dict[str, str] = {
    "scan": "scan hosts once, without a screen",
    "report": "what is known, from the history, without scanning",
    "changes": "what got fixed, is new, came back or is still open since a moment",
    "baseline": "give this moment a name to compare with, or import an audit's list",
    "accept": "accept a finding on a host until a date",
    "claim": "something was done about a finding: let the next scan say whether it helped",
    "verify": "did what was claimed help: fixed, not fixed, cannot tell",
    "comment": "say something about a finding, kept with its history",
    "assign": "say who sees to a finding",
    "logins": "who logs in how: accounts by plaintext, old TLS and TLS, from logs or the fleet",
    "phaseout": "switch something off by a day: who still depends on it, and is it really off",
    "forget": "remove accounts from the history",
    "rebuild": "put a damaged history together from what can be read of it",
    "doctor": "per host: reachable, host key, privileges, and what cannot be checked",
    "init": "write a first fleet file",
    "config": "check the fleet file, show one merged host, print an example or the JSON Schema",
    "watch": "scan every host on its schedule, without a screen",
    "notify": "who is told of what is found, what waits for them, and whether it arrives",
    "db": "fetch, import or show the database of known vulnerabilities",
    "judge": "judge a package list made elsewhere, or compare two versions",
    "cve": "which hosts have a CVE, which have its fix, and why",
    "package": "which versions of a package are installed where, and which CVEs are open",
    "sslyze": "install or show sslyze's own environment",
    "completion": "print a completion script for a shell",
}

USAGE_ERROR = 2

_EPILOG = """\
Without a command: the dashboard, on the fleet of hosts.toml; without one, on this machine.

exit status: 0 nothing at or above --fail-on; 1 something is; 2 usage or configuration error;
3 at least one host could not be scanned fully
"""


def parser(given: Collection[str]) -> argparse.ArgumentParser:
    """The command line; the `given` commands with all their options, the others by name."""
    top = argparse.ArgumentParser(
        prog="schouw",
        description="The live security posture of a fleet of servers, in a terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"schouw {__version__}")
    shared = shared_options()
    for action in shared._actions:
        top._add_action(action)
    which = top.add_mutually_exclusive_group()
    which.add_argument("--demo", action="store_true", help="a recorded fleet with problems; nothing is scanned")
    which.add_argument("--replay", metavar="FILE", help="play back what `schouw scan --record FILE` kept")
    top.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, parents=[shared])
        if name in given:
            module = import_module(f"schouw.cli.{name}")
            module.add(command)
            command.set_defaults(run=module.run)
    return top


def shared_options() -> argparse.ArgumentParser:
    """Options that may stand before and after the command."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        "--config", metavar="FILE", help="the fleet file (default: $SCHOUW_CONFIG, ./hosts.toml, then the user's)"
    )
    shared.add_argument("--history", metavar="FILE", help="the history (default: in the user's state folder)")
    return shared


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. A person's interrupt is 130, as shells have it."""
    words = sys.argv[1:] if arguments is None else arguments
    options = parser([word for word in words if word in COMMANDS]).parse_args(words)
    run = getattr(options, "run", None) or import_module("schouw.cli.dashboard").run
    try:
        return int(run(options))
    except SchouwError as error:
        for text in str(error).split("\n"):
            print(f"schouw: {text}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        # Whoever read our output has seen enough: leave quietly, without Python's own complaint at exit.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
