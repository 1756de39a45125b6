"""What OpenSSL is told for all programs: the line that lets something weak through, or that keeps it out."""

from __future__ import annotations

import pytest

from schouw.model.daemons import Daemon, Setting
from schouw.model.facts import NOT_LOOKED_AT, System
from schouw.model.finding import Finding
from schouw.model.libraries import Libraries
from schouw.model.tls import TlsOffer
from tests.unit.facts import HOST, NOW, facts, judge
from tests.unit.tls_facts import GOOD, T10, T11, T12, T13, accepted, block, daemon, found, looked, offer, view, within

CNF, BACKEND = "/etc/ssl/openssl.cnf", "/etc/crypto-policies/back-ends/opensslcnf.config"
ALMA_8 = System("almalinux", "8.10", "AlmaLinux 8.10", "", ("rhel", "centos", "fedora"))
OLD = offer(T10, T11, T12, T13)


def libraries(file: str = CNF, policy: str = "", **openssl: str) -> Libraries:
    """Commands on lines 350 and following."""
    settings = {name: Setting(value, file, at) for at, (name, value) in enumerate(openssl.items(), 350)}
    return Libraries(settings, Setting(policy, "/etc/crypto-policies/state/current", 1) if policy else None)


def nginx(library: str = "OpenSSL 3.0.17", protocols: object = "TLSv1 TLSv1.1 TLSv1.2", **more: object) -> Daemon:
    return daemon("nginx", "1.22.1", block((443,), settings={"ssl_protocols": protocols, **more}), library=library)


def judged(what: TlsOffer | None, told: Libraries, *daemons: Daemon, port: int = 443, **sections: object) -> dict[str, Finding]:
    return found(view(looked(what, port)) if what else "nobody asked", within(*daemons, libraries=told, **sections))


def test_a_level_of_openssl_cnf_that_lets_old_versions_in_is_the_line_to_fix() -> None:
    told = libraries(MinProtocol="TLSv1", CipherString="DEFAULT@SECLEVEL=0")
    one = judged(OLD, told, nginx())["tls.protocol:443/tcp"]
    assert one.evidence.location == f"{CNF}:351"
    assert one.evidence.inside == (
        f"{CNF}:351 has for all programs: CipherString = DEFAULT@SECLEVEL=0; "
        "nobody wrote it: ssl_protocols TLSv1 TLSv1.1 TLSv1.2 is the default of nginx 1.22.1"
    )
    assert one.fix.splitlines()[:5] == [
        "for all programs of this host:",
        f"in {CNF}, line 351, instead of CipherString = DEFAULT@SECLEVEL=0:",
        "CipherString = DEFAULT@SECLEVEL=2",
        "then: systemctl restart nginx     # and whatever else speaks TLS: a reload is not enough",
        "or for nginx alone:",
    ]
    assert one.fix.splitlines()[6:] == ["ssl_protocols TLSv1.2 TLSv1.3;", "then: nginx -t && systemctl reload nginx"]


def test_what_openssl_is_told_takes_effect_at_a_start() -> None:
    one = judged(OLD, libraries(CipherString="DEFAULT@SECLEVEL=2"), nginx())["tls.protocol:443/tcp"]
    assert one.evidence.location == "" and one.evidence.inside.endswith("; OpenSSL as it is set by now refuses it")
    assert one.fix.splitlines()[1:3] == [
        "systemctl restart nginx     # and whatever else speaks TLS: a reload is not enough",
        "where that does not help, for nginx alone:",
    ]
    older = judged(OLD, libraries(), nginx("OpenSSL 1.1.1w"))["tls.protocol:443/tcp"]
    assert "OpenSSL" not in older.evidence.inside and "restart" not in older.fix, "it takes them, told or not"


def test_from_inside_alone_a_level_of_openssl_cnf_counts_too() -> None:
    assert "tls.protocol:443/tcp" not in judged(None, libraries(CipherString="DEFAULT:@SECLEVEL=2"), nginx())
    one = judged(None, libraries(CipherString="DEFAULT:@SECLEVEL=0"), nginx())["tls.protocol:443/tcp"]
    assert one.evidence.location == f"{CNF}:350"


def test_a_line_of_its_own_stays_the_place_to_fix() -> None:
    told = libraries(CipherString="DEFAULT@SECLEVEL=0")
    one = judged(OLD, told, nginx(protocols=("TLSv1 TLSv1.1 TLSv1.2", "/etc/nginx/nginx.conf:32")))["tls.protocol:443/tcp"]
    assert one.evidence.location == "/etc/nginx/nginx.conf:32" and "for all programs" not in one.fix
    assert one.evidence.inside.startswith(f"{CNF}:350 has for all programs: CipherString = DEFAULT@SECLEVEL=0; nginx 1.22.1: ")


@pytest.mark.parametrize(
    ("told", "server"),
    [
        (libraries(), nginx()),
        (libraries(CipherString="DEFAULT@SECLEVEL=1"), nginx()),
        (libraries(MinProtocol="TLSv1"), nginx("OpenSSL 1.1.1w")),
        (libraries(MinProtocol="$oldest", CipherString="$loose"), nginx()),
        (libraries(CipherString="DEFAULT@SECLEVEL=0"), nginx(ssl_ciphers=("ALL:@SECLEVEL=0", "/etc/nginx/x:9"))),
        (libraries(CipherString="DEFAULT@SECLEVEL=0"), daemon("exim", "4.96", block((443,)), library="GnuTLS 3.7.9")),
    ],
    ids=["nothing told", "level 1", "nginx sets its own lowest", "words", "a level of its own", "another library"],
)
def test_what_is_not_certain_is_not_blamed_on_it(told: Libraries, server: Daemon) -> None:
    one = judged(OLD, told, server)["tls.protocol:443/tcp"]
    assert CNF not in one.evidence.inside and CNF not in one.evidence.location and "for all programs" not in one.fix


def test_sha1_and_short_fields_come_from_the_level() -> None:
    suites = (*GOOD, accepted("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", T12, signature="rsa_pkcs1_sha1", dh_bits=1024, group="modp"))
    those = judged(offer(T12, T13, suites=suites), libraries(CipherString="DEFAULT@SECLEVEL=0"), nginx())
    assert {those[f"tls.{one}:443/tcp"].evidence.location for one in ("signature", "dh")} == {f"{CNF}:350"}
    level_1 = judged(offer(T12, T13, suites=suites), libraries(CipherString="DEFAULT@SECLEVEL=1"), nginx())
    assert level_1["tls.dh:443/tcp"].evidence.location == f"{CNF}:350"
    assert level_1["tls.signature:443/tcp"].evidence.location == "", "OpenSSL 3 has no SHA-1 at level 1"


def test_the_lowest_version_holds_for_whoever_sets_none() -> None:
    old = daemon("vsftpd", "3.0.3", block((21,), "required", settings={"ssl_tlsv1": "YES"}), library="OpenSSL 1.1.1w")
    one = judged(OLD, libraries(MinProtocol="TLSv1", CipherString="DEFAULT@SECLEVEL=2"), old, port=21)["tls.protocol:ftp"]
    assert one.evidence.location == f"{CNF}:350" and "\nMinProtocol = TLSv1.2\nthen: systemctl restart vsftpd " in one.fix
    assert "tls.protocol:ftp" not in judged(None, libraries(MinProtocol="TLSv1.2"), old, port=21)


def test_a_policy_is_changed_by_its_own_command() -> None:
    told = libraries(BACKEND, "LEGACY", CipherString="@SECLEVEL=1:kEECDH", MinProtocol="TLSv1")
    apache = daemon("apache", "2.4.37", block((443,), settings={"SSLProtocol": "all -SSLv3"}), library="OpenSSL 1.1.1k")
    those = judged(OLD, told, apache, system=ALMA_8)
    one = those["tls.protocol:443/tcp"]
    assert one.evidence.inside.startswith("the crypto policy is LEGACY: MinProtocol = TLSv1; ")
    assert one.evidence.location == "/etc/crypto-policies/state/current:1"
    assert one.fix.splitlines()[:3] == [
        "for all programs of this host:",
        "update-crypto-policies --set DEFAULT",
        "then: systemctl restart httpd sshd     # and whatever else speaks TLS: a reload is not enough",
    ]
    policy = those["host.policy"]
    assert (policy.severity, policy.evidence.location) == ("medium", one.evidence.location)
    assert policy.title == "Crypto policy LEGACY: all programs accept what is long insufficient"
    assert policy.fix.startswith("update-crypto-policies --set DEFAULT\nthen: systemctl restart httpd sshd ")
    assert "MinProtocol = TLSv1" in policy.evidence.inside


def test_suites_that_are_left_to_a_policy() -> None:
    server = nginx("OpenSSL 3.0.7", "TLSv1.2 TLSv1.3", ssl_ciphers=("PROFILE=SYSTEM", "/etc/nginx/nginx.conf:50"))
    weak = offer(suites=(*GOOD, "TLS_RSA_WITH_AES_128_CBC_SHA"))
    one = judged(weak, libraries(BACKEND, "LEGACY"), server)["tls.suite:443/tcp"]
    assert one.evidence.location == "/etc/crypto-policies/state/current:1"
    assert "update-crypto-policies --set DEFAULT\n" in one.fix and "in /etc/nginx/nginx.conf, line 50, instead of" in one.fix
    own = judged(weak, libraries(BACKEND, "DEFAULT"), server)["tls.suite:443/tcp"]
    assert own.evidence.location == "/etc/nginx/nginx.conf:50" and "update-crypto-policies" not in own.fix


@pytest.mark.parametrize(
    ("policy", "better"),
    [("LEGACY:AD-SUPPORT", "DEFAULT:AD-SUPPORT"), ("DEFAULT:SHA1", "DEFAULT"), ("DEFAULT", "DEFAULT:NO-SHA1"), ("OURS; id", "")],
)
def test_what_a_policy_becomes(policy: str, better: str) -> None:
    sha1 = offer(suites=(*GOOD, accepted("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", signature="rsa_pkcs1_sha1")))
    told = libraries(BACKEND, policy, SignatureAlgorithms="ECDSA+SHA256:RSA+SHA1")
    one = judged(sha1, told, nginx("OpenSSL 1.1.1k", "TLSv1.2"))["tls.signature:443/tcp"]
    assert f"update-crypto-policies --set {better or chr(39) + 'OURS; id:NO-SHA1' + chr(39)}\n" in one.fix


@pytest.mark.parametrize(
    ("policy", "severity"), [("DEFAULT:SHA1", "low"), ("LEGACY:SHA1", "medium"), ("DEFAULT", ""), ("FUTURE", "")]
)
def test_policies_by_name(policy: str, severity: str) -> None:
    those = judged(offer(), libraries(BACKEND, policy))
    assert (those["host.policy"].severity if severity else "host.policy" not in those) == (severity or True)


def test_the_line_that_overrules_is_named() -> None:
    listed = nginx(protocols=("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "/etc/nginx/nginx.conf:32"))
    one = judged(offer(), libraries(CipherString="DEFAULT:@SECLEVEL=2"), listed)["tls.mismatch:443/tcp"]
    assert (one.severity, one.evidence.location) == ("info", "/etc/nginx/nginx.conf:32")
    assert one.evidence.inside.endswith(f"; {CNF}:350 has for all programs: CipherString = DEFAULT:@SECLEVEL=2")
    line = {"TLSProtocol": ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "/etc/proftpd/tls.conf:9")}
    ftp = daemon("proftpd", "1.3.7a", block((21,), "required", settings=line), library="OpenSSL 1.1.1w")
    two = judged(offer(), libraries(MinProtocol="TLSv1.2"), ftp, port=21)["tls.mismatch:ftp"]
    assert two.evidence.inside.endswith(f"; {CNF}:350 has for all programs: MinProtocol = TLSv1.2")
    policy = judged(offer(), libraries(BACKEND, "DEFAULT", MinProtocol="TLSv1.2"), ftp, port=21)["tls.mismatch:ftp"]
    assert policy.evidence.inside.endswith("; the crypto policy is DEFAULT: MinProtocol = TLSv1.2")


def test_facts_of_before_say_that_it_was_not_looked_at() -> None:
    verdict = judge(facts(within(libraries=NOT_LOOKED_AT), view(looked(offer()))), HOST, NOW)
    assert [one.reason for one in verdict.not_checked if one.check == "crypto.host.policy"] == ["not looked at"]
    assert not [one for one in verdict.findings if one.check == "crypto.tls.protocol"]
