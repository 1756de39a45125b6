"""The command line; thin. Each command is one module here: `add` describes it, `run` does it.

Nothing heavy is imported before a command knows that it needs it: `schouw --help` loads neither Textual nor
asyncssh nor sqlalchemy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from schouw import __version__
from schouw.cli import accept, changes, completion, config, dashboard, doctor, init, report, scan, sslyze, watch
from schouw.errors import SchouwError

#: In the order of the help.
COMMANDS: tuple[ModuleType, ...] = (scan, report, changes, accept, doctor, init, config, watch, sslyze, completion)

USAGE_ERROR = 2

_EPILOG = """\
Without a command: the dashboard, on the fleet of hosts.toml; without one, on this machine.

exit status: 0 nothing at or above --fail-on; 1 something is; 2 usage or configuration error;
3 at least one host could not be scanned fully
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line, also for shell completion."""
    top = argparse.ArgumentParser(
        prog="schouw",
        description="The live security posture of a fleet of servers, in a terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"schouw {__version__}")
    shared = _shared()
    for action in shared._actions:
        top._add_action(action)
    dashboard.add(top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for module in COMMANDS:
        module.add(commands, shared)
    return top


def _shared() -> argparse.ArgumentParser:
    """Options that may stand before and after the command."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        "--config", metavar="FILE", help="the fleet file (default: $SCHOUW_CONFIG, ./hosts.toml, then the user's)"
    )
    shared.add_argument("--history", metavar="FILE", help="the history (default: in the user's state folder)")
    return shared


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. A person's interrupt is 130, as shells have it."""
    options = parser().parse_args(arguments)
    run = getattr(options, "run", dashboard.run)
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
