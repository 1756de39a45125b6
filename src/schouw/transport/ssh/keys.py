"""The private keys to offer: loaded once, few, and the agent's only where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import asyncssh

from schouw.errors import ErrorClass, HostError
from schouw.text import line
from schouw.transport.ssh.files import Parsed
from schouw.transport.ssh.known_hosts import fingerprint
from schouw.transport.ssh.route import Route

Offer: TypeAlias = "asyncssh.SSHKey | tuple[asyncssh.SSHKey, asyncssh.SSHCertificate] | asyncssh.SSHKeyPair"

#: A server counts every key that it does not know as a failure: sshd's MaxAuthTries is 6, fail2ban's limit 5.
_FROM_AGENT = 3
_AT_MOST = 5

_DEFAULTS = ("id_ed25519", "id_ecdsa", "id_rsa")


@dataclass(frozen=True, slots=True)
class _Identity:
    """One key file: its private half, or what is known of it while only an agent can use it."""

    private: asyncssh.SSHKey | None
    public: asyncssh.SSHKey | None


class KeyRing:
    """Loads key files for all hosts; chooses what one login offers."""

    def __init__(self, home: Path) -> None:
        self._defaults = tuple(home / ".ssh" / name for name in _DEFAULTS)
        self._keys = Parsed(_parse)
        self._certificates = Parsed(asyncssh.import_certificate)

    def choose(self, route: Route, held: Sequence[asyncssh.SSHKeyPair]) -> list[Offer]:
        """What to offer, best first; `held` are the agent's keys. `HostError` (no-key) when that is nothing,
        or when a key that the fleet file names cannot be used."""
        by_public = {pair.public_data: pair for pair in held}
        offers: list[Offer] = []
        problems: list[str] = []
        for path in route.identities or self._present(() if route.only else held):
            try:
                offers.append(self._offer(path, route, by_public))
            except _Unusable as problem:
                problems.append(str(problem))
        if route.required and problems:
            raise HostError(ErrorClass.NO_KEY, f"{route.name}: {problems[0]}", _ADVICE)
        if not route.only:
            taken = {id(offer) for offer in offers}
            others = [pair for pair in held if id(pair) not in taken][:_FROM_AGENT]
            offers = [*offers, *others] if route.identities else [*others, *offers]
        if not offers:
            found = "; ".join(problems) or "there is no private key to log in with"
            raise HostError(ErrorClass.NO_KEY, f"{route.name}: {found}", _ADVICE)
        return offers if route.required else offers[:_AT_MOST]

    def needs_agent(self, route: Route) -> bool:
        """Whether the agent's keys matter: not when all of the keys that count are here."""
        wanted = route.identities or self._present(())
        return bool(route.agent) and not (route.only and all(self._loads(path) for path in wanted))

    def _present(self, held: Sequence[asyncssh.SSHKeyPair]) -> list[Path]:
        """Default keys that exist and that the agent does not already offer."""
        known = {pair.public_data for pair in held}
        return [path for path in self._defaults if path.exists() and self._public(path) not in known]

    def _loads(self, path: Path) -> bool:
        try:
            return self._identity(path).private is not None
        except _Unusable:
            return True  # the agent cannot help; `choose` says what is wrong

    def _public(self, path: Path) -> bytes | None:
        try:
            identity = self._identity(path)
        except _Unusable:
            return None
        key = identity.private or identity.public
        return key.public_data if key else None

    def _offer(self, path: Path, route: Route, by_public: dict[bytes, asyncssh.SSHKeyPair]) -> Offer:
        identity = self._identity(path)
        key = identity.private or identity.public
        certificate = self._certificate(path, key, route)
        if identity.private is not None:
            # A fresh pair for each login: asyncssh keeps the negotiated algorithm in it.
            return (identity.private, certificate) if certificate else identity.private
        for blob in (certificate.public_data if certificate else None, key.public_data if key else None):
            if blob is not None and blob in by_public:
                return by_public[blob]
        raise _Unusable(f"key {line(str(path))} has a passphrase and the agent does not hold it")

    def _identity(self, path: Path) -> _Identity:
        try:
            identity = self._keys.get(path)
        except FileNotFoundError:
            raise _Unusable(f"key {line(str(path))} does not exist") from None
        except OSError as error:
            raise _Unusable(f"key {line(str(path))} cannot be read: {error.strerror}") from None
        except ValueError:
            raise _Unusable(f"{line(str(path))} is not a private key that can be used") from None
        if identity.private is None and identity.public is None:
            beside = path.with_name(f"{path.name}.pub")
            try:
                return _Identity(None, self._keys.get(beside).public)
            except (OSError, ValueError):
                return identity
        return identity

    def _certificate(self, path: Path, key: asyncssh.SSHKey | None, route: Route) -> asyncssh.SSHCertificate | None:
        """The user certificate that belongs to this key: ``KEY-cert.pub`` beside it, or a CertificateFile."""
        for candidate in (path.with_name(f"{path.name}-cert.pub"), *route.certificates):
            try:
                certificate = self._certificates.get(candidate)
            except (OSError, ValueError):
                continue  # without it the bare key may still do, as with OpenSSH
            if key is not None and certificate.key.public_data == key.public_data:
                return certificate
        return None


_ADVICE = "check `identity`, or add the key to the agent with ssh-add"


class _Unusable(Exception):
    """A key file that yields nothing to offer; its text says why."""


def names(offers: Sequence[Offer]) -> str:
    """The fingerprints of what was offered, for a person who has to find out which key is missing."""
    keys = (offer[0] if isinstance(offer, tuple) else offer for offer in offers)
    return ", ".join(fingerprint(key.public_data) for key in keys)


def _parse(data: bytes) -> _Identity:
    """`ValueError` (asyncssh's KeyImportError) when it is neither a private nor a public key."""
    try:
        return _Identity(asyncssh.import_private_key(data), None)
    except asyncssh.KeyEncryptionError:
        return _Identity(None, None)
    except asyncssh.KeyImportError as error:
        # asyncssh has no class of its own for this; the texts are "Passphrase must be specified…" and
        # "…encryption requires bcrypt…".
        if "assphrase" in str(error) or "ncrypt" in str(error):
            return _Identity(None, None)
        return _Identity(None, asyncssh.import_public_key(data))
