"""Over SSH, with asyncssh. Only this package loads it; nothing outside should import its inner modules."""

from __future__ import annotations

from schouw.transport.ssh.accept import HostKeyError, accept_host_key
from schouw.transport.ssh.transport import SshTransport

__all__ = ["HostKeyError", "SshTransport", "accept_host_key"]
