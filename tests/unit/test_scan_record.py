"""Record and replay."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from schouw.demo.build import facts
from schouw.errors import ConfigError, ErrorClass, HostError
from schouw.model.host import Host
from schouw.scan.engine import Engine
from schouw.scan.keeper import Keeper
from schouw.scan.look import Look
from schouw.scan.record import Recorder, ReplayLooker, read_recording
from tests.unit.scan_support import SERVER, UNPACED, Scripted, some_hosts, until_done

HOST = Host(name="web1", user="secret-user", identity=("/home/alice/.ssh/key",), known_hosts=("/home/alice/kh",), owner="alice")


def nothing(step: str, done: int, total: int) -> None:
    pass


async def test_what_was_seen_plays_again_and_starts_over_at_its_end(tmp_path: Path) -> None:
    first, second = facts("web1", SERVER), facts("web1", replace(SERVER, firewall=""))
    recorder = Recorder(tmp_path / "r.jsonl")
    recorder.add(HOST, first)
    recorder.add(HOST, second)
    recorder.add_failure(HOST, HostError(ErrorClass.SILENT, "web1: silent"))
    recorder.close()
    looker = ReplayLooker(read_recording(tmp_path / "r.jsonl"))
    (host,) = looker.hosts()
    seen = [await looker.look(host, Look.NORMAL, None, nothing) for _ in range(2)]
    assert [one.outside for one in seen] == [first.outside, second.outside]
    with pytest.raises(HostError) as error:
        await looker.look(host, Look.NORMAL, None, nothing)
    assert error.value.kind is ErrorClass.SILENT and str(error.value) == "web1: silent"
    assert (await looker.look(host, Look.NORMAL, None, nothing)).outside == first.outside


def test_a_recording_names_no_user_and_no_key(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl")
    recorder.add(HOST, facts("web1", SERVER))
    recorder.close()
    text = (tmp_path / "r.jsonl").read_text()
    assert not any(word in text for word in ("secret-user", "alice", "/home", '"schouw"'))
    assert stat.S_IMODE((tmp_path / "r.jsonl").stat().st_mode) == 0o600


async def test_a_sweep_is_recorded_with_its_failures(tmp_path: Path) -> None:
    looker = Scripted()
    looker.fails["b"] = [HostError(ErrorClass.NO_NAME, "b: no such name")]
    engine = Engine(looker, Keeper.open(tmp_path / "h.db", Recorder(tmp_path / "r.jsonl")), UNPACED)
    events = engine.watch()
    await until_done(events, await engine.submit(some_hosts("a", "b")))
    await engine.close()
    recorded = {one.host.name: one.error for one in read_recording(tmp_path / "r.jsonl")}
    assert recorded == {"a": None, "b": ErrorClass.NO_NAME}


@pytest.mark.parametrize(
    ("content", "said"), [("", "holds no"), ("hello\n", ":1: not a recording"), ('{"host":{}}\n', ":1: not")]
)
def test_what_is_no_recording_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "r.jsonl").write_text(content)
    with pytest.raises(ConfigError, match=said):
        read_recording(tmp_path / "r.jsonl")


def test_files_that_cannot_be_read_or_written_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_recording(tmp_path / "missing")
    with pytest.raises(ConfigError, match="can be written"):
        Recorder(tmp_path / "missing" / "r.jsonl")
