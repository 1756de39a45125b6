"""Judgement: facts in, findings out. Pure; the only clock is the one passed in.

To judge one more thing, write a function like its neighbours in the file of its area, name it in that file's
`CHECKS` (or below), and give it a row in catalogue.toml; `python -m schouw.checks > docs/checks.md` tells the world.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schouw.checks import encryption, firewall, logins, ports, software, ssh_crypto, sshd_hardening, updates, vulns
from schouw.checks.base import NOTHING_KNOWN, Case, Check
from schouw.model.attempt import Attempt
from schouw.model.facts import Facts
from schouw.model.finding import Finding, NotChecked, Verdict
from schouw.model.host import Host
from schouw.model.vulnerability import Knowledge

__all__ = ["CHECKS", "VULNS", "Check", "judge"]

VULNS = vulns.CHECKS
"""Those that judge by the vulnerability database: what they say changes with it."""

CHECKS: tuple[Check, ...] = (
    *ports.CHECKS,
    updates.security,
    updates.other,
    updates.stale,
    updates.automatic,
    software.end_of_life,
    software.reboot,
    software.restart,
    software.broken,
    software.held,
    software.nowhere,
    software.foreign,
    *VULNS,
    *ssh_crypto.CHECKS,
    *encryption.CHECKS,
    *encryption.HARDENING,
    *logins.CHECKS,
    firewall.none,
    firewall.ipv6,
    *sshd_hardening.CHECKS,
)


def judge(
    facts: Facts, host: Host, now: datetime, known: Attempt[Knowledge] = NOTHING_KNOWN, those: Sequence[Check] = CHECKS
) -> Verdict:
    """`those` checks on one look at one host, findings worst first. `now` is our own clock, UTC.

    `known`: what the vulnerability database says of the host.
    """
    case = Case(facts, host, now, known)
    findings: list[Finding] = []
    not_checked: list[NotChecked] = []
    for check in those:
        found, unsure = check.run(case)
        findings += found
        not_checked += unsure
    findings.sort(key=lambda finding: (finding.severity.rank, finding.key))
    return Verdict(tuple(findings), tuple(not_checked), known.result.basis if known.result is not None else None)
