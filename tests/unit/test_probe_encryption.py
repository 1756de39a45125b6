"""The whole look at encryption: certificates of a real TLS server, what is carried over, and what is left undone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schouw.model.attempt import not_checked, seen
from schouw.model.facts import Listener
from schouw.model.host import TlsPort
from schouw.model.outside import Outside, OutsidePort, PortState
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, Looked, TlsOffer, TlsVersion
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.encryption import FULL, look_at
from schouw.probe.endpoints import Endpoints
from schouw.probe.look import look, out_of_sight
from schouw.probe.reach import Way
from schouw.probe.targets import Depth, Targets
from schouw.probe.tls import TlsLook, trust
from schouw.probe.tls.certified import certified
from tests.lab import certificates
from tests.unit.tls_server import HERE, Imitation, imitating, listening

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("web", "mail")
WEB = "web.example.net"
USUAL = Depth()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issued") / "certificates"
    certificates.make(folder, NAMES)
    return folder


@pytest.fixture
def trusted(issued: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if the authority of `issued` were in this machine's store."""
    monkeypatch.setenv("SSL_CERT_FILE", str(issued / "ca.pem"))
    trust._trusting.cache_clear()
    return issued


@asynccontextmanager
async def web_server(
    issued: Path, *names: str, head: bytes = b"", tls13: bool = True, client_certificate: bool = False
) -> AsyncIterator[int]:
    """https with these certificates, answering every request with `head`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ECDHE+AESGCM:@SECLEVEL=0")
    context.set_ecdh_curve("prime256v1")
    if not tls13:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    for name in names:
        context.load_cert_chain(issued / f"{name}.pem", issued / f"{name}.key")
    if client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(issued / "ca.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head or b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=31536000\r\nServer: nginx\r\n\r\nhello")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # ClientHellos that end there
    server = await asyncio.start_server(serve, HERE, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def https(port: int, name: str = WEB) -> Endpoint:
    return Endpoint(HERE, port, Protocol.HTTPS, name)


async def looked(
    found: Endpoints,
    previous: Outside | None = None,
    depth: Depth = USUAL,
    *,
    at: datetime = START,
    budget: Budget | None = None,
    watch: Watch | None = None,
) -> Outside:
    seen_now = await look_at(found, previous, budget or Budget(100_000), watch or Watch(), depth, clock=lambda: at)
    return seen_now.added_to(Outside((HERE,), "guided", seen(())))


async def test_a_trusted_certificate_and_hsts_cost_one_connection_more(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa") as port:
        view = await looked(Endpoints((https(port),)))
    (offer,) = (one.attempt.result for one in view.certificates)
    assert offer is not None and offer.trusted.result is True and offer.why_not == ""
    own, issuer = offer.chain
    assert (own.key, own.bits, own.signature, own.self_issued) == ("RSA", 3072, "sha256", False)
    assert WEB in own.names and issuer.authority and own.issuer == issuer.subject
    (http,) = (one.attempt.result for one in view.http)
    assert http is not None and (http.status, http.hsts, http.server) == (200, 31536000, "nginx")


async def test_a_chain_that_was_shown_in_the_clear_costs_no_connection(trusted: Path) -> None:
    """Where there is nothing to be asked over a session."""
    async with web_server(trusted, "good-rsa") as port:
        way = Way(Endpoint(HERE, port, Protocol.TLS, WEB), Budget(100_000), Watch())
        light = TlsLook.at(way)
        await light.look(asyncio.get_running_loop().time() + 60)
        before = way.connections
        (offer,) = (one.result for one in await certified(way, light.chains))
    assert offer is not None and offer.trusted.result is True and len(offer.chain) == 2
    assert way.connections == before


async def test_rsa_and_ecdsa_are_both_seen(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa", "good-ec") as port:
        view = await looked(Endpoints((https(port),)))
    offers = [one.attempt.result for one in view.certificates]
    assert {offer.chain[0].key for offer in offers if offer} == {"RSA", "EC"}
    assert all(offer is not None and offer.trusted.result for offer in offers)


@pytest.mark.parametrize("tls13", [True, False])
@pytest.mark.parametrize(
    ("name", "trusted_here", "why"),
    [
        ("selfsigned", False, "self-signed certificate"),
        ("incomplete", False, "unable to get local issuer certificate"),
        ("expired", True, ""),
        ("wrongname", True, ""),
        ("sha1", True, ""),
        ("shortkey", True, ""),
    ],
)
async def test_trust_is_told_apart_from_dates_and_names(
    name: str, trusted_here: bool, why: str, tls13: bool, trusted: Path
) -> None:
    async with web_server(trusted, name, tls13=tls13) as port:
        view = await looked(Endpoints((https(port),)))
    (offer,) = (one.attempt.result for one in view.certificates)
    assert offer is not None and (offer.trusted.result, offer.why_not) == (trusted_here, why)
    assert view.http[0].attempt.result is not None, "HSTS is looked at all the same"


async def test_a_hostile_certificate_is_plain_text(trusted: Path) -> None:
    async with web_server(trusted, "hostile") as port:
        view = await looked(Endpoints((https(port),)))
    (offer,) = (one.attempt.result for one in view.certificates)
    assert offer is not None
    assert all(text.isprintable() and "\u202e" not in text for text in (offer.chain[0].subject, *offer.chain[0].names))


async def test_a_demand_for_a_client_certificate_leaves_the_rest_known(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa", client_certificate=True, tls13=False) as port:
        view = await looked(Endpoints((https(port),)))
    assert view.tls[0].attempt.result is not None
    (offer,) = (one.attempt.result for one in view.certificates)
    assert offer is not None and offer.chain[0].bits == 3072, "it was shown before the demand"
    assert offer.trusted.result is True


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"SSH-2.0-x\r\n\r\n", "it speaks no HTTP: it answered 'SSH-2.0-x' to an HTTP request"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000, "a head of more than 32 KiB"),
        (b'HTTP/1.1 301 Moved\r\nLocation: https://x\x1b[31m/\r\nSTRICT-transport-security: max-age="5" ; x\r\n\r\n', ""),
    ],
)
async def test_odd_answers_to_http(head: bytes, said: str, trusted: Path) -> None:
    async with web_server(trusted, "good-rsa", head=head) as port:
        view = await looked(Endpoints((https(port),)))
    attempt = view.http[0].attempt
    assert said in attempt.reason
    if not said:
        assert attempt.result is not None and attempt.result.hsts == 5 and attempt.result.location.isprintable()


GOOD = {
    TlsVersion.TLS12: ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    TlsVersion.TLS13: ("TLS_AES_256_GCM_SHA384",),
}
WORSE = GOOD | {TlsVersion.TLS10: ("TLS_RSA_WITH_AES_128_CBC_SHA",)}


def service(port: int, protocol: Protocol = Protocol.TLS) -> Endpoints:
    return Endpoints((Endpoint(HERE, port, protocol),))


def offers(view: Outside, depth: str) -> list[Looked[TlsOffer]]:
    return [one for one in view.tls if one.attempt.result is not None and one.attempt.result.depth == depth]


async def test_the_first_look_goes_on_to_a_full_one_which_is_carried_over() -> None:
    server = Imitation(GOOD)
    async with listening(imitating(server)) as port:
        first = await looked(service(port))
        hellos = len(server.hellos)
        second = await looked(service(port), first, at=START + timedelta(hours=6))
    (full,) = offers(first, "full")
    assert full.attempt.result is not None and len(full.attempt.result.accepted.result or ()) == 3
    assert offers(second, "full") == [full], "with its own age"
    assert offers(second, "light")[0].at == START + timedelta(hours=6)
    assert len(server.hellos) - hellos < 15


async def test_the_first_look_at_mail_is_a_light_one_unless_more_is_asked_for() -> None:
    async with listening(imitating(Imitation(GOOD))) as port:
        imaps = service(port, Protocol.IMAPS)
        first = await looked(imaps)
        assert offers(first, "light") and not offers(first, "full")
        assert offers(await looked(imaps, first, at=START + timedelta(hours=1)), "full")
        assert offers(await looked(imaps, depth=Depth(full=True)), "full")


async def test_a_full_look_is_repeated_weekly() -> None:
    async with listening(imitating(Imitation(GOOD))) as port:
        first = await looked(service(port))
        later = START + FULL + timedelta(hours=1)
        assert offers(await looked(service(port), first, at=later), "full")[0].at == later


async def test_a_changed_answer_asks_for_a_full_look_at_once() -> None:
    server = Imitation(GOOD)
    async with listening(imitating(server)) as port:
        first = await looked(service(port))
        server.takes = WORSE
        second = await looked(service(port), first, at=START + timedelta(hours=1))
    (full,) = offers(second, "full")
    assert full.at == START + timedelta(hours=1)
    assert full.attempt.result is not None and full.attempt.result.versions[TlsVersion.TLS10].result is True


async def test_an_old_full_look_is_not_kept_beside_an_answer_that_contradicts_it() -> None:
    server = Imitation(WORSE)
    async with listening(imitating(server)) as port:
        first = await looked(service(port))
        server.takes = GOOD
        spent = Budget(100_000)
        await spent.take(100_000)
        second = await looked(service(port), first, Depth(only=(Endpoint(HERE, port, Protocol.TLS),)))
    assert offers(first, "full") and not offers(second, "full")
    assert offers(second, "light")[0].attempt.result is not None


async def test_a_full_look_that_would_have_to_wait_is_left_for_later() -> None:
    budget = Budget(8)
    async with listening(imitating(Imitation(GOOD))) as port:
        view = await looked(service(port), budget=budget)
    assert offers(view, "light") and not offers(view, "full")


async def test_one_endpoint_alone_leaves_the_others_as_they_were() -> None:
    one, other = Imitation(GOOD), Imitation(GOOD)
    async with listening(imitating(one)) as first_port, listening(imitating(other)) as second_port:
        found = Endpoints((*service(first_port).services, *service(second_port).services))
        before = await looked(found)
        asked = len(other.hellos)
        one.takes = WORSE
        targets = Targets(
            (HERE,),
            (Listener("tcp", "0.0.0.0", first_port), Listener("tcp", "0.0.0.0", second_port)),
            previous=replace(
                before,
                ports=seen((OutsidePort(HERE, first_port, PortState.OPEN), OutsidePort(HERE, second_port, PortState.OPEN))),
            ),
            tls=(TlsPort(first_port, Protocol.TLS), TlsPort(second_port, Protocol.TLS)),
            depth=Depth(only=(Endpoint(HERE, first_port, Protocol.TLS),)),
        )
        after = await look(targets, Budget(100_000))
    assert len(other.hellos) == asked
    kept = [looked for looked in before.tls if looked.endpoint.port == second_port]
    assert [looked for looked in after.tls if looked.endpoint.port == second_port] == kept
    (light,) = (looked for looked in offers(after, "light") if looked.endpoint.port == first_port)
    assert light.attempt.result is not None and light.attempt.result.versions[TlsVersion.TLS10].result is True


async def test_before_tls_alone_is_one_connection_and_tls_is_left_as_it_was() -> None:
    said = ["S: capabilities"]
    server = Imitation(GOOD)

    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append("greeted")
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag = line.split()[0].decode()
            if b"CAPABILITY" in line:
                writer.write(f"* CAPABILITY IMAP4rev1 {said[0][3:]}\r\n{tag} OK\r\n".encode())
            elif b"STARTTLS" in line and "STARTTLS" in said[0]:
                writer.write(f"{tag} OK\r\n".encode())
                await imitating(server)(reader, writer)
                return
            else:
                writer.write(f"{tag} NO\r\n".encode())

    async with listening(imap) as port:
        end = Endpoint(HERE, port, Protocol.IMAP)
        found = Endpoints((end,))
        first = await looked(found)
        assert first.tls[0].attempt.absent and len(said) > 1
        greeted = len(said)
        again = await looked(found, first, Depth(only=(end,), before_tls=True), at=START + timedelta(hours=1))
        assert again.tls == first.tls and len(said) - greeted == 1
        assert again.plain[0].at == START + timedelta(hours=1)
        said[0] = "S: STARTTLS LOGINDISABLED"
        now = await looked(found, again, Depth(only=(end,), before_tls=True), at=START + timedelta(hours=2))
    assert now.tls[0].at == START + timedelta(hours=2), "it begins to offer TLS: that is looked at too"


async def test_one_name_alone_costs_one_connection_and_leaves_the_listener(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa") as port:
        names = tuple(https(port, f"n{number}.example.net") for number in range(3))
        found = Endpoints((https(port),), names)
        first = await looked(found)
        later = START + timedelta(hours=1)
        again = await looked(found, first, Depth(only=names[:1]), at=later)
    assert again.tls == first.tls
    assert [one.endpoint for one in again.certificates if one.at == later] == [names[0]]


async def test_a_full_look_outlives_a_light_one_that_failed() -> None:
    server = Imitation(GOOD)
    async with listening(imitating(server)) as port:
        first = await looked(service(port))
    gone = await looked(service(port), first, at=START + timedelta(hours=1))
    assert offers(first, "full") and offers(gone, "full") == offers(first, "full")
    assert [one for one in gone.tls if one.attempt.result is None], "that it failed is said"


async def test_what_cannot_be_met_now_is_carried_over() -> None:
    """No route to one address, and a ban in the middle: neither says that services have changed."""
    async with listening(imitating(Imitation(GOOD))) as port:
        before = await looked(service(port))
    elsewhere = Endpoint("2001:db8::1", 993, Protocol.IMAPS)
    before = replace(before, tls=(*before.tls, Looked(elsewhere, START, before.tls[0].attempt)))
    opened = frozenset({(HERE, port), ("2001:db8::1", 993)})
    targets = Targets((HERE, "2001:db8::1"), (), open_before=opened, previous=before, depth=Depth())
    after = await look(targets, Budget(100_000), routed=lambda address: address == HERE)
    assert [one.endpoint for one in after.tls] == [elsewhere], "the port that is shut now is gone"
    watch = out_of_sight(replace(after, ports=not_checked("refused")), "we are being blocked", targets)
    assert watch == opened


async def test_a_port_that_speaks_no_tls_is_not_asked_again_for_a_week() -> None:
    hellos = 0

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hellos
        hellos += 1
        await reader.read(10)
        writer.write(b"-ERR unknown command\r\n")
        await writer.drain()

    async with listening(echo) as port:
        found = Endpoints((), (), (Endpoint(HERE, port, Protocol.TLS),))
        view = await looked(found)
        assert view.tls[0].attempt.absent and "it speaks no TLS" in view.tls[0].attempt.reason and hellos == 1
        again = await looked(found, view, at=START + timedelta(days=1))
        assert again.tls == view.tls and hellos == 1
        await looked(found, again, at=START + timedelta(days=8))
        assert hellos == 2


async def test_a_database_that_counts_us_is_looked_at_once_a_week() -> None:
    greetings = 0

    async def mysql(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal greetings
        greetings += 1
        body = b"\x0a8.0.36\0" + bytes(13) + (0x0200).to_bytes(2, "little") + bytes(30)
        writer.write(len(body).to_bytes(3, "little") + b"\0" + body)
        await reader.read()

    async with listening(mysql) as port:
        database = Endpoint(HERE, port, Protocol.MYSQL)
        found = Endpoints((database,))
        view = await looked(found)
        assert view.tls[0].attempt.absent and view.tls[0].attempt.reason == "offers no TLS" and greetings == 1
        assert (await looked(found, view, at=START + timedelta(days=3))).tls == view.tls and greetings == 1
        await looked(found, view, Depth(only=(database,)), at=START + timedelta(days=3))
        assert greetings == 2, "unless a person asks"
        await looked(found, view, at=START + timedelta(days=29))
        assert greetings == 2
        await looked(found, view, at=START + timedelta(days=31))
        assert greetings == 3


async def test_further_names_cost_one_connection_a_day_each(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa") as port:
        names = tuple(https(port, f"n{number}.example.net") for number in range(120))
        found = Endpoints((https(port),), names)
        view = await looked(found)
        assert {one.endpoint.name for one in view.certificates} == {WEB, *(name.name for name in names)}
        assert all(one.attempt.result is not None and one.attempt.result.trusted.result for one in view.certificates)
        assert {one.endpoint.name for one in view.tls} == {WEB}, "suites belong to the listener"
        again = await looked(found, view, at=START + timedelta(hours=12))
        assert {one.at for one in again.certificates if one.endpoint.name != WEB} == {START}


async def test_names_for_which_there_is_no_time_say_so(trusted: Path) -> None:
    async with web_server(trusted, "good-rsa") as port:
        names = tuple(https(port, f"n{number}.example.net") for number in range(5))
        view = await looked(Endpoints((), names), depth=Depth(seconds=0))
    assert [one.attempt.reason for one in view.certificates] == ["not looked at yet: 5 names wait their turn"] * 5


async def test_a_ban_stops_every_service_and_is_said() -> None:
    async def full_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 too many connections\r\n")

    server = Imitation(GOOD)
    watch = Watch()
    async with listening(full_up) as mail, listening(imitating(server)) as web:
        found = Endpoints((Endpoint(HERE, mail, Protocol.SMTP), Endpoint(HERE, web, Protocol.IMAPS)))
        view = await looked(found, watch=watch)
    assert watch.blocked.startswith("we are probably being blocked")
    assert len(server.hellos) < 8
    assert any(one.attempt.reason == watch.blocked for one in view.tls)
