"""Which versions are really installed: an unpinned install ends, silently, at an sslyze of 2018."""

from __future__ import annotations

import os
import re
from importlib import metadata
from pathlib import Path

import pytest

from schouw.probe.deep import environment


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def test_asyncssh_is_one_that_a_hostile_server_cannot_hang() -> None:
    assert _numbers(metadata.version("asyncssh")) >= (2, 24)


def test_sslyze_lives_apart_and_is_current() -> None:
    found = environment.status(environment.location(Path("/nowhere")))
    if found.problem and os.environ.get("CI") != "true":
        pytest.skip(found.problem)
    assert found.problem == ""
    assert _numbers(found.versions["sslyze"]) >= (6, 3)
    assert _numbers(found.versions["cryptography"]) < (47,)
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("sslyze")


def test_an_environment_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    found = environment.status(tmp_path / "none")
    assert found.versions == {} and "schouw sslyze install" in found.problem
