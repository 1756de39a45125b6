"""The table ``[database]`` of settings.toml: where feeds come from, and whether Vulners is asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import tomli

from schouw.errors import ConfigError


@dataclass(frozen=True, slots=True)
class VulnersSettings:
    enabled: bool = False
    """Off unless somebody says otherwise: it sends package lists to a third party."""
    url: str = ""
    """"" for Vulners' own."""
    daily_requests: int = 200
    """No more than this many a day, whatever the fleet."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    mirrors: dict[str, str] = field(default_factory=dict)
    """Feed → address in place of its own."""
    feeds: tuple[str, ...] = ()
    """What `schouw db update` fetches; empty: all."""
    vulners: VulnersSettings = VulnersSettings()


def load(path: Path, known: Collection[str] = ()) -> DatabaseSettings:
    """`known`: names of feeds, where mirrors matter. `ConfigError` with every mistake, a line each."""
    if not path.exists():
        return DatabaseSettings()
    try:
        data = tomli.loads(path.read_text("utf-8")).get("database", {})
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
    problems: list[str] = []
    settings = _settings(data if isinstance(data, dict) else {}, known, problems)
    if not isinstance(data, dict):
        problems.append("database: expected a table [database]")
    if problems:
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems))
    return settings


def _settings(data: dict[str, object], known: Collection[str], problems: list[str]) -> DatabaseSettings:
    _unknown(data, ("mirrors", "feeds", "vulners"), "database", problems)
    mirrors, feeds, vulners = data.get("mirrors", {}), data.get("feeds", []), data.get("vulners", {})
    if not isinstance(mirrors, dict) or not all(isinstance(url, str) and url.startswith("http") for url in mirrors.values()):
        problems.append(
            'database.mirrors: expected feeds and addresses, such as { epss = "https://mirror.example.net/epss.csv.gz" }'
        )
        mirrors = {}
    if not isinstance(feeds, list) or not all(isinstance(name, str) for name in feeds):
        problems.append('database.feeds: expected a list of feeds, such as ["debian-tracker", "kev"]')
        feeds = []
    for name in (*mirrors, *feeds):
        if known and name not in known:
            near = get_close_matches(name, known, 1)
            problems.append(
                f"database: there is no feed {name}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}")
            )
    if not isinstance(vulners, dict):
        problems.append("database.vulners: expected a table, such as { enabled = true }")
        vulners = {}
    return DatabaseSettings(mirrors, tuple(feeds), _vulners(vulners, problems))


def _vulners(data: dict[str, object], problems: list[str]) -> VulnersSettings:
    _unknown(data, ("enabled", "url", "daily_requests"), "database.vulners", problems)
    enabled, url, daily = data.get("enabled", False), data.get("url", ""), data.get("daily_requests", 200)
    if not isinstance(enabled, bool):
        problems.append("database.vulners.enabled: expected true or false")
    if not isinstance(url, str):
        problems.append("database.vulners.url: expected an address")
    if not isinstance(daily, int) or isinstance(daily, bool) or daily < 0:
        problems.append("database.vulners.daily_requests: expected a number of requests a day, such as 200")
        daily = 0
    return VulnersSettings(enabled is True, str(url), daily)


def _unknown(data: dict[str, object], known: Collection[str], where: str, problems: list[str]) -> None:
    problems += [f"unknown key {where}.{key}; known: {', '.join(known)}" for key in data if key not in known]
