"""Who would notice a fix (impact.toml)."""

from __future__ import annotations

from schouw.checks.catalogue import data, table
from schouw.checks.encryption.fixes import Thing
from schouw.model.protocol import ServiceClass


def impact(thing: Thing, service: ServiceClass, newest: str = "") -> str:
    """In words, "" where nothing is known; `newest` is the newest version that goes, for `Thing.PROTOCOL`."""
    words = table(data("encryption/impact.toml").get(thing, {}))
    if thing is Thing.PROTOCOL:
        words = table(words.get(newest) or words["TLSv1.1"])
    return str(words.get(service) or words.get("other", ""))
