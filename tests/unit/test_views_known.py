"""How much is known, and how old: the whole sentence where there is room, what is old in any."""

from __future__ import annotations

from datetime import date

import pytest

from schouw.model.vulnerability import FeedAge
from schouw.views.known import known_line
from schouw.views.segments import line_width, plain
from schouw.vulnerabilities.answers import Known, Platform

TODAY = date(2026, 11, 24)
FRESH = Platform("debian:12", 7, (FeedAge("debian-tracker", date(2026, 11, 23), 2),))
OLD = Platform("rocky:9", 1, (FeedAge("rocky-osv", date(2026, 10, 1), 2),))
NONE = Platform("centos:7", 1, (), "no feed covers centos:7")


def known(*platforms: Platform) -> Known:
    return Known(146501, 46699, 691185, date(2026, 11, 23), platforms)


def test_the_whole_sentence() -> None:
    said = plain(known_line(known(FRESH), TODAY, 120))
    assert said.strip() == "146,501 known, 46,699 matchable on your platforms, 691,185 rows, as of 2026-11-23"


def test_old_data_is_called_old_by_platform() -> None:
    said = plain(known_line(known(FRESH, OLD, NONE), TODAY, 160))
    assert "old: rocky:9 of 2026-10-01" in said and "no data: centos:7" in said and "debian:12" not in said


@pytest.mark.parametrize("cells", [20, 40, 60, 80, 100, 120, 200])
def test_it_fits_and_never_leaves_out_that_something_is_old(cells: int) -> None:
    line = known_line(known(FRESH, OLD, NONE), TODAY, cells)
    assert line_width(line) == cells
    if cells >= 60:
        assert "old: " in plain(line) and "no data" in plain(line)
