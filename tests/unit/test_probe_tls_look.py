"""Light and full looks: what they ask, what they cost, and what they make of servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from schouw.model.attempt import Attempt
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, TlsOffer, TlsVersion
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.reach import Way
from schouw.probe.tls import TlsLook, talk
from schouw.probe.tls.codepoints import LISTS
from schouw.probe.tls.light import MOST
from tests.unit.tls_server import HERE, Handler, Imitation, alert, imitating, listening

SSL3, TLS10, TLS11, TLS12, TLS13 = TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13
MODERN = ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
NEWEST = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")
GOOD = {TLS12: MODERN, TLS13: NEWEST}
OLD = ("TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")
EVERYTHING = {
    TLS13: NEWEST,
    TLS12: (
        *MODERN, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", *OLD,
    ),
    TLS11: OLD,
    TLS10: OLD,
    SSL3: ("TLS_RSA_WITH_RC4_128_SHA",),
}  # fmt: skip


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def way_to(handler: Handler, protocol: Protocol = Protocol.TLS, name: str = "") -> AsyncIterator[tuple[Way, Watch]]:
    watch = Watch()
    async with listening(handler) as port:
        yield Way(Endpoint(HERE, port, protocol, name), Budget(100_000), watch, sleep=no_pause), watch


async def looked(handler: Handler, depth: Literal["light", "full"] = "light", name: str = "") -> Attempt[TlsOffer]:
    until = asyncio.get_running_loop().time() + 60
    async with way_to(handler, name=name) as (way, _):
        look = TlsLook.at(way)
        offer = await look.look(until)
        return await look.go_on(until) if depth == "full" else offer


def offer(attempt: Attempt[TlsOffer]) -> TlsOffer:
    assert attempt.result is not None, attempt.reason
    return attempt.result


def spoken(offer: TlsOffer) -> set[TlsVersion]:
    return {version for version, attempt in offer.versions.items() if attempt.result}


def taken(offer: TlsOffer) -> set[tuple[TlsVersion, str]]:
    return {(one.version, one.suite) for one in offer.accepted.result or ()}


async def test_a_good_server_is_known_in_five_connections() -> None:
    seen = offer(await looked(imitating(Imitation(GOOD))))
    assert spoken(seen) == {TLS12, TLS13}
    assert [version for version, attempt in seen.versions.items() if attempt.result is False] == [SSL3, TLS10, TLS11]
    assert taken(seen) == {(TLS12, MODERN[0]), (TLS13, NEWEST[0])}
    assert seen.connections == 5 and seen.accepted.complete and seen.groups.complete


async def test_a_server_of_tls13_alone_costs_three() -> None:
    seen = offer(await looked(imitating(Imitation({TLS13: NEWEST}, groups=("X25519MLKEM768",)))))
    assert spoken(seen) == {TLS13} and seen.groups.result == ("X25519MLKEM768",)
    assert seen.versions[TLS12].result is False and seen.versions[SSL3].result is False
    assert seen.connections <= 4


@pytest.mark.parametrize("own_order", [True, False])
async def test_the_worst_of_each_list_is_found_whosever_order_counts(own_order: bool) -> None:
    seen = offer(await looked(imitating(Imitation(EVERYTHING, own_order=own_order))))
    assert spoken(seen) == {SSL3, TLS10, TLS11, TLS12, TLS13}
    in_12 = {suite for version, suite in taken(seen) if version is TLS12}
    assert "TLS_RSA_WITH_3DES_EDE_CBC_SHA" in in_12
    assert {"TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"} <= in_12
    dhe = next(one for one in seen.accepted.result or () if "DHE_RSA" in one.suite and one.dh_bits)
    assert (dhe.dh_bits, dhe.group) == (1024, "")
    assert seen.connections <= MOST


async def test_groups_are_told_from_each_other() -> None:
    hybrid = offer(await looked(imitating(Imitation(GOOD, groups=("x25519", "X25519MLKEM768", "ffdhe2048")))))
    assert set(hybrid.groups.result or ()) == {"x25519", "X25519MLKEM768", "ffdhe2048"}
    plain = offer(await looked(imitating(Imitation(GOOD, groups=("secp256r1",)))))
    assert plain.groups.result == ("secp256r1",) and plain.groups.complete


@pytest.mark.parametrize("without", [(), (SSL3,), (TLS10,), (SSL3, TLS10), (SSL3, TLS11, TLS10), (TLS13,)])
@pytest.mark.parametrize("closes", [False, True])
async def test_groups_that_a_light_look_has_no_connections_for_are_said_and_a_full_one_asks(
    without: tuple[TlsVersion, ...], closes: bool
) -> None:
    takes = {version: suites for version, suites in EVERYTHING.items() if version not in without}
    server = Imitation(takes, groups=("x25519", "ffdhe2048"), closes=closes)
    seen = offer(await looked(imitating(server)))
    known = "ffdhe2048" in (seen.groups.result or ())
    assert known or TLS13 in without or "finite groups were not asked for" in seen.groups.reason
    whole = offer(await looked(imitating(server), "full"))
    assert whole.groups.complete and whole.accepted.complete
    assert all(version.result is not None for version in whole.versions.values())


async def test_closing_is_a_no_where_other_hellos_are_answered() -> None:
    """Dovecot 2.3 loses its alerts: what it does not like, it hangs up on."""
    seen = offer(await looked(imitating(Imitation(GOOD, closes=True))))
    assert spoken(seen) == {TLS12, TLS13} and seen.versions[TLS10].result is False
    assert seen.accepted.complete and seen.connections <= MOST


async def test_closing_for_good_is_a_dont_know() -> None:
    """The server answers one hello and then nobody any more: what came after says nothing about it."""
    seen = offer(await looked(imitating(Imitation(GOOD, ends_after=1))))
    assert spoken(seen) == {TLS12}
    for version in (SSL3, TLS10, TLS11, TLS13):
        assert seen.versions[version].result is None and "closed the connection" in seen.versions[version].reason
    assert not seen.accepted.complete


@pytest.mark.parametrize("breaks", [b"", alert(40), alert(80)])
async def test_a_server_without_dh_parameters_hides_nothing(breaks: bytes) -> None:
    """An OpenSSL that is too old for TLS 1.3 says no to the whole hello, a newer one that something broke."""
    old = {version: suites for version, suites in EVERYTHING.items() if version is not TLS13}
    takes = old if breaks == alert(40) else EVERYTHING
    seen = offer(await looked(imitating(Imitation(takes, breaks_at_finite=breaks))))
    assert {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"} <= {suite for _, suite in taken(seen)}
    assert TLS10 in spoken(seen)


@pytest.mark.parametrize("depth", ["light", "full"])
async def test_a_server_that_bears_no_long_hello_is_asked_in_parts(depth: Literal["light", "full"]) -> None:
    seen = offer(await looked(imitating(Imitation(EVERYTHING, bears=64)), depth))
    assert spoken(seen) == {SSL3, TLS10, TLS11, TLS12, TLS13}
    assert {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"} <= {
        suite for _, suite in taken(seen)
    }
    assert depth == "light" or seen.accepted.complete


@pytest.mark.parametrize("closes", [False, True])
async def test_what_is_older_than_a_version_that_it_lacks_is_found(closes: bool) -> None:
    seen = offer(await looked(imitating(Imitation({**GOOD, TLS10: OLD}, closes=closes))))
    assert spoken(seen) == {TLS10, TLS12, TLS13} and seen.versions[TLS11].result is False
    finite = ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA",)
    seen = offer(await looked(imitating(Imitation({TLS13: NEWEST, TLS12: (*MODERN, *finite), TLS11: finite}, closes=closes))))
    assert TLS11 in spoken(seen), "with finite fields alone, which are offered once it is known that it has them"


async def test_full_finds_every_suite_and_group_and_little_more_is_asked() -> None:
    server = Imitation(EVERYTHING, groups=("x25519", "secp384r1", "X25519MLKEM768", "ffdhe3072", "secp521r1"))
    seen = offer(await looked(imitating(server), "full"))
    assert taken(seen) == {(version, suite) for version, suites in EVERYTHING.items() for suite in suites}
    assert set(seen.groups.result or ()) == set(server.groups)
    assert seen.versions[TlsVersion.SSL2].result is False
    everything = sum(map(len, EVERYTHING.values())) + len(server.groups)
    assert seen.connections <= everything + 35


async def test_full_does_not_ask_again_for_what_was_refused() -> None:
    server = Imitation(GOOD)
    await looked(imitating(server), "full")
    asked = [suite for hello in server.hellos if hello.version == 0x0303 for suite in hello.suites]
    refused = [suite for name in ("broken", "finite", "open") for suite in LISTS[name]]
    assert {asked.count(suite) for suite in refused} == {1}


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.transport.abort()


def says(words: bytes) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()
        await reader.read()

    return serve


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\x16\x03\x03\x40\x00" + b"\x02\x00\x40\x00" + bytes(16380))
        await writer.drain()


@pytest.mark.parametrize(
    ("handler", "is_absent", "said"),
    [
        (silent, False, "it said nothing for"),
        (hangs_up, False, "after each of 3 ClientHellos"),
        (says(b"HTTP/1.1 400 Bad Request\r\n"), True, "it speaks no TLS: it answered 'HTTP/1.1 400 Bad Request'"),
        (says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), True, "it speaks no TLS"),
        (says(bytes(range(256)) * 8), True, "it speaks no TLS"),
        (says(b"\x16\x03\x03\xff\xff" + bytes(70000)), False, "a record of 65535 bytes"),
        (says(b"\x16\x03\x03\x00\x02\x02\x00"), False, "it said nothing for"),
        (says(alert(80)), False, "internal_error"),
        (endless, False, "which was not offered"),
    ],
)
async def test_bad_servers_get_a_bounded_said_outcome(
    handler: Handler, is_absent: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk.say, "__defaults__", (0.2,))
    seen = await looked(handler)
    assert seen.result is None and said in seen.reason, seen
    assert seen.absent is is_absent


async def test_a_name_that_the_server_refuses_is_said() -> None:
    seen = await looked(says(alert(112)), name="nobody.example.net")
    assert seen.result is None and seen.reason == "it knows no nobody.example.net"


async def test_a_server_that_changes_in_mid_look_breaks_nothing() -> None:
    one, other = Imitation(EVERYTHING), Imitation({TLS13: NEWEST})
    count = 0

    async def fickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await imitating(one if count % 2 else other)(reader, writer)

    assert offer(await looked(fickle, "full")).accepted.result


async def test_a_refusal_in_mid_look_stops_it_and_keeps_what_was_seen() -> None:
    server = Imitation(GOOD)
    watch = Watch()
    closing: list[Callable[[], Awaitable[None]]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await imitating(server)(reader, writer)
        if len(server.hellos) == 1:
            await closing[0]()

    listener = await asyncio.start_server(serve, HERE, 0)

    async def close() -> None:
        listener.close()

    closing.append(close)
    port = listener.sockets[0].getsockname()[1]
    look = TlsLook.at(Way(Endpoint(HERE, port, Protocol.TLS), Budget(100_000), watch, sleep=no_pause))
    seen = offer(await look.look(asyncio.get_running_loop().time() + 30))
    assert watch.blocked == f"we are probably being blocked: port {port} of {HERE} answered, and refuses connections now"
    assert spoken(seen) == {TLS12} and seen.accepted.reason == watch.blocked
    assert seen.versions[TLS10].result is None


async def test_no_time_left_is_said() -> None:
    async with way_to(imitating(Imitation(GOOD))) as (way, _):
        seen = await TlsLook.at(way).look(asyncio.get_running_loop().time() - 1)
    assert seen.result is None and "no time left" in seen.reason
