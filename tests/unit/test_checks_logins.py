"""Area logins: findings with numbers and no names, and "cannot be told" with the line that would tell."""

from __future__ import annotations

import pytest

from schouw.checks import judge
from schouw.checks.login_advice import fix, hint
from schouw.model.attempt import seen
from schouw.model.finding import Finding, Verdict
from schouw.model.logins import LoginClass, LoginCount, Logins, LoginService
from schouw.model.severity import Area, Severity
from tests.unit.facts import HOST, NOW, facts, inside

DOVECOT = LoginService("dovecot", "2.3.19.1", ("/var/log/mail.log",))
FTP = LoginService("vsftpd", "", ("/var/log/vsftpd.log",))


def count(kind: LoginClass, month: int, service: str = "dovecot", protocol: str = "imap") -> LoginCount:
    return LoginCount(service, protocol, kind, month // 2, month, month + 3)


def verdict(
    *services: LoginService,
    counts: tuple[LoginCount, ...] = (),
    reason: str = "",
    untold: tuple[str, ...] = (),
    versionless: tuple[str, ...] = (),
) -> Verdict:
    logins = Logins(services, counts=counts, untold=untold, versionless=versionless)
    found = judge(facts(inside(logins=seen(logins, reason))), HOST, NOW)
    mine = tuple(one for one in found.findings if one.area is Area.LOGINS)
    return Verdict(mine, tuple(one for one in found.not_checked if one.check.startswith("logins.")))


def only(found: Verdict) -> Finding:
    (one,) = found.findings
    return one


def test_one_finding_a_service_and_class_with_how_many_there_are() -> None:
    found = verdict(
        DOVECOT,
        FTP,
        counts=(
            count(LoginClass.PLAINTEXT, 37),
            count(LoginClass.PLAINTEXT, 1, protocol="pop3"),
            count(LoginClass.OLD_TLS, 4),
            count(LoginClass.TLS, 900),
            count(LoginClass.LOCAL, 20),
            count(LoginClass.REFUSED, 2, "vsftpd", "ftp"),
        ),
    )
    assert {(one.key, one.severity, one.title) for one in found.findings} == {
        ("logins.accounts.plaintext:dovecot imap", Severity.HIGH, "37 accounts still log in to IMAP in plaintext"),
        ("logins.accounts.plaintext:dovecot pop3", Severity.HIGH, "1 account still logs in to POP3 in plaintext"),
        ("logins.accounts.old_tls:dovecot imap", Severity.MEDIUM, "4 accounts still log in to IMAP with TLS 1.1 or older"),
        ("logins.accounts.refused:vsftpd ftp", Severity.INFO, "2 accounts still try FTP in plaintext, in vain"),
    }
    assert found.not_checked == ()
    imap = next(one for one in found.findings if one.title.startswith("37"))
    assert imap.evidence.inside == "18 in the last 7 days, 37 in 30, 40 in 90; with TLS 900 in 30"
    assert imap.evidence.location == "/var/log/mail.log"
    assert "disable_plaintext_auth = yes" in imap.fix and f"schouw logins --host {HOST.name} --class plaintext" in imap.fix


def test_an_account_that_was_quiet_for_a_month_is_off_the_list() -> None:
    assert verdict(DOVECOT, counts=(LoginCount("dovecot", "imap", LoginClass.PLAINTEXT, 0, 0, 12),)) == Verdict((), ())


def test_what_cannot_be_told_is_not_checked_with_the_line_to_add() -> None:
    found = verdict(DOVECOT, FTP, versionless=("dovecot",), untold=("vsftpd",))
    assert found.findings == ()
    gaps = {(one.check, one.subject): one.reason for one in found.not_checked}
    assert "login_log_format_elements = user=<%u> method=%m" in gaps["logins.accounts.old_tls", "dovecot"]
    assert "log_ftp_protocol=YES\ndebug_ssl=YES" in gaps["logins.accounts.plaintext", "vsftpd"]
    newer = verdict(LoginService("dovecot", "2.4.1-4"), versionless=("dovecot",)).not_checked[0].reason
    assert "%{ssl_security}" in newer


def test_what_could_not_be_read_of_one_service_says_nothing_of_another() -> None:
    locked = LoginService("vsftpd", lacking="/var/log/vsftpd.log may not be read; allow it with: usermod -aG adm schouw")
    found = verdict(DOVECOT, locked, counts=(count(LoginClass.PLAINTEXT, 3),))
    assert only(found).subject == "dovecot imap"
    assert {(one.check, one.subject) for one in found.not_checked} == {
        (f"logins.accounts.{kind}", "vsftpd") for kind in ("plaintext", "old_tls", "refused")
    }
    assert all("usermod -aG adm schouw" in one.reason for one in found.not_checked)


def test_while_logs_are_still_to_be_read_nothing_is_over() -> None:
    found = verdict(DOVECOT, reason="900 MB of its logs are still to be read, at the next scans")
    assert {one.subject for one in found.not_checked} == {""}


@pytest.mark.parametrize("service", ["dovecot", "postfix", "exim", "courier", "vsftpd", "proftpd", "pureftpd"])
def test_every_service_has_lines_that_end_it(service: str) -> None:
    assert hint(service, "", told=True, versions=True) == ""
    for kind in (LoginClass.PLAINTEXT, LoginClass.OLD_TLS):
        assert len(fix(service, "", kind).split("\n")) >= 2


@pytest.mark.parametrize(
    ("service", "told", "expected"),
    [
        ("postfix", True, "smtpd_tls_loglevel = 1"),
        ("vsftpd", False, "log_ftp_protocol=YES\ndebug_ssl=YES"),
        ("proftpd", False, "ExtendedLog"),
        ("pureftpd", False, "LogPID yes"),
        ("exim", False, "server_set_id = $auth2"),
        ("courier", True, ""),
    ],
)
def test_hints_are_the_lines_of_each_server(service: str, told: bool, expected: str) -> None:
    assert expected in hint(service, "", told=told, versions=False)
