"""The JSON Schema of hosts.toml, for editors that complete and check it."""

from __future__ import annotations

import msgspec

from schouw.inventory.tables import FleetFile


def schema() -> dict[str, object]:
    """Made from the very types that validate (JSON Schema, draft 2020-12)."""
    (top,), components = msgspec.json.schema_components((FleetFile,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hosts.toml",
        "description": (FleetFile.__doc__ or "").strip(),
        **top,
        "$defs": components,
    }
