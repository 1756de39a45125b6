"""One login on one host, bounded in time in every phase."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import asyncssh
from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs

from schouw import __version__
from schouw.errors import HostError
from schouw.model.host import Host
from schouw.transport.ssh.dial import dial, resolve
from schouw.transport.ssh.failures import Phase, explain
from schouw.transport.ssh.keys import KeyRing, Offer, names
from schouw.transport.ssh.known_hosts import Trust, refusal
from schouw.transport.ssh.route import Route


def _known(wanted: str, supported: Sequence[bytes]) -> list[str]:
    return [name for name in wanted.split() if name.encode() in supported]


# The good first and the weak last: a host that offers only weak algorithms is one that we want to see, and its
# offer becomes a finding. An attacker in between cannot make two good sides choose a weak one: the host key's
# signature covers both offers. GSS and compression are left out: nobody needs them, and zlib is a bomb.
_KEX = _known(
    "mlkem768x25519-sha256 curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384"
    " ecdh-sha2-nistp521 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group14-sha256"
    " diffie-hellman-group-exchange-sha256 diffie-hellman-group14-sha1 diffie-hellman-group-exchange-sha1"
    " diffie-hellman-group1-sha1",
    get_kex_algs(),
)
_CIPHERS = _known(
    "aes128-gcm@openssh.com aes256-gcm@openssh.com chacha20-poly1305@openssh.com aes128-ctr aes192-ctr aes256-ctr"
    " aes128-cbc aes192-cbc aes256-cbc 3des-cbc",
    get_encryption_algs(),
)
_MACS = _known(
    "hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256 hmac-sha2-512"
    " umac-128@openssh.com hmac-sha1-etm@openssh.com hmac-sha1 umac-64@openssh.com hmac-md5",
    get_mac_algs(),
)


class _Client(asyncssh.SSHClient):
    """Watches one login: how far it got, which host key was shown."""

    def __init__(self, trust: Trust, on_connected: Callable[[], None]) -> None:
        self._trust = trust
        self._on_connected = on_connected
        self.connection: asyncssh.SSHClientConnection | None = None
        self.refused: asyncssh.SSHKey | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.connection = conn
        self._on_connected()

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: asyncssh.SSHKey) -> bool:
        if self._trust.accepts(key):
            return True
        self.refused = key
        return False

    def validate_host_ca_key(self, _host: str, _addr: str, _port: int, key: asyncssh.SSHKey) -> bool:
        self.refused = key
        return False

    def phase(self, before: Phase) -> Phase:
        if self.connection is None:
            return before
        if self.connection.get_extra_info("server_version") is None:
            return Phase.VERSION
        return Phase.KEX if self.connection.get_server_host_key() is None else Phase.AUTH


async def login(
    host: Host, route: Route, trust: Trust, ring: KeyRing, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    """Name, TCP, key exchange and authentication; one attempt. `HostError` for all that can go wrong.

    At most `timeouts.connect` seconds until the TCP connection stands, then at most `timeouts.login`,
    however slowly the server drips. Nothing stays behind when it fails or is cancelled.
    """
    clock = asyncio.get_running_loop().time
    before = Phase.NAME
    offers: list[Offer] = []
    opened: socket.socket | None = None
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(host.timeouts.connect) as deadline:
                client = _Client(trust, lambda: deadline.reschedule(clock() + host.timeouts.login))
                held: list[asyncssh.SSHKeyPair] = []
                if ring.needs_agent(route):
                    held = await _held(route.agent, stack)
                offers = ring.choose(route, held)
                if tunnel is None:
                    places = await resolve(route.address, route.port)
                    before = Phase.TCP
                    opened = await dial(places)
                before = Phase.TCP
                return await _connect(route, trust, client, offers, tunnel, opened)
        except asyncssh.HostKeyNotVerifiable as error:
            raise refusal(route, trust, client.refused) from error
        except HostError:
            raise
        except Exception as error:
            raise explain(error, host, route, client.phase(before), names(offers)) from error
        finally:
            if opened is not None and client.connection is None:
                opened.close()


async def _connect(
    route: Route,
    trust: Trust,
    client: _Client,
    offers: Sequence[Offer],
    tunnel: asyncssh.SSHClientConnection | None,
    opened: socket.socket | None,
) -> asyncssh.SSHClientConnection:
    """The connect profile. Nothing is taken from ssh_config, the environment or default files."""
    return await asyncssh.connect(
        **({"sock": opened} if opened is not None else {"host": route.address, "port": route.port, "tunnel": tunnel}),
        config=None,
        client_factory=lambda: client,
        client_version=f"schouw_{__version__}",
        # Never None, which would switch verification off: `client` judges plain keys, asyncssh certificates.
        known_hosts=([], list(trust.authorities), list(trust.revoked) if trust.authorities else []),
        host_key_alias=route.key_name,
        server_host_key_algs=trust.algorithms,
        username=route.user,
        client_keys=list(offers),
        agent_path=None,
        preferred_auth="publickey",
        disable_trivial_auth=True,
        gss_host=None,
        gss_auth=False,
        gss_kex=False,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        kex_algs=_KEX,
        encryption_algs=_CIPHERS,
        mac_algs=_MACS,
        compression_algs=None,
        connect_timeout=None,  # the caller's deadline knows the phases
        login_timeout=0,
        # The kernel watches (see `dial`), but behind a jump host only the way there: 15 s of silence end it here.
        keepalive_interval=0 if tunnel is None else 5,
        keepalive_count_max=2,
        utf8_decode_errors="replace",
    )


async def _held(agent: str, stack: AsyncExitStack) -> list[asyncssh.SSHKeyPair]:
    """The agent's keys, usable until `stack` ends; none where the agent is gone."""
    client = asyncssh.SSHAgentClient(agent)
    await stack.enter_async_context(client)
    try:
        return list(await client.get_keys())
    except (OSError, ValueError):
        return []
