"""Which hosts have a CVE, for the filter: asked of the history in a thread, and again when a scan has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from schouw.errors import HistoryError
from schouw.tui.source import Source


class WhoHas:
    """Call it with a CVE: the names of the hosts that are known to have it, none before it was learnt."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hosts: dict[str, frozenset[str]] = {}

    def __call__(self, cve: str) -> frozenset[str]:
        return self._hosts.get(cve, frozenset())

    async def learn(self, cves: Iterable[str]) -> str:
        """What went wrong, "" for nothing."""
        try:
            self._hosts = {cve: await asyncio.to_thread(self._source.having, cve) for cve in cves}
        except HistoryError as error:
            return str(error)
        return ""
