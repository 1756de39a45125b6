"""One transport for a whole fleet: each host is reached the way it says."""

from __future__ import annotations

from collections.abc import Mapping

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host, Reach
from schouw.transport.base import Connection, Transport
from schouw.transport.local import LocalTransport
from schouw.transport.surroundings import Surroundings


class AnyTransport:
    """Chooses by `Host.reach`. The SSH library is loaded with the first host that needs it."""

    def __init__(self, hosts: Mapping[str, Host], around: Surroundings) -> None:
        self._hosts = hosts
        self._around = around
        self._local: Transport = LocalTransport()
        self._ssh: Transport | None = None

    async def connect(self, host: Host) -> Connection:
        """As `Transport.connect`; a host that is only looked at from outside has no way in (``no-shell``)."""
        if host.reach is Reach.LOCAL:
            return await self._local.connect(host)
        if host.reach is Reach.OUTSIDE:
            raise HostError(ErrorClass.NO_SHELL, f"{host.name}: is only looked at from outside (reach = outside)")
        if self._ssh is None:
            from schouw.transport.ssh import SshTransport

            self._ssh = SshTransport(self._hosts, self._around)
        return await self._ssh.connect(host)

    async def close(self) -> None:
        """Close whatever was opened; never raises."""
        await self._local.close()
        if self._ssh is not None:
            await self._ssh.close()


def open_transport(hosts: Mapping[str, Host], around: Surroundings) -> AnyTransport:
    """A transport for these hosts; `hosts`, by name, is read anew for each connection and may change."""
    return AnyTransport(hosts, around)
