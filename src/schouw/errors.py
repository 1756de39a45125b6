"""What can go wrong, in words that say what was expected, what was found and what to do."""

from __future__ import annotations

from enum import StrEnum


class SchouwError(Exception):
    """Root of every error that schouw raises on purpose; its text is meant for a person."""


class ConfigError(SchouwError):
    """A fleet file, settings file or command line that cannot be used (exit status 2).

    The text has one line a problem, each ``FILE:LINE:COLUMN: what was found; what was expected``.
    """


class HistoryError(SchouwError):
    """A history that cannot be opened: damaged, not writable, or written by a newer schouw."""


class EngineError(SchouwError):
    """The engine's process cannot be started or reached, or it speaks another version."""


class DatabaseError(SchouwError):
    """The vulnerability database is not there, damaged, or cannot be written."""


class FeedError(SchouwError):
    """One feed cannot be used: what was expected of it, what came instead. The rows that it left before stay."""


class ErrorClass(StrEnum):
    """Why a host could not be scanned: one short word each, shown on the screen and in JSON."""

    CONFIG = "config"
    """What the fleet file or ssh_config says about this one host cannot be used."""
    NO_NAME = "no-name"
    NO_ROUTE = "no-route"
    REFUSED = "refused"
    SILENT = "silent"
    DROPPED = "dropped"
    KEY_UNKNOWN = "key-unknown"
    KEY_CHANGED = "key-CHANGED"
    KEY_REVOKED = "key-revoked"
    LOGIN_REFUSED = "login-refused"
    NO_KEY = "no-key"
    NEEDS_PRIVILEGE = "needs-privilege"
    NO_SHELL = "no-shell"
    OUTPUT_CUT = "output-cut"
    OUTPUT_ODD = "output-odd"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"
    WORKER_LOST = "worker-lost"
    INTERNAL = "internal"


#: Worth another try within the same sweep. Never login or host-key errors: fail2ban and OpenSSH's
#: PerSourcePenalties would lock us and our colleagues out.
WORTH_RETRYING = frozenset({ErrorClass.NO_ROUTE, ErrorClass.REFUSED, ErrorClass.SILENT, ErrorClass.DROPPED})


class HostError(SchouwError):
    """One host cannot be scanned; the others go on.

    ``str(error)`` is one line for a person, built from clean text only (see `schouw.text`).
    """

    def __init__(self, kind: ErrorClass, message: str, advice: str = "") -> None:
        super().__init__(f"{message}; {advice}" if advice else message)
        self.kind = kind
        self.message = message
        self.advice = advice

    def of(self, host: str) -> HostError:
        """The same, beginning with the host's name: what is far below does not know whom it deals with."""
        return self if self.message.startswith(f"{host}: ") else HostError(self.kind, f"{host}: {self.message}", self.advice)
