"""``schouw baseline save|list|delete|import``: moments with a name, to compare with."""

from __future__ import annotations

import argparse
import getpass
from datetime import UTC, datetime
from pathlib import Path

from schouw.cli.deciding import ask
from schouw.cli.places import fleet, places
from schouw.errors import ConfigError


def add(command: argparse.ArgumentParser) -> None:
    command.description = "A name for now, or an audit's list; then: schouw changes --since NAME"
    from schouw.cli import shared_options

    shared = shared_options()
    actions = command.add_subparsers(metavar="ACTION", required=True)
    save = actions.add_parser("save", help="give this moment a name", parents=[shared])
    save.add_argument("name", metavar="NAME")
    save.set_defaults(act=_save)
    listing = actions.add_parser("list", help="all of them, oldest first", parents=[shared])
    listing.set_defaults(act=_list)
    delete = actions.add_parser("delete", help="forget one; findings and their history stay", parents=[shared])
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(act=_delete)
    bring = actions.add_parser("import", help="an audit's list: nmap XML, .nessus, Greenbone XML, CSV", parents=[shared])
    bring.add_argument("file", metavar="FILE", type=Path)
    bring.add_argument("--name", required=True, help="what to call it, such as audit-2026")
    bring.add_argument("--format", default="auto", choices=("auto", "nmap", "nessus", "greenbone", "csv"), help="(default: auto)")
    bring.set_defaults(act=_import)


def run(options: argparse.Namespace) -> int:
    return int(options.act(options))


def _save(options: argparse.Namespace) -> int:
    from schouw.model.baseline import Baseline

    where = places(options)
    baseline = Baseline(options.name, datetime.now(UTC), getpass.getuser())
    ask(where, fleet(where), lambda runner: runner.keep_baseline(baseline))
    print(f"saved; to compare with it: schouw changes --since {options.name}")
    return 0


def _list(options: argparse.Namespace) -> int:
    from schouw.history import History

    history = History.open(places(options).history, read_only=True)
    try:
        kept = history.baselines()
    finally:
        history.close()
    for one in kept:
        rows = f"  {one.rows} rows of {one.source}" if one.source else ""
        print(f"{one.at.astimezone():%Y-%m-%d %H:%M}  {one.name}  by {one.by}{rows}")
    return 0


def _delete(options: argparse.Namespace) -> int:
    where = places(options)
    ask(where, fleet(where), lambda runner: runner.drop_baseline(options.name))
    print(f"{options.name} is forgotten")
    return 0


def _import(options: argparse.Namespace) -> int:
    from schouw.audits import read_audit
    from schouw.model.baseline import Baseline, is_baseline_name

    if not is_baseline_name(options.name):
        raise ConfigError(f"--name {options.name!r}: expected such as audit-2026: a letter, then letters, digits, . _ or -")
    where = places(options)
    audit = read_audit(options.file, options.format)
    source = f"{options.file.name}, {audit.format}"
    baseline = Baseline(options.name, audit.at or datetime.now(UTC), getpass.getuser(), source, audit.rows)
    ask(where, fleet(where), lambda runner: runner.keep_baseline(baseline))
    print(f"{len(audit.rows)} rows of {audit.format} kept; to follow them: schouw changes --since {options.name}")
    for remark in audit.remarks:
        print(f"  {remark}")
    return 0
