"""What a deep look saw, as a person reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schouw.model.attempt import absent, not_checked, seen
from schouw.model.deep import Oracle, Renegotiation, Staple
from schouw.model.host import Host
from schouw.views.deep_answers import deep_lines
from schouw.views.endpoint_detail import endpoint_detail
from schouw.views.endpoints import rows
from schouw.views.segments import line_width, plain
from tests.unit.deep_facts import chain, endpoint, looked, tls_facts, tls_outside, trusted
from tests.unit.facts import NOW

LATER = NOW + timedelta(days=2)


def text(look: object, cells: int = 80) -> str:
    return "\n".join(plain(line) for line in deep_lines(look, cells, LATER))  # type: ignore[arg-type]


def test_every_answer_has_a_line() -> None:
    shown = text(looked(chains=(chain(trust=trusted("Mozilla", "Apple")),)))
    assert "2d ago" in shown and "sslyze 6.3.1, 42 connections" in shown
    for words in ("+ Heartbleed ", "+ CCS injection ", "+ ROBOT ", "secure, not if the client asks", "2 of 2 by ticket"):
        assert words in shown
    assert "+ Mozilla: trusted" in shown and "! Java: not trusted, candidates exhausted" in shown


def test_what_is_bad_and_what_is_not_known_are_marked() -> None:
    shown = text(
        looked(
            heartbleed=True,
            robot=Oracle.WEAK,
            renegotiation=Renegotiation(False, 10),
            extended_master_secret=False,
            compression=not_checked("sslyze asks this with an OpenSSL of 2015"),
            early_data=absent("it does not speak TLS 1.3"),
            chains=(chain(staple=seen(Staple("revoked", True)), ordered=False),),
        )
    )
    for words in ("! Heartbleed", "yes, weak", "insecure, 10 in a row", "! extended", "? compression", "– early data", "revoked"):
        assert words in shown
    assert "OpenSSL of 2015" in shown and "not in order" in shown


def test_never_made_and_failed_are_told_apart() -> None:
    assert "never made: press D" in text(None)
    assert "sslyze is not installed" in text(looked(found=not_checked("sslyze is not installed; run: schouw sslyze install")))


@pytest.mark.parametrize("cells", [20, 38, 60])
def test_it_stays_within_its_width(cells: int) -> None:
    look = looked(chains=(chain(subject="CN=" + "long " * 30, trust=trusted("Mozilla")),), robot=not_checked("word " * 40))
    assert all(line_width(line) <= cells for line in deep_lines(look, cells, LATER))


def test_the_endpoint_shows_it() -> None:
    named = endpoint(443, name="www.example.nl")
    (row,) = rows(tls_facts(tls_outside(looked(named))), Host(name="web1"))
    assert "Heartbleed" in "\n".join(plain(line) for line in endpoint_detail(row, 80, LATER))
    (other,) = rows(tls_facts(tls_outside(also=(named,))), Host(name="web1"))
    assert "never made: press D" in "\n".join(plain(line) for line in endpoint_detail(other, 80, LATER))
