"""Logging in over SSH: directly, or through shared jump hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.transport.ssh.accept import HostKeyError
from schouw.transport.ssh.jump import JumpHosts
from schouw.transport.ssh.keys import KeyRing
from schouw.transport.ssh.known_hosts import KnownHosts
from schouw.transport.ssh.login import login
from schouw.transport.ssh.route import Route, Routes
from schouw.transport.ssh.session import SshConnection
from schouw.transport.surroundings import Surroundings

#: More jump hosts in a row are a circle in the configuration.
_DEPTH = 8


class SshTransport:
    """See `base.Transport`. `hosts`, by name, are where `Host.jump` is looked up; it is read at each connect.

    Waiting for a place at a busy jump host does not count against a host's time-outs.
    """

    def __init__(self, hosts: Mapping[str, Host], around: Surroundings) -> None:
        self._hosts = hosts
        self._routes = Routes(around)
        self._known = KnownHosts()
        self._ring = KeyRing(around.home)
        self._jumps = JumpHosts(self.connect, around.per_jump)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of this machine's set-up, such as ``ssh`` missing."""
        return tuple(self._routes.notes)

    async def connect(self, host: Host) -> SshConnection:
        """As `Transport.connect`; `HostKeyError` carries the key that a person may accept."""
        route, hop = await self._way(host)
        trust = self._known.trust(route)
        if hop is None:
            return SshConnection(await login(host, route, trust, self._ring, None), host.name, _nothing)
        try:
            jump, through = await self._jumps.borrow(hop)
        except HostError as error:
            raise _via(error, host, hop) from error
        try:
            async with jump.slots:
                connection = await login(host, route, trust, self._ring, through.connection)
        except BaseException:
            self._jumps.give_back(jump)
            raise
        return SshConnection(connection, host.name, lambda: self._jumps.give_back(jump), jumped=True)

    async def close(self) -> None:
        """Log out of the jump hosts; never raises."""
        await self._jumps.close()

    def forgive(self) -> None:
        """Try jump hosts again that refused a login a moment ago; only at a person's explicit wish."""
        self._jumps.forgive()

    def _hop(self, host: Host, route: Route) -> Host:
        """The last jump host before `host`; those before it are its own."""
        before, _, last = route.jump.rpartition(",")
        known = self._hosts.get(last)
        if known is not None:
            return replace(known, jump=before) if before else known
        name, user, port = _parse(last, host)
        return Host(
            name=name,
            user=user,
            port=port,
            jump=before,
            identity=host.identity,
            known_hosts=host.known_hosts,
            ssh_config=host.ssh_config,
            timeouts=host.timeouts,
        )

    async def _way(self, host: Host) -> tuple[Route, Host | None]:
        """How to log in on `host`, and the last jump host before it.

        Looks at the whole way first: two jump hosts behind each other would wait for each other for ever.
        """
        route = await self._routes.route(host)
        if not route.jump:
            return route, None
        first = hop = self._hop(host, route)
        seen = [host, hop]
        while (further := await self._routes.route(hop)).jump:
            hop = self._hop(hop, further)
            if hop in seen or len(seen) > _DEPTH:
                names = " → ".join(each.name for each in [*seen, hop])
                raise HostError(
                    ErrorClass.CONFIG, f"{host.name}: its jump hosts form a circle: {names}", "check `jump` and ProxyJump"
                )
            seen.append(hop)
        return route, first


def _parse(text: str, host: Host) -> tuple[str, str | None, int | None]:
    """``[user@]host[:port]`` or ``[user@][v6]:port``, also as ``ssh://``: name, user, port."""
    user, _, place = text.strip().removeprefix("ssh://").rpartition("@")
    if place.startswith("["):
        name, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    elif place.count(":") == 1:
        name, _, port = place.partition(":")
    else:
        name, port = place, ""
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise HostError(ErrorClass.CONFIG, f"{host.name}: jump host {text!r} has no valid port", "expected [user@]host[:port]")
    return name, user or None, int(port) if port else None


def _via(error: HostError, host: Host, hop: Host) -> HostError:
    """The jump host's failure, told by the host that cannot be reached for it."""
    message = (
        f"{host.name}: its jump host failed: {error.message}"
        if hop.name in error.message
        else f"{host.name}: jump host {hop.name}: {error.message}"
    )
    if isinstance(error, HostKeyError):
        return HostKeyError(
            error.kind, message, error.advice, known_as=error.known_as, key=error.key, fingerprint=error.fingerprint
        )
    return HostError(error.kind, message, error.advice)


def _nothing() -> None:
    """A direct login has nothing to give back."""
