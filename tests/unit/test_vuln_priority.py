"""How soon: the table of BOD 26-04, what counts as exposed, and the order of the rest."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schouw.model.attempt import seen
from schouw.model.facts import Listener
from schouw.model.outside import OutsidePort, PortState
from schouw.model.vulnerability import CveFacts, Judged
from schouw.vulnerabilities.cvss import base_score
from schouw.vulnerabilities.exposure import Reach, exposed, reach
from schouw.vulnerabilities.priority import TIMELINES, due, most_urgent, order, prioritise
from tests.unit.facts import facts, inside, listener, met, outside

WORST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOCAL = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"
DATA = Path(os.environ.get("SCHOUW_DATA", "/nowhere")) / "cisa-bod-26-04-timelines.csv"


def judged(*packages: str, source: str = "") -> Judged:
    return Judged(source or packages[0], "1", packages, source or packages[0], ())


@pytest.mark.skipif(not DATA.is_file(), reason="SCHOUW_DATA does not name a folder with CISA's table")
def test_every_row_of_cisas_table() -> None:
    assert len(TIMELINES) == 16
    for row in csv.DictReader(DATA.open()):
        days, forensics = TIMELINES[
            row["in_kev"] == "yes",
            row["publicly_exposed"] == "yes",
            row["automatable"] == "yes",
            row["technical_impact"] == "total",
        ]
        words = "fix on system upgrade" if days is None else f"{days} days" + (" & forensic investigation" if forensics else "")
        assert row["timeline"] == words


def test_pri_1_what_is_not_known_counts_as_exposed() -> None:
    about = CveFacts("CVE-2030-1000", automatable=True, total=True)
    assert prioritise(about, True).days == prioritise(about, None).days == 3
    assert prioritise(about, False).days == 60
    assert prioritise(about, None).derived == ("exposed",) and prioritise(about, True).derived == ()


def test_pri_2_what_cisa_did_not_say_is_read_from_the_vector_and_marked() -> None:
    derived = prioritise(CveFacts("CVE-2030-1000", vector=WORST), True)
    assert derived.automatable and derived.total and derived.derived == ("automatable", "total")
    assert not prioritise(CveFacts("CVE-2030-1000", vector=LOCAL), True).automatable
    said = prioritise(CveFacts("CVE-2030-1000", vector=WORST, automatable=False, total=False), True)
    assert not said.automatable and not said.total and said.derived == ()
    assert prioritise(CveFacts("CVE-2030-1000"), True).days == 60


def test_pri_3_no_score_comes_before_what_is_exploited() -> None:
    exploited = CveFacts("CVE-2030-1", cvss=4.0, vector=LOCAL, epss=0.004, percentile=0.2, exploited=date(2026, 1, 1))
    ransom = CveFacts(
        "CVE-2030-2", cvss=4.0, vector=LOCAL, epss=0.004, percentile=0.2, exploited=date(2026, 1, 1), ransomware=True
    )
    likely = CveFacts("CVE-2030-3", cvss=9.8, vector=LOCAL, epss=0.97, percentile=0.99)
    worse = CveFacts("CVE-2030-4", cvss=9.9, vector=LOCAL, epss=0.5, percentile=0.8, published=date(2020, 1, 1))
    older = CveFacts("CVE-2030-5", cvss=9.8, vector=LOCAL, epss=0.5, percentile=0.8, published=date(2020, 1, 1))
    newer = CveFacts("CVE-2030-6", cvss=9.8, vector=LOCAL, epss=0.5, percentile=0.8, published=date(2026, 1, 1))
    everyone = [newer, older, worse, likely, exploited, ransom]
    inorder = sorted(everyone, key=lambda one: order(one, prioritise(one, True)))
    assert [one.name[-1] for one in inorder] == ["2", "1", "3", "4", "5", "6"]
    first = most_urgent(everyone, True)
    assert first is not None and first[0] is ransom and most_urgent([], True) is None


def test_a_deadline_is_counted_from_the_day_that_it_was_found() -> None:
    found = date(2026, 11, 24)
    assert due(prioritise(CveFacts("CVE-2030-1", vector=WORST), True), found) == date(2026, 11, 27)
    assert due(prioritise(CveFacts("CVE-2030-1"), False), found) is None


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (WORST, 9.8),
        (LOCAL, 5.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", None),
        ("rubbish", None),
    ],
)
def test_base_scores(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


CLOSED = PortState.FILTERED


def seen_by(*ports: OutsidePort, listeners: tuple[Listener, ...]) -> Reach:
    return reach(facts(inside(listeners=listeners), outside(*ports)))


def test_pri_1_a_program_that_a_stranger_reaches() -> None:
    seen = seen_by(
        met(80), met(3306, CLOSED), listeners=(listener(22), listener(80, process="nginx"), listener(3306, process="mariadbd"))
    )
    assert exposed(seen, judged("nginx-core", source="nginx")) is True
    assert exposed(seen, judged("openssh-server", source="openssh")) is True
    assert exposed(seen, judged("mariadb-server", source="mariadb")) is False  # behind the firewall
    assert exposed(seen, judged("libssl3", source="openssl")) is None  # who uses it was not seen
    assert exposed(seen, judged("linux-image-6.1.0-27-amd64", source="linux"), kernel=True) is True


def test_pri_1_nothing_is_reached() -> None:
    quiet = reach(facts(inside(listeners=()), replace(outside(), ports=seen((met(22, CLOSED),)))))
    assert exposed(quiet, judged("libssl3", source="openssl")) is False
    assert exposed(quiet, judged("linux-image", source="linux"), kernel=True) is False


def test_pri_1_a_look_that_was_not_whole_excuses_nobody() -> None:
    nameless = seen_by(met(80), listeners=(listener(22), listener(80, process=None)))
    blind = reach(facts(inside(listeners=(listener(22),)), "not looked at"))
    for seen_ in (nameless, blind):
        assert exposed(seen_, judged("mariadb-server", source="mariadb")) is None


@pytest.mark.parametrize(
    ("process", "packages", "source"),
    [
        ("sshd", ("openssh-server",), "openssh"),
        ("apache2", ("apache2-bin",), "apache2"),
        ("master", ("postfix",), "postfix"),
        ("php-fpm8.2", ("php8.2-fpm",), "php8.2"),
        ("named", ("bind9",), "bind9"),
        ("postgres", ("postgresql-15",), "postgresql-15"),
        ("dovecot", ("dovecot-core",), "dovecot"),
    ],
)
def test_programs_and_their_packages(process: str, packages: tuple[str, ...], source: str) -> None:
    seen_ = seen_by(met(80), listeners=(listener(22, process=process), listener(80, process=process)))
    assert exposed(seen_, judged(*packages, source=source)) is True
    assert exposed(seen_, judged("bash", source="bash")) is None
