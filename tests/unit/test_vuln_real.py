"""The real feeds: all of them in, what they come to, and facts that anybody can look up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schouw.model.facts import Package
from schouw.model.vulnerability import CveVerdict
from schouw.vulnerabilities import overview
from schouw.vulnerabilities.build import Source, build
from schouw.vulnerabilities.database import Database
from schouw.vulnerabilities.feeds import recognise
from schouw.vulnerabilities.judge import Judge
from schouw.vulnerabilities.streams import UNTOLD
from tests.unit.vulnerability_lab import DAY, deb, inventory, judged, rpm, verdicts

DATA = Path(os.environ.get("SCHOUW_DATA", "/nowhere"))
FILES = (
    "debian-tracker-rebuilt-2025-02.json.gz",
    "debian-osv-2025-02.zip",
    "almalinux-osv-2026-08.zip",
    "alma-errata-2025-02.csv.gz",
    "rocky-errata-2025-01.csv.gz",
    "ubuntu-cve-2024-08.csv.gz",
    "cisa-ssvc-2024-10.csv.gz",
    "epss-2021-08-31.csv.gz",
    "kev-2025-08-25.json.gz",
    "kev-epss-cvss-2026-08.csv.gz",
)
FIXABLE, NO_FIX, SAFE = CveVerdict.FIXABLE, CveVerdict.NO_FIX, CveVerdict.NOT_AFFECTED

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="SCHOUW_DATA does not name a folder")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The database, and the most memory that building it took, in kilobytes."""
    target = tmp_path_factory.mktemp("real") / "vulnerabilities.db"
    schouw = [sys.executable, "-m", "schouw", "db", "import", "--database", str(target), *(str(DATA / name) for name in FILES)]
    # Linux counts a parent's memory as its child's peak: a small one measures.
    measure = "import sys; from tests.bench.measure import cost; print(cost(sys.argv[1:]).peak)"
    return target, int(subprocess.check_output([sys.executable, "-c", measure, *schouw], cwd=Path(__file__).parents[2]))


@pytest.fixture(scope="module")
def feeds(imported: tuple[Path, int]) -> Database:
    return Database.open(imported[0])


def test_how_much_there_is(feeds: Database) -> None:
    figures = overview.figures(feeds)
    assert figures.known > 120_000 and figures.rows > 300_000
    assert 40_000 < figures.matchable < figures.known
    assert overview.figures(feeds, ["debian:12"]).matchable < overview.figures(feeds, ["debian:12", "ubuntu:22.04"]).matchable
    assert feeds.path.stat().st_size < 150 << 20


def test_importing_it_takes_little_memory(imported: tuple[Path, int]) -> None:
    assert imported[1] < 300 << 10


def test_facts_of_debian(feeds: Database) -> None:
    old = verdicts(feeds, inventory("debian:11", deb("apache2", "2.4.54-1~deb11u1")))
    by_dsa = {cve for (_, cve), match in old.items() if match.advisory == "DSA-5376-1"}
    assert by_dsa == {"CVE-2006-20001", "CVE-2022-36760", "CVE-2022-37436", "CVE-2023-25690", "CVE-2023-27522"}
    new = verdicts(feeds, inventory("debian:11", deb("apache2", "2.4.56-1~deb11u1")))
    assert {new["apache2", cve].verdict for cve in by_dsa} == {SAFE}
    zlib = verdicts(feeds, inventory("debian:12", deb("zlib1g", "1:1.2.13.dfsg-1", "zlib")))
    assert zlib["zlib1g", "CVE-2023-45853"].verdict is NO_FIX
    sudo = verdicts(feeds, inventory("debian:11", deb("sudo", "1.9.5p2-3+deb11u1")))
    assert sudo["sudo", "CVE-2023-22809"].verdict is SAFE


def test_facts_of_almalinux(feeds: Database) -> None:
    (webkit,) = judged(feeds, inventory("almalinux:9", rpm("webkit2gtk3", "0:2.52.2-1.el9"))).judged
    fix = next(match for match in webkit.matches if match.advisory == "ALSA-2026:9692")
    assert fix.verdict is FIXABLE and fix.fixed == "2.52.3-0.el9_7.1" and "CVE-2026-20608" in fix.cves


def test_a_patched_almalinux_8_has_nothing(feeds: Database, tmp_path: Path) -> None:
    """RPM-4, RPM-6: the newest build of every stream, side by side; without streams 758 packages would be flagged."""
    target = tmp_path / "v.db"
    path = DATA / "alma-errata-2025-02.csv.gz"
    build(target, [Source(recognise(path), path, "", DAY)])
    alone = Database.open(target)
    newest: dict[tuple[str, str, str], tuple[bytes, str]] = {}
    of_8 = "from fix join platform on platform.id = fix.platform where release = 'almalinux:8'"
    untold = {name for (name,) in alone._connection.execute(f"select name {of_8} and module = ?", (UNTOLD,))}
    for name, arch, module, key, fixed in alone._connection.execute(f"select name, arch, module, fkey, fixed {of_8}"):
        newest[name, arch, module] = max(newest.get((name, arch, module), (b"", "")), (key, fixed))
    packages: list[Package] = [
        rpm(name, fixed, arch=arch or "noarch", module=module and f"{module}:1:2")
        for (name, arch, module), (_, fixed) in newest.items()
        if not name.startswith("kernel") and name not in untold
    ]
    found = Judge(alone).host(inventory("almalinux:8", *packages))
    flagged = {(one.name, one.version) for one in found.judged for match in one.matches if match.verdict.vulnerable}
    assert len(packages) > 3000 and flagged == set()
    streams = {module for _, _, module in newest}
    assert {"nodejs:10", "nodejs:16", "php:7.2", "php:8.0", "mariadb:10.3"} <= streams


def test_facts_of_ubuntu(feeds: Database) -> None:
    found = verdicts(feeds, inventory("ubuntu:22.04", deb("libssl3", "3.0.2-0ubuntu1", "openssl")))
    assert found["libssl3", "CVE-2022-3602"].verdict is FIXABLE
    focal = verdicts(feeds, inventory("ubuntu:18.04", deb("imagemagick", "8:6.9.7.4+dfsg-16ubuntu6"), pro=frozenset()))
    assert any("available with Ubuntu Pro" in match.note for match in focal.values())


def test_what_is_exploited(feeds: Database) -> None:
    log4j = feeds.about(["CVE-2021-44228"])["CVE-2021-44228"]
    assert log4j.exploited and log4j.ransomware and (log4j.epss or 0) > 0.5
