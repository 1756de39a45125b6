"""Which fleet file, when none is named; and the fleet without one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from schouw.errors import ConfigError
from schouw.inventory.fleet import Fleet, Limits
from schouw.inventory.names import is_name
from schouw.model.host import Host, Reach

FILE = "hosts.toml"


def discover(cwd: Path, config_dir: Path, env: Mapping[str, str]) -> Path | None:
    """$SCHOUW_CONFIG, ``hosts.toml`` in `cwd`, then in schouw's own configuration folder; None: there is none.

    `ConfigError` when $SCHOUW_CONFIG names a file that is not there: another fleet would be scanned instead.
    """
    if named := env.get("SCHOUW_CONFIG"):
        path = cwd / Path(named).expanduser()
        if not path.exists():
            raise ConfigError(f"{path}: no such file; $SCHOUW_CONFIG names it")
        return path
    # A dangling link is taken too: what is wrong with it is said when it is read.
    return next((path for path in (cwd / FILE, config_dir / FILE) if os.path.lexists(path)), None)


def this_machine() -> Fleet:
    """The fleet without a fleet file: this machine alone, looked at without SSH."""
    short = os.uname().nodename.partition(".")[0]
    host = Host(name=short if is_name(short) else "localhost", reach=Reach.LOCAL)
    return Fleet(hosts=(host,), limits=Limits(), path=None)
