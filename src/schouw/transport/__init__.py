"""How a script reaches a host: over SSH, or on this machine without it. One protocol for both (`base`)."""

from __future__ import annotations

from schouw.transport.anyway import AnyTransport, open_transport
from schouw.transport.base import Connection, Shell, Transport
from schouw.transport.surroundings import Surroundings

__all__ = ["AnyTransport", "Connection", "Shell", "Surroundings", "Transport", "open_transport"]
