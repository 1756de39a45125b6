"""The fleet file: which servers there are and how to reach them. Light to import: no SSH, no network."""

from schouw.inventory.discovery import discover, this_machine
from schouw.inventory.fleet import Fleet, Limits
from schouw.inventory.json_schema import schema
from schouw.inventory.loading import load

__all__ = ["Fleet", "Limits", "discover", "load", "schema", "this_machine"]
