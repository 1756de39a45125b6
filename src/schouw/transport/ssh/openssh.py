"""What ssh_config means for a host, in OpenSSH's own reading: ``ssh -G``, which prints and does not connect."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from pathlib import Path

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.text import decode, line

#: Keywords of ssh_config that change nothing for us; distributions ship them.
_INDIFFERENT = frozenset({"host", "sendenv", "hashknownhosts", "gssapiauthentication", "forwardx11trusted"})


async def ask(ssh: str, host: Host, config: Path | None) -> Mapping[str, Sequence[str]]:
    """The settings in effect for `host`, by lower-case keyword, in order. Names must have been checked.

    `config` None: OpenSSH's usual files. `FileNotFoundError` without OpenSSH's client; `HostError`
    (config) with its complaint. ``Match exec`` may run what the person wrote there, so it has a deadline.
    """
    # As command-line options, so that ``Match host`` and ``%h`` see what the fleet file says.
    options = [
        *(["-F", str(config)] if config else []),
        *(["-o", f"HostName={host.address.replace('%', '%%')}"] if host.address else []),
        *(["-l", host.user] if host.user else []),
        *(["-p", str(host.port)] if host.port else []),
    ]
    process = await asyncio.create_subprocess_exec(
        ssh, "-G", *options, "--", host.name, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(host.timeouts.connect):
            out, problems = await process.communicate()
    except TimeoutError as error:
        raise HostError(
            ErrorClass.CONFIG, f"{host.name}: ssh_config took longer than {host.timeouts.connect:g} s to read"
        ) from error
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        complaint = line(decode(problems, 2000).strip().split("\n")[-1])
        raise HostError(ErrorClass.CONFIG, f"{host.name}: ssh_config cannot be used: {complaint}", "try `ssh -G` on it")
    said: dict[str, list[str]] = {}
    for text in decode(out, 1 << 20).split("\n"):
        key, _, value = text.partition(" ")
        said.setdefault(key.lower(), []).append(value.strip())
    return said


def says_nothing(personal: Path, system: Path) -> bool:
    """True where asking would only yield OpenSSH's defaults: asking costs as much as a whole connect."""
    if personal.exists():
        return False
    try:
        lines = [text.split() for text in system.read_text("utf-8", "replace").split("\n")]
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return all(_indifferent(words, system.parent) for words in lines if words and not words[0].startswith("#"))


def _indifferent(words: Sequence[str], folder: Path) -> bool:
    if words[0].lower() == "include":
        return not any(True for pattern in words[1:] for _ in folder.glob(pattern.removeprefix(f"{folder}/").lstrip("/")))
    return words[0].lower() in _INDIFFERENT
