"""Where a host is and how to log in there: the fleet file's word first, then OpenSSH's own reading of ssh_config."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.transport.ssh.files import stamp
from schouw.transport.ssh.openssh import ask, says_nothing
from schouw.transport.surroundings import Surroundings

DEFAULT_CONFIG = "~/.ssh/config"

# What may reach an argument list, and through ssh_config's %h and %r a shell (CVE-2023-51385, CVE-2025-61984).
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:]{2,39}[0-9.]{0,15}(%[A-Za-z0-9_.-]{1,15})?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}")

_TOKEN = re.compile(r"%([%dhnpru])")
_NOT_NAMED = 3  # `ssh -G` lists all default identities where none is configured: more than anyone names


@dataclass(frozen=True, slots=True)
class Route:
    """Everything that a login needs to know, resolved and checked."""

    name: str
    """The fleet's name for it, for messages."""
    address: str
    port: int
    user: str
    key_name: str
    """The name under which its host key is known, without port."""
    alias: bool
    """`key_name` is ssh_config's HostKeyAlias, which is looked up without port."""
    identities: tuple[Path, ...]
    required: bool
    """The fleet file names `identities`: one that cannot be used is an error, not a try less."""
    only: bool
    """Offer nothing but `identities`."""
    certificates: tuple[Path, ...]
    agent: str
    known_hosts: tuple[Path, ...]
    jump: str

    @property
    def known_as(self) -> str:
        """How known_hosts files write it: ``name``, or ``[name]:port`` for another port than 22."""
        return self.key_name if self.alias or self.port == 22 else f"[{self.key_name}]:{self.port}"


class Routes:
    """Resolves hosts; `ssh -G` is run once a host, again when the fleet file or ssh_config changed."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._said: dict[tuple[object, ...], Mapping[str, Sequence[str]]] = {}
        self._asking = asyncio.Semaphore(4)
        self.notes: list[str] = []
        """What a person should know, such as ssh_config having been left out; each once."""

    async def route(self, host: Host) -> Route:
        """`HostError` (config) when what is configured cannot be used, and says which."""
        _check(host)
        said = await self._openssh(host)
        if said.get("proxycommand", ["none"])[0] != "none":
            advice = "use ProxyJump, or `jump` in hosts.toml"
            raise HostError(ErrorClass.CONFIG, f"{host.name}: ssh_config gives it a ProxyCommand, which is not supported", advice)
        return _merge(host, said, self._around)

    async def _openssh(self, host: Host) -> Mapping[str, Sequence[str]]:
        if not host.ssh_config:
            return {}
        around = self._around
        default = host.ssh_config == DEFAULT_CONFIG
        path = expand(host.ssh_config, around.home)
        if default and says_nothing(path, around.system / "ssh_config"):
            return {}
        key = (host.name, host.address, host.user, host.port, path, stamp(path) if path.exists() else None)
        if key not in self._said:
            async with self._asking:
                try:
                    self._said[key] = await ask(around.ssh, host, None if default else path)
                except FileNotFoundError:
                    note = f"{around.ssh} is not installed: ssh_config was not read, only hosts.toml counts"
                    if note not in self.notes:
                        self.notes.append(note)
                    return {}
        return self._said[key]


def expand(text: str, home: Path, tokens: Mapping[str, str] | None = None) -> Path:
    """A path with ``~/`` and ssh_config's ``%`` tokens replaced; a relative one counts from home."""
    known = {"d": str(home), "%": "%", **(tokens or {})}
    text = _TOKEN.sub(lambda match: known.get(match[1], match[0]), text)
    return home / text[2:] if text.startswith("~/") else home / text


def _check(host: Host) -> None:
    if not _ADDRESS.fullmatch(host.address or host.name):
        raise HostError(ErrorClass.CONFIG, f"{host.name}: its address is not a host name or IP address", "check `address`")
    if host.user is not None and not _USER.fullmatch(host.user):
        raise HostError(ErrorClass.CONFIG, f"{host.name}: its user is not a login name", "check `user`")


def _merge(host: Host, said: Mapping[str, Sequence[str]], around: Surroundings) -> Route:
    """The fleet file wins field by field; what neither says is OpenSSH's default."""

    def one(key: str, otherwise: str) -> str:
        value = said.get(key, [otherwise])[0]
        return otherwise if value == "none" else value

    address = host.address or one("hostname", host.name)
    if not _ADDRESS.fullmatch(address):
        raise HostError(ErrorClass.CONFIG, f"{host.name}: HostName in ssh_config is not a host name or IP address")
    port = host.port or int(one("port", "22"))
    user = host.user or one("user", around.user)
    tokens = {"h": address, "n": host.name, "p": str(port), "r": user, "u": around.user}

    def paths(texts: Sequence[str]) -> tuple[Path, ...]:
        return tuple(expand(text, around.home, tokens) for text in texts if text not in ("none", "/dev/null"))

    configured = [] if len(said.get("identityfile", ())) > _NOT_NAMED else said.get("identityfile", ())
    alias = one("hostkeyalias", "")
    return Route(
        name=host.name,
        address=address,
        port=port,
        user=user,
        key_name=(alias or address).lower(),
        alias=bool(alias),
        identities=paths(host.identity or configured),
        required=bool(host.identity),
        only=bool(host.identity) or one("identitiesonly", "no") == "yes",
        certificates=paths(said.get("certificatefile", ())),
        agent=_agent(said.get("identityagent", ("SSH_AUTH_SOCK",))[0], around),
        known_hosts=_known_hosts(host, said, around, paths),
        jump=host.jump or one("proxyjump", ""),
    )


def _agent(said: str, around: Surroundings) -> str:
    if said == "none":
        return ""
    if said == "SSH_AUTH_SOCK" or said.startswith("$"):
        return around.agent
    return str(expand(said, around.home))


def _known_hosts(
    host: Host, said: Mapping[str, Sequence[str]], around: Surroundings, paths: Callable[[Sequence[str]], tuple[Path, ...]]
) -> tuple[Path, ...]:
    """The files that count. Ours always does; ``UserKnownHostsFile none`` only makes them fewer, never verification less."""
    if host.known_hosts:
        return (*paths(host.known_hosts), around.accepted)
    personal = said.get("userknownhostsfile", ("~/.ssh/known_hosts",))
    shared = said.get("globalknownhostsfile", (str(around.system / "ssh_known_hosts"),))
    return (*paths([word for text in (*personal, *shared) for word in text.split()]), around.accepted)
