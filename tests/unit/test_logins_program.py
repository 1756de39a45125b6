"""The counting program on logs of real daemons: the same under every awk, whole or in pieces, whatever a log holds."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.logins_lab import AWKS, LOGS, Counts, counts, names, rows

#: What the script did that these logs are of: alice without TLS, bob with the newest, carol with 1.0, dave with 1.2,
#: erin with TLS from the start, frank so with 1.1.
EVERYBODY = {"alice": "plaintext", "bob": "tls", "carol": "old_tls", "dave": "tls", "erin": "tls", "frank": "old_tls"}
FTP = {"alice": "plaintext", "frank": "plaintext", "bob": "tls", "dave": "tls"}


def by_class(found: Counts, service: str, protocol: str) -> dict[str, str]:
    return {key[4]: key[2] for key in found if key[:2] == (service, protocol)}


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize(
    ("log", "service", "protocols", "expected"),
    [
        ("dovecot-2.3-told.log", "dovecot", ("imap", "pop3"), EVERYBODY),
        ("dovecot-2.3-default.log", "dovecot", ("imap", "pop3"), EVERYBODY | {"carol": "tls", "frank": "tls"}),
        ("dovecot-2.4-default.log", "dovecot", ("imap", "pop3"), EVERYBODY | {"carol": "tls", "frank": "tls"}),
        ("postfix-told.log", "postfix", ("smtp",), EVERYBODY),
        ("postfix-3.10-told.log", "postfix", ("smtp",), EVERYBODY),
        ("postfix-default.log", "postfix", ("smtp",), EVERYBODY | {"carol": "tls", "frank": "tls"}),
        ("exim.log", "exim", ("smtp",), EVERYBODY),
        ("courier.log", "courier", ("imap", "pop3"), EVERYBODY | {"carol": "tls", "frank": "tls"}),
        ("vsftpd-told.log", "vsftpd", ("ftp",), FTP | {"carol": "old_tls"}),
        ("vsftpd-default.log", "vsftpd", ("ftp",), dict.fromkeys(("alice", "bob", "carol", "dave", "frank"), "unknown")),
        ("proftpd-told.log", "proftpd", ("ftp",), FTP | {"carol": "old_tls"}),
        ("proftpd-default.log", "proftpd", ("ftp",), dict.fromkeys(("alice", "bob", "carol", "dave", "frank"), "unknown")),
        ("proftpd-xferlog", "proftpd", ("ftp",), {"alice": "plaintext", "bob": "tls", "carol": "tls", "dave": "tls"}),
        ("pureftpd.log", "pureftpd", ("ftp",), FTP),
        ("pureftpd-pid.log", "pureftpd", ("ftp",), FTP),
    ],
)  # fmt: skip
def test_accounts_by_class_are_those_that_logged_in_so(
    log: str, service: str, protocols: tuple[str, ...], expected: dict[str, str], awk: Sequence[str]
) -> None:
    found = counts(rows((LOGS / log).read_bytes(), awk))
    for protocol in protocols:
        assert by_class(found, service, protocol) == expected
    assert {key[0] for key in found} == {service}


def test_versions_are_told_where_the_log_tells_them() -> None:
    told = counts(rows((LOGS / "dovecot-2.3-told.log").read_bytes()))
    assert {key[4]: key[3] for key in told if key[1] == "imap"} == {
        "alice": "", "bob": "1.3", "carol": "1.0", "dave": "1.2", "erin": "1.3", "frank": "1.1",
    }  # fmt: skip
    default = counts(rows((LOGS / "dovecot-2.3-default.log").read_bytes()))
    assert {key[3] for key in default} == {""}


def test_every_login_is_counted_and_lower_case_is_the_same_account() -> None:
    found = counts(rows((LOGS / "exim.log").read_bytes()))
    assert found[("exim", "smtp", "plaintext", "", "alice")] == 2  # Alice and alice


@pytest.mark.parametrize("awk", AWKS)
def test_refused_attempts_stand_apart(awk: Sequence[str]) -> None:
    dovecot = counts(rows((LOGS / "dovecot-2.3-refused.log").read_bytes(), awk))
    assert names(dovecot, "dovecot", "refused", "imap") == {"alice", "bob", ""}
    assert names(dovecot, "dovecot", "refused", "pop3") == {"alice"}
    newer = counts(rows((LOGS / "dovecot-2.4-told.log").read_bytes(), awk))
    assert names(newer, "dovecot", "refused", "imap") == {"alice", "bob", ""}
    assert names(newer, "dovecot", "plaintext") == set()
    ftp = counts(rows((LOGS / "vsftpd-refused.log").read_bytes(), awk))
    assert set(ftp) == {("vsftpd", "ftp", "refused", "", "alice"), ("vsftpd", "ftp", "refused", "", "frank")}


def test_a_wrong_password_is_no_refusal_and_no_login() -> None:
    line = "Nov 24 21:21:02 mail dovecot: imap-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 2 secs): user=<alice>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.10, session=<x>\n"  # noqa: E501
    assert counts(rows(line.encode())) == {}


@pytest.mark.parametrize(
    "line",
    [
        "imap-login: Login: user=<u>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, mpid=1, secured, session=<x>",
        "imap-login: Login: user=<u>, method=PLAIN, rip=192.0.2.10, lip=192.0.2.10, mpid=1, session=<x>",
        "imap-login: Login: user=<u>, method=PLAIN, rip=2001:db8::1, lip=2001:db8::1",
        "imap-login: Login: user=<u>, method=PLAIN, rip=10.0.0.1, lip=192.0.2.10, mpid=1, secured, session=<x>",
        "imap-login: Login: user=<u>, method=PLAIN, rip=192.0.2.99, lip=192.0.2.10, mpid=1, session=<x>",  # own
        "imap-login: Login: user=<u>, method=PLAIN, rip=::1, lip=::1, mpid=1, TLS, TLSv1 with cipher X (1/1 bits), session=<x>",
    ],
)
def test_webmail_and_local_sessions_do_not_count(line: str) -> None:
    found = counts(rows(f"Nov 24 21:06:29 mail dovecot: {line}\n".encode(), own=" 192.0.2.99 2001:db8::9 "))
    assert [key[2] for key in found] == ["local"]


@pytest.mark.parametrize(
    ("stamp", "prefix"),
    [("2026-11-24 21:06:29 ", ""), ("Nov 24 21:06:29 ", ""), ("2026-11-24T21:06:29.123456+00:00 mail ", "dovecot[12]: ")],
)
def test_dovecot_in_a_file_of_its_own_and_in_the_journal(stamp: str, prefix: str) -> None:
    info = "" if prefix else "Info: "
    line = f"{stamp}{prefix}imap-login: {info}Login: user=<u@example.nl>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.10, mpid=1\n"
    (row,) = (row for row in rows(line.encode()) if row[0] == "account")
    assert row[1:5] == ["dovecot", "imap", "plaintext", ""] and row[8] == "u@example.nl"
    assert int(row[6]) == 1795554389


# Names and messages that strangers choose


FORGED = [
    # In a message id, a HELO, a subject, a certificate's name, a user name.
    "Nov 24 21:06:29 mail dovecot: lmtp(bob)<1><x>: msgid=<imap-login: Login: user=<victim>, method=PLAIN, rip=1.2.3.4>: saved",
    "Nov 24 21:06:29 mail postfix/cleanup[1]: AB12: message-id=<x/smtpd[1]: AB: client=h[1.2.3.4], sasl_method=PLAIN, sasl_username=victim>",  # noqa: E501
    'Nov 24 21:06:29 mail spamd[1]: subject "imap-login: Login: user=<victim>, method=PLAIN, rip=1.2.3.4, lip=5.6.7.8"',
    '2026-11-24 21:16:08 1xVxs0-00004L-1H <= "a P=esmtpa A=PLAIN:victim b"@evil.example H=(x) [203.0.113.7] P=esmtp S=230 T="x"',
    '2026-11-24 21:16:08 1xVxs0-00004L-1H <= a@evil.example H=(x) [203.0.113.7] P=esmtp S=230 T="x P=esmtpa A=PLAIN:victim"',
    '2026-11-24 21:16:08 1xVxs0-00004L-1H <= a@evil.example H=(x) [203.0.113.7] P=esmtps X=TLS1.3:X:256 CV=yes DN="/CN=x A=PLAIN:victim" S=1',  # noqa: E501
    '2026-11-24 21:16:08 1xVxs0-00004L-1H == a@b T="<= v@x H=(x) [1.2.3.4] P=esmtpa A=PLAIN:victim"',
    'Tue Nov 24 21:06:59 2026 [pid 3] FTP command: Client "203.0.113.7", "USER x] OK LOGIN: Client "1.1.1.1"',
    'Tue Nov 24 21:06:59 2026 [pid 3] [victim] OK LOGIN: Client "1.1.1.1"] FAIL LOGIN: Client "203.0.113.7"',
    "Nov 24 21:18:06 web pure-ftpd: (?@203.0.113.7) [WARNING] Authentication failed for user [victim is now logged in]",
    "Nov 24 21:16:35 mail imapd: LOGIN FAILED, user=victim, ip=[::ffff:203.0.113.7], port=[38934]",
    '203.0.113.7 UNKNOWN - [24/Nov/2026:21:16:46 +0000] "USER \\"PASS (hidden)\\" 230" 331 -',
]


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize("line", FORGED)
def test_nobody_can_put_a_login_into_another_line(line: str, awk: Sequence[str]) -> None:
    assert counts(rows(f"{line}\n".encode(), awk, final=1)) == {}


@pytest.mark.parametrize("awk", AWKS)
def test_odd_names_stay_names(awk: Sequence[str]) -> None:
    odd = ['=cmd("x")', 'a"b', "a'b", "a\tb", "a\x1b[31mb", "ünïcode", "<b>x</b>", "a b", "-x", "a\\tb", "%s%n", "x" * 300]
    lines = "".join(f'Tue Nov 24 21:06:29 2026 [pid 2] [{name}] OK LOGIN: Client "203.0.113.7"\n' for name in odd)
    found = names(counts(rows(lines.encode(), awk)), "vsftpd", "unknown")
    clean = {name.replace("\t", "?").replace("\x1b", "?")[:200] for name in odd}
    assert {name.lower() for name in found} == {name.lower() for name in clean}


@pytest.mark.parametrize("awk", AWKS)
def test_long_lines_binary_and_no_newline_at_the_end(awk: Sequence[str]) -> None:
    good = (LOGS / "dovecot-2.3-told.log").read_bytes()
    noise = (
        b"\x00\xff\xfe\n" + b"x" * (1 << 20) + b"-login: Login: user=<" + b"y" * (1 << 20) + b"\n" + bytes(range(256)) * 8 + b"\n"
    )
    assert counts(rows(good + noise + good.rstrip(b"\n"), awk)) == {key: 2 * n for key, n in counts(rows(good, awk)).items()}


@given(st.binary(max_size=2000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_survived(noise: bytes) -> None:
    good = (LOGS / "exim.log").read_bytes()
    found = counts(rows(good + b"\n" + noise + b"\n"))
    assert {key: n for key, n in found.items() if key[0] == "exim"} == counts(rows(good))


# Times


def moments(text: str, zone: str = "+0000") -> tuple[int, int]:
    (row,) = (row for row in rows(text.encode(), zone=zone) if row[0] == "account")
    return int(row[6]), int(row[7])


def login(stamp: str) -> str:
    return f"{stamp} mail dovecot: imap-login: Login: user=<u>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.10\n"


@pytest.mark.parametrize("awk", AWKS)
def test_a_year_change_in_stamps_without_a_year(awk: Sequence[str]) -> None:
    january = 1767312000  # 2 January 2026, 00:00 UTC
    text = login("Dec 31 23:59:59") + login("Jan  1 00:00:01")
    first, last = (int(value) for value in next(row for row in rows(text.encode(), awk, ref=january) if row[0] == "account")[6:8])
    assert time.strftime("%F %T", time.gmtime(first)) == "2025-12-31 23:59:59"
    assert last - first == 2


def test_zones_other_languages_and_clocks_that_went_back() -> None:
    assert moments(login("2026-11-24T21:06:29+01:00"))[0] == moments(login("Nov 24 20:06:29"))[0]
    assert moments(login("Nov 24 21:06:29"), zone="+0100") == moments(login("2026-11-24T20:06:29Z"))
    assert moments(login("mrt  3 10:00:00")) == (1795561200, 1795561200)  # no month of ours: when the log last changed
    first, last = moments(login("Nov 24 21:00:00") + login("Nov 24 20:00:00"))
    assert last - first == 3600


# In pieces


def in_pieces(text: bytes, cuts: list[int], awk: Sequence[str] = ("mawk",)) -> Counts:
    """As a host reads it, from where it was left each time."""
    total: Counts = {}
    at = back = 0
    for cut in [*cuts, len(text)]:
        end = text.rfind(b"\n", 0, cut) + 1
        if end <= at:
            continue
        seek = max(0, back - 1) // 16 * 16
        found = rows(text[seek:cut], awk, seek=seek, start=at, end=end)
        for key, number in counts(found).items():
            total[key] = total.get(key, 0) + number
        at, back = next((int(row[2]), int(row[3])) for row in found if row[0] == "read")
        assert at == end and back <= end
    return total


@pytest.mark.parametrize("log", sorted(path.name for path in LOGS.iterdir()))
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_pieces_come_to_the_whole(log: str, data: st.DataObject) -> None:
    text = (LOGS / log).read_bytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    assert in_pieces(text, cuts) == counts(rows(text))


def test_a_session_cut_in_two_is_known_by_its_beginning() -> None:
    text = (LOGS / "postfix-3.10-told.log").read_bytes()
    cut = text.index(b"client=", text.index(b"TLSv1 with"))
    assert in_pieces(text, [cut]) == counts(rows(text))
    # Without the beginning nothing is said of it, least of all that it was in the clear.
    alone = counts(rows(text[text.rindex(b"\n", 0, cut) + 1 :]))
    assert ("postfix", "smtp", "plaintext", "", "carol") not in alone


def test_concurrent_sessions_of_one_address_are_not_taken_for_one_another() -> None:
    line = "Nov 24 21:18:02 web pure-ftpd: (?@203.0.113.7) [INFO] "
    both = [f"{line}New connection from 203.0.113.7"] * 2 + [f"{line}TLS: Enabled TLSv1.3 with X, 256 secret bits cipher"]
    mixed = "\n".join([*both, f"{line}alice is now logged in", ""])
    assert [key[2] for key in counts(rows(mixed.encode()))] == ["unknown"]
    secure = "\n".join([*both, both[2], f"{line}alice is now logged in", f"{line}bob is now logged in", ""])
    assert {key[2] for key in counts(rows(secure.encode()))} == {"tls"}


def test_more_accounts_than_can_be_kept_are_said() -> None:
    line = '[pid 3] [u{}] FTP response: Client "203.0.113.7", "530 Non-anonymous sessions must use encryption."'
    text = "".join(f"Tue Nov 24 21:06:59 2026 {line.format(number)}\n" for number in range(20500))
    found = rows(text.encode())
    assert len(counts(found)) == 20000
    assert ["lost", "500"] in found


def test_only_the_services_asked_for_are_looked_for() -> None:
    text = (LOGS / "dovecot-2.3-told.log").read_bytes() + (LOGS / "postfix-told.log").read_bytes()
    assert {key[0] for key in counts(rows(text, services=("postfix",)))} == {"postfix"}
    assert {key[0] for key in counts(rows(text))} == {"dovecot", "postfix"}
