"""debian-security-support's lists: packages whose security support ended before their release's (DEB-16)."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from schouw.vulnerabilities.feeds.base import Feed, Head, day
from schouw.vulnerabilities.reading import Limits, text_of
from schouw.vulnerabilities.writer import Writer


def _claims(release: str, head: Head) -> bool:
    return "packages whose security support ends" in head.text[:300] and head.name.endswith(f".deb{release}")


def _read(release: str, path: Path, writer: Writer, limits: Limits) -> None:
    with text_of(path, limits) as text:
        for row in text:
            fields = row.split(None, 3)
            if not fields or fields[0].startswith("#"):
                continue
            ends = day(fields[2]) if len(fields) > 2 else None
            # The tool's own patterns are regular expressions, of which only a trailing ".*" is ever used.
            name = re.sub(r"\.\*$", "*", fields[0])
            if ends is None:
                writer.odd += 1
            else:
                writer.support(f"debian:{release}", name, ends, fields[3].strip() if len(fields) > 3 else "")


SUPPORT = tuple(
    Feed(
        f"debian-support-{release}",
        f"Debian {release}: packages without support",
        partial(_claims, release),
        partial(_read, release),
        days=90,
    )
    for release in ("11", "12", "13", "14")
)
