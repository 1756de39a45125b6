"""The answer key from one side alone: nothing is made up, and what that side cannot tell is said not to be checked."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.lab import spaces
from tests.lab.answers import ALONE, ANSWERS, ONLY_INSIDE, ONLY_OUTSIDE
from tests.lab.conftest import Scan

View = Literal["inside", "outside"]
Scans = dict[View, dict[str, dict[str, Any]]]

#: What the other side alone can tell.
BLIND: dict[View, tuple[str, ...]] = {"inside": ONLY_OUTSIDE, "outside": ONLY_INSIDE}


@pytest.fixture(scope="module")
def alone(scan: Scan, tmp_path_factory: pytest.TempPathFactory) -> Scans:
    """Every host, by name, as each view alone shows it to somebody who has never seen it before."""
    folder = tmp_path_factory.mktemp("alone")
    strangers = folder / "hosts.toml"
    strangers.write_text(_without_ssh(spaces.FLEET.read_text()))
    results: dict[View, dict[str, Any]] = {
        "inside": scan("--inside", "--history", str(folder / "inside.db"))[1],
        "outside": scan("--config", str(strangers), "--history", str(folder / "outside.db"))[1],
    }
    return {view: {host["name"]: host for host in result["hosts"]} for view, result in results.items()}


def _without_ssh(fleet: str) -> str:
    lines = [line for line in fleet.splitlines() if not line.startswith(("identity", "user", "privilege"))]
    return "\n".join(f"{line}\nssh = false" if line.startswith("[hosts.") else line for line in lines)


def expected(name: str, view: View) -> dict[str, str]:
    both = ANSWERS[name].findings
    told = {key: severity for key, severity in both.items() if not key.startswith(BLIND[view])}
    return {key: severity for key, severity in (told | ALONE[view].get(name, {})).items() if severity}


@pytest.mark.parametrize("view", ["inside", "outside"])
@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "absent"])
def test_answer_key_from_one_side(name: str, view: View, alone: Scans) -> None:
    host = alone[view][name]
    found = {finding["key"]: finding["severity"] for finding in host["findings"] if finding["severity"] != "info"}
    assert found == expected(name, view)
    unchecked = {row["check"] for row in host["not_checked"]}
    otherwise = ALONE[view].get(name, {})
    lacking = {key.partition(":")[0] for key in ANSWERS[name].findings if key not in found and key not in otherwise}
    assert lacking <= unchecked, "what this view cannot tell is not shown as fine"


def test_of_a_host_that_is_not_there_nothing_is_found(alone: Scans) -> None:
    assert alone["inside"]["absent"]["state"] == "unreachable"
    assert not alone["inside"]["absent"]["findings"] and not alone["outside"]["absent"]["findings"]
