"""The outside view: what a stranger's packets meet. `look` is the way in; one file a protocol."""

from __future__ import annotations

from schouw.probe.budget import Budget, Descriptors
from schouw.probe.endpoints import own_name
from schouw.probe.look import look
from schouw.probe.resolve import resolve
from schouw.probe.ssh import parse_kexinit
from schouw.probe.targets import Depth, KnownSsh, Targets

__all__ = ["Budget", "Depth", "Descriptors", "KnownSsh", "Targets", "look", "own_name", "parse_kexinit", "resolve"]
