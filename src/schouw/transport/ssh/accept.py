"""Host keys that a person accepted: our own known_hosts file, never the one in ``~/.ssh``."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

from schouw.errors import ErrorClass, HostError

_NAME = re.compile(r"[A-Za-z0-9_.:%-]{1,255}|\[[A-Za-z0-9_.:%-]{1,255}\]:[0-9]{1,5}")
_KEY = re.compile(r"[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,16384}={0,2}")


class HostKeyError(HostError):
    """The host key is unknown, changed or revoked: nothing was sent to that host.

    `known_as` is the name to accept it under, `key` its public half (``ssh-ed25519 AAAA…``) exactly as
    seen, `fingerprint` what a person compares. A revoked key has no `key`: it cannot be accepted.
    """

    def __init__(
        self, kind: ErrorClass, message: str, advice: str = "", *, known_as: str = "", key: str = "", fingerprint: str = ""
    ) -> None:
        super().__init__(kind, message, advice)
        self.known_as = known_as
        self.key = key
        self.fingerprint = fingerprint


def accept_host_key(path: Path, host: str, key: str) -> None:
    """Write `key` as the one accepted for `host` (``name`` or ``[name]:port``, from `HostKeyError.known_as`).

    A key accepted earlier for the same name is replaced. The file is written anew and put in place at
    once, mode 0600. `ValueError` for a name or key of another shape; `OSError` when it cannot be written.
    """
    if not _NAME.fullmatch(host) or not _KEY.fullmatch(key):
        raise ValueError("expected a host name and an OpenSSH public key without comment")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two people may accept at the same moment
        kept = path.read_text("utf-8", "surrogateescape").split("\n") if path.exists() else []
        lines = [text for text in kept if text and text.split(" ", 1)[0] != host]
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600, exist_ok=False)
        with fresh.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\n".join([*lines, f"{host} {key}", ""]))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        os.close(folder)
