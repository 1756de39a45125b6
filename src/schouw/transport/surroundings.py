"""What a transport needs to know of the machine and the person it runs for; read once, then handed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Injected, so that nothing below reads the environment."""

    home: Path
    """Where ``~`` points, and where ``.ssh`` is."""
    user: str
    """The local login name: the remote one where nothing else is said."""
    accepted: Path
    """Our own known_hosts file, with the host keys that a person accepted. Need not exist."""
    agent: str = ""
    """The agent's socket (``SSH_AUTH_SOCK``), "" for none."""
    ssh: str = "ssh"
    """OpenSSH's client, asked what ssh_config means (``ssh -G``); it never connects."""
    system: Path = Path("/etc/ssh")
    """Where ssh_config and ssh_known_hosts of the whole machine are."""
    per_jump: int = 8
    """Handshakes at once through one jump host. sshd's MaxStartups drops at random above 10."""
