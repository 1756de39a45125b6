"""Which hosts the words on a command line mean: names of hosts and groups, and filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from schouw.errors import ConfigError
from schouw.inventory.fleet import Fleet
from schouw.inventory.names import is_name
from schouw.model.host import Host
from schouw.model.summary import Summary
from schouw.text import line
from schouw.views.filters import Filter, Having, parse
from schouw.views.status import Row


def select(
    fleet: Fleet, words: Sequence[str], known: Callable[[], Mapping[str, Summary]], having: Having, now: datetime
) -> tuple[Host, ...]:
    """Hosts that any of the words means, in fleet order; all where there are none.

    A word that could be a name must be one, so that a slip of the pen is never taken for a filter. `known` gives
    the last known state, and is only asked where there is a filter, as `having` is for a CVE. `ConfigError` with a
    line for every mistake: the word, the column in it, and what was expected.
    """
    if not words:
        return fleet.hosts
    names = [word for word in words if is_name(word)]
    filters = [_filter(fleet, word, having) for word in words if not is_name(word)]
    mistakes = [mistake for parsed in filters for mistake in _mistakes(parsed)]
    chosen: set[str] = set()
    try:
        chosen |= {host.name for host in fleet.select(names)} if names else set()
    except ConfigError as error:
        mistakes.insert(0, str(error))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    summaries = known() if filters else {}
    rows = [Row(host, summaries.get(host.name) or Summary(host.name)) for host in fleet.hosts] if filters else []
    chosen |= {row.name for row in rows if any(parsed.matches(row, now) for parsed in filters)}
    return tuple(host for host in fleet.hosts if host.name in chosen)


def _filter(fleet: Fleet, word: str, having: Having) -> Filter:
    if not word.strip():
        raise ConfigError("'' is neither a name nor a filter; expected such as web1 or 'group:web sev>=high'")
    known = {"group": fleet.groups, "tag": sorted({tag for host in fleet.hosts for tag in host.tags})}
    return parse(word, known, having)


def _mistakes(parsed: Filter) -> list[str]:
    return [f"'{line(parsed.text, 200)}', column {problem.column}: {line(problem.text, 400)}" for problem in parsed.problems]
