"""`schouw logins` and `schouw forget`, as a person or a script meets them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schouw.history import History
from schouw.model.attempt import seen
from schouw.model.finding import Verdict
from schouw.model.host import Host
from schouw.model.logins import AccountUse, LoginClass, Logins, LoginService
from tests.unit.history_lab import facts, inside
from tests.unit.logins_lab import LOGS
from tests.unit.test_cli import home, schouw

__all__ = ["home"]

Home = dict[str, str]


def logins(*arguments: str | Path, home: Home) -> tuple[int, dict[str, Any], str]:
    done = schouw("logins", *map(str, arguments), "--format", "json", home=home)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def service(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in result["services"] if one["service"] == name)


def test_accounts_of_logs_at_hand(home: Home) -> None:
    status, result, _ = logins(LOGS / "dovecot-2.3-told.log", LOGS / "postfix-told.log", home=home)
    assert status == 0 and {one["service"] for one in result["services"]} == {"dovecot", "postfix"}
    dovecot = service(result, "dovecot")
    assert {name: dovecot[name] for name in ("tellable", "hint", "plaintext", "old_tls", "tls", "local", "refused")} == {
        "tellable": True,
        "hint": None,
        "plaintext": ["alice"],
        "old_tls": ["carol", "frank"],
        "tls": ["bob", "dave", "erin"],
        "local": [],
        "refused": [],
    }
    (row,) = (row for row in dovecot["logins"] if row["account"] == "carol" and row["protocol"] == "imap")
    assert (row["class"], row["tls_version"], row["count"]) == ("old_tls", "1.0", 1)


def test_old_tls_that_cannot_be_told_is_null_with_the_line_for_that_release(home: Home) -> None:
    _, result, _ = logins(LOGS / "dovecot-2.3-default.log", home=home)
    dovecot = service(result, "dovecot")
    assert dovecot["tellable"] is True and dovecot["old_tls"] is None and dovecot["plaintext"] == ["alice"]
    assert dovecot["hint"] == ("login_log_format_elements = user=<%u> method=%m rip=%r lip=%l mpid=%e %c %k session=<%{session}>")
    _, newer, _ = logins(LOGS / "dovecot-2.4-default.log", home=home)
    assert "%{ssl_security}" in service(newer, "dovecot")["hint"]


def test_a_service_that_cannot_be_told_is_never_none(home: Home) -> None:
    _, result, _ = logins(LOGS / "vsftpd-default.log", home=home)
    vsftpd = service(result, "vsftpd")
    assert vsftpd["tellable"] is False and vsftpd["old_tls"] is None and vsftpd["plaintext"] == []
    assert vsftpd["hint"].startswith("log_ftp_protocol=YES\ndebug_ssl=YES")
    assert len(vsftpd["unknown"]) == 5


def test_a_service_without_logins_is_none(home: Home, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text((LOGS / "dovecot-2.3-refused.log").read_text())
    _, result, _ = logins(tmp_path / "mail.log", home=home)
    dovecot = service(result, "dovecot")
    assert dovecot["tellable"] is True and dovecot["hint"] is None and dovecot["old_tls"] == []
    assert dovecot["plaintext"] == [] and dovecot["refused"] == ["alice", "bob"]
    _, asked, _ = logins(tmp_path / "mail.log", "--service", "exim", home=home)
    assert [(one["service"], one["tellable"], one["plaintext"]) for one in asked["services"]] == [("exim", True, [])]


def gz(text: bytes) -> bytes:
    return gzip.compress(text)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gz), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_packed_logs(suffix: str, pack: Callable[[bytes], bytes], home: Home, tmp_path: Path) -> None:
    packed = tmp_path / f"mainlog.2{suffix}"
    packed.write_bytes(pack((LOGS / "exim.log").read_bytes()))
    _, result, _ = logins(packed, home=home)
    assert service(result, "exim")["old_tls"] == ["carol", "frank"]
    packed.write_bytes(packed.read_bytes()[:-20])
    status, result, said = logins(packed, home=home)
    assert status in (2, 3) and "is damaged" in said


def test_standard_input_and_rotated_parts_add_up(home: Home, tmp_path: Path) -> None:
    text = (LOGS / "postfix-told.log").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "schouw", "logins", "-", "--format", "json"], input=text, capture_output=True, text=True, env=home
    )
    assert service(json.loads(done.stdout), "postfix")["plaintext"] == ["alice"]
    for name in ("mail.log", "mail.log.1"):
        (tmp_path / name).write_text(text)
    _, result, _ = logins(tmp_path / "mail.log", tmp_path / "mail.log.1", home=home)
    assert {row["count"] for row in service(result, "postfix")["logins"] if row["account"] == "alice"} == {4}


def test_what_cannot_be_read_is_said_and_the_rest_is_counted(home: Home, tmp_path: Path) -> None:
    status, result, said = logins(LOGS / "exim.log", tmp_path / "missing.log", tmp_path, home=home)
    assert status == 3 and service(result, "exim")["plaintext"] == ["alice"]
    assert f"schouw: {tmp_path}/missing.log: No such file or directory" in said and f"{tmp_path}: Is a directory" in said
    alone = schouw("logins", str(tmp_path / "missing.log"), home=home)
    assert alone.returncode == 2 and alone.stdout == ""


def test_a_file_that_is_no_log_takes_little_memory_and_says_so(home: Home, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.log"
    with sparse.open("wb") as file:
        file.truncate(3 << 30)
    status, _, said = logins(sparse, LOGS / "exim.log", home=home)
    assert status == 3 and "sparse.log: has lines that are none of a log" in said


def test_csv_runs_no_formula_and_names_no_client(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "vsftpd.log"
    names = ['=cmd("x")', "+1", "@sum", "-2", 'quo"te', "ann"]
    log.write_text("".join(f'Tue Nov 24 21:06:29 2026 [pid 2] [{name}] OK LOGIN: Client "203.0.113.7"\n' for name in names))
    done = schouw("logins", str(log), "--format", "csv", home=home)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["account"] for row in rows} == {'\'=cmd("x")', "'+1", "'@sum", "'-2", 'quo"te', "ann"}
    assert "203.0.113.7" not in done.stdout
    table = schouw("logins", str(log), home=home)
    assert "203.0.113.7" not in table.stdout and "6 of which it cannot be told" in table.stdout


def test_customers_come_from_a_file(home: Home, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("alice,klant 9\n")
    done = schouw("logins", str(LOGS / "exim.log"), "--customers", str(tmp_path / "customers.csv"), "--format", "csv", home=home)
    assert {row["account"]: row["customer"] for row in csv.DictReader(io.StringIO(done.stdout))}["alice"] == "klant 9"


def test_without_awk_it_says_what_to_install(home: Home, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to(shutil.which("sh") or "/bin/sh")
    done = schouw("logins", str(LOGS / "exim.log"), home=home | {"PATH": str(tmp_path / "bin")})
    assert done.returncode == 2 and "this machine has no awk; install one" in done.stderr


# From the history


@pytest.fixture
def fleet(tmp_path: Path) -> list[str]:
    """A fleet of one host, as scans left it."""
    (tmp_path / "hosts.toml").write_text('[hosts.mail1]\naddress = "192.0.2.10"\n[hosts.other]\naddress = "192.0.2.11"\n')
    history = History.open(tmp_path / "history.db")
    now = datetime.now(UTC)
    uses = tuple(
        AccountUse("dovecot", "imap", kind, "", name, 2, now - timedelta(days=days), now - timedelta(days=days), "klant1")
        for name, kind, days in (("ann", LoginClass.PLAINTEXT, 1), ("bob", LoginClass.TLS, 2), ("cees", LoginClass.PLAINTEXT, 60))
    )
    fresh = facts(seen(inside(logins=seen(Logins((LoginService("dovecot", "2.3.19.1"),), uses)))))
    counted, those = history.count_logins("mail1", fresh, now)
    history.record(Host(name="mail1"), counted, Verdict((), ()), now, now, those)
    history.close()
    return ["--config", str(tmp_path / "hosts.toml"), "--history", str(tmp_path / "history.db")]


def test_accounts_of_the_fleet(fleet: list[str], home: Home) -> None:
    _, result, _ = logins(*fleet, home=home)
    (host,) = result["hosts"]
    assert host["host"] == "mail1"
    assert service(host, "dovecot")["plaintext"] == ["ann"] and service(host, "dovecot")["old_tls"] is None
    _, longer, _ = logins(*fleet, "--days", "90", "--class", "plaintext", "--host", "mail1", home=home)
    assert service(longer["hosts"][0], "dovecot")["plaintext"] == ["ann", "cees"]
    done = schouw("logins", *fleet, "--format", "csv", home=home)
    assert [row["customer"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["klant1", "klant1"]


def test_forget(fleet: list[str], home: Home) -> None:
    assert schouw("forget", *fleet, home=home).returncode == 2
    done = schouw("forget", *fleet, "ann", "--host", "mail1", home=home)
    assert (done.returncode, done.stdout) == (0, "1 row of accounts removed\n")
    _, result, _ = logins(*fleet, "--days", "90", home=home)
    assert service(result["hosts"][0], "dovecot")["plaintext"] == ["cees"]
    assert schouw("forget", *fleet, "--all", home=home).stdout == "2 rows of accounts removed\n"


def test_reports_name_nobody(fleet: list[str], home: Home) -> None:
    for name in ("json", "csv", "html", "table"):
        done = schouw("report", *fleet, "--format", name, home=home)
        assert "cees" not in done.stdout and "klant1" not in done.stdout
