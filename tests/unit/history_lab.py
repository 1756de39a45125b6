"""A history in a folder of its own, and looks at hosts to put into it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schouw.history import History
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import (
    AutomaticUpdates,
    Facts,
    Firewall,
    Identity,
    Inside,
    Kernel,
    Listener,
    Origins,
    Package,
    Packages,
    Privilege,
    Sshd,
    System,
    Updates,
)
from schouw.model.finding import Evidence, Finding, NotChecked, TrackedFinding, Verdict
from schouw.model.host import Host
from schouw.model.outside import Outside, OutsidePort, PortState
from schouw.model.severity import Area, Severity
from schouw.model.summary import Summary
from tests.unit.facts import NO_DAEMONS

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
WEB1 = Host(name="web1", address="192.0.2.10")


def inside(**sections: Any) -> Inside:
    """An inside view of which all was seen, but for the sections given."""
    whole = Inside(
        identity=seen(Identity("web1", "root", Privilege.ROOT)),
        system=seen(System("debian", "12", "Debian GNU/Linux 12 (bookworm)")),
        kernel=seen(Kernel("6.1.0-27-amd64", ("6.1.0-26-amd64", "6.1.0-28-amd64"))),
        packages=seen(Packages("dpkg", (Package("openssl", "3.0.15-1~deb12u1", "amd64"), Package("bash", "5.2.15-2", "amd64")))),
        updates=seen(Updates("apt", ())),
        origins=seen(Origins(())),
        listeners=seen((Listener("tcp", "0.0.0.0", 22, "sshd"), Listener("tcp", "127.0.0.1", 3306, "mariadbd"))),
        sshd=seen(Sshd("OpenSSH_9.2p1", {"permitrootlogin": ("no",)})),
        firewall=seen(Firewall("nftables", True, True, True)),
        automatic=seen(AutomaticUpdates("unattended-upgrades", True)),
        restarts=seen(()),
        **NO_DAEMONS,
        fingerprints={"packages": "abc"},
    )
    assert set(sections) <= {field.name for field in fields(whole)}
    return replace(whole, **sections)


OUTSIDE = Outside(
    addresses=("192.0.2.10",),
    scope="guided",
    ports=seen((OutsidePort("192.0.2.10", 22, PortState.OPEN), OutsidePort("192.0.2.10", 3306, PortState.CLOSED))),
)


def facts(inner: Attempt[Inside] | None = None, outer: Attempt[Outside] | None = None, at: datetime = START) -> Facts:
    return Facts("web1", at, inner or seen(inside()), outer or seen(OUTSIDE))


def finding(subject: str = "3306/tcp", severity: Severity = Severity.HIGH, check: str = "ports.exposed.private") -> Finding:
    return Finding(
        check=check,
        area=Area(check.partition(".")[0]),
        severity=severity,
        title=f"{subject} is open to the world",
        subject=subject,
        evidence=Evidence("open on 192.0.2.10", "mariadbd listens on 0.0.0.0", "/etc/mysql/my.cnf:7"),
        why="Databases are for the servers that use them.",
        fix="bind-address = 127.0.0.1\nthen: systemctl restart mariadb",
        references=("https://mariadb.com/kb/en/configuring-mariadb-for-remote-client-access/",),
    )


@dataclass
class Shelf:
    """A history whose clock a test moves: one hour a scan."""

    path: Path
    now: datetime = START

    def __post_init__(self) -> None:
        self.history = History.open(self.path, clock=lambda: self.now)

    def scan(
        self, *findings: Finding, gaps: tuple[NotChecked, ...] = (), look: Facts | None = None, host: Host = WEB1
    ) -> Summary:
        self.now += timedelta(hours=1)
        started = self.now - timedelta(seconds=2)
        return self.history.record(host, look or facts(at=self.now), Verdict(findings, gaps), started, self.now)

    def only(self) -> TrackedFinding:
        (one,) = self.history.findings("web1")
        return one


def as_format(version: int, path: Path) -> None:
    """Make the file what schouw wrote before phase-outs (4), before people's words and baselines (3), or accounts (2)."""
    with closing(sqlite3.connect(path)) as connection:
        for table in ("phaseout_day", "phaseout"):
            connection.execute(f"drop table {table}")
        connection.execute("drop table account" if version < 3 else "alter table account drop column returned")
        if version < 4:
            _without_people(connection)
        connection.execute("update schema_version set version = ?", (version,))
        connection.commit()


def _without_people(connection: sqlite3.Connection) -> None:
    for table in ("claim", "assigned", "unlooked", "audited", "baseline"):
        connection.execute(f"drop table {table}")
    connection.execute("drop index event_by_finding")
    connection.execute("drop index finding_by_end")
    connection.execute("alter table event drop column text")
    connection.execute("alter table finding drop column since")
    for severity in Severity:
        connection.execute(f"alter table daily drop column {severity.value}")


def unseen(reason: str) -> Attempt[Any]:
    return not_checked(reason)
