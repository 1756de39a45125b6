"""`schouw phaseout`, as a person or a script meets it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schouw.history import History
from schouw.model.attempt import seen
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, LoginClass, Logins, LoginService
from tests.unit.history_lab import facts, finding, inside
from tests.unit.test_cli import home, schouw

__all__ = ["home"]

Home = dict[str, str]
FINDING = finding("dovecot imap", check="logins.accounts.plaintext")


@pytest.fixture
def fleet(tmp_path: Path) -> list[str]:
    """Two mail servers and another host, as scans left them; a customer whose name is a formula."""
    hosts = "".join(f'[hosts.{name}]\naddress = "192.0.2.1"\ngroups = ["{group}"]\n' for name, group in
                    (("mail1", "mail"), ("mail2", "mail"), ("web1", "web")))  # fmt: skip
    (tmp_path / "hosts.toml").write_text(f"[groups.mail]\n[groups.web]\n{hosts}")
    history = History.open(tmp_path / "history.db")
    now = datetime.now(UTC)
    uses = tuple(
        AccountUse("dovecot", "imap", kind, "", name, 2, now - timedelta(days=80), now - timedelta(days=days), whose)
        for name, kind, days, whose in (
            ("ann", LoginClass.PLAINTEXT, 1, "=cmd()"),
            ("bob", LoginClass.TLS, 2, ""),
            ("cees", LoginClass.PLAINTEXT, 40, ""),
        )
    )
    look = facts(seen(inside(logins=seen(Logins((LoginService("dovecot", "2.3.19.1"),), uses)))))
    counted, those = history.count_logins("mail1", look, now)
    history.record(Host(name="mail1"), counted, Verdict((FINDING,), ()), now, now, those)
    history.close()
    return ["--config", str(tmp_path / "hosts.toml"), "--history", str(tmp_path / "history.db")]


def start(fleet: list[str], home: Home, *more: str) -> str:
    done = schouw(
        "phaseout", "start", "clear-2027", "--what", "plaintext", "--protocol", "imap", "--until", "30d", *more, *fleet, home=home
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def show(fleet: list[str], home: Home) -> dict[str, Any]:
    done = schouw("phaseout", "show", "clear-2027", *fleet, "--format", "json", home=home)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def states(fleet: list[str], home: Home) -> list[str]:
    done = schouw("report", "mail1", *fleet, "--format", "json", home=home)
    return [one["state"] for one in json.loads(done.stdout)["hosts"][0]["findings"]]


def counted(fleet: list[str], home: Home) -> int:
    done = schouw("report", "mail1", *fleet, "--format", "json", home=home)
    return int(json.loads(done.stdout)["summary"]["high"])


def test_from_its_beginning_to_its_end(fleet: list[str], home: Home) -> None:
    said = start(fleet, home, "--host", "group:mail")
    assert said.startswith("IMAP in plaintext on 2 hosts, until ") and said.endswith("; 1 account left\n")
    assert states(fleet, home) == ["planned"]
    assert counted(fleet, home) == 0

    one = show(fleet, home)
    assert (one["left"], one["left_by_protocol"], [place["host"] for place in one["hosts"]]) == (
        1,
        {"imap": 1},
        ["mail1", "mail2"],
    )
    assert one["states"] == {"new": 0, "came back": 0, "left": 1, "knocking": 0, "gone": 1}
    assert one["trend"][0]["left"] == 2 and one["trend"][-1]["left"] == 1
    assert {account["account"]: account["state"] for account in one["accounts"]} == {"ann": "left", "cees": "gone"}
    assert not one["hosts"][1]["off"]["verified"] and one["hosts"][1]["off"]["outside_words"] == "never scanned"

    assert "clear-2027  IMAP in plaintext  2      1     " in schouw("phaseout", *fleet, home=home).stdout

    stopped = schouw("phaseout", "stop", "clear-2027", *fleet, home=home)
    assert stopped.returncode == 0 and states(fleet, home) == ["new"] and counted(fleet, home) == 1
    assert schouw("phaseout", "stop", "clear-2027", *fleet, home=home).returncode == 2


def test_the_list_for_a_mailing_runs_no_formula_and_asks_whose_they_are(fleet: list[str], home: Home, tmp_path: Path) -> None:
    start(fleet, home)
    done = schouw("phaseout", "export", "clear-2027", *fleet, home=home)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["customer"], row["account"], row["protocol"], row["state"]) == ("'=cmd()", "ann", "imap", "left")
    (tmp_path / "customers.csv").write_text("cees,klant 9\n")
    gone = schouw(
        "phaseout", "export", "clear-2027", "--state", "gone", "--customers", str(tmp_path / "customers.csv"), *fleet, home=home
    )
    assert [row["customer"] for row in csv.DictReader(io.StringIO(gone.stdout))] == ["klant 9"]
    file = tmp_path / "list.json"
    schouw("phaseout", "export", "clear-2027", "--format", "json", "--output", str(file), *fleet, home=home)
    assert [one["account"] for one in json.loads(file.read_text())["accounts"]] == ["ann"]


def test_figures_and_reports_name_nobody(fleet: list[str], home: Home) -> None:
    start(fleet, home)
    for command in (("phaseout", "list", "--format", "json"), ("phaseout",), ("report", "--format", "html")):
        said = schouw(*command, *fleet, home=home).stdout
        assert "clear-2027" in said or command[0] == "report"
        assert "cees" not in said and "cmd()" not in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--what", "all", "--until", "30d"), "--what all: expected --protocol"),
        (("--what", "plaintext", "--protocol", "https", "--until", "30d"), "--protocol https"),
        (("--what", "plaintext", "--until", "2020-01-01"), "--until 2020-01-01: that day is over"),
        (("--what", "plaintext", "--until", "30d", "--from", "soon"), "--from 'soon': expected a date"),
        (("--what", "plaintext", "--until", "30d", "--from", "2099-01-01"), "it would end before it begins"),
        (("--what", "plaintext", "--until", "30d", "--host", "mial1"), "mial1"),
        (("--what", "plaintext", "--until", "30d", "--host", "group:mial"), "did you mean group:mail?"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], reason: str, fleet: list[str], home: Home) -> None:
    done = schouw("phaseout", "start", "x-1", *words, *fleet, home=home)
    assert done.returncode == 2 and reason in done.stderr
    assert "nothing is being phased out" in schouw("phaseout", *fleet, home=home).stdout


def test_a_name_that_there_is_not(fleet: list[str], home: Home) -> None:
    start(fleet, home)
    done = schouw("phaseout", "show", "ftp", *fleet, home=home)
    assert done.returncode == 2 and "there is no phase-out ftp; there is: clear-2027" in done.stderr
