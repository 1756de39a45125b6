"""SSH: algorithms, host keys, and the settings of sshd, with the line that causes it and the line that fixes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from schouw.checks.ssh_grades import Kind, graded, profiles
from schouw.inventory.tables import SshProfile
from schouw.model.attempt import seen
from schouw.model.facts import Directive, Facts, HostKeyFile, Sshd, System
from schouw.model.finding import Finding
from schouw.model.host import Host
from schouw.model.outside import SshOffer
from tests.unit.facts import CIPHERS, HOST, INCLUDE, KEX, MACS, NOW, facts, inside, judge, offer, outside, sshd

MAIN = "/etc/ssh/sshd_config"
STRICT = ",kex-strict-s-v00@openssh.com"
RHEL7 = System("centos", "7", "CentOS Linux 7", like=("rhel", "fedora"))


def found(those: Facts, prefix: str, host: Host = HOST) -> dict[str, Finding]:
    findings = judge(those, host, NOW).findings
    return {one.key.removeprefix(prefix): one for one in findings if one.key.startswith(prefix)}


def crypto(settings: Sshd, *offers: SshOffer, host: Host = HOST, system: System | None = None) -> dict[str, Finding]:
    within = inside(sshd=settings, **({"system": system} if system else {}))
    return found(facts(within, outside(ssh=tuple(seen(one) for one in offers))), "crypto.ssh.", host)


def test_one_finding_a_kind_with_both_evidences_and_the_line() -> None:
    kex = "curve25519-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
    line = Directive("KexAlgorithms", kex, MAIN, 40)
    one = crypto(sshd({"kexalgorithms": kex}, (INCLUDE, line)), offer(kex=kex + STRICT))["kex:22/tcp"]
    assert (one.severity, one.title) == ("high", "SSH on 22/tcp offers broken key exchanges")
    assert one.evidence.outside.endswith("offers diffie-hellman-group1-sha1, diffie-hellman-group14-sha1")
    assert one.evidence.inside == "sshd -T: kexalgorithms … diffie-hellman-group14-sha1, diffie-hellman-group1-sha1"
    assert one.evidence.location == f"{MAIN}:40"
    assert one.fix.splitlines() == [
        "in /etc/ssh/sshd_config.d/00-hardening.conf:",
        "KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,"
        "diffie-hellman-group18-sha512,diffie-hellman-group16-sha512",
        "then: sshd -t && systemctl reload ssh",
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {"kex:22/tcp": "low", "mac:22/tcp": "low"}),
        ({"kex": "curve25519-sha256,sntrup761x25519-sha512" + STRICT}, {"mac:22/tcp": "low"}),
        ({"ciphers": "aes128-ctr,aes128-cbc"}, {"kex:22/tcp": "low", "mac:22/tcp": "low", "cipher:22/tcp": "medium"}),
        ({"ciphers": "aes128-ctr,3des-cbc"}, {"kex:22/tcp": "low", "mac:22/tcp": "low", "cipher:22/tcp": "high"}),
        ({"ciphers": "aes256-gcm@openssh.com"}, {"kex:22/tcp": "low"}),
        ({"macs": "hmac-sha2-256,hmac-md5"}, {"kex:22/tcp": "low", "mac:22/tcp": "medium"}),
        ({"host_keys": "ssh-ed25519,ssh-rsa"}, {"kex:22/tcp": "low", "mac:22/tcp": "low", "host_key_algorithm:22/tcp": "medium"}),
        ({"kex": KEX}, {"kex:22/tcp": "low", "mac:22/tcp": "low", "terrapin:22/tcp": "medium"}),
        ({"kex": KEX, "ciphers": "aes128-ctr"}, {"kex:22/tcp": "low", "mac:22/tcp": "low"}),
        ({"kex": "curve25519-sha256" + STRICT, "macs": "hmac-sha2-256"}, {"post_quantum:22/tcp": "info"}),
        ({"compression": "none,zlib"}, {"kex:22/tcp": "low", "mac:22/tcp": "low", "compression:22/tcp": "low"}),
    ],
)
def test_offers(changed: dict[str, Any], expected: dict[str, str]) -> None:
    those = crypto(sshd(), offer(**changed))
    assert {key: one.severity.value for key, one in those.items()} == expected


def test_without_an_offer_the_settings_speak() -> None:
    one = crypto(sshd({"ciphers": "aes128-ctr,3des-cbc"}))["cipher:22/tcp"]
    assert (one.severity, one.evidence.outside) == ("high", "")
    assert one.evidence.inside == "sshd -T: ciphers … 3des-cbc"


def test_edited_but_not_reloaded() -> None:
    one = crypto(sshd({"macs": "hmac-sha2-512-etm@openssh.com"}), offer())["mac:22/tcp"]
    assert one.fix.endswith("it only has to take effect: sshd -t && systemctl reload ssh")
    assert one.evidence.inside == ""


def test_another_server_than_the_hosts_sshd() -> None:
    those = crypto(sshd(), offer(), offer(kex="diffie-hellman-group1-sha1", port=2222, software="dropbear_2019.78"))
    one = those["kex:2222/tcp"]
    assert one.severity == "high" and "not the sshd of the host" in one.fix
    assert those["kex:22/tcp"].severity == "low"


@pytest.mark.parametrize(
    ("directives", "system", "place"),
    [
        ((INCLUDE,), None, "in /etc/ssh/sshd_config.d/00-hardening.conf:"),
        ((INCLUDE, Directive("Ciphers", "x", MAIN, 30)), None, "in /etc/ssh/sshd_config.d/00-hardening.conf:"),
        ((Directive("Ciphers", "x", MAIN, 3), INCLUDE), None, f"in {MAIN}, line 3, instead of Ciphers …:"),
        (
            (INCLUDE, Directive("Ciphers", "x", "/etc/ssh/sshd_config.d/00-first.conf", 1)),
            None,
            "in /etc/ssh/sshd_config.d/00-first.conf, line 1, instead of Ciphers …:",
        ),
        (
            (INCLUDE, Directive("Ciphers", "x", "/etc/ssh/sshd_config.d/50-redhat.conf", 1)),
            None,
            "in /etc/ssh/sshd_config.d/00-hardening.conf:",
        ),
        ((), RHEL7, f"at the top of {MAIN}:"),
        ((Directive("Ciphers", "x", MAIN, 9),), RHEL7, f"in {MAIN}, line 9, instead of Ciphers …:"),
        # A line in a Match block does not decide for everybody.
        ((Directive("Match", "User a", MAIN, 8), Directive("Ciphers", "x", MAIN, 9)), RHEL7, f"at the top of {MAIN}:"),
    ],
)
def test_where_the_line_belongs(directives: tuple[Directive, ...], system: System | None, place: str) -> None:
    one = crypto(sshd({"ciphers": "aes128-ctr,3des-cbc"}, directives), system=system)["cipher:22/tcp"]
    first, wanted, then = one.fix.splitlines()
    assert first == place
    assert wanted.startswith("Ciphers chacha20-poly1305@openssh.com,") and "3des" not in wanted
    assert then == f"then: sshd -t && systemctl reload {'sshd' if system else 'ssh'}"


def test_a_fix_names_only_what_that_version_has() -> None:
    old = crypto(sshd({"kexalgorithms": "diffie-hellman-group1-sha1"}, version="OpenSSH_6.6.1p1"))["kex:22/tcp"].fix
    assert old.splitlines()[1] == "KexAlgorithms curve25519-sha256@libssh.org"
    new = crypto(sshd({"kexalgorithms": "diffie-hellman-group1-sha1"}, version="OpenSSH_10.0p2"))["kex:22/tcp"].fix
    assert new.splitlines()[1].startswith("KexAlgorithms mlkem768x25519-sha256,")
    ancient = crypto(sshd({"kexalgorithms": "diffie-hellman-group1-sha1"}, version="OpenSSH_5.3p1"))["kex:22/tcp"].fix
    assert "it offers nothing better" in ancient


def test_a_stricter_profile() -> None:
    strict = replace(HOST, ssh_profile="modern")
    names = {"kexalgorithms": "curve25519-sha256", "macs": "hmac-sha2-256-etm@openssh.com"}
    one = crypto(sshd(names), host=strict)["cipher:22/tcp"]
    assert one.severity == "low"
    assert one.fix.splitlines()[1] == "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com"


def test_a_fleet_file_may_name_every_profile_and_no_other() -> None:
    assert get_args(SshProfile) == profiles()


def test_an_unknown_profile_and_an_unknown_algorithm_are_said() -> None:
    those = facts(inside(sshd=sshd({"ciphers": "aes128-ctr,rot13"})), outside(ssh=()))
    unsure = judge(those, replace(HOST, ssh_profile="paranoid"), NOW).not_checked
    assert any(one.reason == "there is no SSH profile 'paranoid': known are default, modern" for one in unsure)
    assert any(one.reason == "not graded: rot13" for one in unsure)


@pytest.mark.parametrize("kind", Kind)
def test_each_algorithm_has_one_grade(kind: Kind) -> None:
    for profile in profiles():
        names = [name for grade, some in graded(kind, profile).items() if grade != "post_quantum" for name in some]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        (HostKeyFile("RSA", 1024, "SHA256:x", "/etc/ssh/k"), "high"),
        (HostKeyFile("RSA", 2048, "SHA256:x", "/etc/ssh/k"), "low"),
        (HostKeyFile("RSA", 3072, "SHA256:x", "/etc/ssh/k"), None),
        (HostKeyFile("DSA", 1024, "SHA256:x", "/etc/ssh/k"), "high"),
        (HostKeyFile("ED25519", 256, "SHA256:x", "/etc/ssh/k"), None),
    ],
)
def test_host_keys(key: HostKeyFile, severity: str | None) -> None:
    one = crypto(sshd(host_keys=(key,))).get("host_key:/etc/ssh/k")
    assert (one.severity if one else None) == severity


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"permitrootlogin": "yes"}, {"root_login": "low"}),
        ({"permitrootlogin": "yes", "passwordauthentication": "yes"}, {"root_login": "high", "password_login": "medium"}),
        ({"passwordauthentication": "yes", "authenticationmethods": "publickey,password"}, {}),
        ({"passwordauthentication": "yes", "authenticationmethods": "publickey password"}, {"password_login": "medium"}),
        ({"kbdinteractiveauthentication": "yes"}, {"keyboard_interactive": "medium"}),
        ({"kbdinteractiveauthentication": "", "challengeresponseauthentication": "yes"}, {"keyboard_interactive": "medium"}),
        ({"kbdinteractiveauthentication": "yes", "usepam": "no"}, {"pam": "info"}),
        ({"permitemptypasswords": "yes"}, {"empty_passwords": "critical"}),
        ({"x11forwarding": "yes", "allowtcpforwarding": "yes"}, {"x11_forwarding": "low", "tcp_forwarding": "info"}),
        ({"maxauthtries": "10", "logingracetime": "0"}, {"max_auth_tries": "low", "login_grace_time": "medium"}),
        ({"logingracetime": "300", "gatewayports": "clientspecified"}, {"login_grace_time": "low", "gateway_ports": "low"}),
        ({"permituserenvironment": "LANG", "ignorerhosts": "no"}, {"user_environment": "medium", "ignore_rhosts": "medium"}),
        ({"hostbasedauthentication": "yes", "strictmodes": "no"}, {"hostbased": "medium", "strict_modes": "medium"}),
        ({"persourcepenalties": "no"}, {"penalties": "low"}),
    ],
)
def test_settings_of_sshd(settings: dict[str, str], expected: dict[str, str]) -> None:
    those = found(facts(inside(sshd=sshd(settings))), "hardening.sshd.")
    assert {key: one.severity.value for key, one in those.items()} == expected


def test_a_setting_names_its_line_and_its_fix() -> None:
    line = Directive("PermitRootLogin", "yes", MAIN, 33)
    settings = sshd({"permitrootlogin": "yes", "passwordauthentication": "yes"}, (line,))
    one = found(facts(inside(sshd=settings, system=RHEL7)), "hardening.sshd.")["root_login"]
    assert one.evidence.inside == "sshd -T: permitrootlogin yes"
    assert one.evidence.location == f"{MAIN}:33"
    assert one.fix.splitlines() == [
        f"in {MAIN}, line 33, instead of PermitRootLogin …:",
        "PermitRootLogin prohibit-password",
        "then: sshd -t && systemctl reload sshd",
    ]


def test_passwords_for_some_alone_are_told_without_alarm() -> None:
    def lines(who: str, *more: tuple[str, str]) -> tuple[Directive, ...]:
        return tuple(
            Directive(keyword, value, MAIN, 40, match=who) for keyword, value in (("PasswordAuthentication", "yes"), *more)
        )

    some = (*lines("Group sftp"), *lines("User ann", ("AuthenticationMethods", "publickey,password")))
    those = found(facts(inside(sshd=sshd({}, some))), "hardening.sshd.")
    one = those.pop("password_login:Group sftp")
    assert not those and (one.severity.value, one.title) == ("info", "SSH accepts passwords of some: Match Group sftp")
    assert one.evidence.location == f"{MAIN}:40" and "sshd -t && systemctl reload" in one.fix
    everybody = found(facts(inside(sshd=sshd({"passwordauthentication": "yes"}, some))), "hardening.sshd.")
    assert set(everybody) == {"password_login"}


def test_a_setting_that_is_not_listed_is_not_checked() -> None:
    verdict = judge(facts(inside(sshd=sshd({"permitrootlogin": ""}))), HOST, NOW)
    assert [(one.check, one.reason) for one in verdict.not_checked] == [
        ("hardening.sshd.root_login", "`sshd -T` does not list PermitRootLogin")
    ]
    newer = judge(facts(inside(sshd=sshd(version="OpenSSH_9.9p1"))), HOST, NOW)
    assert [one.check for one in newer.not_checked] == ["hardening.sshd.penalties"]


def test_lines_alone_do_not_say_what_is_in_force() -> None:
    lines = seen(Sshd("OpenSSH_9.2p1", {}, (INCLUDE,)), "`sshd -T` needs root")
    verdict = judge(facts(inside(sshd=lines)), HOST, NOW)
    reasons = {one.reason for one in verdict.not_checked if one.check.startswith("hardening.sshd.")}
    assert reasons == {"`sshd -T` needs root"}


def test_stock_debian_shows_nothing_above_low_in_crypto() -> None:
    trixie = KEX.split(",diffie")[0].replace("sntrup761x25519-sha512,", "mlkem768x25519-sha256,sntrup761x25519-sha512,")
    for kex, software in ((KEX, "OpenSSH_9.2p1 Debian-2+deb12u10"), (trixie, "OpenSSH_10.0p2 Debian-7+deb13u4")):
        names = {"kexalgorithms": kex, "ciphers": CIPHERS, "macs": MACS}
        those = crypto(sshd(names, version=software.split()[0]), offer(kex + STRICT, software=software))
        assert {one.severity.value for one in those.values()} == {"low"}
