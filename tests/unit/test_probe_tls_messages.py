"""ClientHellos, and what real servers answered to them: `flights/` holds what came over the wire from servers of the lab."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schouw.model.tls import TlsVersion
from schouw.probe.tls import ssl2
from schouw.probe.tls.answer import LARGEST, MOST, Answer, Flight, Kind
from schouw.probe.tls.certificates import Unreadable, read
from schouw.probe.tls.codepoints import (
    ALERTS,
    GROUP_NAMES,
    GROUPS,
    LISTS,
    OPENSSL,
    SIGNATURES,
    SUITES,
    Exchange,
    exchange,
    group_name,
    prime_name,
    suite_name,
    usable,
)
from schouw.probe.tls.hello import MOST_SUITES, Hello
from tests.unit.tls_server import handshake, parsed

# The same examples every time and however slow the machine: surprises belong to the bench.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

FLIGHTS = Path(__file__).parent / "flights"
TLS10, TLS11, TLS12, TLS13 = TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13


def offered(version: TlsVersion, *names: str) -> Hello:
    return Hello(version, tuple(suite for name in names for suite in LISTS[name]))


def answered(hello: Hello, data: bytes, pieces: int = 0) -> Answer:
    """In one piece, or in pieces of so many bytes."""
    flight = Flight(hello)
    for at in range(0, len(data), pieces or len(data) or 1):
        if flight.answer is None:
            flight.feed(data[at : at + pieces] if pieces else data)
    return flight.finish(Kind.CLOSED, "closed the connection without an answer")


REAL = {
    "nginx-hybrid": (offered(TLS13, "tls13"), Kind.ACCEPTED, "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", 0, "", 0),
    "exim-gnutls": (offered(TLS13, "tls13"), Kind.ACCEPTED, "TLS_AES_128_CCM_SHA256", "x25519", 0, "", 0),
    "nginx-chain": (
        offered(TLS12, "modern"), Kind.ACCEPTED, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "x25519", 0, "rsa_pkcs1_sha1", 2,
    ),
    "nginx-dhe1024": (
        offered(TLS12, "finite"), Kind.ACCEPTED, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "", 1024, "rsa_pkcs1_sha1", 2,
    ),
    "apache-static-rsa": (offered(TLS12, "legacy"), Kind.ACCEPTED, "TLS_RSA_WITH_AES_128_CBC_SHA", "", 0, "", 2),
    "exim-rc4": (offered(TLS12, "broken"), Kind.ACCEPTED, "TLS_RSA_WITH_RC4_128_SHA", "", 0, "", 2),
    "postfix-anonymous": (
        offered(TLS12, "open"), Kind.ACCEPTED, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "x25519", 0, "", 0,
    ),
    "postfix-tls10": (offered(TLS10, "finite"), Kind.ACCEPTED, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "", 1024, "", 0),
}  # fmt: skip
REFUSED = {"nginx-none-common": (offered(TLS12, "finite"), 40), "nginx-too-old": (offered(TLS11, "legacy"), 70)}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("pieces", [0, 1, 7, 1000])
def test_what_real_servers_chose(name: str, pieces: int) -> None:
    hello, kind, suite, group, bits, signature, chain = REAL[name]
    answer = answered(hello, (FLIGHTS / f"{name}.bin").read_bytes(), pieces)
    assert (answer.kind, answer.version, suite_name(answer.suite)) == (kind, hello.version, suite)
    assert (group_name(answer.group) if answer.group else "", answer.dh_bits) == (group, bits)
    assert SIGNATURES.get(answer.signature or 0, "") == signature
    assert len(answer.chain) == chain and answer.cut == ""
    assert all(read(der).key in ("RSA", "EC") for der in answer.chain)


@pytest.mark.parametrize("name", REFUSED)
def test_a_no_is_an_alert_that_says_so(name: str) -> None:
    hello, alert = REFUSED[name]
    answer = answered(hello, (FLIGHTS / f"{name}.bin").read_bytes())
    assert (answer.kind, answer.alert) == (Kind.REFUSED, alert)


def test_an_answer_in_tiny_records() -> None:
    """A ServerHello may be cut into records of one byte each (RFC 5246, section 6.2.1)."""
    data = (FLIGHTS / "apache-static-rsa.bin").read_bytes()
    body, at = b"", 0
    while at < len(data):
        size = int.from_bytes(data[at + 3 : at + 5])
        body += data[at + 5 : at + 5 + size]
        at += 5 + size
    tiny = b"".join(b"\x16\x03\x03\x00\x01" + bytes([one]) for one in body)
    answer = answered(offered(TLS12, "legacy"), tiny)
    assert suite_name(answer.suite) == "TLS_RSA_WITH_AES_128_CBC_SHA" and len(answer.chain) == 2


def server_hello(suite: int = 0x002F, version: int = 0x0303) -> bytes:
    return handshake(2, version.to_bytes(2) + bytes(32) + b"\0" + suite.to_bytes(2) + b"\0")


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"", Kind.CLOSED, "closed the connection without an answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Kind.FOREIGN, "answered 'HTTP/1.1 400 Bad Request' to a ClientHello"),
        (b"220 mail\x1b[31m.example ESMTP\r\n", Kind.FOREIGN, "answered '220 mail�[31m.example ESMTP' to a ClientHello"),
        (b"\x16\x03\x03\xff\xff", Kind.ODD, "sent a record of 65535 bytes, where TLS has at most 18432"),
        (b"\x16\x03\x03\x00\x04\x02\xff\xff\xff", Kind.ODD, "sent a handshake message of 16383 KiB"),
        (b"\x15\x03\x03\x00\x02\x02\x50", Kind.CLOSED, "answered with the alert internal_error"),
        (b"\x15\x03\x03\x00\x02\x01\x00", Kind.CLOSED, "answered with the alert close_notify"),
        (b"\x15\x03\x03\x00\x01\x02", Kind.ODD, "sent an alert that is none"),
        (handshake(11, bytes(6)), Kind.ODD, "sent handshake message 11 before its ServerHello"),
        (handshake(2, b"\3\3"), Kind.ODD, "cut short"),
        (server_hello(suite=0x1301), Kind.ODD, "chose version 0x0303 with suite 0x1301, which was not offered"),
        (server_hello(version=0x7F1C), Kind.ODD, "which was not offered"),
    ],
)
def test_what_is_no_answer(data: bytes, kind: Kind, said: str) -> None:
    answer = answered(offered(TLS12, "legacy"), data)
    assert answer.kind is kind and said in answer.said


def test_a_warning_before_the_answer_is_not_a_no() -> None:
    """Apache says "unrecognized_name" as a warning, and goes on."""
    answer = answered(offered(TLS12, "legacy"), b"\x15\x03\x03\x00\x02\x01\x70" + server_hello() + handshake(14, b""))
    assert answer.kind is Kind.ACCEPTED


def test_a_chain_of_a_megabyte_costs_the_chain_and_not_the_answer() -> None:
    one = bytes(1000)
    chain = b"".join(len(one).to_bytes(3) + one for _ in range(1000))
    answer = answered(offered(TLS12, "legacy"), server_hello() + handshake(11, len(chain).to_bytes(3) + chain))
    assert (answer.kind, suite_name(answer.suite)) == (Kind.ACCEPTED, "TLS_RSA_WITH_AES_128_CBC_SHA")
    assert answer.chain == [] and f"{LARGEST >> 10} are read at most" in answer.cut


def test_a_long_chain_is_cut() -> None:
    chain = (b"\0\0\x01\x30") * 50
    answer = answered(
        offered(TLS12, "legacy"), server_hello() + handshake(11, len(chain).to_bytes(3) + chain) + handshake(14, b"")
    )
    assert len(answer.chain) == MOST


@given(st.binary(max_size=400), st.integers(1, 40))
def test_no_bytes_break_the_reader(data: bytes, pieces: int) -> None:
    hello = offered(TLS12, "modern", "legacy")
    for start in (b"", b"\x16\x03\x03", server_hello(), server_hello(0xC02F)):
        answer = answered(hello, start + data, pieces)
        assert answer.kind in Kind and answer.said.isprintable() and answer.cut.isprintable()


@given(st.sampled_from(sorted(REAL)), st.data())
def test_a_spoilt_answer_breaks_nothing(name: str, data: st.DataObject) -> None:
    flight = bytearray((FLIGHTS / f"{name}.bin").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        flight[data.draw(st.integers(0, len(flight) - 1))] = data.draw(st.integers(0, 255))
    answer = answered(REAL[name][0], bytes(flight[: data.draw(st.integers(0, len(flight)))]), data.draw(st.integers(1, 2000)))
    assert answer.kind in Kind
    for der in answer.chain:
        with contextlib.suppress(Unreadable):
            assert read(der).subject.isprintable()


@given(st.binary(max_size=300))
def test_no_bytes_break_the_ssl2_reader(data: bytes) -> None:
    for start in (b"", b"\x80\x30\x04\x00\x01\x00\x02"):
        suites = ssl2.server_hello(start + data)
        assert suites is None or all(suite.isprintable() for suite in suites)


def test_ssl2_lists_its_suites() -> None:
    suites = bytes.fromhex("010080 0700c0")
    body = b"\x04\x00\x01\x00\x02\x00\x03\x00\x06\x00\x10" + b"crt" + suites + bytes(16)
    said = (0x8000 | len(body)).to_bytes(2) + body
    assert ssl2.server_hello(said) == ("SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5")
    assert ssl2.server_hello(said[:20]) is None


class TestHello:
    def test_tls13_asks_for_a_group_by_offering_no_key(self) -> None:
        hello = parsed(Hello(TLS13, LISTS["tls13"], name="shop.example.net").to_bytes(bytes(32)))
        assert hello.version == 0x0303
        assert hello.extensions[43] == b"\x02\x03\x04" and hello.extensions[51] == b"\0\0"
        assert b"shop.example.net" in hello.extensions[0]
        assert hello.extensions[10][2:4] == GROUPS["hybrid"][0].to_bytes(2)

    def test_older_versions_say_nothing_of_newer_ones(self) -> None:
        hello = parsed(Hello(TLS11, LISTS["legacy"]).to_bytes(bytes(32)))
        assert hello.version == 0x0302
        assert not {0, 13, 43} & set(hello.extensions)

    def test_ssl3_has_no_extensions_and_renegotiates_safely(self) -> None:
        hello = parsed(Hello(TlsVersion.SSL3, (0x0005,)).to_bytes(bytes(32)))
        assert (hello.version, hello.suites, hello.extensions) == (0x0300, [0x0005, 0x00FF], {})

    @given(st.sampled_from([TLS10, TLS11, TLS12, TLS13]), st.integers(1, 64), st.integers(0, 200))
    def test_no_hello_has_the_size_that_hangs_load_balancers(self, version: TlsVersion, suites: int, name: int) -> None:
        data = Hello(version, tuple(SUITES)[:suites], name="a" * name).to_bytes(bytes(32))
        assert parsed(data).version and not 0xFF < len(data) - 5 < 0x200


class TestLists:
    def test_no_list_is_longer_than_one_hello_may_be(self) -> None:
        assert {name for name, suites in LISTS.items() if len(suites) > MOST_SUITES} == {"shared"}
        old = [suite for name in ("broken", "legacy", "finite") for suite in LISTS[name] if usable(suite, TLS11)]
        worse = [suite for name in ("broken", "legacy", "dated") for suite in LISTS[name]]
        assert max(len(old), len(worse)) <= MOST_SUITES

    def test_every_suite_is_in_one_list_under_one_name(self) -> None:
        assert sum(map(len, LISTS.values())) == len(SUITES) == len(set(SUITES.values()))
        assert OPENSSL["TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"] == "ECDHE-ARIA128-GCM-SHA256"

    def test_finite_fields_and_suites_without_protection_stay_apart(self) -> None:
        """A server that has no parameters for the one fails at the whole hello; the other is another fault altogether."""
        for name in ("modern", "dated", "legacy", "broken", "rare", "open"):
            assert not any(exchange(suite) is Exchange.FINITE for suite in LISTS[name]), name
        for name in ("modern", "dated", "legacy", "broken"):
            assert not any("NULL" in SUITES[suite] or "anon" in SUITES[suite] for suite in LISTS[name]), name
        assert all(exchange(suite) is Exchange.FINITE for suite in LISTS["finite"])

    def test_names_are_the_registry_s(self) -> None:
        assert suite_name(0xC02F) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" and suite_name(0xFFFF) == "0xFFFF"
        assert GROUP_NAMES[0x11EC] == "X25519MLKEM768" and ALERTS[70] == "protocol_version"

    def test_well_known_primes_have_names(self) -> None:
        """RFC 2409's second group, as old Apaches and Javas have it built in."""
        prime = int(
            "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B"
            "0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651"
            "ECE65381FFFFFFFFFFFFFFFF", 16,
        )  # fmt: skip
        assert prime_name(b"\0" + prime.to_bytes(128)) == "modp1024" and prime_name(bytes(127) + b"\x0b") == ""


@given(st.binary(max_size=200))
def test_no_bytes_break_the_certificate_reader(data: bytes) -> None:
    try:
        read(data)
    except Unreadable as error:
        assert str(error).isprintable()
