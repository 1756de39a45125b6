"""Whose an account is, from a file or a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import load
from schouw.inventory.customers import Customers

NAMES = ("ann@example.nl", "bob@example.org", "cees@elsewhere.nl", "Dirk@example.nl")


def test_by_account_before_domain(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text('account,customer\nexample.nl,klant 1\n"bob@example.org","klant, 2"\n\n')
    assert Customers(file).of(NAMES) == {"ann@example.nl": "klant 1", "bob@example.org": "klant, 2", "Dirk@example.nl": "klant 1"}


def test_as_a_dutch_spreadsheet_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(b"\xef\xbb\xbfexample.nl;klant 1\r\nexample.org;=cmd()\r\n")
    assert Customers(file).of(NAMES)["bob@example.org"] == "=cmd()"
    assert Customers(file).of(NAMES)["ann@example.nl"] == "klant 1"


def test_a_program_is_asked_once_for_all(tmp_path: Path) -> None:
    program = tmp_path / "customer-of"
    program.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/times\nsed 's/@.*//; s/.*/&@example.nl,customer of &/'\n")
    program.chmod(0o755)
    assert Customers(command=(str(program),)).of(NAMES)["ann@example.nl"] == "customer of ann"
    assert (tmp_path / "times").read_text() == "asked\n"
    assert Customers(command=(str(program),)).of(()) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("exit 3", "ended with 3"), ("echo nothing", "'nothing' has no customer; expected: account or domain,customer")],
)
def test_a_program_that_fails_is_said(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        Customers(command=("sh", "-c", text)).of(NAMES)
    with pytest.raises(ConfigError, match="has to be a program"):
        Customers(command=(str(tmp_path / "missing"),)).of(NAMES)
    with pytest.raises(ConfigError, match=r"missing.csv: No such file"):
        Customers(tmp_path / "missing.csv").of(NAMES)


def test_the_fleet_file_says_where_to_ask(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text('[customers]\nfile = "customers.csv"\ncommand = ["ask", "--all"]\n[hosts.a]\n')
    assert load(tmp_path / "hosts.toml").customers == Customers(tmp_path / "customers.csv", ("ask", "--all"))
    (tmp_path / "hosts.toml").write_text('[customers]\ncommand = "ask"\n[hosts.a]\n')
    with pytest.raises(ConfigError, match="a list, a program and its arguments"):
        load(tmp_path / "hosts.toml")
