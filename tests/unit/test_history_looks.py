"""Facts as last seen, and whether a look was whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.history.values import LastKnown
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.facts import Facts, Identity, Packages, Privilege
from schouw.model.finding import NotChecked
from schouw.model.host import Host, Reach
from schouw.model.outside import Outside, Unrouted
from schouw.model.severity import Area, HostState
from schouw.model.summary import Summary
from tests.unit.history_lab import OUTSIDE, START, WEB1, Shelf, facts, finding, inside, unseen


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def _rows(shelf: Shelf, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(shelf.path)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    "look",
    [
        facts(),
        facts(inner=not_checked("web1 hung up")),
        facts(inner=seen(inside(firewall=unseen("needs root"), packages=Attempt(Packages("rpm", ()), "3 rows made no sense")))),
        facts(inner=seen(inside(sshd=absent("it has no sshd")))),
    ],
)
def test_facts_come_back_as_they_were(shelf: Shelf, look: Facts) -> None:
    shelf.scan()
    shelf.scan(look=look)
    assert shelf.history.facts("web1") == look


@pytest.mark.parametrize("outer", [absent("only the inside view was asked for"), not_checked("no address was found")])
def test_an_outside_view_of_before_stays_with_its_age_where_there_is_none_now(shelf: Shelf, outer: Attempt[Outside]) -> None:
    local = facts(outer=outer)
    shelf.scan(look=local)
    assert shelf.history.facts("web1") == local, "there never was one"
    view = replace(OUTSIDE, at=START)
    shelf.scan(look=facts(outer=seen(view)))
    for _ in range(2):
        shelf.scan(look=local)
        known = shelf.history.facts("web1")
        assert known is not None and known.outside == Attempt(view, outer.reason)
    shelf.scan(look=facts(outer=seen(OUTSIDE)))
    assert shelf.history.facts("web1") == facts()


def test_a_look_at_a_part_of_it_leaves_the_age_of_the_host_as_it_was(shelf: Shelf) -> None:
    whole = shelf.scan(look=facts(outer=seen(replace(OUTSIDE, at=START)), at=START))
    part = shelf.scan(look=facts(outer=seen(replace(OUTSIDE, at=START)), at=START + timedelta(hours=1)))
    assert (part.scanned_at, part.tried_at) == (whole.scanned_at, whole.tried_at)
    assert len(shelf.history.scans("web1")) == 2, "it stands in the log all the same"
    again = shelf.scan(look=facts(outer=seen(replace(OUTSIDE, at=START + timedelta(hours=2))), at=START + timedelta(hours=2)))
    assert again.scanned_at == shelf.now != whole.scanned_at


def test_an_unchanged_host_adds_one_row_and_no_copy_of_its_facts(shelf: Shelf) -> None:
    shelf.scan()
    before = _rows(shelf, "select sha256 from blob order by 1")
    shelf.scan()
    assert _rows(shelf, "select sha256 from blob order by 1") == before
    assert _rows(shelf, "select count(*) from scan") == [(2,)]


def test_hosts_with_the_same_facts_share_them_until_the_last_one_changes(shelf: Shelf) -> None:
    web2 = replace(WEB1, name="web2")
    shelf.scan()
    shelf.scan(host=web2)
    shared = _rows(shelf, "select count(*) from blob")
    changed = facts(seen(inside(packages=seen(Packages("dpkg", ())))))
    shelf.scan(look=changed)
    assert _rows(shelf, "select count(*) from blob") == [(int(str(shared[0][0])) + 1,)]
    known = shelf.history.facts("web2")
    assert known is not None
    assert known.inside == facts().inside
    shelf.scan(look=changed, host=web2)
    assert _rows(shelf, "select count(*) from blob") == shared


def test_a_section_that_is_gone_takes_its_content_along_and_may_come_back(shelf: Shelf) -> None:
    shelf.scan()
    whole = _rows(shelf, "select count(*) from blob")
    without = facts(seen(inside(packages=absent("it has no packages"), firewall=not_checked("needs root"))))
    shelf.scan(look=without)
    assert _rows(shelf, "select count(*) from blob") == [(int(str(whole[0][0])) - 2,)]
    known = shelf.history.facts("web1")
    assert known is not None and known.inside == without.inside
    shelf.scan()
    again = shelf.history.facts("web1")
    assert again is not None and again.inside == facts().inside
    assert _rows(shelf, "select count(*) from blob") == whole


def test_a_section_kept_in_another_shape_is_not_checked_and_is_asked_for_again(shelf: Shelf) -> None:
    shelf.scan()
    with closing(sqlite3.connect(shelf.path)) as connection:
        connection.execute("insert into blob (sha256, data) values ('of another version', x'00')")
        connection.execute("update section set sha256 = 'of another version' where name = 'inside.packages'")
        connection.commit()
    known = shelf.history.facts("web1")
    assert known is not None
    assert known.inside.result is not None
    assert known.inside.result.packages.result is None
    assert "scan again" in known.inside.result.packages.reason
    assert "packages" not in known.inside.result.fingerprints
    assert known.inside.result.kernel == inside().kernel


def test_what_is_last_known_is_one_moment_of_all_hosts_and_only_the_sections_asked_for(shelf: Shelf) -> None:
    shelf.scan(finding())
    web1, never = shelf.history.last_known(["web1", "web9"], ["kernel"])
    assert web1.summary == shelf.history.summary("web1") and web1.findings == shelf.history.findings("web1") != ()
    assert web1.facts is not None and web1.facts.inside.result is not None
    assert web1.facts.inside.result.kernel == inside().kernel
    assert web1.facts.inside.result.packages == not_checked("not read")
    assert web1.facts.outside == facts().outside
    assert never == LastKnown(Summary("web9"))


def test_hosts_that_look_alike_share_what_was_read(shelf: Shelf) -> None:
    web2 = replace(WEB1, name="web2")
    shelf.scan()
    shelf.scan(host=web2)
    one, other = shelf.history.facts("web1"), shelf.history.facts("web2")
    assert one is not None and other is not None and one.inside.result is not None and other.inside.result is not None
    assert one.inside.result.packages is other.inside.result.packages


def test_all_seen_is_scanned(shelf: Shelf) -> None:
    summary = shelf.scan()
    assert (summary.state, summary.error) == (HostState.SCANNED, "")
    assert (summary.os, summary.os_id) == ("Debian GNU/Linux 12 (bookworm)", "debian12")


@pytest.mark.parametrize(
    ("host", "look"),
    [
        (replace(WEB1, reach=Reach.LOCAL), facts(outer=not_checked("this machine cannot look at itself from outside"))),
        (replace(WEB1, reach=Reach.OUTSIDE), facts(inner=not_checked("only looked at from outside"))),
        (WEB1, facts(inner=seen(inside(sshd=absent("it has no sshd"))))),
    ],
)
def test_what_cannot_be_had_of_a_host_is_not_lacking(shelf: Shelf, host: Host, look: Facts) -> None:
    assert shelf.scan(look=look, host=host).state is HostState.SCANNED


def test_an_ordinary_account_sees_a_host_in_part_and_learns_why(shelf: Shelf) -> None:
    ordinary = seen(Identity("web1", "joe", Privilege.NONE))
    look = facts(seen(inside(identity=ordinary, firewall=unseen("needs root: allow `nft -s list ruleset` in sudoers"))))
    gap = NotChecked("ports.firewall.none", "", "needs root")
    summary = shelf.scan(look=look, gaps=(gap,))
    assert (summary.state, summary.error_class) == (HostState.PARTIAL, "needs-privilege")
    assert summary.error == "firewall: needs root: allow `nft -s list ruleset` in sudoers"
    assert summary.unchecked == {Area.PORTS: 1}


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (facts(outer=not_checked("no address answers")), "no address answers"),
        (facts(outer=seen(replace(OUTSIDE, blocked="it began to refuse us"))), "it began to refuse us"),
        (facts(outer=seen(replace(OUTSIDE, ports=Attempt(OUTSIDE.ports.result, "out of time")))), "out of time"),
        (facts(outer=seen(replace(OUTSIDE, ssh=(not_checked("no KEXINIT"),)))), "no KEXINIT"),
        (facts(inner=not_checked("the login was refused")), "the login was refused"),
        (facts(inner=seen(inside(updates=unseen("no lists"), origins=unseen("no lists")))), "updates: no lists (and 1 more)"),
    ],
)
def test_a_look_that_lacks_something_is_partial_and_says_what(shelf: Shelf, look: Facts, says: str) -> None:
    summary = shelf.scan(look=look)
    assert (summary.state, summary.error) == (HostState.PARTIAL, says)


def test_the_system_known_before_stays_when_it_was_not_seen(shelf: Shelf) -> None:
    shelf.scan()
    assert shelf.scan(look=facts(inner=not_checked("it hung up"))).os_id == "debian12"


def test_a_family_that_this_machine_cannot_reach_is_not_lacking(shelf: Shelf) -> None:
    dual = seen(replace(OUTSIDE, unrouted=(Unrouted("2001:db8::10", (443,)),)))
    assert shelf.scan(look=facts(outer=dual)).state is HostState.SCANNED
    assert shelf.history.facts("web1") == facts(outer=dual)
    none_at_all = seen(replace(OUTSIDE, addresses=(), ports=not_checked("no route from here to 2001:db8::10")))
    assert shelf.scan(look=facts(outer=none_at_all)).state is HostState.PARTIAL
