"""The outside view of encryption of every lab host, against its key; no inside view is needed for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.model.facts import Facts
from schouw.model.outside import Outside
from schouw.model.tls import Looked, TlsOffer, TlsVersion
from schouw.probe.tls.codepoints import LISTS, SUITES
from schouw.probe.tls.light import MOST
from schouw.scan.record import read_recording
from tests.lab.conftest import Scan
from tests.lab.hosts import HOSTS
from tests.lab.offers import OFFERS, Offers

_FINE = {SUITES[code] for name in ("modern", "tls13") for code in LISTS[name]}


@pytest.fixture(scope="module")
def seen(scan: Scan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    path = tmp_path_factory.mktemp("seen") / "recording"
    scan(*OFFERS, "--record", str(path))
    return {one.host.name: one.facts for one in read_recording(path) if one.facts is not None}


def outside(seen: dict[str, Facts], name: str) -> Outside:
    view = seen[name].outside.result
    assert view is not None and view.blocked == "", "we must not be banned by an honest look"
    return view


def light(looks: tuple[Looked[TlsOffer], ...], port: int) -> Looked[TlsOffer]:
    (one,) = (
        look
        for look in looks
        if look.endpoint.port == port and (look.attempt.result is None or look.attempt.result.depth == "light")
    )
    return one


CASES = [(name, port) for name, offers in OFFERS.items() for port in offers.tls]


def test_every_server_of_the_lab_has_a_key() -> None:
    assert {host.name for host in HOSTS if host.number >= 20} == set(OFFERS)


@pytest.mark.parametrize(("name", "port"), CASES)
def test_tls(name: str, port: int, seen: dict[str, Facts]) -> None:
    key = OFFERS[name].tls[port]
    attempt = light(outside(seen, name).tls, port).attempt
    if key is None:
        assert attempt.absent, attempt
        return
    offer = attempt.result
    assert offer is not None, attempt.reason
    assert {version for version, spoken in offer.versions.items() if spoken.result} == key.versions
    assert all(spoken.result is not None for spoken in offer.versions.values()), "no version may be in doubt"
    taken = offer.accepted.result or ()
    suites = {one.suite for one in taken}
    assert key.weak <= suites
    assert bool(suites - _FINE) == bool(key.weak), "no false alarm, and none missing"
    groups = set(offer.groups.result or ())
    assert key.groups <= groups and not key.never & groups
    assert max((one.dh_bits for one in taken), default=0) == key.dh_bits
    assert offer.connections <= MOST


@pytest.mark.parametrize("name", OFFERS)
def test_no_service_is_overlooked_and_none_made_up(name: str, seen: dict[str, Facts]) -> None:
    assert {one.endpoint.port for one in outside(seen, name).tls} == set(OFFERS[name].tls)


@pytest.mark.parametrize(("name", "port"), [(name, port) for name, offers in OFFERS.items() for port in offers.plain])
def test_what_is_said_before_tls(name: str, port: int, seen: dict[str, Facts]) -> None:
    key = OFFERS[name].plain[port]
    (attempt,) = (one.attempt for one in outside(seen, name).plain if one.endpoint.port == port)
    assert attempt.result is not None, attempt.reason
    offer = attempt.result
    assert (offer.tls.result, offer.login.result, offer.relay.result) == (key.tls, key.login, key.relay)
    if key.anonymous is not None:
        assert offer.anonymous.result is key.anonymous


@pytest.mark.parametrize(
    ("name", "port", "sni"), [(name, *where) for name, offers in OFFERS.items() for where in offers.certificates]
)
def test_certificates(name: str, port: int, sni: str, seen: dict[str, Facts]) -> None:
    key = OFFERS[name].certificates[port, sni]
    shown = [
        one.attempt.result
        for one in outside(seen, name).certificates
        if one.endpoint.port == port and sni in ("", one.endpoint.name)
    ]
    offer = next(one for one in shown if one is not None and one.chain[0].bits == key.bits)
    assert (offer.chain[0].signature, len(offer.chain), offer.trusted.result) == (key.signature, key.chain, key.trusted)
    assert bool(offer.why_not) is not key.trusted
    assert offer.chain[0].subject.isprintable()


@pytest.mark.parametrize("name", [name for name, offers in OFFERS.items() if offers.hsts or offers.redirect])
def test_http(name: str, seen: dict[str, Facts]) -> None:
    key: Offers = OFFERS[name]
    http = {one.endpoint.port: one.attempt.result for one in outside(seen, name).http}
    assert {port: offer.hsts for port, offer in http.items() if offer and port in key.hsts} == key.hsts
    if key.redirect:
        plain = http[80]
        assert plain is not None and plain.status == 301 and plain.location.startswith(key.redirect)


def test_the_full_look_of_a_second_scan_is_carried_over(scan: Scan, seen: dict[str, Facts], tmp_path: Path) -> None:
    path = tmp_path / "again"
    scan("webgood", "--record", str(path))
    (again,) = (one.facts for one in read_recording(path))
    assert again is not None and again.outside.result is not None
    before = {
        one.endpoint: one for one in outside(seen, "webgood").tls if one.attempt.result and one.attempt.result.depth == "full"
    }
    after = {one.endpoint: one for one in again.outside.result.tls if one.attempt.result and one.attempt.result.depth == "full"}
    assert before and {endpoint: after[endpoint] for endpoint in before} == before


def test_full_tls_finds_every_suite(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "full"
    scan("webgood", "--full-tls", "--record", str(path))
    (one,) = (one.facts for one in read_recording(path))
    assert one is not None and one.outside.result is not None
    full = {look.endpoint.port: look.attempt.result for look in one.outside.result.tls if look.attempt.result}
    offer = full[443]
    assert offer is not None and offer.depth == "full" and offer.accepted.complete
    suites = [each.suite for each in offer.accepted.result or ()]
    assert len(suites) == 9 and set(suites) <= _FINE
    assert set(offer.groups.result or ()) == {"x25519", "secp256r1", "secp384r1"}
    assert offer.versions[TlsVersion.SSL2].result is False
