"""``schouw sslyze install|status``: the deep look's own environment."""

from __future__ import annotations

import argparse

from schouw.cli.places import places


def add(command: argparse.ArgumentParser) -> None:
    command.description = "sslyze lives in an environment of its own."
    command.add_argument("action", choices=("install", "status"))


def run(options: argparse.Namespace) -> int:
    from schouw.probe.deep import environment

    folder = environment.location(places(options).data)
    if options.action == "install":
        folder.parent.mkdir(parents=True, exist_ok=True)
        found = environment.install(folder)
    else:
        found = environment.status(folder)
    print(found.problem or f"{folder}: " + ", ".join(f"{name} {version}" for name, version in found.versions.items()))
    return 3 if found.problem else 0
