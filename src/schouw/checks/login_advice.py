"""What to write into a server's configuration: so that its log tells who logs in how, or so that it is over."""

from __future__ import annotations

from schouw.checks.catalogue import data, table
from schouw.model.logins import LoginClass


def hint(service: str, release: str, told: bool, versions: bool) -> str:
    """The lines that would make the log of `service` tell what it does not; "" where nothing is missing, or none exist."""
    if told and versions:
        return ""
    return _line("hint", service, "version" if told else "class", release)


def fix(service: str, release: str, kind: LoginClass) -> str:
    """The lines that end logins of this class, and the command that makes them effective."""
    return "\n".join(line for line in (_line("fix", service, kind.value, release), _line("fix", service, "then", "")) if line)


def _line(part: str, service: str, key: str, release: str) -> str:
    words = table(table(data("logins.toml")[part]).get(service, {}))
    # Dovecot 2.4 renamed its settings and its variables.
    new = service == "dovecot" and not release.startswith(("1.", "2.0", "2.1", "2.2", "2.3")) and release != ""
    return str(words.get(f"{key} 2.4", words.get(key, "")) if new else words.get(key, ""))
