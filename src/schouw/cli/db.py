"""``schouw db update|import|status``: the database of known vulnerabilities."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from schouw.cli.judge import add_database_option
from schouw.cli.places import Places, places
from schouw.errors import ConfigError, FeedError

if TYPE_CHECKING:
    from schouw.vulnerabilities.build import Outcome, Source
    from schouw.vulnerabilities.feeds import Feed
    from schouw.vulnerabilities.overview import FeedRow


def add(command: argparse.ArgumentParser) -> None:
    command.description = (
        "The database is built beside the old one, checked, and swapped in; what is wrong with a feed never harms it."
    )
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    update = actions.add_parser("update", help="fetch what changed (all feeds, or those named)")
    update.add_argument("feeds", nargs="*", metavar="FEED")
    take = actions.add_parser("import", help="take files that came here by other ways; what they are is told by what is in them")
    take.add_argument("paths", nargs="+", metavar="PATH")
    status = actions.add_parser("status", help="how much there is, how old, and which releases it covers")
    status.add_argument("--format", choices=("table", "json"), default="table", help="(default: table)")
    for action in (update, take):
        action.add_argument("--allow-fewer", action="store_true", help="take a feed that lost more than 5 %% of its rows")
    for action in (update, take, status):
        add_database_option(action)


def run(options: argparse.Namespace) -> int:
    where = places(options)
    if options.action == "status":
        return _status(where, options.format)
    if options.action == "import":
        return _import(where, [Path(path) for path in options.paths], options.allow_fewer)
    return _update(where, options.feeds, options.allow_fewer)


def _import(where: Places, paths: Sequence[Path], allow_fewer: bool) -> int:
    from schouw.vulnerabilities.build import Source, build
    from schouw.vulnerabilities.feeds import recognise

    problems: list[str] = []

    def sources() -> Iterator[Source]:
        for path in paths:
            try:
                feed = recognise(path)
                changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
            except (FeedError, OSError) as error:
                problems.append(f"{path}: {error}")
            else:
                yield Source(feed, path, str(path.absolute()), changed)

    outcomes = build(where.vulnerabilities, sources(), allow_fewer=allow_fewer, told=_tell)
    return _told(outcomes, problems)


def _update(where: Places, names: Sequence[str], allow_fewer: bool) -> int:
    from schouw.vulnerabilities.build import build
    from schouw.vulnerabilities.feeds import by_name
    from schouw.vulnerabilities.settings import load

    settings = load(where.config / "settings.toml", by_name)
    fetched = [feed for feed in by_name.values() if feed.url or feed.name in settings.mirrors]
    wanted = names or settings.feeds or [feed.name for feed in fetched]
    unknown = sorted(set(wanted) - {feed.name for feed in fetched})
    if unknown:
        raise ConfigError(
            f"no feed to fetch is called {', '.join(unknown)}; there are {', '.join(feed.name for feed in fetched)}"
        )
    problems: list[str] = []
    sources = _fetched(where, [by_name[name] for name in wanted], settings.mirrors, problems)
    outcomes = build(where.vulnerabilities, sources, allow_fewer=allow_fewer, told=_tell)
    return _told(outcomes, problems)


def _fetched(where: Places, feeds: Sequence[Feed], mirrors: dict[str, str], problems: list[str]) -> Iterator[Source]:
    from schouw.vulnerabilities import overview
    from schouw.vulnerabilities.build import Source, is_ours
    from schouw.vulnerabilities.database import Database
    from schouw.vulnerabilities.feeds import recognise
    from schouw.vulnerabilities.fetch import Fetcher, Known

    fetcher = Fetcher(where.state / "feeds")
    rows: dict[str, FeedRow] = {}
    if where.vulnerabilities.exists() and is_ours(where.vulnerabilities):
        database = Database.open(where.vulnerabilities)
        rows = {row.name: row for row in overview.feeds(database)}
        database.close()
    for feed in feeds:
        url = mirrors.get(feed.name, feed.url)
        row = rows.get(feed.name)
        known = Known(row.source, row.etag, row.modified) if row else Known()
        try:
            found = fetcher.fetch(feed.name, url, known, partial(_bar, feed.title))
            if found is None:
                _tell(f"{feed.title}: nothing new since {row.date if row else 'last time'}")
                continue
            _same(feed, recognise(found.path))
        except FeedError as error:
            problems.append(f"{feed.title}: {error}")
            continue
        date = found.date or datetime.now(UTC)
        try:
            yield Source(feed, found.path, url, date.date(), found.etag, found.modified)
        finally:
            found.path.unlink(missing_ok=True)


def _same(wanted: Feed, found: Feed) -> None:
    if found is not wanted:
        raise FeedError(f"what came is {found.title}; is the mirror's address right?")


def _told(outcomes: Sequence[Outcome], problems: list[str]) -> int:
    """Say what became of each; exit status 3 where anything could not be used."""
    _tell("")
    for outcome in outcomes:
        if outcome.problem:
            problems.append(f"{outcome.origin} ({outcome.feed}): {outcome.problem}")
            continue
        change = f", {outcome.rows - outcome.before:+,}" if outcome.before else ""
        odd = f"; {outcome.odd:,} records made no sense and were left out" if outcome.odd else ""
        print(f"{outcome.feed}: {outcome.rows:,} rows{change}{odd}")
    for problem in problems:
        print(f"schouw: {problem}", file=sys.stderr)
    if problems:
        print("schouw: what these feeds left before stays as it was", file=sys.stderr)
    return 3 if problems else 0


def _status(where: Places, format: str) -> int:
    import msgspec

    from schouw.vulnerabilities import overview
    from schouw.vulnerabilities.database import Database

    database = Database.open(where.vulnerabilities)
    try:
        feeds, figures, covered = overview.feeds(database), overview.figures(database), database.releases()
    finally:
        database.close()
    today = datetime.now(UTC).date()
    if format == "json":
        found = {
            "known": figures.known,
            "matchable": figures.matchable,
            "rows": figures.rows,
            "releases": covered,
            "feeds": feeds,
        }
        print(msgspec.json.encode(found).decode())
        return 0
    newest = max((feed.date for feed in feeds), default=today)
    print(f"{figures.known:,} CVEs known, {figures.matchable:,} of them matchable, {figures.rows:,} fix rows, as of {newest}")
    for feed in feeds:
        used = ", ".join(feed.used) or ("(better feeds cover its releases)" if feed.releases else "")
        size = f"{feed.rows:>9,} rows {feed.size / 1e6:8.1f} MB  {feed.sha256[:12]}"
        print(f"  {feed.name:20} {feed.date} {_age(feed, today):12} {size}  {used}")
    return 0


def _age(feed: FeedRow, today: date) -> str:
    days = (today - feed.date).days
    return f"old: {days} d" if days > feed.days else f"{max(days, 0)} d"


def _tell(text: str) -> None:
    """Progress: a line that is painted over on a terminal, nothing in a log but what matters."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr)


def _bar(title: str, came: int, total: int) -> None:
    if sys.stderr.isatty():
        share = f"{came / total:4.0%} of {total / 1e6:.1f} MB" if total else f"{came / 1e6:.1f} MB"
        _tell(f"fetching {title}: {share}")
