"""Area crypto: what the SSH servers offer before login, and the host keys behind it.

What a server shows outside decides; the settings of the host's own sshd stand in where its port was not seen, and
say which line causes it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from schouw.checks import needs
from schouw.checks.advice import command, listing, reload_sshd, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.ssh_grades import DEFAULT, MARKERS, Kind, bad, keep, post_quantum, profiles, ungraded
from schouw.checks.sshd_place import fix, location, openssh_version
from schouw.model.facts import Sshd
from schouw.model.finding import Evidence
from schouw.model.outside import SshOffer
from schouw.text import line

Servers = tuple[tuple[SshOffer, ...], Sshd | None]

_PICK: dict[Kind, Callable[[SshOffer], tuple[str, ...]]] = {
    Kind.KEX: lambda offer: offer.kex,
    Kind.HOST_KEY: lambda offer: offer.host_keys,
    Kind.CIPHER: lambda offer: offer.ciphers,
    Kind.MAC: lambda offer: offer.macs,
}


@dataclass(frozen=True, slots=True)
class Server:
    """One SSH port. `sshd` is given where the host's own sshd serves it."""

    port: int
    offers: tuple[SshOffer, ...]
    sshd: Sshd | None

    def offered(self, kind: Kind) -> tuple[str, ...]:
        if not self.offers:
            return self.configured(kind)
        return tuple(dict.fromkeys(name for offer in self.offers for name in _PICK[kind](offer)))

    def configured(self, kind: Kind) -> tuple[str, ...]:
        if self.sshd is None:
            return ()
        names = tuple(name for value in self.sshd.settings.get(kind.keyword.lower(), ()) for name in value.split(","))
        return _with_keys(names, self.sshd) if kind is Kind.HOST_KEY else names

    @property
    def version(self) -> tuple[int, int]:
        return openssh_version(self.offers[0].software if self.offers else self.sshd.version if self.sshd else "")

    @property
    def subject(self) -> str:
        return f"{self.port}/tcp"


def servers(facts: Servers) -> list[Server]:
    """By port: those met outside, and those of the host's own sshd."""
    offers, sshd = facts
    own = set(sshd.ports) if sshd else set()
    ports = sorted(own | {offer.port for offer in offers})
    return [Server(port, tuple(o for o in offers if o.port == port), sshd if port in own else None) for port in ports]


def _with_keys(names: tuple[str, ...], sshd: Sshd) -> tuple[str, ...]:
    """`sshd -T` lists host key algorithms without a key behind them too; those are never offered."""
    types = {key.type.upper() for key in sshd.host_keys}
    wanted = {"ssh-dss": "DSA", "ssh-rsa": "RSA"}
    return tuple(name for name in names if name not in wanted or not types or wanted[name] in types)


def _algorithms(kind: Kind) -> Check:
    @check(f"crypto.ssh.{kind}", needs.ssh_servers)
    def judge(case: Case, facts: Servers) -> Iterator[Found | Unsure]:
        profile = case.host.ssh_profile if case.host.ssh_profile in profiles() else DEFAULT
        if profile != case.host.ssh_profile:
            yield Unsure(f"there is no SSH profile {case.host.ssh_profile!r}: known are {', '.join(profiles())}", "profile")
        for server in servers(facts):
            offered = server.offered(kind)
            if unknown := ungraded(kind, offered):
                yield Unsure(f"not graded: {listing(unknown)}", f"{server.subject} ungraded")
            if kind is Kind.MAC and not _mac_matters(server.offered(Kind.CIPHER)):
                continue
            if grades := bad(kind, profile, offered):
                yield _found(case, server, kind, grades, profile)

    return judge


def _mac_matters(ciphers: tuple[str, ...]) -> bool:
    """gcm and chacha20-poly1305 authenticate by themselves and ignore the MAC."""
    return not ciphers or any(not name.startswith("chacha20-") and "gcm@" not in name for name in ciphers)


def _found(case: Case, server: Server, kind: Kind, grades: Mapping[str, tuple[str, ...]], profile: str) -> Found:
    names = [name for some in grades.values() for name in some]
    configured = [name for name in server.configured(kind) if name in names]
    sshd, keyword = server.sshd, kind.keyword.lower()
    good = keep(kind, profile, server.offered(kind), server.version)
    if server.version == (0, 0) or (sshd is None and case.inside is not None):
        advice = (
            f"this is not the sshd of the host: in the configuration of what serves {server.subject}, remove {listing(names)}"
        )
    elif sshd is not None and not configured:
        advice = f"the configuration does not list them any more; it only has to take effect: {reload_sshd(case.system)}"
    elif not good:
        advice = f"it offers nothing better: {command(case.system, 'upgrade_openssh')}"
    else:
        advice = fix(sshd, case.system, keyword, f"{kind.keyword} {','.join(good)}")
    return Found(
        subject=server.subject,
        evidence=Evidence(
            outside=_outside(server, f"offers {listing(names, 150)}"),
            inside=f"sshd -T: {keyword} … {listing(configured, 150)}" if configured else "",
            location=location(sshd, keyword) if sshd and configured else "",
        ),
        fix=advice,
        variant=next(iter(grades)),
        words={"port": server.subject},
    )


def _outside(server: Server, shows: str) -> str:
    return f"{line(server.offers[0].software, 40) or 'SSH server'} {shows}" if server.offers else ""


ALGORITHMS = tuple(_algorithms(kind) for kind in Kind)


@check("crypto.ssh.terrapin", needs.offers)
def terrapin(case: Case, offers: tuple[SshOffer, ...]) -> Iterator[Found | Unsure]:
    for server in servers((offers, None)):
        # CVE-2023-48795: no strict key exchange, and a mode that the attack works on.
        strict = all("kex-strict-s-v00@openssh.com" in offer.kex for offer in server.offers)
        ciphers, macs = server.offered(Kind.CIPHER), server.offered(Kind.MAC)
        cbc = [name for name in ciphers if name.endswith("-cbc")] if any("-etm@" in name for name in macs) else []
        modes = [name for name in ciphers if name.startswith("chacha20-poly1305")] + cbc
        if not strict and modes:
            yield Found(
                subject=server.subject,
                evidence=Evidence(
                    outside=_outside(server, f"has no kex-strict-s-v00@openssh.com and offers {listing(modes, 100)}")
                ),
                fix=f"{command(case.system, 'upgrade_openssh')}     # OpenSSH 9.6, or the distribution's fix for CVE-2023-48795",
                words={"port": server.subject},
            )


@check("crypto.ssh.post_quantum", needs.ssh_servers)
def no_post_quantum(case: Case, facts: Servers) -> Iterator[Found | Unsure]:
    for server in servers(facts):
        offered = server.offered(Kind.KEX)
        if not offered or set(offered) & set(post_quantum()):
            continue
        good = keep(Kind.KEX, DEFAULT, offered, server.version)
        if set(good) & set(post_quantum()):
            advice = fix(server.sshd, case.system, "kexalgorithms", f"KexAlgorithms {','.join(good)}")
        else:
            advice = "nothing to do before the next release of the distribution: OpenSSH 8.5 and newer can"
        yield Found(
            subject=server.subject,
            evidence=Evidence(
                outside=_outside(server, f"offers {listing((name for name in offered if not name.startswith(MARKERS)), 150)}"),
                inside=f"sshd -T: kexalgorithms {listing(server.configured(Kind.KEX), 150)}" if server.sshd else "",
                location=location(server.sshd, "kexalgorithms") if server.sshd else "",
            ),
            fix=advice,
            words={"port": server.subject},
        )


@check("crypto.ssh.compression", needs.offers)
def compression(case: Case, offers: tuple[SshOffer, ...]) -> Iterator[Found | Unsure]:
    for server in servers((offers, None)):
        if any("zlib" in offer.compression for offer in server.offers):
            own = case.inside.sshd.result if case.inside else None
            yield Found(
                subject=server.subject,
                evidence=Evidence(outside=_outside(server, "offers zlib"), location=location(own, "compression") if own else ""),
                fix=fix(own, case.system, "compression", "Compression no"),
                words={"port": server.subject},
            )


@check("crypto.ssh.host_key", needs.sshd)
def host_keys(case: Case, sshd: Sshd) -> Iterator[Found | Unsure]:
    if not sshd.host_keys:
        yield Unsure("the sizes of its host keys could not be read")
    for key in sshd.host_keys:
        variant = _key_grade(key.type.upper(), key.bits)
        if variant:
            path = shlex.quote(key.path)
            yield Found(
                subject=key.path,
                evidence=Evidence(inside=f"{key.type} {key.bits} bits {key.fingerprint}", location=key.path),
                fix=steps(
                    (
                        f"rm {path} {path}.pub",
                        "" if variant == "dsa" else f"ssh-keygen -q -t rsa -b 4096 -N '' -f {path}",
                        f"then: {reload_sshd(case.system)}     # and tell users the new fingerprint",
                    )
                ),
                variant=variant,
                words={"type": key.type, "bits": str(key.bits)},
            )


def _key_grade(kind: str, bits: int) -> str:
    """NIST SP 800-57: RSA below 2048 bits is broken, below 3072 short."""
    if kind == "DSA":
        return "dsa"
    if kind != "RSA":
        return ""
    return "broken" if bits < 2048 else "short" if bits < 3072 else ""


CHECKS = (*ALGORITHMS, terrapin, no_post_quantum, compression, host_keys)
