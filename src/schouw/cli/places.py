"""Where things are, read from the environment once and handed in."""

from __future__ import annotations

import argparse
import getpass
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.errors import ConfigError

if TYPE_CHECKING:
    from schouw.inventory import Fleet
    from schouw.transport import Surroundings


@dataclass(frozen=True, slots=True)
class Places:
    """Folders by the XDG base directory rules; `history`, `vulnerabilities` and `config_file` as the command line has them."""

    home: Path
    config: Path
    state: Path
    data: Path
    runtime: Path
    history: Path
    vulnerabilities: Path
    """The database of known vulnerabilities."""
    config_file: Path | None

    @property
    def accepted_keys(self) -> Path:
        """Our own known_hosts file."""
        return self.state / "known_hosts"


def places(options: argparse.Namespace) -> Places:
    import platformdirs

    from schouw.vulnerabilities.schema import DATABASE

    state = Path(platformdirs.user_state_dir("schouw"))
    data = Path(platformdirs.user_data_dir("schouw"))
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    named = getattr(options, "config", None)
    return Places(
        home=Path.home(),
        config=Path(platformdirs.user_config_dir("schouw")),
        state=state,
        data=data,
        runtime=Path(runtime) / "schouw" if runtime and Path(runtime).is_dir() else state,
        history=Path(getattr(options, "history", state / "history.db")).absolute(),
        vulnerabilities=Path(getattr(options, "database", data / DATABASE)).absolute(),
        config_file=Path(named) if named else None,
    )


def fleet(where: Places) -> Fleet:
    """The fleet that the command line, the environment or the folder means; else this machine."""
    from schouw.inventory import discover, load, this_machine
    from schouw.notify.addresses import from_environment

    path = where.config_file or discover(Path.cwd(), where.config, os.environ)
    if path is None:
        return this_machine()
    if not path.exists() and not path.is_symlink():
        raise ConfigError(f"{path}: no such file; write one with: schouw init")
    found = load(path)
    return replace(found, notifiers=from_environment(found.notifiers, os.environ))


def surroundings(where: Places, per_jump: int) -> Surroundings:
    from schouw.transport import Surroundings

    return Surroundings(
        home=where.home,
        user=getpass.getuser(),
        accepted=where.accepted_keys,
        agent=os.environ.get("SSH_AUTH_SOCK", ""),
        per_jump=per_jump,
    )
