"""The feeds, in the order in which they are asked whether a file is theirs. To add one is a file here and a row below."""

from __future__ import annotations

from pathlib import Path

from schouw.errors import FeedError
from schouw.text import line
from schouw.vulnerabilities.feeds import almalinux, cisa, debian, osv, support, tables, ubuntu
from schouw.vulnerabilities.feeds.base import Feed, head_of

__all__ = ["FEEDS", "Feed", "by_name", "recognise"]

FEEDS: tuple[Feed, ...] = (
    debian.TRACKER,
    *osv.OSV,
    ubuntu.VEX,
    *almalinux.ERRATA,
    cisa.KEV,
    cisa.VULNRICHMENT,
    *support.SUPPORT,
    *tables.TABLES,
)

by_name = {feed.name: feed for feed in FEEDS}


def recognise(path: Path) -> Feed:
    """Whose file this is, by what is in it. `FeedError` for nobody's, with what it looks like."""
    head = head_of(path)
    for feed in FEEDS:
        if feed.claims(head):
            return feed
    start = line(head.text[:200], 60)
    if start.startswith("<"):
        raise FeedError(f"it is a web page, not data; it begins with {start!r}")
    if start:
        raise FeedError(f"it is no feed that schouw knows; it begins with {start!r}")
    raise FeedError("it holds no feed that schouw knows" if head.record else "it is empty")
