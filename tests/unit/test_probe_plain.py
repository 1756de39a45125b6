"""What mail and FTP say before TLS: servers that play a script, each line of it as real ones say it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from schouw.model.attempt import Attempt
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint, PlainOffer
from schouw.probe import reach, starttls, words
from schouw.probe.blocked import Watch
from schouw.probe.budget import Budget
from schouw.probe.plain import plain
from schouw.probe.reach import Blocked, Unreached, Unspoken, Way
from schouw.probe.wire import Stream
from tests.unit.tls_server import HERE, Handler, listening


class Script:
    """Says `greeting`, then the answer to each line by how it begins; `heard` is all that was said to it."""

    def __init__(self, greeting: str, **answers: str) -> None:
        self._greeting, self._answers = greeting, answers
        self.heard: list[str] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._say(writer, self._greeting)
        while line := await reader.readline():
            said = line.decode().strip()
            self.heard.append(said)
            answer = next(
                (text for start, text in self._answers.items() if said.upper().startswith(start.replace("_", " "))), None
            )
            if answer is None:
                answer = "221 bye" if said == "QUIT" else "500 what"
            self._say(writer, answer)
            if answer.startswith(("221", "421")):
                return

    def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        if text:
            writer.write(text.replace("\n", "\r\n").encode() + b"\r\n")


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def way_to(handler: Handler, protocol: Protocol, address: str = HERE) -> AsyncIterator[tuple[Way, Watch]]:
    watch = Watch()
    async with listening(handler, address) as port:
        yield Way(Endpoint(address, port, protocol), Budget(100_000), watch, sleep=no_pause), watch


async def asked(handler: Handler, protocol: Protocol) -> Attempt[PlainOffer]:
    async with way_to(handler, protocol) as (way, _):
        return await plain(way)


def offer(attempt: Attempt[PlainOffer]) -> PlainOffer:
    assert attempt.result is not None, attempt.reason
    return attempt.result


EHLO = "250-mail.example.net\n250-STARTTLS\n250-AUTH PLAIN LOGIN\n250 HELP"
CLOSED_EHLO = "250-mail.example.net\n250 STARTTLS"


async def test_smtp_that_takes_passwords_in_the_clear() -> None:
    script = Script("220 mail.example.net ESMTP", EHLO=EHLO)
    seen = offer(await asked(script, Protocol.SMTP))
    assert (seen.tls.result, seen.login.result, seen.mechanisms) == (True, True, ("PLAIN", "LOGIN"))
    assert script.heard[0].startswith("EHLO schouw") and script.heard[1:] == ["QUIT"]


async def test_smtp_that_waits_for_tls() -> None:
    script = Script("220-mail.example.net ESMTP\n220 welcome", EHLO=CLOSED_EHLO)
    seen = offer(await asked(script, Protocol.SUBMISSION))
    assert (seen.tls.result, seen.login.result, seen.mechanisms) == (True, False, ())


async def test_a_challenge_gives_no_password_away() -> None:
    script = Script("220 x", EHLO="250-x\n250 AUTH CRAM-MD5 SCRAM-SHA-256")
    seen = offer(await asked(script, Protocol.SMTP))
    assert (seen.login.result, seen.mechanisms) == (False, ("CRAM-MD5", "SCRAM-SHA-256"))


@pytest.mark.parametrize(
    ("capability", "login", "mechanisms"),
    [
        ("IMAP4rev1 STARTTLS LOGINDISABLED", False, ()),
        ("IMAP4rev1 STARTTLS AUTH=PLAIN", True, ("PLAIN",)),
        ("IMAP4rev1 STARTTLS", True, ()),
        ("IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN", True, ("PLAIN",)),
    ],
)
async def test_imap(capability: str, login: bool, mechanisms: tuple[str, ...]) -> None:
    script = Script("* OK ready", S1_CAPABILITY=f"* CAPABILITY {capability}\ns1 OK done", S2_LOGOUT="* BYE\ns2 OK")
    seen = offer(await asked(script, Protocol.IMAP))
    assert (seen.login.result, seen.mechanisms, seen.tls.result) == (login, mechanisms, True)
    assert script.heard == ["s1 CAPABILITY", "s2 LOGOUT"]


@pytest.mark.parametrize(
    ("capa", "login"),
    [
        ("+OK\nSTLS\nUSER\nSASL PLAIN\n.", True),
        ("+OK\nSTLS\nSASL\n.", False),
        ("+OK\nSTLS\nUSER\nIMPLEMENTATION Courier Mail Server\n.", None),
        ("-ERR what", None),
    ],
)
async def test_pop3_is_asked_for_its_capabilities_alone(capa: str, login: bool | None) -> None:
    script = Script("+OK ready", CAPA=capa, QUIT="+OK bye")
    seen = offer(await asked(script, Protocol.POP3))
    assert seen.login.result is login and (login is not None or seen.login.reason)
    assert script.heard == ["CAPA", "QUIT"]


async def test_managesieve() -> None:
    greeting = '"IMPLEMENTATION" "Dovecot Pigeonhole"\n"SASL" "PLAIN LOGIN"\n"STARTTLS"\nOK "ready"'
    seen = offer(await asked(Script(greeting, LOGOUT="OK"), Protocol.SIEVE))
    assert (seen.greeting, seen.tls.result, seen.login.result) == ("Dovecot Pigeonhole", True, True)
    closed = Script('"IMPLEMENTATION" "x"\n"SASL" ""\n"STARTTLS"\nOK', LOGOUT="OK")
    assert offer(await asked(closed, Protocol.SIEVE)).login.result is False


FEAT = "211-Features:\n AUTH TLS\n SIZE\n211 End"
#: Name → (what it says to FEAT, AUTH TLS, a made-up name and "anonymous"), and what is made of it.
FTP = {
    "vsftpd, closed": (FEAT, "234 go", "530 Non-anonymous sessions must use encryption.", "530 x", True, False, False),
    "vsftpd, open": (FEAT, "530 Please login", "331 Please specify the password.", "331 Please specify", False, True, None),
    "ProFTPD, closed": (FEAT, "234 go", "550 SSL/TLS required on the control channel", "550 SSL/TLS required", True, False, None),
    "ProFTPD, anonymous": (
        FEAT, "234 go", "331 Password required for x", "331 Anonymous login ok, send your complete email", True, True, True,
    ),
    "Pure-FTPd, closed": (FEAT, "234 go", "421 Sorry, cleartext sessions are not accepted.", "", True, False, None),
    "Pure-FTPd lists what is switched off": (
        FEAT, "500 This security scheme is not implemented", "331 User x OK. Password required", "230 Anonymous user logged in",
        False, True, True,
    ),
    "a list of users": (FEAT, "234 go", "530 Permission denied.", "530 Permission denied.", True, None, False),
}  # fmt: skip


@pytest.mark.parametrize("name", FTP)
async def test_ftp(name: str) -> None:
    feat, auth, made_up, anonymous, tls, login, anybody = FTP[name]
    script = Script("220 ready", FEAT=feat, AUTH_TLS=auth, USER_SCHOUW=made_up, USER_ANONYMOUS=anonymous)
    async with way_to(script, Protocol.FTP) as (way, watch):
        seen = offer(await plain(way))
    assert (seen.tls.result, seen.login.result, seen.anonymous.result) == (tls, login, anybody)
    assert script.connections == 2 and not any(line.startswith("PASS") for line in script.heard)
    assert watch.blocked == "", "a 421 to a name is no ban"
    assert seen.capabilities == ("AUTH TLS", "SIZE")


@pytest.mark.parametrize(
    ("greeting", "protocol", "said"),
    [
        ("550 go away", Protocol.SMTP, "turned us away: '550 go away'"),
        ("* BYE too many", Protocol.IMAP, "turned us away: '* BYE too many'"),
        ("-ERR no", Protocol.POP3, "turned us away"),
        ("SSH-2.0-OpenSSH", Protocol.SMTP, "said 'SSH-2.0-OpenSSH'"),
        ("HTTP/1.1 400 Bad Request", Protocol.SIEVE, "said 'HTTP/1.1 400 Bad Request'"),
        ("220-" + "x" * 5000, Protocol.FTP, "a line of more than 2048 bytes"),
        ("\n".join(["220-more"] * 200), Protocol.FTP, "more than 100 lines"),
        ("220 \x1b]0;pwn\x07", Protocol.SMTP, ""),
    ],
)
async def test_odd_greetings_are_bounded_and_said(greeting: str, protocol: Protocol, said: str) -> None:
    seen = await asked(Script(greeting, EHLO="250 x", MAIL="550 x"), protocol)
    assert said in seen.reason and seen.reason.isprintable()
    if seen.result:
        assert seen.result.greeting.isprintable() and "\x1b" not in seen.result.greeting


async def test_a_421_means_that_we_are_unwelcome() -> None:
    async with way_to(Script("421 too many connections from your address"), Protocol.SMTP) as (way, watch):
        seen = await plain(way)
        assert watch.blocked.startswith("we are probably being blocked: port ") and seen.reason == watch.blocked
        with pytest.raises(Blocked):
            async with way.before_tls():
                pass


async def test_a_server_that_does_not_greet_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = 0

    async def shy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            await Script("220 here", EHLO=CLOSED_EHLO, STARTTLS="220 go")(reader, writer)

    async with way_to(shy, Protocol.SMTP) as (way, _), way.before_tls():
        pass
    assert connections == 2


async def test_a_server_that_never_greets(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    async with way_to(mute, Protocol.IMAP) as (way, _):
        with pytest.raises(Unreached, match="closed the connection instead of greeting, twice"):
            async with way.before_tls():
                pass


async def test_a_greeting_that_trickles_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "WHOLE", 0.2)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-soon\r\n")
            await asyncio.sleep(0.05)

    async with way_to(trickle, Protocol.SMTP) as (way, _):
        seen = await plain(way)
    assert seen.result is None and "had not finished its words" in seen.reason


async def test_from_the_host_itself_nothing_is_concluded() -> None:
    """Dovecot takes a connection from its own address for a safe one."""
    async with way_to(Script("* OK ready"), Protocol.IMAP, address="127.0.0.1") as (way, _):
        seen = await plain(way)
    assert seen.result is None and seen.reason.startswith("not checked from outside")


STARTTLS = {
    Protocol.SMTP: Script("220 x", EHLO=CLOSED_EHLO, STARTTLS="220 go ahead"),
    Protocol.IMAP: Script("* OK ready", S1_STARTTLS="s1 OK begin"),
    Protocol.POP3: Script("+OK", STLS="+OK begin"),
    Protocol.FTP: Script("220 x", AUTH_TLS="234 AUTH TLS ok"),
    Protocol.SIEVE: Script('"SASL" ""\n"STARTTLS"\nOK', STARTTLS="OK begin"),
}
NO_STARTTLS = {
    Protocol.SMTP: Script("220 x", EHLO="250 x"),
    Protocol.SUBMISSION: Script("220 x", EHLO=CLOSED_EHLO, STARTTLS="454 TLS not available"),
    Protocol.IMAP: Script("* OK ready", S1_STARTTLS="s1 BAD what"),
    Protocol.POP3: Script("+OK", STLS="-ERR what"),
    Protocol.FTP: Script("220 x", AUTH_TLS="500 what"),
    Protocol.SIEVE: Script('"SASL" "PLAIN"\nOK'),
}


@pytest.mark.parametrize("protocol", STARTTLS)
async def test_tls_begins(protocol: Protocol) -> None:
    async with way_to(STARTTLS[protocol], protocol) as (way, _), way.before_tls() as stream:
        assert isinstance(stream, Stream)


@pytest.mark.parametrize("protocol", NO_STARTTLS)
async def test_no_tls_is_a_no(protocol: Protocol) -> None:
    async with way_to(NO_STARTTLS[protocol], protocol) as (way, _):
        with pytest.raises(Unspoken):
            async with way.before_tls():
                pass


def sends(greeting: bytes, answer: bytes) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read(8)
        writer.write(answer)
        await writer.drain()
        await reader.read()

    return serve


def mysql(capabilities: int, error: str = "") -> bytes:
    body = b"\x0a8.0.36\0" + bytes(4) + bytes(8) + b"\0" + capabilities.to_bytes(2, "little") + bytes(30)
    if error:
        body = b"\xff\x6a\x04" + error.encode()
    return len(body).to_bytes(3, "little") + b"\0" + body


@pytest.mark.parametrize(
    ("handler", "protocol", "error", "said"),
    [
        (sends(b"", b"S"), Protocol.POSTGRES, None, ""),
        (sends(b"", b"N"), Protocol.POSTGRES, Unspoken, "offers no TLS"),
        (sends(b"", b"E"), Protocol.POSTGRES, Unreached, "said 'E' to a request for TLS"),
        (sends(mysql(0x0800 | 0x0200), b""), Protocol.MYSQL, None, ""),
        (sends(mysql(0x0200), b""), Protocol.MYSQL, Unspoken, "offers no TLS"),
        (
            sends(mysql(0, "Host '192.0.2.1' is not allowed to connect"), b""),
            Protocol.MYSQL,
            Unreached,
            "is not allowed to connect",
        ),
        (sends(b"\xff\xff\xff\xff" + bytes(100), b""), Protocol.MYSQL, Unreached, "greeted as no MySQL server does"),
    ],
)
async def test_databases(handler: Handler, protocol: Protocol, error: type[Exception] | None, said: str) -> None:
    async with way_to(handler, protocol) as (way, _):
        if error is None:
            async with way.before_tls():
                return
        with pytest.raises(error, match=said):
            async with way.before_tls():
                pass


def test_every_protocol_with_starttls_can_begin() -> None:
    assert {protocol for protocol in Protocol if protocol.starttls} == set(starttls._BEGIN)
    assert words.NAME.endswith(".invalid"), "nobody can have that name"
