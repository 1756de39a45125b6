"""Results go to standard output or a file; progress and advice to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from schouw.errors import ConfigError


def write(chunks: Iterable[str], output: str | None) -> None:
    """To `output`, or to standard output where it is None or "-".

    A file is replaced in one step: whoever reads it meanwhile never sees half of one.
    """
    if output in (None, "-"):
        for chunk in chunks:
            sys.stdout.write(chunk)
        sys.stdout.flush()
        return
    path = Path(str(output)).resolve()  # a link stays a link
    # A pipe or a device cannot be replaced.
    target = path if path.exists() and not path.is_file() else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with target.open("w", encoding="utf-8") as file:
                file.writelines(chunks)
            if target is not path:
                target.replace(path)
        except BaseException:
            if target is not path:
                target.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)
