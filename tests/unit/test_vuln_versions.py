"""Version order: against the tables of dpkg, apt, rpm and real feeds, and against dpkg and rpm themselves."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import string
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schouw.vulnerabilities.versions import Kind, Operator, deb_key, holds, key, rpm_key

VECTORS = Path(os.environ.get("SCHOUW_DATA", "/nowhere")) / "version-vectors"
OPERATORS: dict[str, Operator] = {"<": "lt", "=": "eq", ">": "gt"}
TABLES: dict[str, Kind] = {
    "deb-curated.tsv": "deb",
    "deb-osv-generated.tsv.gz": "deb",
    "deb-real-pairs.tsv.gz": "deb",
    "rpm-vercmp.tsv": "rpm",
    "rpm-evr.tsv": "rpm",
    "rpm-real-pairs.tsv.gz": "rpm",
}

#: What a key built without thought gets wrong.
TRAPS: list[tuple[Kind, str, str, str]] = [
    ("deb", "1.0", "=", "1.0-0"),
    ("deb", "1.0", ">", "1.0-0~"),
    ("deb", "1.0~rc1", "<", "1.0"),
    ("deb", "1.0~~", "<", "1.0~"),
    ("deb", "1.0a", "<", "1.0+"),
    ("deb", "0:1.0", "=", "1.0"),
    ("deb", "1:2", ">", "3"),
    ("deb", "1.010", "=", "1.10"),
    ("deb", "1.2.3-1+deb12u10", ">", "1.2.3-1+deb12u9"),
    ("deb", "1-2-3", ">", "1-2"),
    ("deb", "2.2.4-47978_Debian_lenny", ">", "2.2.4-47978"),
    ("rpm", "1.0^", ">", "1.0"),
    ("rpm", "1.0^20160101", "<", "1.0.1"),
    ("rpm", "1.0~rc1", "<", "1.0"),
    ("rpm", "1.0", "=", "0:1.0"),
    ("rpm", "(none):1.0-1", "=", "1.0-1"),
    ("rpm", "1.0a", ">", "1.0"),
    ("rpm", "1.0.1", ">", "1.0a"),
    ("rpm", "2.0", "=", "2_0"),
    ("rpm", "1-1.el8_10", ">", "1-1.el8"),
    ("rpm", "1:1-1", ">", "2-1"),
]


@pytest.mark.parametrize(("kind", "one", "sign", "other"), TRAPS)
def test_traps(kind: Kind, one: str, sign: str, other: str) -> None:
    assert holds(kind, one, OPERATORS[sign], other)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="SCHOUW_DATA does not name a folder with version-vectors")
@pytest.mark.parametrize("name", TABLES)
def test_every_row_of_the_vectors(name: str) -> None:
    wrong = [row for row in _rows(VECTORS / name) if not holds(TABLES[name], row[0], OPERATORS[row[1]], row[2])]
    assert wrong == []


def _rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for line in file:
            if not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def _random_versions(signs: str, count: int) -> list[str]:
    """Short and alike, so that they differ where it matters."""
    chance = random.Random(4)
    parts = [*string.digits, "0", "10", "01", "9", *"abzABZ", *signs]
    return ["1" + "".join(chance.choices(parts, k=chance.randint(0, 7))) for _ in range(count)]


def test_random_pairs_agree_with_dpkg() -> None:
    """dpkg compares one pair a process. Its order is one line, so where every neighbour of a sorted list agrees, so do
    all 80,000 pairs of the 400 versions in it; some far apart are asked all the same."""
    if not shutil.which("dpkg"):
        pytest.skip("this machine has no dpkg")
    versions = _random_versions(".+~", 200)
    revisions = [f"{one}-{other}" for one, other in zip(versions, versions[::-1], strict=True)]
    pool = sorted({*versions, *revisions, *(f"1:{one}" for one in versions[:40])}, key=deb_key)
    chance = random.Random(5)
    pairs = [*pairwise(pool), *((chance.choice(pool), chance.choice(pool)) for _ in range(200))]
    assert len(pool) ** 2 / 2 > 10_000
    assert _dpkg(pairs) == [_sign(deb_key(one), deb_key(other)) for one, other in pairs]


def _dpkg(pairs: list[tuple[str, str]]) -> list[int]:
    script = """while read -r a b; do
      if dpkg --compare-versions "$a" lt "$b"; then echo -1
      elif dpkg --compare-versions "$a" eq "$b"; then echo 0
      else echo 1; fi
    done"""
    text = "".join(f"{one} {other}\n" for one, other in pairs)
    done = subprocess.run(["sh", "-c", script], input=text, capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def test_random_pairs_agree_with_rpm() -> None:
    if not shutil.which("rpm"):
        pytest.skip("this machine has no rpm")
    versions = _random_versions(".+~^_", 300)
    pool = [*versions, *(f"{one}-{other}" for one, other in zip(versions, versions[::-1], strict=True))]
    chance = random.Random(6)
    pairs = [(chance.choice(pool), chance.choice(pool)) for _ in range(10_000)]
    found: list[int] = []
    for start in range(0, len(pairs), 500):
        table = ", ".join(f'{{"{one}", "{other}"}}' for one, other in pairs[start : start + 500])
        lua = f'%{{lua: for _, p in ipairs({{{table}}}) do print(rpm.vercmp(p[1], p[2]) .. "\\n") end}}'
        done = subprocess.run(["rpm", "--eval", lua], capture_output=True, text=True, check=True)
        found += [int(line) for line in done.stdout.split()]
    assert [_sign(rpm_key(one), rpm_key(other)) for one, other in pairs] == found


def _sign(one: bytes, other: bytes) -> int:
    return (one > other) - (one < other)


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("deb", ""),
        ("deb", "1 2"),
        ("deb", "a:1"),
        ("deb", "1:"),
        ("deb", "1.0\n"),
        ("deb", "1" * 300),
        ("rpm", ""),
        ("rpm", "9" * 300),
    ],
)
def test_what_is_no_version_is_said(kind: Kind, version: str) -> None:
    with pytest.raises(ValueError, match="version"):
        key(kind, version)


@given(st.sampled_from(["deb", "rpm"]), st.text(max_size=260), st.text(max_size=260))
def test_any_text_has_a_key_or_none(kind: Kind, one: str, other: str) -> None:
    with suppress(ValueError):
        assert holds(kind, one, "le", other) or holds(kind, one, "gt", other)
