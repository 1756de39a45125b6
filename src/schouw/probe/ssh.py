"""What an SSH server offers before login: its KEXINIT (RFC 4253, sections 4.2, 6 and 7.1).

One connection, two round trips, no key exchange. Where schouw is logged in anyway, `parse_kexinit` reads the payload
that the connection already holds and costs the server nothing.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from schouw import __version__, text
from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.outside import SshOffer
from schouw.probe.wire import Stream

IDENTIFICATION = f"SSH-2.0-schouw_{__version__.replace('-', '_')}\r\n".encode()

_KEXINIT = 20
_COOKIE = 16
_LISTS = 10
_PACKET = 35_000
_LINES = 20
_TEXT = 8192

#: RFC 4251, section 6: printable US-ASCII without comma, at most 64 characters.
_NAME = re.compile(rb"[!-+\--~]{1,64}")

#: What OpenSSH says instead of its name to an address that it penalises, and when it has too many guests.
_TURNED_AWAY = ("not allowed at this time", "exceeded maxstartups", "too many connections")


@dataclass(frozen=True, slots=True)
class Reading:
    """An offer or why there is none; `turned_away` says in which words the server would not speak to us."""

    offer: Attempt[SshOffer]
    greeting: str = ""
    turned_away: str = ""


def parse_kexinit(payload: bytes, address: str, port: int, software: str) -> Attempt[SshOffer]:
    """From an SSH_MSG_KEXINIT payload (its first byte is 20). `software` is the server's identification line."""
    if len(payload) > _PACKET or len(payload) < 1 + _COOKIE or payload[0] != _KEXINIT:
        return not_checked(f"{_at(address, port)}: the SSH server's first packet is not a KEXINIT")
    lists: list[tuple[str, ...]] = []
    start = 1 + _COOKIE
    for _ in range(_LISTS):
        end = start + 4 + int.from_bytes(payload[start : start + 4])
        if start + 4 > len(payload) or end > len(payload):
            return not_checked(f"{_at(address, port)}: the SSH server's KEXINIT is cut short")
        names = payload[start + 4 : end].split(b",") if end > start + 4 else []
        if not all(_NAME.fullmatch(name) for name in names):
            return not_checked(f"{_at(address, port)}: the SSH server's KEXINIT holds something that is not an algorithm's name")
        lists.append(tuple(name.decode("ascii") for name in names))
        start = end
    kex, keys, ciphers_in, ciphers_out, macs_in, macs_out, packed_in, packed_out, _, _ = lists
    return seen(
        SshOffer(
            address=address,
            port=port,
            software=_software(software),
            kex=kex,
            host_keys=keys,
            ciphers=_either(ciphers_in, ciphers_out),
            macs=_either(macs_in, macs_out),
            compression=_either(packed_in, packed_out),
        )
    )


async def read_offer(stream: Stream, address: str, port: int, seconds: float = 5.0) -> Reading:
    """Over a fresh connection: identify ourselves, read its identification and one packet. Never raises."""
    reading = _Lines()
    try:
        async with asyncio.timeout(seconds):
            await stream.send(IDENTIFICATION)
            return await _read(stream, address, port, reading)
    except TimeoutError:
        why = f"said nothing that SSH knows within {seconds:g} s" if not reading.greeting else f"fell silent for {seconds:g} s"
    except ValueError as error:
        why = f"sent {error} where SSH has none"
    except (OSError, EOFError):
        why = "hung up before its offer" if reading.greeting else "hung up before it named itself"
    return Reading(not_checked(f"{_at(address, port)}: the SSH server {why}"), reading.greeting)


@dataclass(slots=True)
class _Lines:
    """What was read so far, for the message when it ends badly."""

    greeting: str = ""


async def _read(stream: Stream, address: str, port: int, so_far: _Lines) -> Reading:
    size = 0
    for _ in range(_LINES):
        raw = await stream.line(_TEXT - size)
        size += len(raw) + 1
        said = text.line(text.decode(raw, 512), 200)
        so_far.greeting = said if raw.startswith(b"SSH-") else so_far.greeting or said
        if raw.startswith(b"SSH-"):
            break
        if any(words in said.lower() for words in _TURNED_AWAY):
            return Reading(not_checked(f"{_at(address, port)}: the SSH server said {said!r}"), said, said)
        if not raw:
            raise EOFError
    if not raw.startswith((b"SSH-2.0-", b"SSH-1.99-")):
        kind = f"speaks another SSH: {so_far.greeting!r}" if raw.startswith(b"SSH-") else "never named itself"
        return Reading(not_checked(f"{_at(address, port)}: the SSH server {kind}"), so_far.greeting)
    length = int.from_bytes(await stream.exactly(4))
    if not 2 <= length < _PACKET:
        raise ValueError(f"a packet of {length} bytes")
    packet = await stream.exactly(length)
    payload = packet[1 : max(1, length - packet[0])]
    return Reading(parse_kexinit(payload, address, port, so_far.greeting), so_far.greeting)


def _either(there: tuple[str, ...], back: tuple[str, ...]) -> tuple[str, ...]:
    """Both directions in one list, in the server's order: a weak cipher one way is weak."""
    return tuple(dict.fromkeys(there + back))


def _software(identification: str) -> str:
    return re.sub(r"^SSH-[0-9.]+-", "", text.line(identification, 200))


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
