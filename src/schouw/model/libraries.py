"""What the TLS libraries are told for all programs of a host, beneath every daemon's own configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from schouw.model.daemons import Setting


@dataclass(frozen=True, slots=True)
class Libraries:
    openssl: dict[str, Setting] = field(default_factory=dict)
    """What openssl.cnf sets for every program, by OpenSSL's own name of it: "MinProtocol", "CipherString".

    A name that is missing is left to what the library was built with.
    """
    policy: Setting | None = None
    """The crypto policy in force, such as "DEFAULT:SHA1"; None where the host has none."""
