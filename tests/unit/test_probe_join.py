"""Inside beside outside: the verdict table."""

from __future__ import annotations

import pytest

from schouw.model.attempt import Attempt, not_checked, seen
from schouw.model.facts import Listener
from schouw.model.outside import Outside, OutsidePort, PortState, Unrouted
from schouw.model.ports import Exposure, PortRow, join, unrouted

V4, V6 = "192.0.2.10", "2001:db8::10"
OPEN, CLOSED, FILTERED = PortState.OPEN, PortState.CLOSED, PortState.FILTERED


def rows(bound: list[str], met: dict[str, PortState], lacking: str = "") -> tuple[PortRow, ...]:
    listeners = tuple(Listener("tcp", address, 3306, "mariadbd") for address in bound)
    ports = tuple(OutsidePort(address, 3306, state) for address, state in met.items())
    return join(Attempt(listeners, lacking), seen(Outside(tuple(met), "guided", seen(ports))))


@pytest.mark.parametrize(
    ("bound", "met", "verdict"),
    [
        (["0.0.0.0"], {V4: OPEN}, Exposure.EXPOSED),
        ([V4], {V4: OPEN}, Exposure.EXPOSED),
        (["0.0.0.0"], {V4: FILTERED}, Exposure.FIREWALLED),
        (["0.0.0.0"], {V4: CLOSED}, Exposure.REJECTED),
        (["127.0.0.1"], {V4: CLOSED}, Exposure.LOCAL),
        (["127.0.0.1"], {V4: FILTERED}, Exposure.LOCAL),
        (["127.0.0.1"], {V4: OPEN}, Exposure.FORWARDED),
        ([], {V4: OPEN}, Exposure.FORWARDED),
        (["10.0.0.5"], {V4: CLOSED}, Exposure.INTERNAL),
        (["10.0.0.5"], {V4: OPEN}, Exposure.EXPOSED),
        (["10.0.0.5"], {"10.0.0.5": FILTERED}, Exposure.FIREWALLED),
        (["0.0.0.0"], {}, Exposure.UNKNOWN),
    ],
)
def test_the_table(bound: list[str], met: dict[str, PortState], verdict: Exposure) -> None:
    assert [row.verdict for row in rows(bound, met)] == [verdict]


def test_families_are_judged_apart() -> None:
    assert [(row.family, row.verdict) for row in rows(["0.0.0.0", "::"], {V4: FILTERED, V6: OPEN})] == [
        (4, Exposure.FIREWALLED),
        (6, Exposure.EXPOSED),
    ]


def test_an_ipv6_socket_does_not_explain_what_ipv4_meets() -> None:
    assert [(row.family, row.verdict) for row in rows(["::"], {V4: OPEN, V6: OPEN})] == [
        (4, Exposure.FORWARDED),
        (6, Exposure.EXPOSED),
    ]


def test_nothing_listens_is_only_said_when_all_was_seen() -> None:
    (row,) = rows([], {V4: OPEN}, lacking="the list was cut")
    assert (row.verdict, row.reason) == (Exposure.OPEN, "the list was cut")
    (row,) = join(not_checked("login refused"), seen(Outside((V4,), "top", seen((OutsidePort(V4, 80, OPEN),)))))
    assert (row.verdict, row.reason) == (Exposure.OPEN, "login refused")


def test_without_an_outside_view_exposure_is_unknown_with_its_reason() -> None:
    (row,) = join(seen((Listener("tcp", "0.0.0.0", 80, "nginx"),)), not_checked("this machine has no outside view"))
    assert (row.verdict, row.reason, row.process) == (Exposure.UNKNOWN, "this machine has no outside view", "nginx")
    (row,) = join(seen((Listener("udp", "0.0.0.0", 53, "named"),)), not_checked(""))
    assert row.verdict is Exposure.UNKNOWN
    assert "UDP" in row.reason


@pytest.mark.parametrize(
    ("bound", "lacking", "open_before", "verdicts"),
    [
        (["0.0.0.0", "::"], "", (), [Exposure.FIREWALLED, Exposure.UNKNOWN]),
        (["0.0.0.0", "::"], "", (3306,), [Exposure.FIREWALLED, Exposure.UNSEEN]),
        # It was rebound or stopped: a look from inside that saw everything settles it.
        (["127.0.0.1", "::1"], "", (3306,), [Exposure.LOCAL, Exposure.LOCAL]),
        ([], "", (3306,), []),
        ([], "the list was cut", (3306,), [Exposure.UNSEEN]),
    ],
)
def test_what_was_open_where_there_is_no_route_now_is_not_called_shut(
    bound: list[str], lacking: str, open_before: tuple[int, ...], verdicts: list[Exposure]
) -> None:
    listeners = Attempt(tuple(Listener("tcp", address, 3306, "mariadbd") for address in bound), lacking)
    tried: tuple[OutsidePort, ...] = (OutsidePort(V4, 3306, FILTERED),)
    those = join(listeners, seen(Outside((V4,), "guided", seen(tried), unrouted=(Unrouted(V6, open_before),))))
    assert [row.verdict for row in those] == verdicts
    assert {row.reason for row in those if row.verdict is Exposure.UNKNOWN} <= {"no IPv6 route from here"}


def test_a_family_without_any_address_seen_is_named_as_a_family() -> None:
    missed = (Unrouted(V6), Unrouted("2001:db8::11"), Unrouted("10.0.0.5"))
    assert unrouted(Outside((V4,), "guided", seen(()), unrouted=missed)) == ("IPv6", "10.0.0.5")
