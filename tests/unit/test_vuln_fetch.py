"""Feeds over the network, from a server on loopback that does whatever a server may do."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schouw.errors import FeedError
from schouw.vulnerabilities.fetch import Fetched, Fetcher, Known, Patience
from tests.unit.loopback import Handler, serving

BODY = json.dumps({f"package-{n}": {} for n in range(2000)}).encode()
ETAG = '"v1"'


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Waits:
    seconds: list[float] = field(default_factory=list)

    def fetch(self, folder: Path, url: str, known: Known | None = None, **patience: float) -> Fetched | None:
        fetcher = Fetcher(folder / "cache", Patience(wait=self.seconds.append, silence=patience.pop("silence", 5.0), **patience))  # type: ignore[arg-type]
        return fetcher.fetch("feed", url, known or Known())


@pytest.fixture
def waits() -> Waits:
    return Waits()


def whole(handler: Handler) -> None:
    handler.say(200, BODY, ETag=ETAG, Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")


def test_a_whole_file_and_when_it_changed(tmp_path: Path, waits: Waits) -> None:
    with serving(whole) as server:
        found = waits.fetch(tmp_path, server.url)
    assert found is not None and found.path.read_bytes() == BODY
    assert found.date == datetime(2026, 11, 23, 10, tzinfo=UTC) and found.etag == ETAG


def test_what_is_known_is_not_sent_again(tmp_path: Path, waits: Waits) -> None:
    with serving(lambda handler: handler.say(304)) as server:
        known = Known(server.url, ETAG, "Mon, 23 Nov 2026 10:00:00 GMT")
        assert waits.fetch(tmp_path, server.url, known) is None
        assert server.asked[0]["If-None-Match"] == ETAG and "If-Modified-Since" in server.asked[0]
    with serving(whole) as other:  # another mirror's tag says nothing here
        assert waits.fetch(tmp_path, other.url, known) is not None
        assert "If-None-Match" not in other.asked[0]


def cut(handler: Handler) -> None:
    handler.say(200, BODY[:9000], ETag=ETAG, Content_Length=str(len(BODY)))
    handler.connection.shutdown(socket.SHUT_RDWR)


def rest(handler: Handler) -> None:
    start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
    assert handler.headers["If-Range"] == ETAG
    handler.say(206, BODY[start:], ETag=ETAG, Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")


def test_a_broken_connection_is_taken_up_where_it_ended(tmp_path: Path, waits: Waits) -> None:
    with serving(cut, rest) as server:
        found = waits.fetch(tmp_path, server.url)
    assert found is not None and found.path.read_bytes() == BODY and len(waits.seconds) == 1


def test_also_by_the_next_update(tmp_path: Path, waits: Waits) -> None:
    with serving(cut, rest) as server:
        with pytest.raises(FeedError, match="what came is kept"):
            waits.fetch(tmp_path, server.url, tries=1)
        found = waits.fetch(tmp_path, server.url)
    assert found is not None and found.path.read_bytes() == BODY


def test_a_file_that_changed_meanwhile_begins_anew(tmp_path: Path, waits: Waits) -> None:
    with serving(cut, lambda handler: handler.say(200, b"another file", ETag='"v2"')) as server:
        found = waits.fetch(tmp_path, server.url)
    assert found is not None and found.path.read_bytes() == b"another file"


def test_a_range_that_is_not_ours_is_not_glued_on(tmp_path: Path, waits: Waits) -> None:
    with serving(
        cut, lambda handler: handler.say(206, BODY, ETag=ETAG, Content_Range=f"bytes 0-{len(BODY) - 1}/{len(BODY)}")
    ) as server:
        found = waits.fetch(tmp_path, server.url)
    assert found is not None and found.path.read_bytes() == BODY


def test_a_server_that_stalls(tmp_path: Path, waits: Waits) -> None:
    release = threading.Event()

    def stall(handler: Handler) -> None:
        handler.say(200, BODY[:100], Content_Length=str(len(BODY)))
        release.wait(20)

    with serving(stall) as server:
        with pytest.raises(FeedError, match="it fell silent, 2 times"):
            waits.fetch(tmp_path, server.url, silence=0.3, tries=2)
        release.set()


def test_a_server_that_drips(tmp_path: Path) -> None:
    seconds = iter(range(0, 100_000, 40))
    fetcher = Fetcher(tmp_path, Patience(tries=1, clock=lambda: float(next(seconds)), silence=30))
    with (
        serving(lambda handler: handler.say(200, BODY[:500], Content_Length="500")) as server,
        pytest.raises(FeedError, match="bytes a second"),
    ):
        fetcher.fetch("feed", server.url, Known())


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_server_with_trouble_is_tried_again(tmp_path: Path, waits: Waits, status: int) -> None:
    with serving(lambda handler: handler.say(status, b"<html>", Retry_After="7"), whole) as server:
        assert waits.fetch(tmp_path, server.url) is not None
    assert waits.seconds == [7.0]


def test_a_server_that_wants_to_be_left_alone(tmp_path: Path, waits: Waits) -> None:
    with serving(lambda handler: handler.say(429, Retry_After="86400")) as server:
        with pytest.raises(FeedError, match="come back in 86400 s"):
            waits.fetch(tmp_path, server.url)
        assert len(server.asked) == 1
    assert waits.seconds == []


def test_trouble_that_stays(tmp_path: Path, waits: Waits) -> None:
    with serving(lambda handler: handler.say(500)) as server:
        with pytest.raises(FeedError, match=r"the server answers 500 .*, 3 times"):
            waits.fetch(tmp_path, server.url)
        assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_no_is_a_no(tmp_path: Path, waits: Waits, status: int) -> None:
    with serving(lambda handler: handler.say(status)) as server:
        with pytest.raises(FeedError, match=f"the server answers {status}"):
            waits.fetch(tmp_path, server.url)
        assert len(server.asked) == 1


def test_more_than_a_feed_may_be(tmp_path: Path, waits: Waits) -> None:
    with serving(lambda handler: handler.say(200, BODY)) as server, pytest.raises(FeedError, match="more than"):
        waits.fetch(tmp_path, server.url, largest=1000)
    with (
        serving(lambda handler: handler.say(200, b"x", Content_Length="99999999999")) as server,
        pytest.raises(FeedError, match="it would be"),
    ):
        waits.fetch(tmp_path, server.url)


def test_nobody_there(tmp_path: Path, waits: Waits) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FeedError, match="cannot be reached"):
        waits.fetch(tmp_path, f"http://127.0.0.1:{port}/feed")


def test_nonsense_instead_of_http(tmp_path: Path, waits: Waits) -> None:
    def babble(handler: Handler) -> None:
        handler.wfile.write(b"\x00\x01 hello\r\n\r\n")

    with serving(babble) as server, pytest.raises(FeedError, match="the connection broke"):
        waits.fetch(tmp_path, server.url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "feed"])
def test_only_the_web(tmp_path: Path, waits: Waits, url: str) -> None:
    with pytest.raises(FeedError, match="is no address that feeds come from"):
        waits.fetch(tmp_path, url)


def test_a_redirect_to_a_file(tmp_path: Path, waits: Waits) -> None:
    with serving(lambda handler: handler.say(302, Location="file:///etc/passwd")) as server, pytest.raises(FeedError):
        waits.fetch(tmp_path, server.url)


def certificate(folder: Path, days: int) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's side, a client that trusts its issuer): valid until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = folder / "server.pem"
    file.write_bytes(
        pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


def test_an_expired_certificate(tmp_path: Path) -> None:
    server_side, client = certificate(tmp_path, -1)
    with serving(whole, context=server_side) as server, pytest.raises(FeedError, match="certificate has expired"):
        Fetcher(tmp_path, context=client).fetch("feed", server.url, Known())


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    server_side, _ = certificate(tmp_path, 30)
    with serving(whole, context=server_side) as server, pytest.raises(FeedError, match="its certificate cannot be trusted"):
        Fetcher(tmp_path).fetch("feed", server.url, Known())


def test_no_step_down_from_https(tmp_path: Path) -> None:
    server_side, client = certificate(tmp_path, 30)
    with serving(whole) as plain, serving(lambda handler: handler.say(302, Location=plain.url), context=server_side) as server:
        with pytest.raises(FeedError, match="not encrypted; refused"):
            Fetcher(tmp_path, context=client).fetch("feed", server.url, Known())
        assert plain.asked == []
    with serving(whole, context=server_side) as server:
        assert Fetcher(tmp_path, context=client).fetch("feed", server.url, Known()) is not None
