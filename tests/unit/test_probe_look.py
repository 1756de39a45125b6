"""The outside view against real sockets on loopback addresses of its own."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schouw.errors import ErrorClass, HostError
from schouw.model.attempt import Attempt, absent
from schouw.model.facts import Listener
from schouw.model.outside import Outside, PortState, Unrouted
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, Looked, TlsOffer
from schouw.probe.budget import Budget, Descriptors, Pace
from schouw.probe.look import look
from schouw.probe.ports import sweep
from schouw.probe.resolve import resolve
from schouw.probe.risky import RISKY
from schouw.probe.ssh import IDENTIFICATION, parse_kexinit
from schouw.probe.targets import KnownSsh, Targets
from schouw.probe.top import DAILY, TOP
from schouw.probe.visit import greeting
from schouw.probe.wire import Met

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HERE = "127.77.1.1"


def name_lists(*lists: str) -> bytes:
    return b"\x14" + bytes(16) + b"".join(len(one).to_bytes(4) + one.encode() for one in lists) + bytes(5)


KEXINIT = name_lists(
    "curve25519-sha256", "ssh-ed25519", "aes256-ctr", "3des-cbc", "hmac-sha1", "hmac-md5", "none", "none", "", ""
)


def packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8 + 4
    return (len(payload) + padding + 1).to_bytes(4) + bytes([padding]) + payload + bytes(padding)


@asynccontextmanager
async def serving(handlers: Mapping[int, Handler], address: str = HERE) -> AsyncIterator[list[int]]:
    """Servers on ports of one address; yields the ports at which someone knocked, in order."""
    met: list[int] = []
    async with AsyncExitStack() as stack:
        for port, handler in handlers.items():

            async def serve(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int = port, do: Handler = handler
            ) -> None:
                met.append(port)
                try:
                    await do(reader, writer)
                except OSError:
                    pass
                finally:
                    writer.close()

            server = await asyncio.start_server(serve, address, port)
            stack.callback(server.close)
        yield met


def says(words: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await reader.read()

    return handler


async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


def listening(*ports: int, address: str = "0.0.0.0") -> tuple[Listener, ...]:
    return tuple(Listener("tcp", address, port) for port in ports)


async def test_open_closed_and_greeting_are_told_apart() -> None:
    async with serving({40021: says(b"220 ftp.example \x1b[31mready\r\nmore"), 8080: waits}):
        seen = await look(Targets((HERE,), listening(40021, 40022)), Budget())
    ports = {one.port: one for one in seen.ports.result or ()}
    assert ports[40021].state is PortState.OPEN
    assert ports[40021].greeting == "220 ftp.example \ufffd[31mready"
    assert ports[8080].state is PortState.OPEN
    assert ports[8080].greeting == ""
    assert ports[40022].state is PortState.CLOSED
    assert {risky.port for risky in RISKY} <= set(ports)
    assert seen.ports.complete
    assert seen.blocked == ""


async def test_a_database_is_knocked_at_since_it_counts_who_comes_without_a_login() -> None:
    """MariaDB shuts an address out after 100 connections that ended without one; a reset one is not counted."""
    release = "11.8.3"

    async def mariadb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"J\0\0\0\n" + release.encode() + b"-MariaDB\0")
        await reader.read()

    async def again(previous: Outside) -> str:
        opened = frozenset({(HERE, 3306)})
        view = await look(Targets((HERE,), listening(3306), open_before=opened, previous=previous), Budget())
        (port,) = (one for one in view.ports.result or () if one.port == 3306)
        assert port.state is PortState.OPEN
        return port.greeting

    async with serving({3306: mariadb}):
        view = await look(Targets((HERE,), listening(3306)), Budget())
        release = "12.0.1"
        offer: Attempt[TlsOffer] = absent("offers no TLS")
        known = Looked(Endpoint(HERE, 3306, Protocol.MYSQL), datetime.now(UTC), offer)
        assert "11.8.3" in await again(replace(view, tls=(known,))), "it was not listened to"
        assert "12.0.1" in await again(view), "as others are"


async def test_what_was_open_last_time_gets_one_connection() -> None:
    async with serving({40021: says(b"220 hi\r\n"), 40022: says(b"220 hi\r\n")}) as met:
        targets = Targets((HERE,), listening(40021, 40022), open_before=frozenset({(HERE, 40021)}))
        await look(targets, Budget())
    assert met.count(40021) <= 2  # its visit, and at most the knock that proves that we are still welcome
    assert met.count(40022) == 2  # found by a knock, then visited


async def test_an_ssh_server_anywhere_shows_its_offer() -> None:
    got: list[bytes] = []

    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        got.append(await reader.readline())
        writer.write(packet(KEXINIT))
        await reader.read()

    async with serving({40122: ssh}):
        seen = await look(Targets((HERE,), listening(40122)), Budget())
    offers = [attempt.result for attempt in seen.ssh if attempt.result]
    assert [(one.port, one.software, one.ciphers) for one in offers] == [
        (40122, "OpenSSH_9.2p1 Debian-2", ("aes256-ctr", "3des-cbc"))
    ]
    assert IDENTIFICATION in got


async def test_what_the_login_already_holds_costs_no_connection() -> None:
    async with serving({40322: waits, 40323: waits}) as met:
        known = {(HERE, 40322): KnownSsh(KEXINIT, "SSH-2.0-OpenSSH_10.0")}
        seen = await look(Targets((HERE,), listening(40322, 40323), ssh_ports=(40322,), known=known), Budget())
    assert 40322 not in met
    assert [attempt.result.software for attempt in seen.ssh if attempt.result] == ["OpenSSH_10.0"]
    assert {one.port for one in seen.ports.result or () if one.state is PortState.OPEN} == {40322, 40323}


@pytest.mark.parametrize("words", [b"Not allowed at this time\r\n", b"Exceeded MaxStartups\r\n", b""])
async def test_a_penalty_of_openssh_stops_the_look(words: bytes) -> None:
    async with serving({40422: says(words) if words else hangs_up}):
        before = frozenset({(HERE, 40422)})
        seen = await look(Targets((HERE,), listening(40422), ssh_ports=(40422,), open_before=before), Budget())
    assert seen.blocked.startswith("we are probably being blocked: ")
    assert not seen.ports.complete
    assert {one.port for one in seen.ports.result or ()} == {40422}
    assert "not tried" in seen.ports.reason


async def test_a_421_stops_the_look() -> None:
    async with serving({40425: says(b"421 too many connections from you\r\n")}):
        seen = await look(Targets((HERE,), listening(40425), open_before=frozenset({(HERE, 40425)})), Budget())
    assert "421 too many" in seen.blocked


async def test_services_that_all_hang_up_are_a_block_and_one_alone_is_not() -> None:
    ports = {40501: hangs_up, 40502: hangs_up, 40503: hangs_up}
    before = frozenset((HERE, port) for port in ports)
    async with serving(ports):
        all_of_them = await look(Targets((HERE,), listening(*ports), open_before=before), Budget())
    async with serving({40501: hangs_up, 40504: waits}):
        one_alone = await look(Targets((HERE,), listening(40501, 40504)), Budget())
    assert "hangs up at once" in all_of_them.blocked
    assert one_alone.blocked == ""


async def test_ports_that_still_listen_and_all_refuse_are_a_block() -> None:
    before = frozenset({(HERE, 40601), (HERE, 40602)})
    seen = await look(Targets((HERE,), listening(40601, 40602), open_before=before), Budget())
    assert "all 2 ports that answered last time refuse us now" in seen.blocked
    assert seen.ports.result is None
    stopped = await look(Targets((HERE,), (), open_before=before), Budget())
    assert stopped.blocked == ""


async def test_all_ports_are_swept_and_only_the_asked_are_listed_when_closed() -> None:
    with socket.socket() as elsewhere:
        elsewhere.bind((HERE, 61234))
        elsewhere.listen()
        met = await sweep(HERE, range(60000, 62000), Budget(descriptors=Descriptors(2048)), Pace(20000.0, 512))
    assert len(met) == 2000
    assert [port for port, how in met.items() if how is Met.OPEN] == [61234]
    assert set(met.values()) == {Met.OPEN, Met.CLOSED}


async def test_a_family_without_a_route_does_not_make_the_other_look_incomplete() -> None:
    before = frozenset({("2001:db8::7", 3306), (HERE, 40801)})
    async with serving({40801: says(b"220 hi\r\n")}):
        targets = Targets((HERE, "2001:db8::7"), listening(40801), open_before=before)
        seen = await look(targets, Budget(), routed=lambda address: address == HERE)
    assert seen.ports.complete and seen.addresses == (HERE,)
    assert seen.unrouted == (Unrouted("2001:db8::7", (3306,)),)


async def test_a_host_without_any_route_was_not_looked_at() -> None:
    seen = await look(Targets(("2001:db8::7",)), Budget(), routed=lambda address: False)
    assert seen.ports.result is None and seen.ports.reason == "no route from here to 2001:db8::7"


async def test_progress_reaches_its_total() -> None:
    steps: list[tuple[str, int, int]] = []
    await look(Targets((HERE,), ()), Budget(), lambda *step: steps.append(step))
    assert steps[-1][1] == steps[-1][2] == len(Targets((HERE,), ()).ports())


def test_a_kexinit_of_noise_is_a_reason_and_never_an_exception() -> None:
    noise = random.Random(7)
    for _ in range(3000):
        data = bytearray(KEXINIT)
        for _ in range(noise.randrange(1, 6)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        cut = bytes(data[: noise.randrange(len(data) + 1)])
        attempt = parse_kexinit(cut, "192.0.2.1", 22, "SSH-2.0-x")
        assert (attempt.result is None) == bool(attempt.reason)
        if attempt.result:
            names = attempt.result.kex + attempt.result.ciphers + attempt.result.macs + attempt.result.host_keys
            assert all(name.isascii() and name.isprintable() and 0 < len(name) <= 64 for name in names)
    assert parse_kexinit(noise.randbytes(200), "::1", 22, "").reason.startswith("[::1]:22")


async def test_an_ssh_server_that_never_ends_is_cut_off() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()

    async with serving({40722: endless}):
        seen = await look(Targets((HERE,), listening(40722), ssh_ports=(40722,)), Budget())
    assert ["a line of more than" in attempt.reason for attempt in seen.ssh if f":{40722}" in attempt.reason] == [True]


def test_a_binary_greeting_shows_its_readable_part() -> None:
    assert greeting(b"[\x00\x00\x00\n5.5.5-10.11.6-MariaDB\x00U\x00\x00\x00]{~tPq;\xff") == "5.5.5-10.11.6-MariaDB"
    assert greeting(b"") == ""


async def test_names_resolve_to_every_address_or_say_why_not() -> None:
    assert await resolve("127.0.0.1") == ("127.0.0.1",)
    with pytest.raises(HostError) as error:
        await resolve("no-such-host.invalid")
    assert error.value.kind is ErrorClass.NO_NAME


async def test_the_budget_paces_and_bounds() -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    budget = Budget(60, clock=lambda: now, sleep=sleep)
    await budget.take(60)
    await budget.take()
    assert now == pytest.approx(1.0)
    budget.charge(10)
    await budget.take()
    assert now == pytest.approx(12.0)
    most = under_way = 0

    async def connect(alone: str) -> None:
        nonlocal most, under_way
        async with budget.connection(alone):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(connect("") for _ in range(6)))
    assert most == 2
    most = 0
    await asyncio.gather(*(connect("mail") for _ in range(6)))
    assert most == 1


def test_the_top_thousand_is_a_thousand_ports() -> None:
    assert len(TOP) == len(set(TOP)) == 1000
    assert all(0 < port < 65536 for port in TOP)
    assert set(DAILY) | {risky.port for risky in RISKY} <= set(TOP)


class Clock:
    """A time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_many_connections_in_a_row_to_mail_are_slowed_down() -> None:
    clock = Clock()
    budget = Budget(1000, clock=clock, sleep=clock.sleep)
    for _ in range(25):
        async with budget.connection("mail"):
            pass
    assert 1.8 < clock.now - 100.0 < 2.2, "five are given, then ten a second"
    before = clock.now
    async with budget.connection("ftp"):
        pass
    for _ in range(25):
        async with budget.connection():
            pass
    assert clock.now == before


async def test_a_person_who_waits_is_lent_some_connections_and_no_more() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock, sleep=clock.sleep)
    await budget.take(60)
    for _ in range(30):
        async with budget.connection(urgent=True):
            pass
    assert clock.slept == []
    async with budget.connection(urgent=True):
        pass
    assert clock.slept == [1.0]
    assert budget.spare == 0
