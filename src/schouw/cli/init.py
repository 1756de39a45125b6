"""``schouw init``: a first fleet file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from schouw.cli.places import places
from schouw.errors import ConfigError

_HOW_TO_GO_ON = """\
# The next host may be as short as this; ~/.ssh/config applies to it:
#
# [hosts.web1]
# address = "192.0.2.10"
# listen  = ["22/tcp", "80/tcp", "443/tcp"]    # any other open port is a finding
"""


def add(command: argparse.ArgumentParser) -> None:
    command.description = "To --config FILE, else to the user's configuration folder. Nothing is overwritten."
    source = command.add_mutually_exclusive_group()
    source.add_argument(
        "--from-ssh-config",
        nargs="?",
        const="~/.ssh/config",
        metavar="FILE",
        help="hosts from an ssh_config (default: %(const)s)",
    )
    source.add_argument("--from-ansible", metavar="FILE", help="hosts and groups from an Ansible inventory, INI or YAML")


def run(options: argparse.Namespace) -> int:
    where = places(options)
    path = where.config_file or where.config / "hosts.toml"
    text = init_text(_path(options.from_ssh_config), _path(options.from_ansible), where.home)
    write_new(path, text)
    sys.stdout.write(f"{path}: written; look through it, then: schouw{f' --config {path}' if where.config_file else ''}\n")
    return 0


def init_text(from_ssh_config: Path | None, from_ansible: Path | None, home: Path | None = None) -> str:
    """The text of a first hosts.toml, from one source or, without any, for this machine alone.

    `ConfigError` when the source cannot be used, or both are given.
    """
    from schouw.inventory import this_machine
    from schouw.inventory.imports.found import Found, Imported, render

    if from_ssh_config and from_ansible:
        raise ConfigError("both an ssh_config and an Ansible inventory; expected one of them")
    if from_ssh_config:
        from schouw.inventory.imports.ssh_config import read_ssh_config

        return render(read_ssh_config(from_ssh_config, home or Path.home()))
    if from_ansible:
        from schouw.inventory.imports.ansible import read_ansible

        return render(read_ansible(from_ansible))
    here = tuple(Found(host.name, local=True) for host in this_machine().hosts)
    return render(Imported(hosts=here)) + "\n" + _HOW_TO_GO_ON


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and the folder for it; an existing one is never touched (`ConfigError`)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # O_EXCL: not through a dangling link either
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path}: there is a file already, and it was left as it is; name another with --config") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _path(written: str | None) -> Path | None:
    return Path(written).expanduser() if written else None
