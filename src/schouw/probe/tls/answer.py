"""What a server says to a ClientHello, read to where encryption begins. Pure: bytes in, an `Answer` out.

Everything is bounded: a record by the protocol, a message and the whole flight by `LARGEST`, certificates by `MOST`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from schouw import text
from schouw.model.tls import TlsVersion
from schouw.probe.tls.codepoints import ALERTS, BY_CODE, Exchange, exchange, prime_name
from schouw.probe.tls.hello import EXTENDED_MASTER_SECRET, KEY_SHARE, RENEGOTIATION, SUPPORTED_VERSIONS, Hello

LARGEST = 128 << 10
"""Bytes of one flight. A chain of four RSA certificates is 6 KB, one with post-quantum signatures some 40."""
MOST = 12
"""Certificates that are kept of a chain."""

_RECORD = (1 << 14) + 2048
_ALERT, _HANDSHAKE, _DATA = 21, 22, 23
_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE, _DONE = 2, 11, 12, 14
_NAMED_CURVE = 3
#: The random of a ServerHello that is a HelloRetryRequest (RFC 8446, section 4.1.3).
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

#: "No common version, suite or parameter" (RFC 8446, section 6.2); anything else says nothing about what was offered.
_NO = frozenset({40, 70, 71})
PROTOCOL_VERSION, UNRECOGNIZED_NAME = 70, 112


class Kind(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """A clear no."""
    CLOSED = "closed"
    """Ended without an answer, or with an alert that is none: perhaps a no, perhaps a fault or a limit of the server's."""
    SILENT = "silent"
    FOREIGN = "foreign"
    """It speaks something else than TLS."""
    ODD = "odd"
    """It speaks TLS that makes no sense."""


@dataclass(slots=True)
class Answer:
    kind: Kind
    said: str = ""
    """For a person: why there is no more."""
    words: str = ""
    """Of something else than TLS: its first line."""
    alert: int | None = None
    version: TlsVersion = TlsVersion.TLS12
    suite: int = 0
    group: int | None = None
    dh_bits: int = 0
    prime: str = ""
    signature: int | None = None
    extensions: frozenset[int] = frozenset()
    compression: bool = False
    chain: list[bytes] = field(default_factory=list)
    """Certificates in DER, the server's own first."""
    cut: str = ""
    """What of an accepted hello's answer could not be read, "" where all was."""


class Odd(ValueError):
    """What came breaks the protocol; the text says how."""


class Flight:
    """Takes what arrives, in whatever pieces; `answer` is there once enough was read, and `finish` makes it of less."""

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._records = b""
        self._messages = b""
        self._read = 0
        self._accepted: Answer | None = None
        self.answer: Answer | None = None

    def feed(self, data: bytes) -> None:
        self._records += data
        self._read += len(data)
        try:
            while self.answer is None and self._take_record():
                pass
            if self.answer is None and self._read > LARGEST:
                raise Odd(f"sent more than {LARGEST >> 10} KiB in answer to a ClientHello")
        except Odd as odd:
            self.answer = self._cut(str(odd)) or Answer(Kind.ODD, str(odd))

    def finish(self, kind: Kind, said: str) -> Answer:
        """No more will come."""
        if self.answer is None:
            self.answer = self._cut(said) or Answer(kind, said)
        return self.answer

    def _cut(self, why: str) -> Answer | None:
        """An accepted hello's answer, which ends here."""
        if self._accepted is not None:
            self._accepted.cut = why
        return self._accepted

    def _take_record(self) -> bool:
        """Whether there was a whole one."""
        head = self._records[:5]
        if head and (not 20 <= head[0] <= 23 or head[1:2] not in (b"", b"\3")):
            if self._accepted or self._messages:
                raise Odd("sent something that is no TLS record")
            words = text.line(text.decode(self._records.split(b"\n", 1)[0], 200), 80)
            self.answer = Answer(Kind.FOREIGN, f"answered {words!r} to a ClientHello", words)
            return False
        if len(head) < 5:
            return False
        length = int.from_bytes(head[3:])
        if length > _RECORD:
            raise Odd(f"sent a record of {length} bytes, where TLS has at most {_RECORD}")
        if len(self._records) < 5 + length:
            return False
        body, self._records = self._records[5 : 5 + length], self._records[5 + length :]
        if head[0] == _ALERT:
            self._alert(body)
        elif head[0] == _HANDSHAKE:
            self._messages += body
            while self.answer is None and self._take_message():
                pass
        elif head[0] == _DATA:
            self.answer = self._accepted
        return True

    def _alert(self, body: bytes) -> None:
        if len(body) != 2:
            raise Odd("sent an alert that is none")
        level, code = body
        if level == 2 or code == 0:
            kind = Kind.REFUSED if code in _NO else Kind.CLOSED
            said = f"answered with the alert {alert_name(code)}"
            self.answer = self._cut(said) or Answer(kind, said, alert=code)

    def _take_message(self) -> bool:
        if len(self._messages) < 4:
            return False
        kind, length = self._messages[0], int.from_bytes(self._messages[1:4])
        if length > LARGEST:
            raise Odd(f"sent a handshake message of {length >> 10} KiB, where {LARGEST >> 10} are read at most")
        if len(self._messages) < 4 + length:
            return False
        body, self._messages = self._messages[4 : 4 + length], self._messages[4 + length :]
        if self._accepted is None:
            if kind != _SERVER_HELLO:
                raise Odd(f"sent handshake message {kind} before its ServerHello")
            self._accepted = self._server_hello(_Bytes(body))
            if self._accepted.version is TlsVersion.TLS13:  # all else is encrypted
                self.answer = self._accepted
        elif kind == _CERTIFICATE:
            _read_chain(_Bytes(body), self._accepted.chain)
        elif kind in (_KEY_EXCHANGE, _DONE):
            if kind == _KEY_EXCHANGE:
                _read_key_exchange(_Bytes(body), self._accepted)
            self.answer = self._accepted
        return True

    def _server_hello(self, body: _Bytes) -> Answer:
        version, random = body.number(2), body.take(32)
        body.sized(1)
        suite, compression = body.number(2), body.number(1)
        extensions = _extensions(body)
        if SUPPORTED_VERSIONS in extensions:
            version = int.from_bytes(extensions[SUPPORTED_VERSIONS])
        if version not in BY_CODE or suite not in self._hello.suites:
            raise Odd(f"chose version 0x{version:04X} with suite 0x{suite:04X}, which was not offered")
        answer = Answer(
            Kind.ACCEPTED,
            version=BY_CODE[version],
            suite=suite,
            extensions=frozenset(extensions),
            compression=compression != 0,
        )
        share = extensions.get(KEY_SHARE, b"")
        if answer.version is TlsVersion.TLS13:
            if len(share) < 2:
                answer.cut = "named no group" if random == _RETRY else "wants no key exchange"
            else:
                answer.group = int.from_bytes(share[:2])
        return answer


def _read_chain(body: _Bytes, chain: list[bytes]) -> None:
    certificates = _Bytes(body.sized(3))
    while certificates.left and len(chain) < MOST:
        chain.append(certificates.sized(3))


def _read_key_exchange(body: _Bytes, answer: Answer) -> None:
    """RFC 8422 section 5.4, RFC 5246 section 7.4.3."""
    how = exchange(answer.suite)
    if how is Exchange.CURVE:
        if body.number(1) != _NAMED_CURVE:
            raise Odd("named no curve")
        answer.group = body.number(2)
        body.sized(1)
    elif how is Exchange.FINITE:
        prime = body.sized(2).lstrip(b"\0")
        answer.dh_bits = int.from_bytes(prime).bit_length()
        answer.prime = prime_name(prime)
        body.sized(2)
        body.sized(2)
    else:
        return
    if answer.version is TlsVersion.TLS12 and body.left >= 4:
        answer.signature = body.number(2)


class _Bytes:
    """Reads a message from its beginning to its end; `Odd` when it is shorter than it says."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Odd("sent a handshake message that is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def sized(self, width: int) -> bytes:
        return self.take(self.number(width))


def _extensions(body: _Bytes) -> dict[int, bytes]:
    if not body.left:  # up to TLS 1.2 there need not be any
        return {}
    found: dict[int, bytes] = {}
    block = _Bytes(body.sized(2))
    while block.left:
        code = block.number(2)
        found[code] = block.sized(2)
    return found


def alert_name(code: int) -> str:
    return ALERTS.get(code, str(code))


def secure_renegotiation(answer: Answer) -> bool:
    return RENEGOTIATION in answer.extensions


def extended_master_secret(answer: Answer) -> bool:
    return EXTENDED_MASTER_SECRET in answer.extensions
