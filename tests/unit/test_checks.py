"""The mechanism of checks: nothing that was not seen is ever shown as fine, and the catalogue holds together."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import pytest

from schouw.checks import CHECKS
from schouw.checks.__main__ import page
from schouw.checks.catalogue import CATALOGUE
from schouw.model.attempt import not_checked, seen
from schouw.model.daemons import FTP_DAEMONS, MAIL_DAEMONS, WEB_DAEMONS
from schouw.model.facts import Facts, Updates
from schouw.model.finding import Finding, Verdict
from schouw.model.host import Reach
from schouw.model.severity import Severity
from tests.unit.facts import CLOCK, HOST, NOW, facts, inside, judge, listener, met, offer, outside, sshd, update

LOCAL = replace(HOST, reach=Reach.LOCAL)

#: Which checks a section of the inside view feeds.
FEEDS = {
    "system": {"software.system.end_of_life"},
    "kernel": {"software.system.reboot"},
    "packages": {"software.packages.broken", "software.packages.held"},
    "updates": {"software.updates.security", "software.updates.other", "software.updates.stale"},
    "origins": {"software.origins.nowhere", "software.origins.foreign"},
    "listeners": {"ports.service.unexpected", "ports.service.everywhere", "ports.service.plaintext", "ports.service.gone"},
    "sshd": {"hardening.sshd.root_login", "crypto.ssh.host_key", "crypto.ssh.kex"},
    "firewall": {"hardening.firewall.none", "hardening.firewall.ipv6"},
    "automatic": {"software.updates.automatic"},
    "restarts": {"software.services.restart"},
    **{key: {"crypto.tls.protocol", "crypto.tls.mismatch"} for key in WEB_DAEMONS},
    **{key: {"crypto.tls.protocol", "crypto.mail.no_tls", "crypto.mail.plaintext_login"} for key in MAIL_DAEMONS},
    **{key: {"crypto.tls.protocol", "crypto.ftp.plaintext"} for key in FTP_DAEMONS},
    "renewals": {"crypto.cert.renewal"},
    "exemptions": {"ports.host.not_exempt"},
    "libraries": {"crypto.host.policy"},
    "logins": {"logins.accounts.plaintext", "logins.accounts.old_tls", "logins.accounts.refused"},
}


PLACEHOLDERS = (
    "port service count days release date running installed type bits value what where program name names how tool closes fixed "
    "who policy"
)

#: What only the outside view can tell.
OUTSIDE_ONLY = (
    "ports.service.exposed", "ports.service.filtered", "ports.service.forwarded", "ports.host.blocked",
    "crypto.ssh.terrapin", "crypto.ssh.compression",
    "crypto.tls.suite", "crypto.tls.group", "crypto.tls.dh", "crypto.tls.signature", "crypto.tls.no_pq",
    "crypto.cert.expiry", "crypto.cert.name", "crypto.cert.chain", "crypto.cert.trust", "crypto.cert.key",
    "crypto.cert.signature", "crypto.cert.life", "crypto.cert.unread",
    "crypto.cert.stores", "crypto.cert.staple", "crypto.tls.heartbleed", "crypto.tls.ccs_injection", "crypto.tls.robot",
    "crypto.tls.renegotiation", "crypto.tls.client_renegotiation", "crypto.tls.compression", "crypto.tls.fallback",
    "crypto.tls.early_data", "crypto.tls.extended_master_secret",
    "crypto.http.redirect", "crypto.http.hsts", "hardening.ftp.anonymous", "hardening.mail.relay",
)  # fmt: skip


def unchecked(verdict: Verdict) -> dict[str, str]:
    """Checks that could not be made as a whole, with the reason."""
    return {one.check: one.reason for one in verdict.not_checked if one.subject == ""}


def test_every_check_has_a_row_and_every_row_a_check() -> None:
    assert [check.name for check in CHECKS] == list(dict.fromkeys(check.name for check in CHECKS))
    assert {check.name for check in CHECKS} == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_row_says_why_and_where_to_read_on(name: str) -> None:
    row = CATALOGUE[name]
    assert name.count(".") == 2 and name.startswith(f"{row.area}.")
    assert row.why.endswith(".") and "{" not in row.why
    assert "{" not in row.kind and len(row.kind) <= 60
    assert row.references and all(address.startswith("https://") for address in row.references)
    for variant in row.severities:
        assert row.titles.get(variant) or row.titles[""]
    assert set(row.titles) <= {"", *row.severities}
    placeholders = {word for title in row.titles.values() for _, word, _, _ in string.Formatter().parse(title) if word}
    assert placeholders <= set(PLACEHOLDERS.split())


def test_the_page_of_checks_is_up_to_date() -> None:
    assert Path("docs/checks.md").read_text("utf-8") == page(), "run: python -m schouw.checks > docs/checks.md"


def test_a_healthy_host_has_nothing_above_low_and_everything_was_checked() -> None:
    verdict = judge(facts(), HOST, NOW)
    assert {finding.key: finding.severity for finding in verdict.findings} == {
        "crypto.ssh.kex:22/tcp": Severity.LOW,
        "crypto.ssh.mac:22/tcp": Severity.LOW,
        "software.system.end_of_life": Severity.INFO,
    }
    assert verdict.not_checked == ()


def test_nothing_seen_is_nothing_said_to_be_fine() -> None:
    verdict = judge(facts("login refused", "no route"), HOST, NOW)
    assert verdict.findings == ()
    assert set(unchecked(verdict)) == set(CATALOGUE)
    assert all("login refused" in reason or "no route" in reason for reason in unchecked(verdict).values())


@pytest.mark.parametrize("section", FEEDS)
def test_a_section_that_was_not_seen_is_said_with_its_reason(section: str) -> None:
    verdict = judge(facts(inside(**{section: not_checked("needs root")})), HOST, NOW)
    reasons = unchecked(verdict)
    assert FEEDS[section] <= set(reasons)
    assert set(reasons.values()) == {"needs root"}


@pytest.mark.parametrize("section", FEEDS)
def test_what_was_seen_in_part_proves_no_absence(section: str) -> None:
    part = getattr(inside(), section).result
    verdict = judge(facts(inside(**{section: seen(part, "cut short")})), HOST, NOW)
    assert FEEDS[section] <= set(unchecked(verdict))


def test_what_was_seen_in_part_still_counts() -> None:
    part = Updates("apt", (update("openssl", security=True),), fetched_at=CLOCK - 60)
    verdict = judge(facts(inside(updates=seen(part, "cut short"))), HOST, NOW)
    assert "software.updates.security" in {finding.key for finding in verdict.findings}
    assert unchecked(verdict)["software.updates.security"] == "cut short"


def test_this_machine_is_judged_by_its_inside_view() -> None:
    why = "this machine cannot look at itself from outside"
    verdict = judge(facts(without=why), LOCAL, NOW)
    assert unchecked(verdict) == dict.fromkeys(OUTSIDE_ONLY, why)
    assert "crypto.ssh.kex:22/tcp" in {finding.key for finding in verdict.findings}


def test_without_the_outside_view_a_remote_host_is_not_cleared() -> None:
    reasons = unchecked(judge(facts(without="no route"), HOST, NOW))
    assert {"ports.service.unexpected", "ports.service.exposed", "crypto.ssh.kex", "crypto.ssh.terrapin"} <= set(reasons)


def test_only_from_outside() -> None:
    host = replace(HOST, reach=Reach.OUTSIDE)
    verdict = judge(facts("only looked at from outside", outside(met(3306))), host, NOW)
    keys = {finding.key for finding in verdict.findings}
    assert "ports.service.exposed:3306/tcp" in keys and "crypto.ssh.mac:22/tcp" in keys
    assert "ports.service.unexpected" not in unchecked(verdict)
    assert "hardening.sshd.root_login" in unchecked(verdict)


def test_keys_do_not_depend_on_versions_or_severity() -> None:
    weak = outside(ssh=(seen(offer(kex="diffie-hellman-group14-sha1")),))
    broken = outside(ssh=(seen(offer(kex="diffie-hellman-group1-sha1", software="OpenSSH_5.3")),))
    keys = [{finding.key for finding in _kex(facts(without=view))} for view in (weak, broken)]
    assert keys == [{"crypto.ssh.kex:22/tcp"}] * 2


def _kex(those: Facts) -> list[Finding]:
    return [finding for finding in judge(those, HOST, NOW).findings if finding.check == "crypto.ssh.kex"]


def test_findings_come_worst_first_and_lines_stay_short() -> None:
    within = inside(
        updates=Updates("apt", tuple(update(f"package-{number}", security=True) for number in range(300)), fetched_at=CLOCK - 60),
        sshd=sshd({"permitemptypasswords": "yes"}),
        listeners=(listener(22), listener(6379, process="redis-server")),
    )
    verdict = judge(facts(within, outside(met(6379))), HOST, NOW)
    ranks = [finding.severity.rank for finding in verdict.findings]
    assert ranks == sorted(ranks) and ranks[0] == 0
    for finding in verdict.findings:
        assert finding.fix and finding.why and finding.title and "{" not in finding.title
        assert max(len(finding.evidence.outside), len(finding.evidence.inside)) <= 240
