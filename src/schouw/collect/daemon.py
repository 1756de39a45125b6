"""What all collectors of daemons have in common: from rows and blocks to a `Daemon`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import tomli

from schouw.collect.base import Collector, Rows, number
from schouw.collect.config.statements import Statement
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.daemons import Block, Daemon, Setting, Written
from schouw.text import line

#: Whose configuration each control panel writes; it would overwrite what somebody writes there by hand.
PANELS: Mapping[str, frozenset[str]] = {
    "directadmin": frozenset({"nginx", "apache", "exim", "dovecot", "proftpd", "pureftpd"}),
    "cpanel": frozenset({"nginx", "apache", "exim", "dovecot", "proftpd", "pureftpd"}),
    "plesk": frozenset({"nginx", "apache", "postfix", "dovecot", "courier", "proftpd"}),
}

#: How configurations write "every address".
EVERYWHERE = frozenset({"", "*", "0.0.0.0", "::", "0", "_default_", "all"})  # noqa: S104
BLOCKS = 5000
_VALUE = 4000
_PROBLEMS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Ports by the names that configurations use for them (/etc/services).
SERVICES: Mapping[str, int] = {
    "smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "ssmtp": 465, "urd": 465, "ftp": 21, "ftps": 990,
    "http": 80, "https": 443, "imap": 143, "imap2": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "sieve": 4190,
}  # fmt: skip

Judge = Callable[[Rows, str], tuple[Iterable[Block], Iterable[str]]]
"""From the rows of a section and the daemon's version: its blocks, and what kept parts of them from being read."""


#: What a section changes with: its files, its processes, the program and the libraries that do its TLS. Where a file
#: cannot be read, what it includes is not known, and only the section's own text can tell.
_STAMP = r"""
unread || {
  printf '%s\n' "$proof"
  [ "$certificates" ] && { IFS=$nl; set -f; stat -L -c '%n %i %s %Y' $certificates 2>/dev/null; set +f; unset IFS; }
  stats $server /usr/lib/*/libssl.so.* /usr/lib/*/libgnutls.so.* /usr/lib64/libssl.so.* /usr/lib64/libgnutls.so.*
}
"""


def daemon(name: str, there: str, files: str, script: str, judge: Judge, limit: int = 1 << 20) -> Collector[Daemon]:
    """A collector for the daemon `name`; `there` is the condition for having it (see `Collector`).

    `files` is the part of its snippet that finds its program ($server), its configuration (`tree`) and its processes
    (`alive`); `script` prints the rest.
    """

    def parse(rows: Rows) -> Attempt[Daemon]:
        if nothing := rows.one("none"):
            return absent(nothing)
        version = rows.one("version")
        blocks, problems = judge(rows, version)
        kept, certificates = tuple(blocks), tuple(_written(rows))
        reasons = [line(problem) for problem in dict.fromkeys(problems)][:_PROBLEMS]
        if len(kept) > BLOCKS:
            reasons.append(f"only the first {BLOCKS} of its {len(kept)} blocks are kept")
        lacking = "; ".join(reason for reason in (*reasons, rows.lacking()) if reason)
        if not kept and not version:
            return not_checked(lacking) if lacking else absent(f"its {name} has neither a version nor a configuration")
        panel = rows.one("panel")
        return seen(
            Daemon(
                name,
                version,
                kept[:BLOCKS],
                library=rows.one("library"),
                panel=panel if name in PANELS.get(panel, ()) else "",
                running={"yes": True, "no": False}.get(rows.one("running")),
                started_at=_moment(rows.one("started")),
                changed_at=_moment(rows.one("changed")),
                written=certificates,
            ),
            lacking,
        )

    files = f"certificates=\n{files}"
    whole = f"{files}panel; state; renewed\n{script}"
    return Collector(name, whole, parse, files + _STAMP, limit, there=there, otherwise=f"it has no {name}")


def _written(rows: Rows) -> Iterator[Written]:
    for path, seconds, digits in rows.split("renewed", 3):
        at, fingerprint = _moment(seconds), digits.replace(":", "").strip().lower()
        if at is not None and re.fullmatch(r"[0-9a-f]{64}", fingerprint):
            yield Written(line(path, 500), fingerprint, at)
        else:
            rows.misfit()


# The same line speaks for hundreds of names: one Setting is enough for it.
@lru_cache(maxsize=1 << 14)
def setting(value: str, file: str = "", at: int = 0) -> Setting:
    return Setting(line(value, _VALUE), line(file, 500), at)


def written(statement: Statement, value: str | None = None) -> Setting:
    """The setting that a statement makes: its arguments, or `value` where that is only a part of them."""
    return setting(statement.value if value is None else value, statement.file, statement.line)


def addresses(found: Iterable[str]) -> tuple[str, ...]:
    """Of a block; empty for all as soon as one of them stands for all."""
    plain = dict.fromkeys(address.strip("[]") for address in found)
    return () if any(address in EVERYWHERE for address in plain) else tuple(plain)


def port_of(text: str) -> int:
    """A port by number or name, 0 for neither."""
    port = SERVICES.get(text.lower()) or number(text) or 0
    return port if port < 65536 else 0


def ports_of(texts: Iterable[str]) -> tuple[int, ...]:
    """The ports that these name, each once; what names none is left out."""
    return tuple(dict.fromkeys(port for text in texts if (port := port_of(text))))


def defaults(name: str, version: str, rows: Rows) -> dict[str, Setting]:
    """What `version` of the software does where nobody wrote anything, by keyword.

    Nothing where the host could not show everything: what is missing may have been written there.
    """
    if rows.all("!"):
        return {}
    values: dict[str, str] = {}
    for row in _table()[name]:
        if parts(version) >= parts(row.get("since", "")):
            values |= row["settings"]
    return {keyword: Setting(value) for keyword, value in values.items()}


def parts(version: str) -> tuple[int, ...]:
    """(1, 22, 1) from "1.22.1-9+deb12u1", to be compared."""
    found: list[int] = []
    for part in version[:40].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        found.append(int(digits or 0))
        if digits != part:
            break
    return tuple(found)


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return tomli.loads((files(__package__) / "defaults.toml").read_text("utf-8"))


def _moment(text: str) -> datetime | None:
    seconds = number(text)
    try:
        return _EPOCH + timedelta(seconds=seconds) if seconds else None
    except OverflowError:
        return None
