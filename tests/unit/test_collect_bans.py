"""What bans addresses, and what renews certificates, from small texts of our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schouw.model.daemons import Exemption, Renewal
from tests.unit.collect_lab import parse, run
from tests.unit.test_collect_daemons import SHELLS

OURS = "198.51.100.7"


def jails(**files: str) -> list[str]:
    rows = ["bans\tfail2ban"]
    for name, text in files.items():
        rows.append(f"file\t/etc/fail2ban/{name.replace('__', '/')}")
        rows += [f"l\t{at}\t{line}" for at, line in enumerate(text.splitlines(), 1)]
    return rows


def exemption(*rows: str, ours: str = OURS) -> Exemption:
    attempt = parse("exemptions", f"ours\t{ours}", *rows)
    assert attempt.complete, attempt.reason
    (one,) = attempt.result
    assert isinstance(one, Exemption)
    return one


def test_fail2ban_spares_whom_every_jail_ignores() -> None:
    default = "[DEFAULT]\nignoreip = 127.0.0.1/8\n  198.51.100.0/24\nenabled = false\n[sshd]\nenabled = true\n[off]\nignoreip ="
    assert exemption(*jails(**{"jail.conf": default})) == Exemption("fail2ban", OURS, True)
    strict = "[dovecot]\nenabled = true\nignoreip = 10.0.0.0/8"
    one = exemption(*jails(**{"jail.conf": default, "jail.d__mail.conf": strict}))
    assert not one.exempt
    assert one.fix == (
        "in /etc/fail2ban/jail.d/mail.conf, under [dovecot]:\nignoreip = 10.0.0.0/8 198.51.100.7\nthen: fail2ban-client reload"
    )
    more = "[dovecot]\nenabled = true\nignoreip = %(known/ignoreip)s 10.0.0.0/8"
    assert exemption(*jails(**{"jail.conf": default, "jail.d__mail.conf": more})).exempt


def test_fail2ban_as_debian_has_it_bans_us() -> None:
    one = exemption(*jails(**{"jail.conf": "[DEFAULT]\nenabled = false\n[sshd]", "jail.d__x.conf": "[sshd]\nenabled = true"}))
    assert one.fix == (
        "in /etc/fail2ban/jail.local, under [DEFAULT]:\nignoreip = 127.0.0.1/8 ::1 198.51.100.7\nthen: fail2ban-client reload"
    )
    assert parse("exemptions", f"ours\t{OURS}", *jails(**{"jail.conf": "[sshd]\nenabled = no"})).result == ()


def test_csf_spares_whom_it_allows_or_ignores() -> None:
    rows = ("bans\tcsf", "file\t/etc/csf/csf.allow", "l\t1\ttcp|in|d=22|s=198.51.100.7", "l\t2\t203.0.113.0/24 # office")
    assert exemption(*rows) == Exemption("csf", OURS, False, "csf -a 198.51.100.7 schouw")
    assert exemption(*rows, "file\t/etc/csf/csf.ignore", "l\t1\t198.51.100.7").exempt
    unseen = parse("exemptions", f"ours\t{OURS}", "bans\tcsf", "!\thidden\t/etc/csf cannot be read without root")
    assert unseen.result is None and unseen.reason == "/etc/csf cannot be read without root"


def test_sshd_penalties_since_9_8() -> None:
    penalties = ("set\tpersourcepenalties crash:90 authfail:5 min:15", "set\tpersourcepenaltyexemptlist 10.0.0.0/8")
    one = exemption("version\t9.9", *penalties)
    assert not one.exempt and "PerSourcePenaltyExemptList 10.0.0.0/8,198.51.100.7" in one.fix
    assert exemption("version\t10.0", *penalties, ours="10.1.2.3").exempt
    assert exemption("version\t10.0", "set\tpersourcepenalties no", "set\tpersourcepenaltyexemptlist none").exempt
    assert parse("exemptions", f"ours\t{OURS}", "version\t9.2", *penalties).result == ()


def test_our_address_as_the_host_sees_it() -> None:
    assert parse("exemptions", "ours\t").absent
    assert parse("exemptions", "ours\tx").reason == "the host says that we come from 'x', which is no address"
    rows = ("bans\tcsf", "file\t/etc/csf/csf.allow", "l\t1\t198.51.100.7")
    assert exemption(*rows, ours="::ffff:198.51.100.7").exempt
    assert not exemption(*rows, ours="fe80::1%eth0").exempt


CERTBOT = """2026-11-24 21:24:35,077:DEBUG:certbot._internal.display.obj:Processing /etc/letsencrypt/renewal/{0}.conf
2026-11-24 21:24:35,199:ERROR:certbot._internal.renewal:Failed to renew certificate {0} with error: {1}
"""
FINE = "2026-11-25:DEBUG:x:Notifying user: Processing /etc/letsencrypt/renewal/{0}.conf\n"


@pytest.mark.parametrize("shell", SHELLS)
async def test_certbot_fails_for_what_its_last_run_said_so_of(shell: tuple[str, ...], tmp_path: Path) -> None:
    renewal, log = tmp_path / "renewal", tmp_path / "log"
    renewal.mkdir()
    log.mkdir()
    for name in ("a.nl", "b.nl", "c.nl"):
        (renewal / f"{name}.conf").touch()
    (log / "letsencrypt.log.1").write_text(CERTBOT.format("a.nl", "old") + CERTBOT.format("c.nl", "no such name"))
    (log / "letsencrypt.log").write_text(FINE.format("a.nl") + CERTBOT.format("b.nl", "Timeout\tduring connect"))
    os.utime(log / "letsencrypt.log.1", (1, 1))
    cron = tmp_path / "cron"
    cron.write_text("# certbot renew\n0 1 * * * root certbot renew\n")
    # The log's own mention of the folder stays what it is.
    paths: dict[str, Path | str] = {"/etc/letsencrypt/renewal/*": renewal / "*", "/etc/letsencrypt/renewal ]": f"{renewal} ]",
             "/var/log/letsencrypt": log, "/etc/crontab": cron}  # fmt: skip
    inside = await run("renewals", tmp_path, {}, paths=paths, shell=shell)
    assert inside.renewals.complete, inside.renewals.reason
    certbot = next(one for one in inside.renewals.result if one.tool == "certbot")
    assert certbot == Renewal(
        "certbot", True, ("a.nl", "b.nl", "c.nl"), {"b.nl": "Timeout during connect", "c.nl": "no such name"}
    )  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
async def test_acme_sh_is_overdue_three_days_after_its_own_date(shell: tuple[str, ...], tmp_path: Path) -> None:
    home = tmp_path / "acme"
    for name, due in (("late.nl", "1700000000"), ("fine.nl", "99999999999")):
        (home / f"{name}_ecc").mkdir(parents=True)
        text = f"Le_Domain='{name}'\nLe_NextRenewTimeStr='2023-11-14'\nLe_NextRenewTime='{due}'\n"
        (home / f"{name}_ecc" / f"{name}.conf").write_text(text)
    inside = await run("renewals", tmp_path, {}, paths={"/etc/acme.sh": home}, shell=shell)
    late = next(one for one in inside.renewals.result if one.tool == "acme.sh")
    assert late.names == ("fine.nl", "late.nl") and late.failing == {"late.nl": "its renewal was due on 2023-11-14"}
    (home / "acme.sh.log").write_text("[Mon] fine.nl error\n[Tue] late.nl:Verify error: no\taddress\n[Wed] done\n")
    (tmp_path / "again").mkdir()
    inside = await run("renewals", tmp_path / "again", {}, paths={"/etc/acme.sh": home}, shell=shell)
    late = next(one for one in inside.renewals.result if one.tool == "acme.sh")
    assert late.failing == {"late.nl": "[Tue] late.nl:Verify error: no address"}


def test_nothing_that_renews() -> None:
    assert parse("renewals").absent and parse("renewals", "none\tnothing").absent
    attempt = parse("renewals", "tool\tlego", "name\tlego\ta.nl", "!\thidden\troot's crontab cannot be read")
    assert attempt.result == (Renewal("lego", False, ("a.nl",)),) and attempt.reason
