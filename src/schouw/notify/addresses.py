"""The addresses of a notifier: from its file, read anew each time, and from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from schouw.errors import ConfigError
from schouw.model.notifier import Notifier
from schouw.text import line

_LARGEST = 1 << 16


def from_environment(notifiers: tuple[Notifier, ...], environment: Mapping[str, str]) -> tuple[Notifier, ...]:
    """With what `url_env` names. Read by whoever has the environment, for the engine may have been started in another."""
    return tuple(replace(one, urls=tuple(environment.get(one.url_env, "").split())) if one.url_env else one for one in notifiers)


def addresses(notifier: Notifier) -> tuple[str, ...]:
    """At least one. `ConfigError` where they cannot be read, or there is none."""
    found = dict.fromkeys([*notifier.urls, *(_in_file(Path(notifier.url_file)) if notifier.url_file else ())])
    if not found:
        where = " and ".join(filter(None, (notifier.url_env and f"${notifier.url_env}", notifier.url_file)))
        raise ConfigError(f"notify.{notifier.name}: no address in {where}; expected one such as mailto://… on a line")
    return tuple(found)


def readable_by_others(notifier: Notifier) -> bool:
    """Whether its file shows its secrets to other users of this machine."""
    path = Path(notifier.url_file)
    return bool(notifier.url_file) and path.exists() and bool(path.stat().st_mode & 0o077)


def service(url: str) -> str:
    """As much of an address as may be shown: what it begins with."""
    return line(url.partition(":")[0], 30)


def _in_file(path: Path) -> Iterator[str]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError as error:
        raise ConfigError(f"{path}: the addresses cannot be read: {error.strerror}") from error
    stripped = (written.strip() for written in text.splitlines())
    return (written for written in stripped if written and not written.startswith("#"))
