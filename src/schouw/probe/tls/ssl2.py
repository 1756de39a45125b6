"""Whether a server still speaks SSL 2.0, whose first message is of another shape (draft-hickman-netscape-ssl-00)."""

from __future__ import annotations

SUITES = {
    0x010080: "SSL_CK_RC4_128_WITH_MD5",
    0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
    0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
    0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
    0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
    0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
    0x0700C0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
}
LONGEST = 16 << 10
_SERVER_HELLO = 4


def client_hello(random: bytes) -> bytes:
    """`random` is 16 bytes."""
    suites = b"".join(code.to_bytes(3) for code in SUITES)
    body = b"\x01\x00\x02" + len(suites).to_bytes(2) + b"\0\0" + len(random).to_bytes(2) + suites + random
    return (0x8000 | len(body)).to_bytes(2) + body


def server_hello(data: bytes) -> tuple[str, ...] | None:
    """Names of the suites that a SERVER-HELLO lists; None where `data` is none, or not yet whole."""
    start = 2 if data[:1] >= b"\x80" else 3
    head = data[start : start + 11]
    if len(head) < 11 or head[0] != _SERVER_HELLO or head[3:5] != b"\0\2":
        return None
    at, size = start + 11 + int.from_bytes(head[5:7]), int.from_bytes(head[7:9])
    if len(data) < at + size:
        return None
    codes = [int.from_bytes(data[place : place + 3]) for place in range(at, at + size - 2, 3)]
    return tuple(SUITES.get(code, f"0x{code:06X}") for code in codes)
