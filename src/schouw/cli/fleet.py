"""What ``cve`` and ``package`` share: the stored facts of the hosts that are meant, and the vulnerability database."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from schouw.cli.judge import add_database_option
from schouw.cli.places import Places, fleet

if TYPE_CHECKING:
    from schouw.model.facts import Facts
    from schouw.vulnerabilities.lookup import Hosts, Lookup


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("hosts", nargs="*", metavar="HOST|GROUP", help="which hosts (default: all)")
    command.add_argument("--format", choices=("table", "json"), default="table", help="(default: table)")
    command.add_argument("--output", metavar="FILE", help="write the result to FILE")
    add_database_option(command)


@contextmanager
def asked(options: argparse.Namespace, where: Places) -> Iterator[tuple[Lookup, Hosts]]:
    """Ready to be asked, and the hosts to ask about."""
    from schouw.history import History
    from schouw.vulnerabilities.lookup import Lookup

    names = [host.name for host in fleet(where).select(options.hosts)]
    with ExitStack() as opened:
        facts = _nothing
        if where.history.exists():
            history = opened.enter_context(closing(History.open(where.history, read_only=True)))
            facts = history.facts
        lookup = Lookup(where.vulnerabilities, facts)
        yield opened.enter_context(closing(lookup)), dict.fromkeys(names)


def _nothing(name: str, sections: Collection[str] | None = None) -> Facts | None:
    """Of a history that is not there yet."""
    del name, sections
    return None
