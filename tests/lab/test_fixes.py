"""Whoever does what the fixes say has nothing left to fix: their lines are applied to real daemons as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schouw.model.finding import TrackedFinding
from schouw.model.severity import FindingState, Severity
from schouw.scan.look import Look
from schouw.views.again import Again
from tests.lab import spaces
from tests.lab.test_again import Watched, watching

#: What stands for `systemctl reload` where there is no systemd.
_RELOADS = {
    "webweak": "nginx -t && nginx -s reload && apachectl -t && apachectl graceful",
    "mailweak": "doveconf -n >/dev/null && doveadm reload && postfix check && postfix reload",
}
#: Databases and FTP servers take no part.
_OTHERS = {"3306/tcp", "5432/tcp", "ftp"}
_PLACE = re.compile(r"in (/\S+), line (\d+)(?: \(and (.*)\))?, instead of .*:")
_FILE = re.compile(r"in (?:the http block of )?(/\S+):")
#: Told beside a line, in its comment: a field that has to go.
_FIELDS = ("ssl_dhparam", "ssl_dh")


def _instructions(fix: str) -> Iterator[tuple[str, list[str]]]:
    """Where to write, and what; "" for commands."""
    place, lines = "", list[str]()
    for text in fix.splitlines():
        if _PLACE.fullmatch(text) or _FILE.fullmatch(text):
            yield place, lines
            place, lines = text, []
        elif not text.startswith("then: "):
            lines.append(text)
    yield place, lines


def _write(host: str, file: str, change: dict[int, list[str]], more: list[str], gone: set[str]) -> None:
    lines = spaces.execute(host, "cat", file).splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines, 1):
        if not any(line.split()[:1] == [field] for field in gone):
            kept += change.get(number, [line])
        if more and line.strip() == "http {":
            kept, more = kept + more, []
    spaces.execute(host, "sh", "-c", f"cat > {file}", stdin="\n".join(kept + more) + "\n")


def follow(host: str, findings: Iterable[TrackedFinding]) -> None:
    """Apply all fixes at once, as somebody with an editor would: a line that several of them name gets what the last says."""
    change: dict[str, dict[int, list[str]]] = {}
    more: dict[str, list[str]] = {}
    gone: set[str] = set()
    commands: list[str] = []
    for one in findings:
        for place, lines in _instructions(one.finding.fix):
            gone |= {field for field in _FIELDS if any(field in line.partition("#")[2].split() for line in lines)}
            text = [line.partition("     #")[0] for line in lines]
            if match := _PLACE.fullmatch(place):
                others = [each.rpartition(":") for each in re.findall(r"/[^\s,]+:\d+", match[3] or "")]
                for file, number in ((match[1], match[2]), *((file, number) for file, _, number in others)):
                    change.setdefault(file, {})[int(number)] = text
            elif match := _FILE.fullmatch(place):
                more[match[1]] = list(dict.fromkeys([*more.get(match[1], []), *text]))
            else:
                commands += text
    for file in {*change, *more}:
        _write(host, file, change.get(file, {}), more.get(file, []), gone)
    for command in commands:
        spaces.execute(host, "sh", "-c", command)
    spaces.execute(host, "sh", "-c", f"{_RELOADS[host]}; sleep 1")


@contextmanager
def kept(host: str) -> Iterator[None]:
    """The host's configuration is afterwards what it was."""
    spaces.execute(host, "cp", "-a", "/etc", "/root/before")
    try:
        yield
    finally:
        spaces.execute(host, "sh", "-c", f"cp -a /root/before/. /etc/; rm -r /root/before; {_RELOADS[host]}")


def open_of(watched: Watched) -> list[TrackedFinding]:
    """What there is to fix of TLS."""
    return [
        one
        for one in watched.history.findings(watched.host.name)
        if one.finding.check.startswith("crypto.tls.")
        and one.finding.severity.rank < Severity.LOW.rank
        and one.state in (FindingState.NEW, FindingState.OPEN, FindingState.REGRESSED)
    ]


@pytest.mark.parametrize("name", _RELOADS)
async def test_the_fixes_leave_nothing_above_low_and_open_nothing_new(lab: None, tmp_path: Path, name: str) -> None:
    async with watching(name, tmp_path) as watched:
        served = [one for one in open_of(watched) if one.finding.subject not in _OTHERS]
        assert len(served) >= 5
        with kept(name):
            follow(name, served)
            await watched.look(Again(Look.FULL_TLS))
            left = [one for one in open_of(watched) if one.finding.subject not in _OTHERS]
            assert [(one.key, one.finding.title, one.finding.evidence.outside) for one in left] == []
