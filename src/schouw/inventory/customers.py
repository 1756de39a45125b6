"""Whose account it is, where the panel of its host does not say so: from a CSV file or a program of the user's."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schouw.errors import ConfigError
from schouw.text import decode, line

_SECONDS = 60
_LIMIT = 64 << 20
"""Bytes of a file or an answer."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Where to ask; nothing is asked before `of` is called."""

    file: Path | None = None
    command: tuple[str, ...] = ()

    def of(self, accounts: Iterable[str]) -> Mapping[str, str]:
        """Customers of those accounts that are known, by account or by its domain. `ConfigError` where that cannot be asked."""
        wanted = sorted({account for account in accounts if account and "\n" not in account})
        if not wanted:
            return {}
        said: dict[str, str] = {}
        if self.file is not None:
            said |= _pairs(_read(self.file), str(self.file))
        if self.command:
            said |= _pairs(_ask(self.command, wanted), self.command[0])
        known = ((account, said.get(account) or said.get(account.rpartition("@")[2])) for account in wanted)
        return {account: customer for account, customer in known if customer}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return decode(file.read(_LIMIT), _LIMIT)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; expected lines such as: example.nl,customer 17") from error


def _ask(command: tuple[str, ...], accounts: list[str]) -> str:
    try:
        done = subprocess.run(
            command, input="\n".join(accounts).encode() + b"\n", capture_output=True, timeout=_SECONDS, check=False
        )
    except OSError as error:
        raise ConfigError(f"{command[0]}: {error.strerror}; [customers] command has to be a program") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(
            f"{command[0]}: said nothing for {_SECONDS} s; expected lines such as: ann@example.nl,customer 17"
        ) from error
    if done.returncode:
        raise ConfigError(f"{command[0]}: ended with {done.returncode}: {line(decode(done.stderr, 300), 200)}")
    return decode(done.stdout, _LIMIT)


def _pairs(text: str, source: str) -> dict[str, str]:
    return dict(_rows(text, source))


def _rows(text: str, source: str) -> Iterator[tuple[str, str]]:
    rows = text.removeprefix("\ufeff").splitlines()  # some spreadsheets begin with a byte order mark
    separator = ";" if rows and rows[0].count(";") > rows[0].count(",") else ","  # and some, such as Dutch ones, part with these
    try:
        for number, cells in enumerate(csv.reader(rows, delimiter=separator), 1):
            if not cells:
                continue
            if len(cells) < 2:
                raise ConfigError(
                    f"{source}:{number}: {line(cells[0], 60)!r} has no customer; expected: account or domain,customer"
                )
            yield line(cells[0].lower(), 320), line(cells[1], 100)
    except csv.Error as error:
        raise ConfigError(f"{source}: not a CSV file ({error})") from error
