"""sslyze's own environment.

sslyze wants `cryptography` below 47, asyncssh (from 2.24, before which one hostile server hangs the loop for
ever) wants 48 or newer: in one environment pip silently picks an sslyze of 2018. So sslyze gets its own,
pinned with hashes, and is only ever started as another program.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from schouw.errors import SchouwError

MADE_FOR = "6.3"
"""The sslyze that our runner knows: it uses more of it than its makers promise to keep."""
INSTALL = "schouw sslyze install"

#: Printed by the other interpreter: the versions that are really installed there.
_VERSIONS = (
    "import json, importlib.metadata as m; print(json.dumps({n: m.version(n) for n in ('sslyze', 'nassl', 'cryptography')}))"
)


@dataclass(frozen=True, slots=True)
class Status:
    """`versions` is empty where there is no usable environment; then `problem` says why and what to do."""

    interpreter: Path
    versions: dict[str, str]
    problem: str = ""


def location(data_dir: Path) -> Path:
    """Where the environment lives: beside schouw's own when that is a virtual one, else in the data folder."""
    beside = Path(sys.prefix + "-sslyze")
    return beside if sys.prefix != sys.base_prefix and beside.is_dir() else data_dir / "sslyze"


def interpreter_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def status(environment: Path) -> Status:
    """What is installed in `environment`; never raises."""
    interpreter = interpreter_of(environment)
    if not interpreter.exists():
        return Status(interpreter, {}, f"{environment} does not exist; run: {INSTALL}")
    try:
        done = subprocess.run([interpreter, "-I", "-c", _VERSIONS], capture_output=True, text=True, timeout=30)
        if done.returncode:
            return Status(interpreter, {}, f"sslyze is not installed in {environment}; run: {INSTALL}")
        versions = {str(name): str(version) for name, version in json.loads(done.stdout).items()}
        if not (found := versions.get("sslyze", "none")).startswith(f"{MADE_FOR}."):
            return Status(interpreter, {}, f"{environment} has sslyze {found}, schouw is made for {MADE_FOR}; run: {INSTALL}")
        return Status(interpreter, versions)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        return Status(interpreter, {}, f"{interpreter} does not answer ({error}); run: {INSTALL}")


def install(environment: Path) -> Status:
    """Make `environment` anew, exactly as pinned. pip's own output goes to standard error.

    The new one is built beside the old one and swapped in, so that a failure leaves the old one working.
    Raises `SchouwError`.
    """
    building = environment.with_name(environment.name + ".new")
    shutil.rmtree(building, ignore_errors=True)
    with resources.as_file(resources.files(__package__) / "requirements.txt") as requirements:
        _run([sys.executable, "-m", "venv", str(building)], "make a virtual environment")
        _run(
            [str(interpreter_of(building)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "--only-binary", ":all:", "--no-binary", "sslyze", "-r", str(requirements)],
            "install sslyze",
        )  # fmt: skip
    shutil.rmtree(environment, ignore_errors=True)
    building.rename(environment)
    return status(environment)


def _run(command: list[str], purpose: str) -> None:
    try:
        done = subprocess.run(command, stdout=sys.stderr)
    except OSError as error:
        raise SchouwError(f"cannot {purpose}: {error}") from error
    if done.returncode:
        hint = "; on Debian and Ubuntu: apt install python3-venv" if "venv" in command else ""
        raise SchouwError(f"cannot {purpose}: {' '.join(command[:4])} … ended with status {done.returncode}{hint}")
