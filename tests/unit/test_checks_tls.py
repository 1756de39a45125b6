"""TLS: what is offered against what the profile accepts, with the line that causes it and the line that fixes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schouw import profiles
from schouw.checks.encryption.spelling import openssl_suite
from schouw.history.life import LookedFor
from schouw.model.attempt import Attempt, not_checked
from schouw.model.facts import System
from schouw.model.host import Host, Profiles
from schouw.model.profile import Bar, Kind
from schouw.model.protocol import Protocol
from schouw.model.tls import TlsVersion
from tests.unit.facts import HOST, NOW, facts, judge
from tests.unit.tls_facts import (
    CBC,
    GOOD,
    LOCAL,
    T10,
    T11,
    T12,
    T13,
    accepted,
    block,
    daemon,
    found,
    looked,
    offer,
    served,
    unsure,
    view,
    within,
)

OLD = offer(T10, T11, T12, T13)
SHOP = "/etc/nginx/sites-enabled/shop.conf:14"
LINE = {"ssl_protocols": ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", SHOP)}
NGINX = daemon("nginx", "1.22.1", block((443,), names=("shop.example.nl",), settings=LINE), library="OpenSSL 1.1.1w")
NAMES = tuple(looked(served(f"www{number}.example.nl"), 443, f"www{number}.example.nl") for number in range(14))


def test_a_hardened_web_server_has_nothing_wrong() -> None:
    good = view(looked(offer()), looked(served("www.example.nl"), 443, "www.example.nl"))
    assert found(good) == {}
    assert unsure(good) == {}


def test_one_finding_for_a_listener_with_names_line_fix_and_who_would_notice() -> None:
    (one,) = found(view(looked(OLD), *NAMES), within(NGINX)).values()
    assert one.key == "crypto.tls.protocol:443/tcp"
    assert (one.severity, one.title) == ("high", "TLS 1.0 and 1.1 offered on 443 (15 names)")
    assert one.evidence.outside.startswith("443 (15 names): accepts TLSv1.0, TLSv1.1; names: shop.example.nl, www0.example.nl")
    assert one.evidence.inside == "nginx 1.22.1: ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
    assert one.evidence.location == SHOP
    assert one.fix.splitlines() == [
        "in /etc/nginx/sites-enabled/shop.conf, line 14, instead of ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3:",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "then: nginx -t && systemctl reload nginx",
    ]
    assert "By NCSC-NL 2025-05 it is insufficient." in one.why
    assert "Internet Explorer" in one.impact


@pytest.mark.parametrize(
    ("library", "spoken", "web", "named"),
    [
        ("OpenSSL 3.0.17", (T10, T12), "ncsc-nl", True),
        ("OpenSSL 3.0.17", (T10, T12, T13), "ncsc-nl", False),
        ("OpenSSL 3.0.17", (T10, T12), "pci-dss", False),
        ("OpenSSL 1.1.1w", (T10, T12), "ncsc-nl", False),
    ],
    ids=["TLS 1.3 comes with finite groups", "its groups are known", "nobody minds", "it has none by default"],
)
def test_what_brings_in_tls_13_names_the_groups(library: str, spoken: tuple[TlsVersion, ...], web: str, named: bool) -> None:
    one = found(view(looked(offer(*spoken))), within(replace(NGINX, library=library)), held(web=web))["tls.protocol:443/tcp"]
    groups = "in the http block of /etc/nginx/nginx.conf:\nssl_ecdh_curve X25519:prime256v1:secp384r1;\nthen: nginx -t"
    assert (groups in one.fix) == named
    assert one.fix.count("then: ") == 1


def test_a_default_is_explained_as_the_default_it_is() -> None:
    postfix = daemon(
        "postfix", "3.10.4", block((587,), "required", "submission", settings={"smtpd_tls_mandatory_protocols": ">=TLSv1"}),
        library="OpenSSL 3.5.1",
    )  # fmt: skip
    (one,) = found(view(looked(OLD, 587)), within(postfix)).values()
    assert one.title == "TLS 1.0 and 1.1 offered on 587"
    assert one.evidence.inside == "nobody wrote it: smtpd_tls_mandatory_protocols >=TLSv1 is the default of Postfix 3.10.4"
    assert one.evidence.location == ""
    assert one.fix == ("postconf -e 'smtpd_tls_mandatory_protocols = >=TLSv1.2'\nthen: postfix check && systemctl reload postfix")


def test_ports_with_one_set_of_lines_are_one_thing_to_fix() -> None:
    lines = {"ssl_min_protocol": ("TLSv1", "/etc/dovecot/conf.d/10-ssl.conf:61")}
    blocks = [block((port,), "optional" if port < 200 else "implicit", settings=lines) for port in (110, 143, 993, 995)]
    dovecot = daemon("dovecot", "2.3.19.1", *blocks)
    (one,) = found(view(*(looked(OLD, port) for port in (110, 143, 993, 995))), within(dovecot)).values()
    assert (one.key, one.title) == ("crypto.tls.protocol:mailboxes", "TLS 1.0 and 1.1 offered on 110, 143, 993 and 995")
    assert "ssl_min_protocol = TLSv1.2" in one.fix


@pytest.mark.parametrize(
    ("port", "severity", "title"),
    [
        (443, "high", "TLS 1.0 and 1.1 offered on 443"),
        (587, "high", "TLS 1.0 and 1.1 offered on 587"),
        (25, "low", "TLS 1.0 and 1.1 offered on 25: to be phased out"),
    ],
)
def test_port_25_is_judged_laxer_and_says_why(port: int, severity: str, title: str) -> None:
    (one,) = found(view(looked(OLD, port))).values()
    assert (one.severity, one.title) == (severity, title)
    assert ("sends in the clear" in one.why) is (port == 25)


def test_what_is_broken_is_no_better_on_port_25() -> None:
    weak = offer(TlsVersion.SSL3, T12, suites=(*GOOD, "TLS_RSA_WITH_RC4_128_SHA", "TLS_DH_anon_WITH_AES_128_CBC_SHA"))
    those = found(view(looked(weak, 25)))
    assert {key: one.severity.value for key, one in those.items()} == {"tls.protocol:25/tcp": "high", "tls.suite:25/tcp": "high"}
    assert those["tls.protocol:25/tcp"].title == "SSL 3 offered on 25"
    assert "TLS_RSA_WITH_RC4_128_SHA; to be phased out too: TLS_DH_anon" in those["tls.suite:25/tcp"].evidence.outside


@pytest.mark.parametrize(
    ("weak", "key", "severity", "title"),
    [
        (offer(suites=(*GOOD, CBC)), "suite", "high", "Weak cipher suites offered on 443: CBC with SHA-1"),
        (
            offer(suites=(CBC, "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_NULL_SHA")),
            "suite", "high",
            "Weak cipher suites offered on 443: CBC with SHA-1, no forward secrecy, 64-bit ciphers (3DES) and more",
        ),
        (
            offer(suites=(*GOOD, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")),
            "suite", "low", "Dated cipher suites offered on 443: CBC",
        ),
        (
            offer(groups=("x25519", "ffdhe2048", "X25519MLKEM768")),
            "group", "high", "Weak key exchange groups offered on 443: ffdhe2048",
        ),
        (
            offer(suites=(*GOOD, accepted("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", dh_bits=1024))),
            "dh", "high", "Diffie-Hellman in a field of 1024 bits on 443",
        ),
        (
            offer(suites=(accepted(GOOD[1], signature="rsa_pkcs1_sha1"),)),
            "signature", "high", "Key exchange on 443 is signed with SHA1",
        ),
    ],
)  # fmt: skip
def test_other_kinds(weak: object, key: str, severity: str, title: str) -> None:
    one = found(view(looked(weak)))[f"tls.{key}:443/tcp"]
    assert (one.severity, one.title) == (severity, title)
    assert one.fix and one.impact and one.evidence.outside.startswith("443: ")


def test_a_field_that_tls_names_is_judged_by_its_name_and_one_that_it_does_not_by_its_size() -> None:
    dhe = "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"
    named = offer(suites=(accepted(dhe, group="ffdhe3072", dh_bits=3072), accepted(dhe, group="modp2048", dh_bits=2048)))
    titles = {key: one.title for key, one in found(view(looked(named))).items()}
    assert titles["tls.group:443/tcp"] == "Dated key exchange groups offered on 443: ffdhe3072"
    assert titles["tls.dh:443/tcp"] == "Diffie-Hellman in a field of 2048 bits on 443"


def test_a_signature_without_a_hash_is_fine() -> None:
    assert found(view(looked(offer(suites=(accepted(GOOD[1], signature="ed25519"),))))) == {}


# -- which profile ---------------------------------------------------------------------------------


def held(**names: str) -> Host:
    return replace(HOST, profiles=Profiles(**names))


def test_the_class_of_a_service_decides_the_profile() -> None:
    those = view(looked(OLD, 443), looked(OLD, 21))
    assert set(found(those, host=held(web="mozilla-old"))) == {"tls.protocol:ftp"}
    assert set(found(those, host=held(ftp="mozilla-old"))) == {"tls.protocol:443/tcp"}


def test_a_fix_offers_what_the_profile_accepts() -> None:
    one = found(view(looked(offer())), within(NGINX), held(web="mozilla-modern"))["tls.protocol:443/tcp"]
    assert one.title == "TLS 1.2 offered on 443"
    assert "ssl_protocols TLSv1.3;" in one.fix
    assert "Android up to 9" in one.impact


def test_what_is_to_be_phased_out_is_high_once_its_day_is_over() -> None:
    bar = Bar(good=("TLSv1.3",), phase_out=("TLSv1.2",), until=NOW.date())
    mine = replace(profiles.built_in("ncsc-nl"), name="mine", title="House rules", bars={Kind.PROTOCOL: bar})
    host = replace(held(web="mine"), own_profiles=(mine,))
    (one,) = found(view(looked(offer())), host=host).values()
    assert (one.severity, one.title) == ("low", "TLS 1.2 offered on 443: to be phased out")
    assert f"By House rules it is to be phased out by {NOW.date()}." in one.why
    over = replace(mine, bars={Kind.PROTOCOL: replace(bar, until=NOW.date() - timedelta(days=1))})
    (one,) = found(view(looked(offer())), host=replace(host, own_profiles=(over,))).values()
    assert one.severity == "high"


@pytest.mark.parametrize("name", ["ncsc-nl", "mozilla-intermediate"])
def test_hardened_services_have_nothing_above_low(name: str) -> None:
    suites = (*GOOD, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")
    stock = ("x25519", "secp256r1", "x448", "secp521r1", "secp384r1")
    ports = (25, 443, 465, 587, 993, 995, 21, 990)
    rsa = served("www.example.nl", key="RSA", bits=2048)
    looks = [looked(offer(suites=suites, groups=stock), port) for port in ports]
    those = found(
        view(*looks, *(looked(rsa, port, "www.example.nl") for port in ports)),
        host=held(**dict.fromkeys(Profiles.__slots__, name)),
    )
    assert {key: one.severity.value for key, one in those.items() if one.severity.rank < 3} == {}
    assert "tls.no_pq" in those


# -- post-quantum ----------------------------------------------------------------------------------


def test_no_post_quantum_is_one_finding_a_host() -> None:
    plain = offer(groups=("x25519",))
    (one,) = found(view(looked(plain, 443), looked(plain, 993), looked(offer(), 465))).values()
    assert (one.key, one.severity, one.title) == ("crypto.tls.no_pq", "info", "No post-quantum key exchange on 443 and 993")
    assert "OpenSSL 3.5" in one.fix


def test_where_the_library_can_it_only_has_to_be_told() -> None:
    new = daemon("nginx", "1.26.3", block((443,), settings={"ssl_ecdh_curve": ("X25519", SHOP)}), library="OpenSSL 3.5.1")
    (one,) = found(view(looked(offer(groups=("x25519",)))), within(new)).values()
    assert one.severity == "low"
    assert "ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;" in one.fix


def test_a_fix_names_no_group_that_the_library_does_not_know() -> None:
    weak = offer(groups=("ffdhe2048", "X25519MLKEM768"))
    one = found(view(looked(weak)), within(NGINX))["tls.group:443/tcp"]
    assert "ssl_ecdh_curve X25519:prime256v1:secp384r1;" in one.fix


def test_without_tls_13_there_are_more_urgent_things() -> None:
    assert "tls.no_pq" not in found(view(looked(offer(T12, groups=("x25519",)))))


# -- what is not known -----------------------------------------------------------------------------


def test_what_could_not_be_looked_at_is_said_and_closes_nothing() -> None:
    those = view(looked("the server closed after 5 connections", 443), looked(offer(unknown={T10: "it fell silent"}), 993))
    reasons = unsure(those)
    assert reasons["crypto.tls.protocol", "443/tcp"] == "the server closed after 5 connections"
    assert reasons["crypto.tls.suite", "443/tcp"] == "the server closed after 5 connections"
    assert reasons["crypto.tls.protocol", "mailboxes"] == "it fell silent"
    assert found(those) == {}


def test_suites_seen_in_part_count_and_may_hide_more() -> None:
    part = view(looked(offer(suites=(CBC,), lacking="the server closed after 5 connections")))
    assert "tls.suite:443/tcp" in found(part)
    assert unsure(part) == {("crypto.tls.suite", "443/tcp"): "the server closed after 5 connections",
                            ("crypto.tls.dh", "443/tcp"): "the server closed after 5 connections",
                            ("crypto.tls.signature", "443/tcp"): "the server closed after 5 connections"}  # fmt: skip


def test_a_port_that_should_speak_tls_and_was_not_looked_at_is_not_fine() -> None:
    reasons = unsure(replace(view(looked(offer(), 443)), tls=()), within(NGINX))
    assert "not looked at" in reasons["crypto.tls.suite", "443/tcp"]


def test_a_suite_without_a_name_is_said_not_judged() -> None:
    odd = view(looked(offer(suites=(*GOOD, accepted("0x1306")))))
    assert found(odd) == {}
    assert "0x1306" in unsure(odd)["crypto.tls.suite", "443/tcp"]


def test_banned_is_not_fixed() -> None:
    now = facts(within(), view(blocked="every port fell silent"))
    verdict = judge(now, HOST, NOW)
    assert unsure(view(blocked="every port fell silent"))["crypto.tls.protocol", ""] == "every port fell silent"
    assert not LookedFor(now, verdict.not_checked)("crypto.tls.protocol", "443/tcp")


# -- from inside alone -----------------------------------------------------------------------------


@pytest.mark.parametrize("without", ["no route", None])
def test_the_lines_stand_in_where_the_outside_was_not_seen(without: str | None) -> None:
    host = HOST if without else LOCAL
    (one,) = found(without or "this machine cannot look at itself", within(NGINX), host).values()
    assert (one.key, one.title) == ("crypto.tls.protocol:443/tcp", "TLS 1.0 and 1.1 offered on 443")
    assert (one.evidence.outside, one.evidence.location) == ("", SHOP)
    whole = unsure(without or "this machine cannot look at itself", within(NGINX), host)
    assert (("crypto.tls.protocol", "") in whole) is bool(without), "what was not seen outside may be worse"


def test_openssl_3_refuses_what_is_only_written() -> None:
    bookworm = replace(NGINX, library="OpenSSL 3.0.17")
    assert found("no route", within(bookworm)) == {}
    lowered = replace(
        bookworm, blocks=(block((443,), settings={"ssl_protocols": ("TLSv1", SHOP), "ssl_ciphers": "ALL:@SECLEVEL=0"}),)
    )
    assert "tls.protocol:443/tcp" in found("no route", within(lowered))


def test_postfix_lifts_the_level_by_itself() -> None:
    postfix = daemon("postfix", "3.10.4", block((587,), "required", settings={"smtpd_tls_mandatory_protocols": ">=TLSv1"}))
    (one,) = found("no route", within(postfix)).values()
    assert one.title == "TLS 1.0 and 1.1 offered on 587"


def test_lines_that_do_not_tell_are_not_fine() -> None:
    exim = daemon("exim", "4.96", block((587,), "optional", settings={}), library="GnuTLS 3.7.9")
    assert "cannot be told" in unsure("no route", within(exim))["crypto.tls.protocol", "submission"]


def test_what_listens_on_loopback_only_and_what_does_not_run_is_left_alone() -> None:
    local = daemon("postfix", "3.7", block((25,), "none", addresses=("127.0.0.1", "::1")))
    stopped = daemon("vsftpd", "3.0.3", block((21,), "none", settings={"ssl_enable": "NO"}), running=False)
    assert found("no route", within(local, stopped)) == {}


def test_of_many_names_the_default_server_decides() -> None:
    blocks = (
        block((443,), names=("a.nl",), settings={"ssl_protocols": ("TLSv1.2", "/etc/nginx/a:1")}, default_ports=(443,)),
        block((443,), names=("b.nl",), settings={"ssl_protocols": ("TLSv1 TLSv1.2", "/etc/nginx/b:1")}),
    )
    nginx = daemon("nginx", "1.22.1", *blocks, library="OpenSSL 1.1.1w")
    assert found("no route", within(nginx)) == {}


@pytest.mark.parametrize(
    ("name", "tls", "settings", "library", "expected"),
    [
        ("nginx", "implicit", {"ssl_protocols": "TLSv1.2 TLSv1.3"}, "", ""),
        ("nginx", "implicit", {"ssl_protocols": "TLSv1 TLSv1.1 TLSv1.2"}, "", "TLS 1.0 and 1.1"),
        ("apache", "implicit", {"SSLProtocol": "all -SSLv3"}, "", "TLS 1.0 and 1.1"),
        ("apache", "implicit", {"SSLProtocol": "all -SSLv3 -TLSv1 -TLSv1.1"}, "", ""),
        ("apache", "implicit", {"SSLProtocol": "-all +TLSv1.2"}, "", ""),
        ("apache", "implicit", {"SSLProtocol": "TLSv1.1 +TLSv1.2"}, "", "TLS 1.1"),
        ("dovecot", "implicit", {"ssl_min_protocol": "TLSv1.1"}, "", "TLS 1.1"),
        ("dovecot", "implicit", {"ssl_min_protocol": "ANY"}, "", "TLS 1.0 and 1.1"),
        ("dovecot", "implicit", {"ssl_min_protocol": "LATEST"}, "", ""),
        ("dovecot", "implicit", {"ssl_protocols": "!SSLv2 !SSLv3"}, "", "TLS 1.0 and 1.1"),
        ("postfix", "optional", {"smtpd_tls_protocols": "!SSLv2, !SSLv3, !TLSv1"}, "", "TLS 1.1"),
        ("postfix", "optional", {"smtpd_tls_protocols": ">=TLSv1.1, <=TLSv1.2"}, "", "TLS 1.1"),
        ("postfix", "required", {"smtpd_tls_protocols": ">=TLSv1", "smtpd_tls_mandatory_protocols": ">=TLSv1.2"}, "", ""),
        ("postfix", "optional", {"smtpd_tls_protocols": "TLSv1.2"}, "", ""),
        ("exim", "optional", {"openssl_options": "+no_sslv2 +no_sslv3 +no_tlsv1"}, "OpenSSL 1.1.1w", "TLS 1.1"),
        ("exim", "optional", {"tls_require_ciphers": "NORMAL:-VERS-TLS1.0"}, "GnuTLS 3.7.9", "TLS 1.1"),
        ("exim", "optional", {"tls_require_ciphers": "SECURE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"}, "GnuTLS 3.7.9", ""),
        ("courier", "optional", {"TLS_PROTOCOL": "TLSv1.1++"}, "OpenSSL 1.1.1w", "TLS 1.1"),
        ("courier", "optional", {"TLS_PRIORITY": "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"}, "GnuTLS 3.7.9", ""),
        ("vsftpd", "required", {"ssl_tlsv1": "YES", "ssl_sslv3": "NO"}, "", "TLS 1.0 and 1.1"),
        (
            "vsftpd",
            "required",
            {"ssl_tlsv1": "NO", "ssl_tlsv11": "YES", "ssl_tlsv12": "YES", "ssl_tlsv13": "YES"},
            "",
            "TLS 1.1",
        ),
        ("proftpd", "required", {"TLSProtocol": "TLSv1 TLSv1.2"}, "", "TLS 1.0"),
        ("proftpd", "required", {"TLSProtocol": "ALL -SSLv3 -TLSv1"}, "", "TLS 1.1"),
        ("nginx", "implicit", {"ssl_protocols": "SSLv3 TLSv1.2"}, "OpenSSL 1.0.2k", "SSL 3"),
    ],
)
def test_every_program_reads_its_lines_its_own_way(name: str, tls: object, settings: object, library: str, expected: str) -> None:
    port = {"dovecot": 993, "courier": 143, "postfix": 587, "exim": 587, "vsftpd": 21, "proftpd": 21}.get(name, 443)
    one = daemon(name, "", block((port,), tls, settings=settings), library=library)  # type: ignore[arg-type]
    titles = [each.title for each in found("no route", within(one)).values() if ".protocol:" in each.key]
    assert titles == ([f"{expected} offered on {port}"] if expected else [])


def test_suites_that_go_with_their_version_are_not_a_finding_of_their_own() -> None:
    modern = replace(HOST, profiles=Profiles(web="mozilla-modern"))
    fine = view(looked(offer(T12, T13)))
    assert list(found(fine, host=modern)) == ["tls.protocol:443/tcp"]
    faulty = view(looked(offer(T12, T13, suites=(*GOOD, "TLS_RSA_WITH_RC4_128_SHA"))))
    assert list(found(faulty, host=modern)) == ["tls.protocol:443/tcp", "tls.suite:443/tcp"]


def test_suites_of_tls_13_are_set_apart() -> None:
    line = {
        "ssl_conf_command Ciphersuites": ("TLS_AES_128_CCM_8_SHA256", SHOP),
        "ssl_ciphers": ("ALL", "/etc/nginx/nginx.conf:3"),
    }
    inner = within(daemon("nginx", "1.22.1", block((443,), settings=line)))
    new = view(looked(offer(suites=(*GOOD, "TLS_AES_128_CCM_8_SHA256"))))
    one = found(new, inner)["tls.suite:443/tcp"]
    assert one.evidence.location == SHOP and "\nssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:" in one.fix
    assert "ssl_ciphers" not in one.fix and "AES-GCM" in one.impact
    both = view(looked(offer(suites=(*GOOD, "TLS_AES_128_CCM_8_SHA256", CBC))))
    one = found(both, inner)["tls.suite:443/tcp"]
    assert one.evidence.location == "/etc/nginx/nginx.conf:3"
    assert "\nssl_ciphers ECDHE" in one.fix and "\nssl_conf_command Ciphersuites" in one.fix


def test_no_level_of_openssl_keeps_sha224_out() -> None:
    signed = [accepted("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", signature=f"rsa_pkcs1_{name}") for name in ("sha224", "sha1")]
    inner = within(daemon("nginx", "1.22.1", block((443,))))
    (mild,) = found(view(looked(offer(suites=(signed[0],)))), inner).values()
    assert (mild.severity, "ssl_conf_command SignatureAlgorithms ECDSA+SHA256:" in mild.fix) == ("low", True)
    (bad,) = found(view(looked(offer(suites=tuple(signed)))), inner).values()
    assert (bad.severity, ":@SECLEVEL=2;" in bad.fix) == ("high", True)
    postfix = within(daemon("postfix", "3.7.11", block((587,), "required")))
    (other,) = found(view(looked(offer(suites=(signed[0],)), 587)), postfix).values()
    assert "openssl.cnf" in other.fix and other.fix.endswith("then: postfix check && systemctl reload postfix")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("/etc/exim4/exim4.conf", "\ntls_require_ciphers = SECURE128:"),
        ("/etc/exim4/exim4.conf.localmacros", "\nMAIN_TLS_REQUIRE_CIPHERS = SECURE128:"),
    ],
)
def test_debians_macros_are_for_debians_own_configuration(file: str, words: str) -> None:
    line = {"tls_require_ciphers": ("LEGACY", f"{file}:9")}
    exim = daemon("exim", "4.96", block((587,), "required", settings=line, file=file), library="GnuTLS 3.7.9")
    assert words in found(view(looked(offer(suites=(*GOOD, CBC)), 587)), within(exim))["tls.suite:submission"].fix


# -- where both disagree ---------------------------------------------------------------------------


def test_an_old_line_that_openssl_overrules_is_pointed_out() -> None:
    """Debian 12 ships nginx with TLSv1 and TLSv1.1 in its list."""
    bookworm = replace(NGINX, library="OpenSSL 3.0.17")
    (one,) = found(view(looked(offer())), within(bookworm)).values()
    assert (one.key, one.severity) == ("crypto.tls.mismatch:443/tcp", "info")
    assert one.title == "nginx on 443 lists TLS 1.0 and 1.1, which its library refuses"
    assert one.evidence.outside == "refuses TLS 1.0 and 1.1, as OpenSSL 3.0.17 does"
    assert one.evidence.location == SHOP


def test_edited_but_not_reloaded() -> None:
    times = {"started_at": NOW - timedelta(days=9), "changed_at": NOW - timedelta(minutes=4)}
    fixed = daemon(
        "nginx", "1.22.1", block((443,), settings={"ssl_protocols": ("TLSv1.2", SHOP)}), library="OpenSSL 1.1.1w", **times
    )
    those = found(view(looked(OLD)), within(fixed))
    assert those["tls.protocol:443/tcp"].fix.endswith("it only has to take effect: nginx -t && systemctl reload nginx")
    one = those["tls.mismatch:443/tcp"]
    assert (one.severity, one.title) == ("medium", "nginx on 443 still runs with an older configuration")
    assert one.fix == "make the configuration effective: nginx -t && systemctl reload nginx"


def test_something_else_answers() -> None:
    strict = daemon("nginx", "1.22.1", block((443,), settings={"ssl_protocols": ("TLSv1.2", SHOP)}), library="OpenSSL 1.1.1w")
    one = found(view(looked(offer())), within(strict))["tls.mismatch:443/tcp"]
    assert (one.severity, one.title) == ("low", "nginx on 443 is set otherwise than what answers there")
    assert "a proxy" in one.fix and one.evidence.outside == "offers TLS 1.3"


def test_what_was_met_before_the_configuration_was_read_contradicts_nothing() -> None:
    strict = daemon("nginx", "1.22.1", block((443,), settings={"ssl_protocols": ("TLSv1.2", SHOP)}), library="OpenSSL 1.1.1w")
    before = replace(looked(offer()), at=NOW - timedelta(minutes=4))
    assert "tls.mismatch:443/tcp" not in found(view(before), within(strict))
    verdict = judge(facts(within(strict), view(before)), HOST, NOW)
    (gap,) = (one for one in verdict.not_checked if one.check == "crypto.tls.mismatch")
    assert gap.subject == "443/tcp" and gap.unasked, "a finding of before stays, and nothing is held against the host"
    full = replace(before, attempt=Attempt(replace(offer(), depth="full")))
    agreed = looked(offer(T12))
    assert not [one for one in judge(facts(within(strict), view(full, agreed)), HOST, NOW).not_checked if "mismatch" in one.check]


# -- whose fix -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ("directadmin", "./build set ssl_configuration intermediate"),
        ("cpanel", "NGINX Manager"),
        ("plesk", "plesk sbin sslmng --protocols='TLSv1.2 TLSv1.3'"),
    ],
)
def test_where_a_panel_owns_the_file_the_fix_is_theirs(panel: str, words: str) -> None:
    (one,) = found(view(looked(OLD)), within(replace(NGINX, panel=panel))).values()
    assert "would undo a change there:" in one.fix and words in one.fix
    assert "systemctl" not in one.fix


@pytest.mark.parametrize(
    ("version", "words"),
    [("3.0.3", "ssl_ciphers=ECDHE-"), ("3.0.5", "ssl_tlsv11=NO")],
)
def test_a_fix_is_for_the_version_that_is_there(version: str, words: str) -> None:
    vsftpd = daemon("vsftpd", version, block((21,), "required", settings={"ssl_tlsv1": ("YES", "/etc/vsftpd.conf:9")}))
    assert words in found(view(looked(OLD, 21)), within(vsftpd))["tls.protocol:ftp"].fix


def test_a_line_of_master_cf_is_changed_there() -> None:
    place = "/etc/postfix/master.cf:19"
    postfix = daemon(
        "postfix", "3.7.11", block((587,), "required", settings={"smtpd_tls_mandatory_protocols": (">=TLSv1", place)})
    )
    one = found(view(looked(OLD, 587)), within(postfix))["tls.protocol:submission"]
    assert one.evidence.location == place
    assert one.fix.startswith(
        "in /etc/postfix/master.cf, line 19, instead of smtpd_tls_mandatory_protocols >=TLSv1:\n  -o smtpd_tls"
    )


def test_the_distribution_decides_how_it_is_reloaded() -> None:
    apache = daemon(
        "apache",
        "2.4.57",
        block((443,), settings={"SSLProtocol": ("all", "/etc/httpd/conf.d/ssl.conf:60")}),
        library="OpenSSL 1.1.1w",
    )
    alma = System("almalinux", "9.6", "AlmaLinux 9.6", like=("rhel",))
    assert (
        "httpd -t && systemctl reload httpd" in found(view(looked(OLD)), within(apache, system=alma))["tls.protocol:443/tcp"].fix
    )
    assert "apache2ctl -t" in found(view(looked(OLD)), within(apache))["tls.protocol:443/tcp"].fix


def test_from_outside_alone_what_it_calls_itself_picks_the_words() -> None:
    from tests.unit.tls_facts import plain

    those = view(looked(OLD, 21), looked(plain(greeting="220 (vsFTPd 3.0.5)"), 21))
    assert "ssl_tlsv11=NO" in found(those, "no login")["tls.protocol:ftp"].fix
    assert found(view(looked(OLD)), "no login")["tls.protocol:443/tcp"].fix == "allow TLSv1.2 TLSv1.3 only"


@pytest.mark.parametrize(
    ("iana", "openssl"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "ECDHE-ECDSA-AES256-CCM"),
        ("TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256"),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"),
    ],
)
def test_suites_in_openssls_spelling(iana: str, openssl: str) -> None:
    assert openssl_suite(iana) == openssl


def test_hostile_lines_stay_short_and_plain() -> None:
    long = daemon(
        "nginx",
        "9" * 4000,
        block((443,), names=("n" * 250,) * 1, settings={"ssl_protocols": ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 " + "x" * 9000, SHOP)}),
        library="OpenSSL 1.1.1w",
    )
    (one,) = found(view(looked(OLD)), within(long)).values()
    assert max(map(len, (one.title, one.evidence.inside, one.evidence.outside))) <= 300
    assert max(len(line) for line in one.fix.splitlines()) <= 300


def test_other_protocols_are_judged_by_their_port() -> None:
    (one,) = found(view(looked(OLD, 5432, "", Protocol.POSTGRES))).values()
    assert one.key == "crypto.tls.protocol:5432/tcp"
    quiet: Attempt[object] = not_checked("it speaks no TLS")
    assert found(view(looked(quiet, 5432, "", Protocol.POSTGRES))) == {}
