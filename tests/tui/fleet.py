"""A fleet that exists only here: summaries, findings and an engine that says what a test wants it to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from schouw.audits.matching import Followed
from schouw.errors import ConfigError
from schouw.history.baselines import Kept
from schouw.history.values import Compared, Life, ScanRow
from schouw.inventory import Fleet, Limits
from schouw.model.attempt import not_checked, seen
from schouw.model.baseline import Baseline
from schouw.model.basis import Basis
from schouw.model.facts import Facts
from schouw.model.finding import Decision, Evidence, Finding, NotChecked, TrackedFinding
from schouw.model.host import Host, Port
from schouw.model.severity import Area, FindingState, HostState, Severity
from schouw.model.summary import Line, Summary
from schouw.model.tls import Endpoint
from schouw.model.trend import DayCount, Trends
from schouw.scan.events import AnyEvent, Decided, Finished, Hello, Step, SweepDone, SweepProgress
from schouw.scan.look import Look
from schouw.tui.app import SchouwApp
from schouw.tui.settings import Settings
from schouw.views.since import Since, moment
from schouw.views.standing import Customers, Standing
from schouw.vulnerabilities.lookup import Lookup

NOW = datetime(2026, 11, 24, 20, 41, 7, tzinfo=UTC)
BASIS = Basis("debian:12", "of yesterday", NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=2))


def finding(
    check: str = "crypto.ssh.cipher",
    severity: Severity = Severity.HIGH,
    title: str = "CBC ciphers offered by sshd",
    subject: str = "22/tcp",
) -> Finding:
    return Finding(
        check=check,
        area=Area(check.partition(".")[0]),
        severity=severity,
        title=title,
        subject=subject,
        evidence=Evidence(
            "aes128-cbc, aes256-cbc offered on 192.0.2.10:22", "Ciphers +aes128-cbc,aes256-cbc", "/etc/ssh/sshd_config:14"
        ),
        why="With CBC an attacker on the way can recover parts of what is typed; no client needs it.",
        fix="Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com\n# then:\nsshd -t && systemctl reload ssh",
        references=("https://www.openssh.com/txt/release-6.7", "https://www.ncsc.nl/ssh"),
    )


def tracked(made: Finding, state: FindingState = FindingState.OPEN, days: float = 3) -> TrackedFinding:
    return TrackedFinding(
        made, state, NOW - timedelta(days=days), NOW - timedelta(minutes=2), NOW if state is FindingState.FIXED else None, scans=3
    )


SOME = (
    tracked(finding()),
    tracked(finding("ports.exposed.database", Severity.CRITICAL, "MySQL is open to the world", "3306/tcp"), FindingState.NEW, 0),
    tracked(finding("software.updates.security", Severity.HIGH, "14 security updates pending, the oldest for 9 days", "")),
    tracked(finding("hardening.ssh.rootlogin", Severity.MEDIUM, "root may log in with a password", "")),
    tracked(finding("hardening.ssh.x11", Severity.LOW, "X11 forwarding is on", "")),
    replace(
        tracked(finding("crypto.ssh.mac", Severity.MEDIUM, "MACs with 64-bit tags offered by sshd"), FindingState.ACCEPTED),
        accepted_until=NOW + timedelta(days=7),
        accepted_reason="old backup client",
    ),
)
LACKING = (
    NotChecked("software.restart", "", "which services use replaced libraries needs root: allow `needrestart -b` in sudoers"),
    NotChecked("ports.firewall", "nftables", "the rules need root: allow `nft list ruleset` in sudoers"),
)


def summary(name: str, findings: Sequence[TrackedFinding] = (), **more: object) -> Summary:
    counts: dict[Area, dict[Severity, int]] = {}
    active = [item for item in findings if item.state.active]
    for item in active:
        area = counts.setdefault(item.finding.area, {})
        area[item.finding.severity] = area.get(item.finding.severity, 0) + 1
    worst = sorted(active, key=lambda item: item.finding.severity.rank)[:5]
    made = Summary(
        name,
        HostState.SCANNED,
        NOW - timedelta(minutes=2),
        NOW - timedelta(minutes=2),
        os="Debian 12.8",
        os_id="debian12.8",
        counts=counts,
        worst=tuple(Line(item.finding.severity, item.finding.area, item.state, item.finding.title) for item in worst),
        new=sum(item.state is FindingState.NEW for item in active),
        trend=(3, 3, 4, 5, 5, 4, 6, 6, 7, 5, 5, 4, 4, 3, 3, 4, 5),
        basis=BASIS,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def fleet(count: int = 14) -> tuple[tuple[Host, ...], dict[str, Summary]]:
    """Names web1, mail2, db3, …; every condition that a host can be in."""
    kinds = ("web", "mail", "db", "shop", "dns")
    hosts = []
    summaries = {}
    for number in range(1, count + 1):
        name = f"{kinds[number % len(kinds)]}{number}"
        hosts.append(
            Host(
                name=name,
                groups=(kinds[number % len(kinds)],),
                tags=("prod",) if number % 2 else (),
                listen=(Port(22), Port(443)),
            )
        )
        some = SOME[number % 4 :] if number % 3 else SOME[4:5]
        match number % 12:
            case 3:
                made = summary(name, (), unchecked={Area.SOFTWARE: 2}, state=HostState.PARTIAL, error="firewall rules need root")
            case 5:
                made = summary(name, some, state=HostState.UNREACHABLE, tried_at=NOW - timedelta(minutes=4), error_class="silent",
                               error="no answer on port 22 within 10 s; is a firewall between us?")  # fmt: skip
            case 7:
                made = summary(name, some, scanned_at=NOW - timedelta(days=3))
            case 9:
                made = summary(name, ())
            case 11:
                made = Summary(name)
            case _:
                made = summary(name, some, os=("Debian 13.1", "AlmaLinux 9.4", "Ubuntu 24.04.1 LTS")[number % 3])
        summaries[name] = made
    return tuple(hosts), summaries


@dataclass
class FakeSource:
    """A history in memory."""

    known: dict[str, Summary]
    tracked: dict[str, Sequence[TrackedFinding]] = field(default_factory=dict)
    lacking: Sequence[NotChecked] = LACKING
    lives: dict[str, Life] = field(default_factory=dict)
    compared: Sequence[Compared] = ()
    followed: Sequence[Followed] = ()
    trend: Trends = field(default_factory=Trends)
    facts_of: Callable[[str], Facts | None] = lambda name: Facts(
        name, NOW, not_checked("never tried"), not_checked("this machine has no outside")
    )
    database: Path = Path("/nowhere/vulnerabilities.db")

    @cached_property
    def lookup(self) -> Lookup:
        return Lookup(self.database, lambda name, _: self.facts_of(name))

    def summaries(self) -> dict[str, Summary]:
        return self.known

    def having(self, cve: str) -> frozenset[str]:
        return frozenset(name for name, some in self.everything().items() if any(cve in one.finding.cves for one in some))

    def findings(self, name: str) -> Sequence[TrackedFinding]:
        return self.tracked.get(name, SOME)

    def everything(self) -> dict[str, Sequence[TrackedFinding]]:
        return {name: self.findings(name) for name, known in self.known.items() if known.scanned_at}

    def claimed(self, since: datetime) -> dict[str, Sequence[TrackedFinding]]:
        return {name: [one for one in some if one.claim and one.claim.at >= since] for name, some in self.tracked.items()}

    def not_checked(self, name: str) -> Sequence[NotChecked]:
        return self.lacking

    def facts(self, name: str) -> Facts | None:
        return self.facts_of(name)

    def scans(self, name: str) -> Sequence[ScanRow]:
        end = NOW - timedelta(minutes=2)
        return [
            ScanRow(end - timedelta(seconds=3), end, HostState.SCANNED, "", "", 1, 0, 0, 5),
            ScanRow(
                end - timedelta(hours=6),
                end - timedelta(hours=6),
                HostState.UNREACHABLE,
                "silent",
                "no answer on port 22",
                0,
                0,
                0,
                0,
            ),
        ]

    def life(self, name: str, key: str) -> Life:
        return self.lives.get(key, Life())

    def since(self, text: str, now: datetime) -> Since:
        if text == "audit-2026":
            audit = Baseline(text, now - timedelta(days=30), "audit", "autumn.nessus, nessus")
            return Since(audit.at, text, audit)
        return Since(moment(text, now), text)

    def compare(self, since: datetime) -> Sequence[Compared]:
        return self.compared

    def follow(self, audit: Baseline, hosts: Sequence[Host]) -> Sequence[Followed]:
        return self.followed

    def days(self, name: str, since: date) -> Sequence[DayCount]:
        return [one for one in self.trend.days if one.host == name]

    def trends(self, since: date) -> Trends:
        return self.trend

    def baselines(self) -> Sequence[Kept]:
        return [Kept("audit-2026", NOW - timedelta(days=30), "audit", "autumn.nessus, nessus", len(self.followed))]

    def standings(self, now: datetime, customers: Customers | None) -> Sequence[Standing]:
        return ()


def source_of(**hosts: Sequence[TrackedFinding]) -> FakeSource:
    """The fleet of 14, of which these hosts have these findings and the others none."""
    made = FakeSource(fleet(14)[1])
    made.tracked = {name: hosts.get(name, ()) for name in made.known}
    return made


class FakeRunner:
    """Says what it is told to say; a submit is remembered and, with `outcome`, answered at once."""

    def __init__(self, outcome: Callable[[Host], Summary] | None = None) -> None:
        self.submitted: list[tuple[str, ...]] = []
        self.looks: list[Look] = []
        self.only: list[tuple[Endpoint, ...]] = []
        self.cancelled: list[tuple[str, ...]] = []
        self.decisions: list[Decision] = []
        self.baselines: list[Baseline] = []
        self.outcome = outcome
        self.decided: Callable[[Decision], Summary] | None = None
        self.refusal = ""
        self.events: asyncio.Queue[AnyEvent | None] = asyncio.Queue()

    async def submit(
        self, hosts: Sequence[Host], look: Look = Look.NORMAL, by: str = "person", only: tuple[Endpoint, ...] = ()
    ) -> str:
        self.submitted.append(tuple(host.name for host in hosts))
        self.looks.append(look)
        self.only.append(only)
        if self.outcome:
            self.say(SweepProgress("s", 0, len(hosts), NOW))
            for done, host in enumerate(hosts, 1):
                self.say(
                    Step(host.name, "packages", 3, 7),
                    Finished(host.name, self.outcome(host)),
                    SweepProgress("s", done, len(hosts), NOW),
                )
            self.say(SweepDone("s"))
        return "s"

    async def cancel(self, names: Sequence[str] | None = None) -> None:
        self.cancelled.append(tuple(names or ()))

    async def decide(self, *decisions: Decision) -> None:
        if self.refusal:
            raise ConfigError(self.refusal)
        self.decisions += decisions
        if self.decided:
            self.say(*(Decided(decision.host, self.decided(decision)) for decision in decisions))

    async def keep_baseline(self, baseline: Baseline) -> None:
        if self.refusal:
            raise ConfigError(self.refusal)
        self.baselines.append(baseline)

    def say(self, *events: AnyEvent) -> None:
        for event in events:
            self.events.put_nowait(event)

    async def watch(self) -> AsyncIterator[AnyEvent]:
        yield Hello(1, 1)
        while (event := await self.events.get()) is not None:
            yield event


def make_app(
    folder: Path,
    count: int = 14,
    runner: FakeRunner | None = None,
    source: FakeSource | None = None,
    settings: Settings | None = None,
    hosts: tuple[Host, ...] | None = None,
) -> SchouwApp:
    made, summaries = fleet(count)

    async def attach() -> FakeRunner:
        return runner or FakeRunner()

    return SchouwApp(
        Fleet(hosts or made, Limits(), Path("hosting-nl.toml")),
        source or FakeSource(summaries),
        attach,
        settings or Settings(folder / "config", folder / "state", cwd=folder),
        clock=lambda: NOW,
    )


__all__ = [
    "LACKING",
    "NOW",
    "SOME",
    "FakeRunner",
    "FakeSource",
    "finding",
    "fleet",
    "make_app",
    "seen",
    "source_of",
    "summary",
    "tracked",
]
