"""The tables. Only types that SQLite and PostgreSQL share: integers, text, bytes.

A type of ours gives its whole processor: a scan binds hundreds of values, and SQLAlchemy's wrapper for the
simpler `process_bind_param` costs more than the work itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from schouw.history.encoding import clean
from schouw.history.fileformat import from_microseconds, to_microseconds
from schouw.model.severity import Severity


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 UTC: exact, and it sorts."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        del dialect
        return _to_column

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        del dialect, coltype
        return _from_column


class Words(TypeDecorator[str]):
    """What others said, without what a database refuses (see `schouw.history.encoding.clean`). `Text`: our words, and JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        del dialect
        return _to_words


def _to_words(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _to_column(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)


def _from_column(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)


METADATA = MetaData()

Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY numbers itself there


def host_column(primary: bool = False) -> Column[int]:
    return Column("host_id", Id, ForeignKey("host.id", ondelete="CASCADE"), nullable=False, primary_key=primary)


schema_version = Table("schema_version", METADATA, Column("version", Integer, nullable=False))

host = Table(
    "host",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("summary", Text, nullable=False),  # Summary as JSON: the first picture is one query
    Column("not_checked", Text, nullable=False),  # tuple[NotChecked, ...] as JSON
    Column("taken_at", Moment),  # of the facts as last seen; NULL before the first
    Column("lapses_at", Moment),  # as in `summary`, which is out of date from then on
)

scan = Table(
    "scan",
    METADATA,
    Column("id", Id, primary_key=True),
    host_column(),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("error", Words, nullable=False),
    Column("new", Integer, nullable=False),
    Column("fixed", Integer, nullable=False),
    Column("regressed", Integer, nullable=False),
    Column("active", Integer, nullable=False),
    Index("scan_by_host", "host_id", "id"),
)

# Facts by content: hosts with the same packages share them, and an unchanged host adds none.
blob = Table(
    "blob",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),  # zlib of MessagePack
)

section = Table(
    "section",
    METADATA,
    host_column(primary=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, ForeignKey("blob.sha256"), nullable=False),
    Index("section_by_blob", "sha256"),
)

finding = Table(
    "finding",
    METADATA,
    Column("id", Id, primary_key=True),
    host_column(),
    Column("key", Words, nullable=False),
    Column("check_name", Text, nullable=False),
    Column("subject", Words, nullable=False),
    Column("area", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Words, nullable=False),
    Column("state", Text, nullable=False),  # never "accepted", "planned" or "overdue": those are overlays by date
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("fixed_at", Moment),
    Column("scans", Integer, nullable=False),
    Column("reopened", Integer, nullable=False),
    Column("body", Text, nullable=False),  # Finding as JSON
    Column("since", Moment, nullable=False),  # when it appeared or came back for the last time
    UniqueConstraint("host_id", "key"),
    Index("finding_by_end", "fixed_at"),
)

accepted = Table(
    "accepted",
    METADATA,
    host_column(primary=True),
    Column("key", Words, primary_key=True),
    Column("until", Moment, nullable=False),
    Column("reason", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
)

event = Table(
    "event",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    host_column(),
    Column("kind", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("text", Words, nullable=False),  # what was said with it
    Index("event_by_time", "at"),
    Index("event_by_finding", "host_id", "key"),
)

daily = Table(
    "daily",
    METADATA,
    host_column(primary=True),
    Column("day", Text, primary_key=True),  # 2026-11-24, UTC
    Column("active", Integer, nullable=False),
    *(Column(severity.value, Integer, nullable=False) for severity in Severity),
)
