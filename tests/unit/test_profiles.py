"""Guidelines as data: what they say of names and numbers, and how a fleet file chooses among them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from schouw import profiles
from schouw.errors import ConfigError
from schouw.inventory import load
from schouw.inventory.describe import describe
from schouw.model.host import Host, Profiles
from schouw.model.profile import Kind, Profile, level
from schouw.model.protocol import ServiceClass
from schouw.profiles.file import LaxerFile, ProfileFile, mistakes

NCSC = profiles.built_in("ncsc-nl")


def of(name: str, kind: Kind, value: str, service: ServiceClass = ServiceClass.WEB) -> str:
    return level(profiles.built_in(name).toward(service), kind, value).value


@pytest.mark.parametrize("name", profiles.BUILT_IN)
def test_every_profile_says_what_it_is_and_holds_only_entries_that_can_fit(name: str) -> None:
    one = profiles.built_in(name)
    assert one.title and one.version and one.source.startswith("https://")
    table = msgspec.convert(tomllib.loads(files("schouw.profiles").joinpath(f"{name}.toml").read_text()), ProfileFile)
    assert list(mistakes(table)) == []


def test_the_laxer_bar_holds_only_entries_that_can_fit() -> None:
    table = msgspec.convert(tomllib.loads(files("schouw.profiles").joinpath("port_25.toml").read_text()), LaxerFile)
    assert list(mistakes(table)) == []
    assert "in the clear" in profiles.laxer().reason


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.PROTOCOL, "TLSv1.3", "good"),
        (Kind.PROTOCOL, "TLSv1.2", "sufficient"),
        (Kind.PROTOCOL, "TLSv1.1", "insufficient"),
        (Kind.SUITE, "TLS_AES_256_GCM_SHA384", "good"),
        (Kind.SUITE, "TLS_AES_128_CCM_8_SHA256", "insufficient"),
        (Kind.SUITE, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "sufficient"),
        (Kind.SUITE, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "phase_out"),
        (Kind.SUITE, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "insufficient"),
        (Kind.SUITE, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "phase_out"),
        (Kind.SUITE, "TLS_RSA_WITH_AES_256_GCM_SHA384", "insufficient"),
        (Kind.GROUP, "X25519MLKEM768", "good"),
        (Kind.GROUP, "ffdhe2048", "insufficient"),
        (Kind.GROUP, "ffdhe3072", "phase_out"),
        (Kind.GROUP, "DH 4096", "insufficient"),
        (Kind.CERTIFICATE_KEY, "RSA 2048", "phase_out"),
        (Kind.CERTIFICATE_KEY, "RSA 3072", "sufficient"),
        (Kind.CERTIFICATE_KEY, "RSA 2047", "insufficient"),
        (Kind.CERTIFICATE_KEY, "EC secp256r1", "sufficient"),
        (Kind.CERTIFICATE_KEY, "DSA 3072", "insufficient"),
        (Kind.CERTIFICATE_SIGNATURE, "sha1", "insufficient"),
        (Kind.HANDSHAKE_SIGNATURE, "sha224", "phase_out"),
        (Kind.HSTS, "31535999", "insufficient"),
        (Kind.CERTIFICATE_DAYS, "825", "sufficient"),
    ],
)
def test_ncsc(kind: Kind, value: str, expected: str) -> None:
    assert of("ncsc-nl", kind, value) == expected


@pytest.mark.parametrize(
    ("name", "kind", "value", "expected"),
    [
        ("mozilla-modern", Kind.PROTOCOL, "TLSv1.2", "insufficient"),
        ("mozilla-modern", Kind.CERTIFICATE_KEY, "RSA 4096", "phase_out"),
        ("mozilla-intermediate", Kind.SUITE, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "phase_out"),
        ("mozilla-intermediate", Kind.SUITE, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "insufficient"),
        ("mozilla-intermediate", Kind.CERTIFICATE_KEY, "RSA 2048", "sufficient"),
        ("mozilla-intermediate", Kind.GROUP, "secp521r1", "phase_out"),
        ("mozilla-intermediate", Kind.HSTS, "31536000", "insufficient"),
        ("mozilla-old", Kind.PROTOCOL, "TLSv1.0", "sufficient"),
        ("mozilla-old", Kind.SUITE, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "sufficient"),
        ("mozilla-old", Kind.SUITE, "TLS_RSA_WITH_RC4_128_SHA", "insufficient"),
        ("pci-dss", Kind.PROTOCOL, "TLSv1.1", "insufficient"),
        ("pci-dss", Kind.SUITE, "TLS_RSA_WITH_AES_128_CBC_SHA", "sufficient"),
        ("pci-dss", Kind.SUITE, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "insufficient"),
        ("pci-dss", Kind.GROUP, "DH 1024", "insufficient"),
    ],
)
def test_the_others(name: str, kind: Kind, value: str, expected: str) -> None:
    assert of(name, kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "elsewhere", "on_port_25"),
    [
        (Kind.PROTOCOL, "TLSv1.0", "insufficient", "phase_out"),
        (Kind.PROTOCOL, "SSLv3", "insufficient", "insufficient"),
        (Kind.SUITE, "TLS_DH_anon_WITH_AES_256_CBC_SHA", "insufficient", "phase_out"),
        (Kind.SUITE, "TLS_RSA_WITH_RC4_128_SHA", "insufficient", "insufficient"),
        (Kind.GROUP, "DH 2048", "insufficient", "phase_out"),
        (Kind.GROUP, "DH 1024", "insufficient", "insufficient"),
        (Kind.GROUP, "x25519", "sufficient", "sufficient"),
    ],
)
def test_between_mail_servers_weak_is_better_than_none_and_broken_is_not(
    kind: Kind, value: str, elsewhere: str, on_port_25: str
) -> None:
    assert (of("ncsc-nl", kind, value), of("ncsc-nl", kind, value, ServiceClass.MX)) == (elsewhere, on_port_25)
    assert of("pci-dss", Kind.PROTOCOL, "TLSv1.0", ServiceClass.MX) == "insufficient"


def test_a_host_is_held_to_what_it_names_for_each_class() -> None:
    mine = replace(NCSC, name="mine", title="Mine")
    host = Host(name="a", profiles=Profiles(web="mozilla-intermediate", ftp="mine"), own_profiles=(mine,))
    assert profiles.held_to(host, ServiceClass.WEB).title == "Mozilla intermediate 6.0"
    assert profiles.held_to(host, ServiceClass.FTP).title == "Mine"
    assert profiles.held_to(host, ServiceClass.MAIL).title == "NCSC-NL 2025-05"


# -- the fleet file --------------------------------------------------------------------------------


def only(folder: Path, text: str, **own: str) -> Host:
    (folder / "hosts.toml").write_text(text)
    (folder / "profiles").mkdir(exist_ok=True)
    for name, written in own.items():
        (folder / "profiles" / f"{name}.toml").write_text(written)
    (host,) = load(folder / "hosts.toml").hosts
    return host


def refused(folder: Path, text: str, **own: str) -> str:
    with pytest.raises(ConfigError) as raised:
        only(folder, text, **own)
    return str(raised.value)


def test_the_most_specific_wins_and_a_class_beats_all_classes_of_the_same_table(tmp_path: Path) -> None:
    text = """
        [defaults]
        profile = "pci-dss"
        profiles = { ftp = "mozilla-old", mx = "mozilla-old" }
        [groups.web]
        profile = "mozilla-intermediate"
        profiles.mx = "ncsc-nl"
        [hosts.a]
        groups = ["web"]
        profiles = { web = "mozilla-modern" }
        """
    assert only(tmp_path, text).profiles == Profiles(
        web="mozilla-modern", mail="mozilla-intermediate", mx="ncsc-nl", ftp="mozilla-intermediate", other="mozilla-intermediate"
    )
    shown = describe(tmp_path / "hosts.toml", "a")
    assert 'profiles = { web = "mozilla-modern", mail = "mozilla-intermediate"' in shown
    assert "# defaults, groups.web, hosts.a" in shown


def test_without_a_word_it_is_ncsc(tmp_path: Path) -> None:
    assert only(tmp_path, "[hosts.a]").profiles == Profiles()
    assert set(Profiles.__slots__) == {service.value for service in ServiceClass}


MINE = """
title = "House rules"
base = "ncsc-nl"
[protocol]
sufficient = ["TLSv1.3"]
phase_out = ["TLSv1.2"]
until = 2027-07-01
"""


def test_a_profile_of_ones_own_changes_what_it_says_and_leaves_the_rest(tmp_path: Path) -> None:
    host = only(tmp_path, '[hosts.a]\nprofile = "mine"', mine=MINE)
    (mine,) = host.own_profiles
    assert mine.title == "House rules"
    assert mine.bars[Kind.PROTOCOL].until == date(2027, 7, 1)
    assert level(mine, Kind.PROTOCOL, "TLSv1.2") == "phase_out"
    assert mine.bars[Kind.SUITE] == NCSC.bars[Kind.SUITE]
    assert msgspec.json.decode(msgspec.json.encode(host), type=Host) == host, "it travels with its host to whoever judges"


def test_only_hosts_that_name_it_carry_it(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/mine.toml").write_text(MINE)
    (tmp_path / "hosts.toml").write_text('[hosts.a]\nprofile = "mine"\n[hosts.b]')
    assert [len(host.own_profiles) for host in load(tmp_path / "hosts.toml").hosts] == [1, 0]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('[hosts.a]\nprofile = "nscs-nl"', "hosts.toml:2:11", 'unknown profile "nscs-nl"; did you mean "ncsc-nl"?'),
        ('[hosts.a]\nprofile = "miner"', "hosts.toml:2:11", 'unknown profile "miner"; did you mean "mine"?'),
        ('[defaults]\nprofile = "qqqq"\n[hosts.a]', "hosts.toml:2:11", "expected one of ncsc-nl, mozilla-modern,"),
        ('[groups.x]\nprofiles = { mx = "zzz" }\n[hosts.a]', "hosts.toml:2:19", 'unknown profile "zzz"'),
        ('[hosts.a]\nprofiles = { wbe = "ncsc-nl" }', "hosts.toml:2:14", 'unknown key "wbe"'),
        ('[hosts.a]\nprofiles = "ncsc-nl"', "hosts.toml:2:12", "expected a table of names of profiles by class"),
        ('[hosts.a]\nprofile = "../mine"', "hosts.toml:2:11", "expected the name of a profile"),
    ],
)
def test_a_name_that_is_none_is_refused_where_it_stands(tmp_path: Path, text: str, place: str, words: str) -> None:
    said = refused(tmp_path, text, mine=MINE)
    assert place in said and words in said


@pytest.mark.parametrize(
    ("file", "place", "words"),
    [
        ('[protocol]\ngood = ["TLSv1"]', "mine.toml:2:9", 'protocol.good has "TLSv1" in it; expected one such as "TLSv1.2"'),
        ('[group]\nsufficient = ["x25519", "prime256v1"]', "mine.toml:2:25", 'expected one such as "secp256r1"'),
        ('[certificate_key]\nphase_out = ["RSA 2048"]', "mine.toml:2:14", 'expected one such as "RSA >=3072"'),
        ("[protocol]\ngood = 3", "mine.toml:2:8", "good = 3; expected a list of texts"),
        ('[protocol]\ngoood = ["TLSv1.3"]', "mine.toml:2:1", 'did you mean "good"?'),
        ("[protocols]", "mine.toml:1:2", 'did you mean "protocol"?'),
        ('base = "ncsc"', "mine.toml:1:8", 'no profile "ncsc" comes with schouw; did you mean "ncsc-nl"?'),
        ("[suite]\nuntil = 2027", "mine.toml:2:9", "expected a date such as 2027-01-01"),
        ("title = ", "mine.toml:1:9", "expected TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path: Path, file: str, place: str, words: str) -> None:
    said = refused(tmp_path, '[hosts.a]\nprofile = "mine"', mine=file)
    assert place in said and words in said


def test_a_file_named_like_one_that_comes_with_schouw_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, '[hosts.a]\nprofile = "ncsc-nl"', **{"ncsc-nl": MINE})
    assert "expected another name for that file" in said


def test_a_kind_that_nothing_is_said_of_is_not_judged() -> None:
    assert level(Profile("x", "X", "", ""), Kind.SUITE, "TLS_RSA_WITH_NULL_MD5") == "sufficient"
