"""Which host keys count for a host. Strict: a key that no file names is refused, whatever ssh_config says."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import asyncssh

from schouw.errors import ErrorClass, HostError
from schouw.text import line
from schouw.transport.ssh.accept import HostKeyError
from schouw.transport.ssh.files import Parsed
from schouw.transport.ssh.route import Route

#: ssh-rsa signs with SHA-1 and comes last: taken only from a server that knows nothing better, and then the key
#: itself still has to be one that a person trusts. Refusing it would hide the hosts that most need to be seen;
#: it is not silent, for the server's offer is judged as a finding of its own.
HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
)
_CERTIFICATE_ALGORITHMS = tuple(f"{name}-cert-v01@openssh.com" for name in HOST_KEY_ALGORITHMS if name != "ssh-rsa")


@dataclass(frozen=True, slots=True)
class _File:
    hosts: asyncssh.SSHKnownHosts
    skipped: int
    """Lines that nobody can read; OpenSSH passes over them too."""

    def keys(self, form: str) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        """(trusted, authorities, revoked) for exactly this form of the name."""
        trusted, authorities, revoked, *_ = self.hosts.match(form, "", None)
        return list(trusted), list(authorities), list(revoked)


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys known for one host."""

    keys: tuple[asyncssh.SSHKey, ...]
    authorities: tuple[asyncssh.SSHKey, ...]
    revoked: tuple[asyncssh.SSHKey, ...]
    skipped: int

    @property
    def algorithms(self) -> list[str]:
        """What to ask the server for: the kinds that are known first, so that it shows a key we can compare."""
        known = {name.decode() for key in self.keys for name in key.sig_algorithms}
        plain = sorted(HOST_KEY_ALGORITHMS[:-1], key=lambda name: name not in known)
        return [*(_CERTIFICATE_ALGORITHMS if self.authorities else ()), *plain, HOST_KEY_ALGORITHMS[-1]]

    def accepts(self, key: asyncssh.SSHKey) -> bool:
        return key in self.keys and key not in self.revoked


class KnownHosts:
    """All known_hosts files of all hosts, each parsed once."""

    def __init__(self) -> None:
        self._files = Parsed(_parse)

    def trust(self, route: Route) -> Trust:
        """A missing file is an empty one. `HostError` (config) for one that cannot be read: it may revoke keys."""
        files = [file for path in dict.fromkeys(route.known_hosts) if (file := self._read(path, route)) is not None]
        bare = [file.keys(route.key_name) for file in files]
        ported = [file.keys(f"[{route.key_name}]:{route.port}") for file in files]
        # As OpenSSH does: another port than 22 has keys of its own, else those of the bare name count.
        own = not route.alias and route.port != 22 and any(found[0] or found[1] for found in ported)
        chosen = ported if own else bare
        return Trust(
            tuple(key for found in chosen for key in found[0]),
            tuple(key for found in chosen for key in found[1]),
            tuple(key for found in (*bare, *ported) for key in found[2]),  # revoked in one form is revoked
            sum(file.skipped for file in files),
        )

    def _read(self, path: Path, route: Route) -> _File | None:
        try:
            return self._files.get(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"{route.name}: host keys cannot be checked: {line(str(path))}: {error.strerror}"
            raise HostError(ErrorClass.CONFIG, message, "make that file readable, or leave it out") from error


def refusal(route: Route, trust: Trust, offered: asyncssh.SSHKey | None) -> HostKeyError:
    """Why the server's key (or its certificate's authority) was not taken, in the words for a person."""
    if offered is None or offered in trust.revoked:
        prints = [fingerprint(key.public_data) for key in ([offered] if offered else trust.revoked)]
        message = f"{route.name}: its host key {', '.join(prints)} is revoked; not scanned".replace("  ", " ")
        return HostKeyError(ErrorClass.KEY_REVOKED, message, "have its keys renewed, then accept the new one")
    now = fingerprint(offered.public_data)
    key = " ".join(offered.export_public_key().decode("ascii").split()[:2])
    accept = f"`schouw doctor {route.name} --accept-host-key`"
    if trust.keys:
        was = ", ".join(dict.fromkeys(fingerprint(known.public_data) for known in trust.keys))
        return HostKeyError(
            ErrorClass.KEY_CHANGED,
            f"{route.name}: host key changed (known {was}, now {now}); not scanned",
            f"ask its keeper why before {accept}",
            known_as=route.known_as,
            key=key,
            fingerprint=now,
        )
    odd = f" ({trust.skipped} lines of known_hosts files cannot be read)" if trust.skipped else ""
    return HostKeyError(
        ErrorClass.KEY_UNKNOWN,
        f"{route.name}: host key {now} is not known{odd}; not scanned",
        f"compare it with the host's own, then {accept}",
        known_as=route.known_as,
        key=key,
        fingerprint=now,
    )


def fingerprint(public_data: bytes) -> str:
    """As ``ssh-keygen -l`` writes it: SHA256:…, base64 without padding."""
    return "SHA256:" + b64encode(sha256(public_data).digest()).decode("ascii").rstrip("=")


def _parse(data: bytes) -> _File:
    hosts = asyncssh.SSHKnownHosts()
    skipped = 0
    for text in data.decode("utf-8", "replace").split("\n"):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        names = words[1] if words[0].startswith("@") and len(words) > 1 else words[0]
        try:
            if not all(names.split(",")):  # "a,,b" would match the empty address
                raise ValueError("empty name")
            hosts.load(text)
        except ValueError:
            skipped += 1
    return _File(hosts, skipped)
