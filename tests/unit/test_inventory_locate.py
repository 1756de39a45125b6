"""Places of keys and values, in every way that TOML writes them."""

from __future__ import annotations

from pathlib import Path

import tomli

from schouw.inventory.locate import Locator

ODD = '''\
# a comment with [brackets] and "quotes"
bare = 1
"quo.ted" = 'lit"eral'   # hosts = 3
a.b . c = true
text = """
[not.a.table]
""quoted"" \\""" still
"""
lit = \'\'\'
x = "y"\'\'\'
list = [ 1, # one ]
  "two]", [3, { four = 4 }],
]
inline = { x = "}", y = { z = 2026-01-01 } }

  [ hosts . "web.1" ]
port=22
  [[tables]]
key = "\\u00e9"
[last]'''


def test_every_key_and_value_is_where_it_is_written() -> None:
    tomli.loads(ODD)
    locator = Locator(ODD)
    lines = ODD.split("\n")

    def key(*steps: str | int) -> str:
        line, column = locator.key(*steps)
        return f"{line}:{lines[line - 1][column - 1 :]}"

    def value(*steps: str | int) -> str:
        line, column = locator.value(*steps)
        return f"{line}:{lines[line - 1][column - 1 :]}"

    assert key("bare") == "2:bare = 1"
    assert key("quo.ted").startswith('3:"quo.ted" =')
    assert value("quo.ted").startswith("3:'lit")
    assert key("a", "b", "c") == "4:c = true"
    assert value("a", "b", "c") == "4:true"
    assert key("lit").startswith("9:lit")
    assert value("list", 0).startswith("11:1,")
    assert value("list", 1).startswith('12:"two]"')
    assert value("list", 2, 1, "four").startswith("12:4 }")
    assert key("inline", "y", "z").startswith("14:z = ")
    assert key("hosts", "web.1") == '16:"web.1" ]'
    assert value("hosts", "web.1", "port") == "17:22"
    assert key("last") == "20:last]"


def test_what_was_never_written_is_in_its_table() -> None:
    locator = Locator("[a]\n[b.c]\nx = 1\n")
    assert locator.key("b", "c", "missing") == (2, 4)
    assert locator.value("b", "c", "x", 0) == (3, 1)
    assert locator.key("nowhere") == (1, 1)


def test_the_example_is_read_to_its_end() -> None:
    text = (Path(__file__).parents[2] / "hosts.example.toml").read_text()
    locator = Locator(text)

    def places(value: object, steps: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                line, column = locator.key(*steps, key)
                assert text.split("\n")[line - 1][column - 1 :].lstrip('"').startswith(key)
                places(item, (*steps, key))

    places(tomli.loads(text), ())
