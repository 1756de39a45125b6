"""Certificates: dates on a schedule, names, chains, trust, strength, and what renews them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schouw.model.attempt import not_checked
from schouw.model.daemons import Renewal, Written
from schouw.model.facts import Inside
from schouw.model.host import Profiles
from schouw.model.tls import CertificateOffer, Looked
from tests.unit.facts import HOST, NOW
from tests.unit.tls_facts import (
    INTERMEDIATE,
    block,
    certificate,
    chain,
    daemon,
    found,
    looked,
    offer,
    served,
    unsure,
    view,
    within,
)

WWW = "www.example.nl"


def certs(*looks: Looked[Any], **more: Any) -> dict[str, tuple[str, str]]:
    those = found(view(*looks), prefix="crypto.cert.", **more)
    return {key: (one.severity.value, one.title) for key, one in those.items()}


def at(shown: CertificateOffer | str, port: int = 443, name: str = WWW) -> Looked[Any]:
    return looked(shown, port, name)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (60, None),
        (31, None),
        (29, ("low", "Certificate of www.example.nl expires in 29 days")),
        (13.5, ("medium", "Certificate of www.example.nl expires in 13 days")),
        (6.5, ("high", "Certificate of www.example.nl expires in 6 days")),
        (0.1, ("high", "Certificate of www.example.nl expires in less than a day")),
        (-0.1, ("critical", "Certificate of www.example.nl expired less than a day ago")),
        (-3, ("critical", "Certificate of www.example.nl expired 3 days ago")),
    ],
)
def test_it_gets_worse_as_the_day_comes_nearer(days: float, expected: tuple[str, str] | None) -> None:
    those = certs(at(served(WWW, days=days)))
    assert those == ({f"expiry:{WWW}": expected} if expected else {})


def test_a_certificate_of_six_days_has_its_own_schedule() -> None:
    assert certs(at(served(WWW, days=5, life=6))) == {}
    assert certs(at(served(WWW, days=1.5, life=6)))[f"expiry:{WWW}"][0] == "low"
    assert certs(at(served(WWW, days=0.4, life=6)))[f"expiry:{WWW}"][0] == "high"


def test_not_yet_valid() -> None:
    assert certs(at(served(WWW, days=100, life=90)))[f"expiry:{WWW}"][0] == "high"


def test_one_certificate_on_many_ports_and_names_is_one_finding() -> None:
    cert = served(WWW, "mail.example.nl", days=3)
    those = found(view(at(cert), at(cert, 993, "mail.example.nl"), at(cert, 443, "mail.example.nl")), prefix="crypto.cert.")
    (one,) = those.values()
    assert one.subject == "mail.example.nl"
    assert one.evidence.outside.startswith("443, 993, as mail.example.nl, www.example.nl: valid until 2026-11-27 12:00 UTC")


def test_the_key_of_a_finding_outlives_a_renewal() -> None:
    keys = [set(certs(at(served(WWW, days=days)))) for days in (3, -3)]
    assert keys[0] == keys[1]


def test_the_fix_names_the_file_and_how_to_reload() -> None:
    place = "/etc/nginx/sites-enabled/shop.conf:21"
    mine = block((443,), names=(WWW,), settings={"ssl_certificate": ("/etc/ssl/shop.pem", place)})
    other = block((443,), names=("other.nl",), settings={"ssl_certificate": ("/etc/ssl/other.pem", "/etc/nginx/o:1")})
    nginx = daemon("nginx", "1.22.1", other, mine)
    (one,) = found(view(at(served(WWW, days=3))), within(nginx), prefix="crypto.cert.").values()
    assert one.evidence.inside == "nginx 1.22.1: ssl_certificate /etc/ssl/shop.pem"
    assert one.evidence.location == place
    assert one.fix == (
        f"have the certificate issued anew, into the files that {place} names\nthen: nginx -t && systemctl reload nginx"
    )


@pytest.mark.parametrize(
    ("renewal", "words"),
    [
        (Renewal("certbot", True, (WWW,)), "certbot looks after it, and should have renewed it"),
        (
            Renewal("certbot", True, (WWW,), {WWW: "DNS problem: NXDOMAIN"}),
            "certbot looks after it, it fails: DNS problem: NXDOMAIN",
        ),
    ],
)
def test_where_a_program_renews_it_that_is_where_to_look(renewal: Renewal, words: str) -> None:
    those = found(view(at(served(WWW, days=3))), within(renewals=(renewal,)), prefix="crypto.cert.")
    assert those[f"expiry:{WWW}"].fix.splitlines()[0] == words
    assert "certbot renew --dry-run" in those[f"expiry:{WWW}"].fix


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "asked", "fits"),
    [
        ((WWW,), WWW, True),
        (("WWW.Example.NL",), WWW, True),
        (("*.example.nl",), WWW, True),
        (("*.example.nl",), "example.nl", False),
        (("*.example.nl",), "a.b.example.nl", False),
        (("example.nl",), WWW, False),
        (("*",), "nl", False),
        ((), WWW, False),
    ],
)
def test_names(names: tuple[str, ...], asked: str, fits: bool) -> None:
    assert (f"name:{asked}" not in certs(at(served(*names), 443, asked))) is fits


def test_many_names_with_the_wrong_certificate_are_one_finding() -> None:
    wrong = served("default.example.nl")
    those = certs(at(wrong, 443, "default.example.nl"), *(at(wrong, 443, f"{letter}.nl") for letter in "abc"))
    assert those == {"name:a.nl": ("high", "Certificate shown for 3 names is for another name")}


@pytest.mark.parametrize(("port", "severity"), [(443, "high"), (993, "high"), (21, "medium"), (25, "low")])
def test_who_is_put_off_decides_how_bad_it_is(port: int, severity: str) -> None:
    assert certs(at(served("other.nl"), port))[f"name:{WWW}"][0] == severity


def test_without_a_name_there_is_nothing_to_compare() -> None:
    assert certs(looked(served("other.nl"), 993)) == {}


# -- chains and trust ------------------------------------------------------------------------------


def test_an_intermediate_that_is_not_sent() -> None:
    bare = chain(certificate(WWW), trusted=False, why_not="unable to get local issuer certificate")
    those = found(view(at(bare)), within(daemon("nginx", "1.22.1", block((443,)))), prefix="crypto.cert.")
    one = those.pop(f"chain:{WWW}")
    assert those == {}
    assert one.severity == "high" and "E7,O=Let's Encrypt, whose certificate is not sent along" in one.evidence.outside
    assert "ssl_certificate FULLCHAIN.pem;" in one.fix


def test_a_fix_for_each_program_that_shows_it() -> None:
    bare = chain(certificate(WWW), trusted=False, why_not="unable to get local issuer certificate")
    those = view(at(bare), at(bare, 25), at(bare, 3306))
    programs = within(daemon("nginx", "1.22.1", block((443,))), daemon("postfix", "3.7.11", block((25,), "optional")))
    one = found(those, programs, prefix="crypto.cert.")[f"chain:{WWW}"]
    lines = one.fix.splitlines()
    assert [line for line in lines if line.endswith(f"as {WWW}):")] == [f"Postfix (25, as {WWW}):", f"nginx (443, as {WWW}):"]
    assert f"3306, as {WWW}:" in lines and lines.count("then: nginx -t && systemctl reload nginx") == 1


def test_only_those_who_do_not_send_it_are_told() -> None:
    leaf = certificate(WWW)
    bare = chain(leaf, trusted=False, why_not="unable to get local issuer certificate")
    inner = within(daemon("nginx", "1.22.1", block((443,))), daemon("proftpd", "1.3.8", block((21,), "required")))
    (one,) = found(view(at(bare, 21), at(chain(leaf, INTERMEDIATE))), inner, prefix="crypto.cert.").values()
    assert one.evidence.outside.startswith(f"21, as {WWW}: issued by") and "nginx" not in one.fix
    assert "TLSCertificateChainFile CHAIN.pem" in one.fix


ALONE = chain(certificate("localhost", alone=True, days=-9), trusted=False, why_not="self-signed certificate")


def test_a_self_signed_certificate_is_one_finding_not_three() -> None:
    those = found(view(at(ALONE)), prefix="crypto.cert.")
    assert {key: one.severity.value for key, one in those.items()} == {f"trust:{WWW}": "high"}
    one = those[f"trust:{WWW}"]
    assert one.title == "Certificate of www.example.nl is self-signed"
    assert "self-signed, valid until 2026-11-15 12:00 UTC" in one.evidence.outside


def test_an_authority_that_nobody_knows() -> None:
    private = chain(
        certificate(WWW, issuer="CN=Intern"),
        replace(INTERMEDIATE, self_issued=True),
        trusted=False,
        why_not="self-signed certificate in chain",
    )
    assert certs(at(private))[f"trust:{WWW}"] == (
        "high",
        "Certificate of www.example.nl is not from an authority that this machine trusts",
    )


def test_an_authority_of_ones_own_that_sends_its_intermediate() -> None:
    private = chain(
        certificate(WWW, issuer="CN=Intern"),
        replace(INTERMEDIATE, subject="CN=Intern", issuer="CN=Huis", self_issued=False),
        trusted=False,
        why_not="unable to get local issuer certificate",
    )
    (one,) = found(view(at(private)), prefix="crypto.cert.").values()
    assert one.key == f"crypto.cert.trust:{WWW}" and "update-ca-certificates" in one.fix


def test_the_stopgap_of_a_web_server_with_names_is_nobodys_business() -> None:
    assert certs(looked(ALONE), at(served(WWW))) == {}
    assert certs(looked(ALONE)) == {"trust:443/tcp": ("high", "Certificate of 443/tcp is self-signed")}


def test_between_mail_servers_hardly_anybody_verifies() -> None:
    assert certs(at(ALONE, 25))[f"trust:{WWW}"][0] == "info"


def test_trust_that_could_not_be_told_is_not_trust() -> None:
    unclear = chain(certificate(WWW), INTERMEDIATE, trusted=not_checked("this machine has no store of authorities"))
    assert unsure(view(looked(offer()), at(unclear))) == {("crypto.cert.trust", WWW): "this machine has no store of authorities"}


# -- strength --------------------------------------------------------------------------------------


def test_an_rsa_key_of_2048_bits_is_advice_and_one_finding_for_all() -> None:
    rsa = [at(served(f"{letter}.nl", key="RSA", bits=2048), 443, f"{letter}.nl") for letter in "abcde"]
    assert certs(*rsa) == {"key:RSA 2048": ("info", "Certificate keys to be phased out: RSA 2048 (5 certificates)")}
    assert certs(*rsa, host=replace(HOST, profiles=Profiles(web="mozilla-intermediate"))) == {}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"key": "RSA", "bits": 1024}, {"key:RSA 1024": ("high", "Weak certificate keys: RSA 1024 (1 certificate)")}),
        ({"key": "RSA", "bits": 4096}, {}),
        ({"key": "Ed25519", "bits": 256, "signature": ""}, {}),
        (
            {"curve": "secp224r1"},
            {"key:EC secp224r1": ("info", "Certificate keys to be phased out: EC secp224r1 (1 certificate)")},
        ),
        ({"signature": "sha1"}, {"signature:sha1": ("high", "Certificates signed with sha1 (1 certificate)")}),
    ],
)
def test_keys_and_signatures(changed: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    assert certs(at(served(WWW, **changed))) == expected


def test_a_weak_signature_further_up_counts_and_that_of_a_root_does_not() -> None:
    weak, root = replace(INTERMEDIATE, signature="sha1"), replace(INTERMEDIATE, signature="sha1", self_issued=True)
    assert "signature:sha1" in certs(at(chain(certificate(WWW), weak)))
    assert certs(at(chain(certificate(WWW), root))) == {}


def test_how_long_they_live_is_judged_where_the_profile_says_so() -> None:
    looks = [at(served(f"{life}.nl", days=300, life=life), 443, f"{life}.nl") for life in (397, 398)]
    assert certs(*looks) == {}
    held = replace(HOST, profiles=Profiles(web="mozilla-intermediate"))
    assert certs(*looks, host=held) == {"life": ("info", "Certificates valid for up to 398 days (2 certificates)")}


# -- what is not known -----------------------------------------------------------------------------


def test_a_name_that_showed_none_keeps_what_was_found_of_it() -> None:
    reasons = unsure(view(at(served(WWW)), certificates=(at("the server closed the connection", 443, "shop.nl"),)))
    assert reasons["crypto.cert.expiry", "shop.nl"] == "the server closed the connection"
    assert ("crypto.cert.expiry", WWW) not in reasons
    assert reasons["crypto.cert.key", ""] == "the server closed the connection"


# -- renewals --------------------------------------------------------------------------------------


def test_a_renewal_that_fails_is_one_finding_a_program() -> None:
    failing = Renewal("certbot", True, (WWW, "shop.nl"), {WWW: "DNS problem", "shop.nl": "timeout"})
    (one,) = found("no route", within(renewals=(failing, Renewal("acme.sh", True, ("b.nl",)))), prefix="crypto.cert.").values()
    assert (one.key, one.severity, one.title) == ("crypto.cert.renewal:certbot", "high", "certbot fails to renew 2 certificates")
    assert "DNS problem" in one.evidence.inside


def test_a_program_that_nothing_runs() -> None:
    idle = Renewal("certbot", False, (WWW,))
    (one,) = found("no route", within(renewals=(idle,)), prefix="crypto.cert.").values()
    assert (one.severity, one.fix.partition("  ")[0]) == ("medium", "systemctl enable --now certbot.timer")
    assert found("no route", within(renewals=(replace(idle, names=()),)), prefix="crypto.cert.") == {}


def renewed(*paths: str, fingerprint: str = "new", name: str = "nginx") -> Inside:
    """A server whose certificates stand in those files, each written since it was started; "": one that was not."""
    keywords = ("ssl_certificate", "ssl_certificate (2)")
    settings = {
        key: (path or "/c/old.pem", f"/etc/nginx/shop:{at}")
        for at, (key, path) in enumerate(zip(keywords, paths, strict=False), 1)
    }
    written = tuple(Written(path, fingerprint, NOW) for path in paths if path)
    server = block((443,), names=(WWW,), settings=settings)
    return within(daemon(name, "1.22.1", server, written=written, started_at=NOW - timedelta(days=9)))


def test_a_certificate_that_was_renewed_and_not_read_since_is_found_with_the_way_to_reload() -> None:
    seen = found(view(at(served(WWW))), renewed("/c/rsa.pem"), prefix="crypto.cert.")
    one = seen[f"unread:{WWW}"]
    assert one.title == "Certificate of www.example.nl was renewed, and nginx still shows the one of before"
    assert "/c/rsa.pem was written on" in one.evidence.inside and one.evidence.location == "/etc/nginx/shop:1"
    assert "nginx -t && systemctl reload nginx" in one.fix


def test_a_file_that_was_written_anew_with_what_is_shown_is_in_use() -> None:
    offer = served(WWW)
    assert not found(view(at(offer)), renewed("/c/rsa.pem", fingerprint=offer.chain[0].fingerprint), prefix="crypto.cert.unread")


def test_of_two_certificates_the_one_that_stayed_may_be_what_is_shown() -> None:
    assert not found(view(at(served(WWW))), renewed("/c/rsa.pem", ""), prefix="crypto.cert.unread")
    assert found(view(at(served(WWW))), renewed("/c/rsa.pem", "/c/ec.pem"), prefix="crypto.cert.unread")


def test_programs_that_read_it_for_each_connection_have_read_it() -> None:
    assert not found(view(at(served(WWW))), renewed("/c/rsa.pem", name="vsftpd"), prefix="crypto.cert.unread")


def test_without_the_inside_view_it_is_not_checked() -> None:
    assert ("crypto.cert.unread", "") in unsure(view(at(served(WWW))), "no login")
