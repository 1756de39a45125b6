"""Area software, and the firewall."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schouw.model.attempt import seen
from schouw.model.facts import (
    AutomaticUpdates,
    Firewall,
    Identity,
    Kernel,
    Origins,
    Package,
    Packages,
    Privilege,
    Restart,
    System,
    Updates,
)
from schouw.model.finding import Finding
from tests.unit.facts import CLOCK, HOST, NOW, facts, inside, judge, update

ALMA = System("almalinux", "9.4", "AlmaLinux 9.4", like=("rhel", "centos", "fedora"))


def found(now: datetime = NOW, **sections: object) -> dict[str, Finding]:
    findings = judge(facts(inside(**sections)), HOST, now).findings
    return {one.key: one for one in findings if one.key.startswith(("software.", "hardening.firewall."))}


def test_one_finding_for_all_security_updates() -> None:
    pending = (update("openssl", security=True), update("libssl3", security=True), update("vim"))
    those = found(updates=Updates("apt", pending, fetched_at=CLOCK - 60))
    security, other = those["software.updates.security"], those["software.updates.other"]
    assert (security.severity, other.severity) == ("high", "low")
    assert security.title == "2 security updates pending"
    assert security.evidence.inside == "openssl 1.0-1 → 1.0-2, libssl3 1.0-1 → 1.0-2"
    assert security.fix == "apt-get update && apt-get install --only-upgrade libssl3 openssl"
    assert "vim" in other.fix


def test_many_updates_are_cut_and_upgraded_together() -> None:
    pending = tuple(update(f"package-number-{number}", security=True) for number in range(60))
    one = found(updates=Updates("dnf", pending, fetched_at=CLOCK - 60), system=ALMA)["software.updates.security"]
    assert one.fix == "dnf upgrade --security"
    assert one.evidence.inside.endswith(" more") and len(one.evidence.inside) <= 200


def test_old_lists_prove_nothing() -> None:
    within = inside(updates=Updates("apt", (), fetched_at=CLOCK - 9 * 86400))
    verdict = judge(facts(within), HOST, NOW)
    stale = next(one for one in verdict.findings if one.check == "software.updates.stale")
    assert (stale.severity, stale.fix) == ("medium", "apt-get update") and "9 days" in stale.title
    unsure = {one.check: one.reason for one in verdict.not_checked}
    assert unsure == {
        "software.updates.security": "the package lists are 9 days old",
        "software.updates.other": "the package lists are 9 days old",
    }


def test_lists_of_unknown_age() -> None:
    verdict = judge(facts(inside(updates=Updates("apt", ()))), HOST, NOW)
    assert [one.check for one in verdict.not_checked] == ["software.updates.stale"]


@pytest.mark.parametrize(
    ("updates", "severity", "words"),
    [
        (AutomaticUpdates("", False), "medium", "no tool"),
        (AutomaticUpdates("unattended-upgrades", False, "apt-daily.timer is not enabled"), "medium", "apt-daily.timer"),
        (AutomaticUpdates("unattended-upgrades", True, succeeded_at=CLOCK - 10 * 86400), "medium", "10 days"),
        (AutomaticUpdates("dnf-automatic", True, succeeded_at=CLOCK - 86400), None, ""),
    ],
)
def test_automatic_updates(updates: AutomaticUpdates, severity: str | None, words: str) -> None:
    one = found(automatic=updates).get("software.updates.automatic")
    assert (one.severity if one else None) == severity
    assert one is None or words in one.evidence.inside


@pytest.mark.parametrize(
    ("system", "today", "severity"),
    [
        (System("debian", "13", "Debian 13"), "2026-11-24", None),
        (System("debian", "12", "Debian 12"), "2026-06-01", None),
        (System("debian", "12", "Debian 12"), "2026-11-24", "info"),
        (System("debian", "12", "Debian 12"), "2028-05-01", "medium"),
        (System("debian", "12", "Debian 12"), "2028-06-30", "medium"),
        (System("debian", "12", "Debian 12"), "2028-07-01", "critical"),
        (System("ubuntu", "20.04", "Ubuntu 20.04.6 LTS"), "2026-11-24", "high"),
        (System("ubuntu", "23.10", "Ubuntu 23.10"), "2026-11-24", "critical"),
        (ALMA, "2026-11-24", None),
        (System("rhel", "7.9", "RHEL 7.9"), "2026-11-24", "high"),
        (System("centos", "8", "CentOS Stream 8"), "2024-05-01", "medium"),
        (System("centos", "8", "CentOS Linux 8"), "2024-05-01", "critical"),
        (System("alpine", "3.20.3", "Alpine Linux v3.20"), "2026-11-24", "critical"),
    ],
)
def test_end_of_life(system: System, today: str, severity: str | None) -> None:
    now = datetime.fromisoformat(today).replace(tzinfo=UTC)
    one = found(now, system=system).get("software.system.end_of_life")
    assert (one.severity if one else None) == severity


@pytest.mark.parametrize("system", [System("debian", "", "Debian GNU/Linux trixie/sid"), System("gentoo", "2.17", "Gentoo")])
def test_a_release_that_nobody_wrote_down_is_not_checked(system: System) -> None:
    verdict = judge(facts(inside(system=system)), HOST, NOW)
    assert [one.check for one in verdict.not_checked] == ["software.system.end_of_life"]
    assert system.pretty in verdict.not_checked[0].reason


@pytest.mark.parametrize(
    ("running", "installed", "severity"),
    [
        ("6.1.0-9-amd64", ("6.1.0-9-amd64", "6.1.0-18-amd64"), "high"),
        ("6.1.0-18-amd64", ("6.1.0-9-amd64", "6.1.0-18-amd64", "6.1.0-27-cloud-amd64"), None),
        ("6.1.0-18-amd64", ("6.1.0-18-amd64", "6.12.9+bpo-amd64"), "high"),
        ("5.14.0-427.el9.x86_64", ("5.14.0-427.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64"), "high"),
        ("5.14.0-427.13.1.el9_4.x86_64", ("5.14.0-427.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64"), None),
        ("5.14.0-427.el9.x86_64", ("5.14.0-427.el9.x86_64", "5.15.0-200.el9uek.x86_64"), None),
        ("6.8.0-45-generic", (), None),
    ],
)
def test_the_running_kernel_against_the_installed(running: str, installed: tuple[str, ...], severity: str | None) -> None:
    one = found(kernel=Kernel(running, installed)).get("software.system.reboot")
    assert (one.severity if one else None) == severity
    assert one is None or running in one.title


def test_a_kernel_of_a_kind_that_is_not_installed() -> None:
    verdict = judge(facts(inside(kernel=Kernel("6.1.0-18-rt-amd64", ("6.1.0-18-amd64",)))), HOST, NOW)
    assert [one.check for one in verdict.not_checked] == ["software.system.reboot"]


def test_a_reboot_that_packages_ask_for() -> None:
    asked = Kernel("6.1.0-27-amd64", ("6.1.0-27-amd64",), reboot_required=True, reboot_packages=("libc6", "dbus"))
    one = found(kernel=asked)["software.system.reboot"]
    assert (one.severity, one.evidence.inside) == ("medium", "/run/reboot-required exists, asked for by libc6, dbus")


def test_services_that_use_replaced_files() -> None:
    restarts = (
        Restart("nginx", "nginx.service", ("/usr/lib/libssl.so.3",)),
        Restart("bash", "", ("/usr/lib/libc.so.6",)),
        Restart("dbus-daemon", "dbus.service", ()),
        Restart("odd", "a;rm.service", ()),
    )
    one = found(restarts=restarts)["software.services.restart"]
    assert one.fix.splitlines()[0] == "systemctl restart 'a;rm.service' nginx.service"
    assert "dbus.service: only a reboot" in one.fix and "bash: end and start" in one.fix
    assert one.title == "4 services still using replaced libraries"


def test_packages_that_are_broken_held_or_from_elsewhere() -> None:
    packages = Packages("dpkg", (Package("a", "1", "amd64"),), broken=("mysql-server",), held=("nginx",))
    those = found(packages=packages, origins=Origins(("old-thing",), (("docker-ce", "https://download.docker.com"),)))
    severities = {key.removeprefix("software."): one.severity.value for key, one in those.items()}
    assert severities == {
        "packages.broken": "medium",
        "packages.held": "low",
        "origins.nowhere": "low",
        "origins.foreign": "info",
        "system.end_of_life": "info",
    }
    assert those["software.packages.held"].fix == "apt-mark unhold nginx"


@pytest.mark.parametrize(
    ("firewall", "addresses", "expected"),
    [
        (Firewall("", False, False, False), (), {"hardening.firewall.none": "medium"}),
        (Firewall("iptables", True, True, False, 4), ("198.51.100.7",), {}),
        (Firewall("iptables", True, True, False, 4), ("198.51.100.7", "2001:db8::7"), {"hardening.firewall.ipv6": "high"}),
        (Firewall("nftables", True, True, True, 4), ("2001:db8::7",), {}),
    ],
)
def test_firewall(firewall: Firewall, addresses: tuple[str, ...], expected: dict[str, str]) -> None:
    identity = Identity("web1", "root", Privilege.ROOT, addresses=addresses)
    those = found(firewall=firewall, identity=identity)
    assert {key: one.severity.value for key, one in those.items() if "firewall" in key} == expected


def test_rules_that_could_not_be_read_may_be_the_ones_that_filter() -> None:
    within = inside(firewall=seen(Firewall("", False, False, False), "`iptables-save` needs root"))
    verdict = judge(facts(within), HOST, NOW)
    assert not [one for one in verdict.findings if one.check == "hardening.firewall.none"]
    assert "hardening.firewall.none" in {one.check for one in verdict.not_checked}


def test_the_fix_speaks_the_language_of_the_distribution() -> None:
    assert "dnf-automatic" in found(automatic=AutomaticUpdates("", False), system=ALMA)["software.updates.automatic"].fix
    assert "firewalld" in found(firewall=Firewall("", False, False, False), system=ALMA)["hardening.firewall.none"].fix
