"""The deep look within a scan: when it is made, what is kept of it, and how it stands in the history."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schouw.history.completeness import lack
from schouw.model.attempt import Attempt, absent, not_checked, seen
from schouw.model.deep import DeepLook
from schouw.model.finding import NotChecked
from schouw.model.host import Host, Reach, TlsPort
from schouw.model.outside import PortState
from schouw.model.protocol import Protocol
from schouw.model.severity import Area, HostState
from schouw.model.summary import Summary
from schouw.model.tls import TlsOffer, TlsVersion
from schouw.probe.budget import Budget
from schouw.probe.deep.plan import endpoints, log_lines
from schouw.scan.deep import carry, deepen
from schouw.scan.engine import DEEP
from schouw.scan.events import SweepDone
from schouw.scan.live import LiveLooker
from schouw.scan.look import Look
from schouw.scan.schedule import look_for
from schouw.transport import open_transport
from tests.unit.deep_facts import OFFER, chain, deep_look, endpoint, looked, offer, tls_facts, tls_outside
from tests.unit.deep_lab import Pair, fake, s_server, sslyze
from tests.unit.facts import ADDRESS, HOST, NOW, facts, inside, met
from tests.unit.history_lab import Shelf
from tests.unit.scan_support import Scripted, running, some_hosts, until_done
from tests.unit.transport_lab import Home

WEB, MAIL = endpoint(443), endpoint(587, Protocol.SUBMISSION)
DAY = 86400.0


# -- which endpoints -------------------------------------------------------------------------------


def test_what_speaks_no_tls_is_left_alone() -> None:
    nothing = seen(replace(OFFER, versions={version: seen(False) for version in TlsVersion}))
    unknown: Attempt[TlsOffer] = not_checked("the server closed after 5 connections")
    view = replace(
        tls_outside(),
        tls=(offer(WEB), offer(endpoint(80), nothing), offer(endpoint(8080), absent("no TLS")), offer(MAIL, unknown)),
    )
    assert endpoints(view) == (WEB, MAIL)


def test_addresses_that_offer_the_same_are_asked_once() -> None:
    other = endpoint(443, address="2001:db8::7", name="www.example.nl")
    elsewhere = endpoint(443, address="198.51.100.8")
    different = seen(replace(OFFER, groups=seen(("X25519MLKEM768",))))
    view = replace(tls_outside(), tls=(offer(WEB), offer(other), offer(elsewhere, different)))
    assert endpoints(view) == (WEB, elsewhere)


def test_a_listener_that_was_looked_at_twice_is_asked_once() -> None:
    full = seen(replace(OFFER, depth="full", groups=seen(("X25519", "secp256r1"))))
    assert endpoints(replace(tls_outside(), tls=(offer(WEB), offer(WEB, full)))) == (WEB,)


def test_a_name_is_better_than_none() -> None:
    named = endpoint(443, name="www.example.nl")
    assert endpoints(replace(tls_outside(), tls=(offer(WEB), offer(named)))) == (named,)


def test_the_lines_in_a_log_depend_on_who_writes_it() -> None:
    assert log_lines(WEB, ["nginx"]) == 1
    assert log_lines(MAIL, ["smtpd master"]) == log_lines(MAIL, ["master"]) > log_lines(MAIL) > log_lines(MAIL, ["dovecot"]) > 40


# -- made, and kept --------------------------------------------------------------------------------


async def test_it_is_made_at_what_the_light_look_found(tmp_path: Path) -> None:
    pair = Pair.make(tmp_path)
    steps: list[tuple[str, int, int]] = []
    async with s_server(pair, "-www", "-tls1_3") as port:
        view = tls_outside(also=(endpoint(port, address="127.0.0.1"),))
        deep = await deepen(HOST, view, sslyze(), Budget(6000), lambda *step: steps.append(step))
    (one,) = deep.deep
    assert one.attempt.result is not None and one.attempt.result.chains.result is not None
    assert one.at.tzinfo is not None and steps[-1] == ("deep look", 1, 1)


async def test_a_scan_makes_it_when_it_is_asked_to_and_keeps_it_after(tmp_path: Path) -> None:
    looker = LiveLooker(open_transport({}, Home(tmp_path / "home").around()), sslyze())
    try:
        async with s_server(Pair.make(tmp_path), "-www", "-tls1_3") as port:
            host = Host(
                name="cdn",
                address="127.0.0.1",
                reach=Reach.OUTSIDE,
                tls=(TlsPort(port, Protocol.HTTPS),),
                connections_per_minute=6000,
            )
            first = await looker.look(host, Look.DEEP, None, lambda *_: None)
            then = await looker.look(host, Look.NORMAL, first, lambda *_: None)
    finally:
        await looker.close()
    assert first.outside.result is not None and then.outside.result is not None
    (deep,) = (one for one in first.outside.result.deep if one.endpoint.port == port)
    assert deep.attempt.result is not None and deep.attempt.result.heartbleed.result is False
    assert deep in then.outside.result.deep


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (Host(name="web1", address="192.0.2.1"), "web1"),
        (Host(name="web1", address="www.example.nl"), "www.example.nl"),
        (Host(name="192.0.2.1"), "192.0.2.1"),
    ],
)
async def test_a_name_is_asked_for_also_where_an_endpoint_has_none(tmp_path: Path, host: Host, name: str) -> None:
    script = fake(tmp_path, f"open('{tmp_path}/asked', 'w').write(ask())", "sys.exit(1)")
    await deepen(host, tls_outside(also=(WEB,)), script, Budget(6000), lambda *_: None)
    assert f'"hostname":"{name}","ip_address":"{ADDRESS}"' in (tmp_path / "asked").read_text()


@pytest.mark.parametrize("name", ["a..b", "my_shop.example.nl", "*.example.nl", "x" * 70, "-\x1b[31m", "ü" * 80])
async def test_what_is_no_name_is_not_asked_for(tmp_path: Path, name: str) -> None:
    script = fake(tmp_path, f"open('{tmp_path}/asked', 'w').write(ask())", "sys.exit(1)")
    for host, asked in ((HOST, "web1"), (Host(name="web_1", address="192.0.2.1"), ADDRESS)):
        await deepen(host, tls_outside(also=(endpoint(443, name=name),)), script, Budget(6000), lambda *_: None)
        assert f'"hostname":"{asked}",' in (tmp_path / "asked").read_text()


async def test_a_host_that_blocks_us_is_not_asked() -> None:
    view = tls_outside(also=(WEB,), blocked="we are probably being blocked: …")
    assert await deepen(HOST, view, None, Budget(6000), lambda *_: None) == view


def test_a_look_that_is_not_deep_keeps_the_last_deep_one_with_its_age() -> None:
    old = replace(looked(WEB), at=NOW - timedelta(days=20))
    assert carry(tls_outside(also=(WEB,)), tls_facts(tls_outside(old))).deep == (old,)


def test_what_is_gone_or_failed_is_not_kept() -> None:
    gone, moved, failed = looked(MAIL), looked(endpoint(443, address="192.0.2.99")), looked(WEB, not_checked("it died"))
    now = replace(tls_outside(also=(WEB,)), ports=seen((met(443), met(587, PortState.CLOSED))))
    assert carry(now, tls_facts(tls_outside(gone, moved, failed))).deep == ()
    assert carry(now, None).deep == () == carry(now, facts(without="no route")).deep


def test_a_port_that_is_silent_now_may_only_be_hiding_from_us() -> None:
    now = replace(tls_outside(), ports=seen((met(443, PortState.FILTERED),)))
    assert carry(now, tls_facts(tls_outside(looked(WEB)))).deep == (looked(WEB),)


# -- in the history --------------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "history.db")
    yield shelf
    shelf.history.close()


def test_it_comes_back_as_it_was(shelf: Shelf) -> None:
    partly = looked(WEB, found=seen(deep_look(robot=not_checked("the server wants a client certificate"), chains=(chain(),))))
    look = tls_facts(tls_outside(partly, looked(MAIL, not_checked("it died"))), inside())
    shelf.scan(look=replace(look, host="web1"))
    assert shelf.history.facts("web1") == replace(look, host="web1")


def test_a_deep_look_that_was_asked_for_and_not_made_is_lacking() -> None:
    missing: Attempt[DeepLook] = not_checked("sslyze is not installed; run: schouw sslyze install")
    both = lack(HOST, tls_facts(tls_outside(looked(WEB, missing), looked(MAIL, missing)), inside()))
    assert both.reasons == ("sslyze is not installed; run: schouw sslyze install",)
    for fine in (looked(WEB), looked(WEB, absent("sslyze does not know how to begin TLS with sieve"))):
        assert lack(HOST, tls_facts(tls_outside(fine), inside())).reasons == ()


def test_what_nobody_asked_for_is_said_and_not_held_against_a_host(shelf: Shelf) -> None:
    asked = NotChecked("crypto.ssh.kex", "", "needs root")
    unasked = NotChecked("crypto.tls.heartbleed", "", "only a deep look can tell", unasked=True)
    assert shelf.scan(gaps=(asked, unasked)).unchecked == {Area.CRYPTO: 1}
    assert shelf.history.not_checked("web1") == (asked, unasked)


# -- when ------------------------------------------------------------------------------------------


def last(days: float) -> Summary:
    then = NOW - timedelta(days=days)
    return Summary("web1", HostState.SCANNED, scanned_at=then, tried_at=then)


def test_a_schedule_of_its_own_and_never_without_one() -> None:
    never = Host(name="web1", sweep_all_ports=0)
    monthly = replace(never, deep=30 * DAY)
    assert look_for(never, last(400), NOW) is Look.NORMAL
    assert look_for(monthly, last(31), NOW) is Look.DEEP
    assert look_for(monthly, last(0), NOW) is Look.NORMAL
    assert look_for(monthly, None, NOW) is Look.NORMAL


def test_where_both_are_due_the_rarer_one_is_made() -> None:
    both = Host(name="web1", sweep_all_ports=7 * DAY, deep=30 * DAY)
    assert look_for(both, last(31), NOW) is Look.DEEP
    assert look_for(replace(both, deep=DAY), last(31), NOW) is Look.ALL_PORTS


async def test_looks_that_do_not_include_each_other_follow_each_other(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        await engine.submit(some_hosts("a"))
        await looker.entered.wait()
        for look in (Look.DEEP, Look.ALL_PORTS, Look.DEEP, Look.NORMAL):
            sweep = await engine.submit(some_hosts("a"), look)
        looker.hold["a"].set()
        await until_done(events, sweep)
    assert looker.wanted == [Look.NORMAL, Look.DEEP, Look.ALL_PORTS]


async def test_deep_looks_wait_for_each_other_and_for_nobody_else(tmp_path: Path) -> None:
    looker, names = Scripted(), [f"h{number}" for number in range(DEEP + 3)]
    looker.hold = {name: asyncio.Event() for name in names}
    async with running(tmp_path, looker) as engine:
        events = engine.watch()
        sweep = await engine.submit(some_hosts(*names), Look.DEEP)
        other = await engine.submit(some_hosts("other"))
        await until_done(events, other)
        assert len(looker.running) == DEEP
        for held in looker.hold.values():
            held.set()
        assert SweepDone(sweep) in await until_done(events, sweep)
    assert looker.wanted.count(Look.DEEP) == DEEP + 3


async def test_cancelling_forgets_what_was_still_to_come(tmp_path: Path) -> None:
    looker = Scripted()
    looker.hold["a"] = asyncio.Event()
    async with running(tmp_path, looker) as engine:
        await engine.submit(some_hosts("a"))
        await looker.entered.wait()
        await engine.submit(some_hosts("a"), Look.DEEP)
        await engine.cancel(["a"])
        assert not engine.busy
    assert looker.wanted == [Look.NORMAL]
