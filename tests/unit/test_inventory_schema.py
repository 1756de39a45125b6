"""The JSON Schema, the example and the reader say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import tomli

from schouw.inventory import load, schema

EXAMPLE = Path(__file__).parents[2] / "hosts.example.toml"


def keys(node: object) -> Iterator[str]:
    """All property names anywhere in a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for item in node.values():
            yield from keys(item)


def test_the_schema_is_one_and_can_be_printed() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(schema())))


def test_the_example_fits_the_schema() -> None:
    jsonschema.Draft202012Validator(schema()).validate(tomli.loads(EXAMPLE.read_text()))


def test_every_key_is_in_the_example_with_a_value() -> None:
    text = EXAMPLE.read_text()
    missing = [key for key in set(keys(schema())) if not re.search(rf"^[^#]*\b{key}\b", text, re.MULTILINE)]
    assert missing == []


def test_every_key_is_explained() -> None:
    tables = json.loads(json.dumps(schema()))["$defs"]
    assert [key for table in tables.values() for key, said in table["properties"].items() if not said.get("description")] == []


def test_the_example_is_a_fleet() -> None:
    fleet = load(EXAMPLE)
    assert fleet.warnings == ()
    assert {host.name: host.jump for host in fleet.hosts}["db02.example.net"] == "bastion"
    assert len(fleet.hosts) == 8


@pytest.mark.parametrize(
    "text",
    [
        "[hosts.a]\nprot = 22",
        "[hosts.a]\nport = 70000",
        '[hosts.a]\nlisten = ["99999/tcp"]',
        '[hosts.a]\nrescan = "soon"',
        "[host.a]",
        '[hosts."-a"]',
    ],
)
def test_an_editor_marks_what_schouw_refuses(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(tomli.loads(text))
