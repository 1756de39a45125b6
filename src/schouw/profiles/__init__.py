"""Guidelines for TLS that come with schouw, one file each; a fleet file chooses among them and those that users add."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec
import tomli

from schouw.model.host import Host
from schouw.model.profile import Laxer, Profile
from schouw.model.protocol import ServiceClass
from schouw.profiles.file import LaxerFile, ProfileFile, bars, profile

T = TypeVar("T")

BUILT_IN = ("ncsc-nl", "mozilla-modern", "mozilla-intermediate", "mozilla-old", "pci-dss")
"""Names that a fleet file may give as `profile`."""


@cache
def built_in(name: str) -> Profile:
    """One of `BUILT_IN`; `KeyError` for any other name."""
    if name not in BUILT_IN:
        raise KeyError(name)
    return profile(name, _read(f"{name}.toml", ProfileFile), None, laxer())


@cache
def laxer() -> Laxer:
    """What every profile puts up with on port 25 that does not say otherwise."""
    file = _read("port_25.toml", LaxerFile)
    return Laxer(file.reason, bars(file))


def held_to(host: Host, service: ServiceClass) -> Profile:
    """What services of a class on this host are judged by."""
    name = host.profiles.of(service)
    own = next((one for one in host.own_profiles if one.name == name), None)
    return (own or built_in(name)).toward(service)


def _read(name: str, shape: type[T]) -> T:
    return msgspec.convert(tomli.loads(files(__package__).joinpath(name).read_text("utf-8")), shape)
