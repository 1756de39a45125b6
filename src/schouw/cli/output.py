"""Results go to standard output or a file; progress and advice to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from schouw.errors import ConfigError


def write(chunks: Iterable[str], output: str | None) -> None:
    """To `output`, or to standard output where it is None or "-"."""
    if output in (None, "-"):
        for chunk in chunks:
            sys.stdout.write(chunk)
        sys.stdout.flush()
        return
    path = Path(str(output))
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(chunks)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)
