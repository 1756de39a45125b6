"""Whether something is really off on a host: what the network shows, and what the host itself says, each by itself.

Off is only said where it was looked for: a port that is shut or takes no such thing any more, a server that does not
run or is set not to. What could not be seen is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schouw.checks.encryption.configured import configured
from schouw.checks.encryption.traits import conjoined, version_words
from schouw.model.attempt import Attempt
from schouw.model.daemons import FTP_DAEMONS, MAIL_DAEMONS, WEB_DAEMONS, Daemon
from schouw.model.facts import Facts, Inside
from schouw.model.libraries import Libraries
from schouw.model.outside import Outside, PortState
from schouw.model.phaseout import What
from schouw.model.ports import reaches_out, unrouted
from schouw.model.protocol import Protocol
from schouw.model.services import USUAL, Part, services, spoken
from schouw.model.tls import PlainOffer, TlsOffer, TlsVersion

_OLD = (TlsVersion.SSL2, TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11)
_SPOKEN = {
    "ftp": (Protocol.FTP, Protocol.FTPS),
    "imap": (Protocol.IMAP, Protocol.IMAPS),
    "pop3": (Protocol.POP3, Protocol.POP3S),
    "smtp": (Protocol.SMTP, Protocol.SUBMISSION, Protocol.SMTPS),
    "sieve": (Protocol.SIEVE,),
    "https": (Protocol.HTTPS,),
}
_DAEMONS = {"ftp": FTP_DAEMONS, "https": WEB_DAEMONS, **dict.fromkeys(("imap", "pop3", "smtp", "sieve"), MAIL_DAEMONS)}
_IMPLICIT = (Protocol.FTPS, Protocol.IMAPS, Protocol.POP3S, Protocol.SMTPS, Protocol.HTTPS)


@dataclass(frozen=True, slots=True)
class Said:
    """What one view says. `off` None: it cannot be told. `words`: what is still on, why it cannot be told, or what to add."""

    off: bool | None
    words: str = ""
    port: int = 0
    """Of which it is said, 0 for no one of them."""


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    outside: Said
    inside: Said

    @property
    def verified(self) -> bool:
        return self.outside.off is True and self.inside.off is True

    @property
    def on(self) -> bool:
        """Whether either view shows it."""
        return self.outside.off is False or self.inside.off is False


def switched_off(what: What, protocols: Iterable[str], facts: Facts) -> SwitchedOff:
    """Of protocols as `schouw.model.phaseout.PROTOCOLS` names them."""
    names = list(protocols)
    meant = [protocol for name in names for protocol in _SPOKEN[name] if _is_meant(what, protocol)]
    outside, inside = facts.outside.result, facts.inside.result
    return SwitchedOff(
        _seen_outside(what, meant, outside, _listening(inside))
        if outside is not None
        else Said(None, facts.outside.reason or "not looked at from outside"),
        _seen_inside(what, meant, list(dict.fromkeys(name for one in names for name in _DAEMONS[one])), inside, facts)
        if inside is not None
        else Said(None, facts.inside.reason or "not looked at from inside"),
    )


def _is_meant(what: What, protocol: Protocol) -> bool:
    if what is What.PLAINTEXT:
        return protocol not in _IMPLICIT
    return not (what is What.ALL and protocol is Protocol.SMTP)  # port 25 takes mail from other servers: it stays


def _together(said: Iterable[Said], nothing: Said) -> Said:
    """Still on wins over not known, and that over off."""
    those = list(said)
    for off in (False, None):
        if found := [one for one in those if one.off is off]:
            return Said(off, _in_words(found))
    return Said(True) if those else nothing


def _in_words(those: Iterable[Said]) -> str:
    """ "110 and 143: passwords are taken before TLS; …"."""
    ports: dict[str, list[str]] = {}
    for one in those:
        ports.setdefault(one.words, []).extend([str(one.port)] if one.port else [])
    return "; ".join(f"{conjoined(list(dict.fromkeys(some)))}: {words}" if some else words for words, some in ports.items())


# -- outside ---------------------------------------------------------------------------------------


def _listening(inside: Inside | None) -> set[int] | None:
    """TCP ports that a stranger might reach; None where that is not known."""
    if inside is None or not inside.listeners.complete:
        return None
    return {one.port for one in inside.listeners.result or () if one.proto == "tcp" and reaches_out(one.address)}


def _seen_outside(what: What, meant: list[Protocol], view: Outside, listening: set[int] | None) -> Said:
    if view.blocked:
        return Said(None, view.blocked)
    if view.ports.result is None:
        return Said(None, view.ports.reason or "no port was tried")
    tried: dict[int, set[PortState]] = {}
    for one in view.ports.result:
        tried.setdefault(one.port, set()).add(one.state)
    ports = {port for port, protocol in USUAL.items() if protocol in meant}
    ports |= {look.endpoint.port for look in view.plain if look.endpoint.protocol in meant}
    ports |= {look.endpoint.port for look in view.tls if look.endpoint.protocol in meant}
    # A usual port that was never tried because nothing listens there has nothing to switch off.
    ports = {port for port in ports if port in tried or listening is None or port in listening}
    said = [_at_port(what, port, tried.get(port, set()), view) for port in sorted(ports)]
    if view.ports.reason:
        said.append(Said(None, view.ports.reason))
    if any(port in one.open_before for one in view.unrouted for port in ports):
        said.append(Said(None, f"there is no route to {', '.join(unrouted(view))} from here, where it was open before"))
    verdict = _together(said, Said(None, "none of its ports was tried"))
    if verdict.off and view.unrouted:
        return Said(True, f"but for {', '.join(unrouted(view))}, to which there is no route from here")
    return verdict


def _at_port(what: What, port: int, states: set[PortState], view: Outside) -> Said:
    if not states:
        return Said(None, "not tried", port)
    if PortState.OPEN not in states:
        return Said(True)
    match what:
        case What.ALL:
            return Said(False, "open", port)
        case What.PLAINTEXT:
            said = [_taken(look.attempt) for look in view.plain if look.endpoint.port == port]
        case What.OLD_TLS:
            said = [_agreed(look.attempt) for look in view.tls if look.endpoint.port == port]
    return replace(_together(said, Said(None, "open, and what it takes was not looked at")), port=port)


def _taken(attempt: Attempt[PlainOffer]) -> Said:
    if attempt.result is None:
        return Said(None, attempt.reason)
    login = attempt.result.login
    if login.result is None:
        return Said(True) if login.absent else Said(None, login.reason)
    return Said(False, "passwords are taken before TLS") if login.result else Said(True)


def _agreed(attempt: Attempt[TlsOffer]) -> Said:
    if attempt.result is None:
        return Said(True) if attempt.absent else Said(None, attempt.reason)
    versions = [(version, attempt.result.versions[version]) for version in _OLD if version in attempt.result.versions]
    taken = [version.value for version, one in versions if one.result]
    if taken:
        return Said(False, f"{version_words(taken)} taken")
    reason = next((one.reason for _, one in versions if one.result is None and not one.absent), "")
    return Said(None, reason) if reason else Said(True)


# -- inside ----------------------------------------------------------------------------------------


def _seen_inside(what: What, meant: list[Protocol], daemons: list[str], inside: Inside, facts: Facts) -> Said:
    said = [Said(None, reason) for name in daemons if (reason := _unread(getattr(inside, name)))]
    if not inside.listeners.complete:
        said.append(Said(None, inside.listeners.reason or "what listens was not seen"))
    read: set[int] = set()
    for service in services(facts):
        for part in service.parts:
            ports = [port for port in part.block.ports if spoken(part, port) in meant]
            read.update(ports)
            said += [replace(_set(what, part, inside), port=port) for port in ports]
    unread = sorted({port for port in _listening(inside) or () if USUAL.get(port) in meant} - read)
    said += [_unknown_server(what, port) for port in unread]
    return _together(said, Said(True))


def _unread(attempt: Attempt[Daemon]) -> str:
    return "" if attempt.absent or attempt.result is not None else attempt.reason


def _unknown_server(what: What, port: int) -> Said:
    if what is What.ALL:
        return Said(False, "something listens there", port)
    return Said(None, "what listens there has no configuration that is known here", port)


def _set(what: What, part: Part, inside: Inside) -> Said:
    name, where = part.daemon.name, f" ({part.block.file}:{part.block.line})" if part.block.file and part.block.line else ""
    match what:
        case What.ALL:
            return Said(False, f"served by {name}")
        case What.PLAINTEXT:
            if part.block.plain_login is None:
                return Said(None, f"whether {name} takes passwords before TLS cannot be told from its lines")
            return Said(False, f"{name} takes passwords before TLS{where}") if part.block.plain_login else Said(True)
        case What.OLD_TLS:
            return _allowed(part, inside.libraries.result, where)


def _allowed(part: Part, libraries: Libraries | None, where: str) -> Said:
    if part.block.tls == "none":
        return Said(True)
    lines = configured(part, libraries)
    if lines is None:
        return Said(None, f"which versions {part.daemon.name} allows cannot be told from its lines")
    old = [version.value for version in _OLD if version in lines.allowed]
    return Said(False, f"{part.daemon.name} allows {version_words(old)}{where}") if old else Said(True)
