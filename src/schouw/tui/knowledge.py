"""How much the vulnerability database knows, for whoever watches a fleet: asked again and again, for both change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from schouw.errors import SchouwError
from schouw.tui.source import Source
from schouw.views.board import Board

if TYPE_CHECKING:
    from schouw.vulnerabilities.answers import Known

_SECONDS = 15.0


async def follow(source: Source, board: Board) -> AsyncIterator[Known | None]:
    """For ever, with how old it is; None where it cannot be asked. The asking is done in a thread."""
    while True:
        bases = (row.summary.basis for row in board.rows.values())
        try:
            known = await asyncio.to_thread(_ask, source, [basis.release for basis in bases if basis and basis.release])
        except SchouwError:
            known = None  # whoever asks is told why
        yield known
        await asyncio.sleep(_SECONDS)


def _ask(source: Source, releases: Sequence[str]) -> Known:
    return source.lookup.known(releases)
