"""Mail, FTP and web before TLS: passwords in the clear, strangers, relays, and what leads to https."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schouw.model.attempt import absent, not_checked, seen
from schouw.model.host import Profiles
from schouw.model.protocol import Protocol
from schouw.model.tls import HttpOffer, Looked
from tests.unit.facts import HOST
from tests.unit.tls_facts import LOCAL, block, daemon, found, looked, offer, plain, served, unsure, view, within

ENFORCED = {"ssl": ("required", "/etc/dovecot/conf.d/10-ssl.conf:6")}


def of(*looks: Looked[Any], inner: Any = None, prefix: str = "") -> dict[str, tuple[str, str]]:
    those = found(view(*looks), inner, prefix=prefix)
    kinds = ("mail", "ftp", "http")
    return {key: (one.severity.value, one.title) for key, one in those.items() if key.split(".")[1] in kinds}


def test_services_that_want_tls_first_are_fine() -> None:
    assert of(*(looked(plain(), port) for port in (25, 587, 143, 110, 4190, 21))) == {}


LOGIN = "crypto.mail.plaintext_login"


@pytest.mark.parametrize(
    ("port", "offered", "key", "severity", "title"),
    [
        (143, plain(login=True), f"{LOGIN}:mailboxes", "high", "IMAP and POP3 on 143: passwords are taken without TLS"),
        (587, plain(login=True), f"{LOGIN}:smtp", "high", "SMTP on 587: passwords are taken without TLS"),
        (25, plain(login=True), f"{LOGIN}:smtp", "high", "SMTP on 25: passwords are taken without TLS"),
        (143, plain(tls=False, login=True), "crypto.mail.no_tls:mailboxes", "high", "IMAP and POP3 on 143: no TLS at all"),
        (25, plain(tls=False), "crypto.mail.no_tls:25/tcp", "medium", "SMTP on 25: no TLS at all"),
        (21, plain(tls=False, login=True), "crypto.ftp.plaintext:ftp", "high", "FTP on 21: no TLS at all"),
        (21, plain(login=True), "crypto.ftp.plaintext:ftp", "high", "FTP on 21: passwords are taken without TLS"),
        (21, plain(anonymous=seen(True)), "hardening.ftp.anonymous:ftp", "high", "FTP on 21: anybody may log in"),
        (
            25, plain(relay=seen(True)), "hardening.mail.relay:smtp", "critical",
            "SMTP on 25: passes on mail of strangers for strangers",
        ),
        (25, plain(relay=absent("not asked from here")), "", "", ""),
    ],
)  # fmt: skip
def test_from_outside(port: int, offered: Any, key: str, severity: str, title: str) -> None:
    assert of(looked(offered, port)) == ({key: (severity, title)} if key else {})


def test_what_can_be_fixed_in_one_place_is_one_finding() -> None:
    those = of(looked(plain(login=True), 143), looked(plain(login=True), 110), looked(plain(), 4190))
    assert those == {
        "crypto.mail.plaintext_login:mailboxes": ("high", "IMAP and POP3 on 110 and 143: passwords are taken without TLS")
    }


def test_mail_from_servers_and_from_clients_has_one_setting_for_who_may_log_in() -> None:
    those = of(looked(plain(login=True, relay=seen(True)), 25), looked(plain(login=True), 587), looked(plain(), 465))
    assert those == {
        f"{LOGIN}:smtp": ("high", "SMTP on 25 and 587: passwords are taken without TLS"),
        "hardening.mail.relay:smtp": ("critical", "SMTP on 25: passes on mail of strangers for strangers"),
    }
    exim = within(daemon("exim", "4.96", block((25, 587), "optional", plain_login=True)))
    assert list(of(inner=exim)) == [f"{LOGIN}:smtp"]


def test_the_line_the_fix_and_who_would_have_to_change_something() -> None:
    place = "/etc/dovecot/conf.d/10-auth.conf:10"
    blocks = [
        block((port,), "optional", settings={"disable_plaintext_auth": ("no", place)}, plain_login=True) for port in (143, 110)
    ]
    dovecot = daemon("dovecot", "2.3.19.1", *blocks)
    one = found(view(looked(plain(login=True, mechanisms=("PLAIN", "LOGIN")), 143)), within(dovecot))[
        "mail.plaintext_login:mailboxes"
    ]
    assert one.evidence.outside == "143: takes passwords before TLS (PLAIN, LOGIN)"
    assert one.evidence.inside == "Dovecot 2.3.19.1: disable_plaintext_auth no"
    assert one.evidence.location == place
    assert one.fix.splitlines() == [
        "in /etc/dovecot/conf.d/10-auth.conf, line 10, instead of disable_plaintext_auth no:",
        "disable_plaintext_auth = yes",
        "ssl = required",
        "then: doveconf -n > /dev/null && systemctl reload dovecot",
    ]
    assert "set to no encryption" in one.impact
    new = daemon(
        "dovecot", "2.4.1", block((143,), "optional", settings={"auth_allow_cleartext": ("yes", place)}, plain_login=True)
    )
    assert (
        "auth_allow_cleartext = no"
        in found(view(looked(plain(login=True), 143)), within(new))["mail.plaintext_login:mailboxes"].fix
    )


# -- from inside alone -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ports", "tls", "login", "expected"),
    [
        ("dovecot", (143,), "optional", True, {"crypto.mail.plaintext_login:mailboxes"}),
        ("dovecot", (143,), "required", False, set()),
        ("dovecot", (143,), "none", True, {"crypto.mail.no_tls:mailboxes"}),
        ("dovecot", (993,), "implicit", False, set()),
        ("postfix", (25,), "optional", False, set()),
        ("postfix", (25,), "none", False, {"crypto.mail.no_tls:25/tcp"}),
        ("vsftpd", (21,), "none", True, {"crypto.ftp.plaintext:ftp"}),
        ("proftpd", (21,), "optional", True, {"crypto.ftp.plaintext:ftp"}),
        ("pureftpd", (21,), "required", False, set()),
    ],
)
@pytest.mark.parametrize("host", [HOST, LOCAL])
def test_the_configuration_stands_in(name: str, ports: Any, tls: Any, login: bool, expected: set[str], host: Any) -> None:
    inner = within(daemon(name, "3", block(ports, tls, plain_login=login), library=""))
    those = found("no route", inner, host, prefix="")
    assert {key for key in those if key.split(".")[1] in ("mail", "ftp")} == expected
    assert all(not one.evidence.outside for one in those.values())


def test_what_is_met_outside_wins() -> None:
    lax = daemon("dovecot", "2.3.19.1", block((143,), "optional", plain_login=True))
    assert of(looked(plain(), 143), inner=within(lax)) == {}


def test_a_configuration_that_is_not_in_force() -> None:
    strict = daemon("dovecot", "2.3.19.1", block((143,), "required", settings=ENFORCED, plain_login=False))
    those = found(view(looked(offer(), 143), looked(plain(login=True), 143)), within(strict))
    assert those["tls.mismatch:mailboxes"].title == "Dovecot on 143 is set otherwise than what answers there"
    assert "mail.plaintext_login:mailboxes" in those


def test_what_could_not_be_told_is_said() -> None:
    unclear = daemon("exim", "4.96", block((587,), "optional", plain_login=None))
    assert "cannot be told" in unsure("no route", within(unclear), LOCAL)["crypto.mail.plaintext_login", "smtp"]
    failed = view(looked(offer(), 587), plain=(looked("it closed the connection: 421 too many connections", 587),))
    assert "421" in unsure(failed)["crypto.mail.plaintext_login", "smtp"]
    part = view(looked(offer(), 143), looked(plain(login=not_checked("it fell silent")), 143))
    assert unsure(part) == {("crypto.mail.plaintext_login", "mailboxes"): "it fell silent"}


def test_what_an_answer_left_open_the_configuration_may_rule_out() -> None:
    open_question = plain(login=not_checked("only a login would tell"), anonymous=not_checked("it closed the connection"))
    courier = daemon("courier", "1.0", block((143,), "required", settings=ENFORCED, plain_login=False))
    assert unsure(view(looked(offer(), 143), looked(open_question, 143)), within(courier)) == {}
    vsftpd = daemon("vsftpd", "3.0.5", block((21,), "required", settings={"anonymous_enable": "NO"}, plain_login=False))
    ftp = view(looked(offer(), 21), looked(open_question, 21))
    assert unsure(ftp, within(vsftpd)) == {}
    lax = daemon("vsftpd", "3.0.5", block((21,), "required", settings={"anonymous_enable": "YES"}, plain_login=True))
    assert unsure(ftp, within(lax)) == {
        ("crypto.ftp.plaintext", "ftp"): "only a login would tell",
        ("hardening.ftp.anonymous", "ftp"): "it closed the connection",
    }


def test_looked_at_from_the_server_itself_mail_says_nothing_of_strangers() -> None:
    assert unsure("not checked from the server itself", within(), LOCAL)["hardening.mail.relay", ""]


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        ("220 (vsFTPd 3.0.3)", "force_local_logins_ssl=YES"),
        ("220 ProFTPD Server (Debian)", "TLSRequired on"),
        ("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------", "echo 2 > /etc/pure-ftpd/conf/TLS"),
        ("220 FTP", "refuse passwords before TLS"),
    ],
)
def test_from_outside_alone_the_greeting_picks_the_words(greeting: str, words: str) -> None:
    those = found(view(looked(plain(login=True, greeting=greeting), 21)), "no login")
    assert words in those["ftp.plaintext:ftp"].fix


# -- the web ---------------------------------------------------------------------------------------

YEAR = 31536000


def http(status: int, location: str = "", name: str = "www.example.nl") -> Looked[Any]:
    return looked(HttpOffer(status, location), 80, name, Protocol.HTTP)


def https(hsts: int | None = YEAR, status: int = 200, name: str = "www.example.nl", server: str = "") -> Looked[Any]:
    return looked(HttpOffer(status, hsts=hsts, server=server), 443, name)


@pytest.mark.parametrize(
    ("answer", "bad"),
    [
        (http(301, "https://www.example.nl/"), False),
        (http(308, "HTTPS://www.example.nl/"), False),
        (http(200), True),
        (http(302, "http://www.example.nl/home"), True),
        (http(302, "/home"), True),
        (http(404), False),
        (http(200, name="only-http.nl"), False),
    ],
)
def test_http_leads_to_https(answer: Looked[Any], bad: bool) -> None:
    assert ("crypto.http.redirect:80/tcp" in of(answer, https())) is bad


def test_all_names_without_a_redirect_are_one_finding_with_the_block_to_change() -> None:
    names = [f"{letter}.nl" for letter in "abc"]
    nginx = daemon("nginx", "1.22.1", block((80,), "none", names=("b.nl",), file="/etc/nginx/sites-enabled/b", line=3))
    looks = [one for name in names for one in (http(200, name=name), https(name=name))]
    one = found(view(*looks), within(nginx))["http.redirect:80/tcp"]
    assert (one.severity, one.title) == ("medium", "3 names on 80 can be used without https")
    assert one.fix.splitlines()[:2] == [
        "in the server block that begins at /etc/nginx/sites-enabled/b:3:",
        "return 301 https://$host$request_uri;",
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (https(YEAR), None),
        (https(None), ("medium", "No HSTS for www.example.nl on 443")),
        (https(0), ("medium", "No HSTS for www.example.nl on 443")),
        (https(3600), ("low", "HSTS for www.example.nl on 443 is short")),
        (https(None, status=500), None),
    ],
)
def test_hsts(answer: Looked[Any], expected: tuple[str, str] | None) -> None:
    assert of(answer).get("crypto.http.hsts:443/tcp") == expected


def test_how_long_hsts_must_be_is_the_profiles_choice() -> None:
    mozilla = replace(HOST, profiles=Profiles(web="mozilla-intermediate"))
    assert "http.hsts:443/tcp" in found(view(https(YEAR)), host=mozilla)
    assert found(view(https(None)), host=replace(HOST, profiles=Profiles(web="pci-dss"))) == {}


def test_the_server_header_picks_the_words() -> None:
    one = found(view(https(None, server="Apache/2.4.57 (Debian)")), "no login")["http.hsts:443/tcp"]
    assert 'Header always set Strict-Transport-Security "max-age=31536000"' in one.fix


def test_an_answer_that_failed_is_not_a_pass() -> None:
    failed = replace(view(looked(offer()), looked(served("a.nl"), 443, "a.nl")), http=(looked("timed out", 443, "a.nl"),))
    assert unsure(failed) == {("crypto.http.hsts", "443/tcp"): "timed out"}
