"""Whether something is really off: what each side shows, and never more than was looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schouw.checks.switched_off import switched_off
from schouw.model.attempt import not_checked, seen
from schouw.model.outside import PortState, Unrouted
from schouw.model.phaseout import What
from tests.unit.facts import ADDRESS, facts, met, outside
from tests.unit.tls_facts import T10, T12, block, daemon, looked, offer, plain, view, within

DOVECOT_ON = daemon("dovecot", "2.3.19", block((143,), "optional", plain_login=True, file="/etc/dovecot/dovecot.conf", line=7))
DOVECOT_OFF = daemon("dovecot", "2.3.19", block((143,), "required", plain_login=False))
SHUT = outside(met(143, PortState.CLOSED), met(110, PortState.CLOSED))


@pytest.mark.parametrize(
    ("without", "inner", "outer_off", "inner_off"),
    [
        (view(looked(plain(login=True), 143)), within(DOVECOT_ON), False, False),
        (view(looked(plain(), 143)), within(DOVECOT_OFF), True, True),
        (view(looked(plain(login=True), 143)), within(DOVECOT_OFF), False, True),  # not reloaded, or another server
        (view(looked(plain(), 143)), within(DOVECOT_ON), True, False),
        (SHUT, within(), True, True),
        (SHUT, within(DOVECOT_ON), True, False),  # one firewall rule away
        (view(looked("it hung up", 143)), within(DOVECOT_OFF), None, True),
        (view(looked(plain(login=not_checked("it said nothing")), 143)), within(DOVECOT_OFF), None, True),
        (outside(met(143)), within(DOVECOT_OFF), None, True),  # open, and nobody asked
        (outside(), within(), None, True),  # no port of it was tried
        ("not looked at from here", within(DOVECOT_OFF), None, True),
        (SHUT, "login refused", True, None),
        (SHUT, within(dovecot=not_checked("needs root")), True, None),
        (SHUT, within(daemon("dovecot", "2.3", block((143,), None))), True, None),
    ],
)  # fmt: skip
def test_each_side_by_itself(without: Any, inner: Any, outer_off: bool | None, inner_off: bool | None) -> None:
    off = switched_off(What.PLAINTEXT, ("imap", "pop3"), facts(inner, without))
    assert (off.outside.off, off.inside.off) == (outer_off, inner_off), off
    assert off.verified is (outer_off is True and inner_off is True)
    for said in (off.outside, off.inside):
        assert said.off is True or said.words


def test_what_is_still_on_is_said_with_port_and_line() -> None:
    inner = within(replace(DOVECOT_ON, blocks=(*DOVECOT_ON.blocks, replace(DOVECOT_ON.blocks[0], ports=(110,)))))
    off = switched_off(What.PLAINTEXT, ("imap", "pop3"), facts(inner, view(looked(plain(login=True), 143))))
    assert off.outside.words == "143: passwords are taken before TLS"
    assert off.inside.words == "110 and 143: dovecot takes passwords before TLS (/etc/dovecot/dovecot.conf:7)"


def test_a_server_that_is_not_known_here_is_not_taken_for_off() -> None:
    inner = within(daemon("proftpd", "1.3.8", block((21,), "required", plain_login=False)))
    inner = replace(inner, proftpd=within().proftpd)  # it listens, and has no configuration that we read
    off = switched_off(What.PLAINTEXT, ("ftp",), facts(inner, view(looked(plain(), 21))))
    assert off.inside.off is None and "no configuration that is known here" in off.inside.words
    altogether = switched_off(What.ALL, ("ftp",), facts(inner, view(looked(plain(), 21))))
    assert (altogether.outside.off, altogether.inside.off) == (False, False)


def test_an_address_without_a_route_is_said_and_one_that_was_open_is_not_off() -> None:
    never = replace(SHUT, unrouted=(Unrouted("2001:db8::1"),))
    off = switched_off(What.PLAINTEXT, ("imap",), facts(within(), never))
    assert off.outside.off is True and "no route" in off.outside.words
    before = replace(SHUT, unrouted=(Unrouted("2001:db8::1", (143,)),))
    assert switched_off(What.PLAINTEXT, ("imap",), facts(within(), before)).outside.off is None


def test_who_refuses_us_shows_nothing() -> None:
    off = switched_off(What.PLAINTEXT, ("imap",), facts(within(), replace(SHUT, blocked="it refuses us")))
    assert off.outside.off is None and off.outside.words == "it refuses us"


def test_old_tls_by_what_is_agreed_and_what_the_lines_allow() -> None:
    lines = {"ssl_min_protocol": ("TLSv1", "/etc/dovecot/dovecot.conf:3"), "ssl_cipher_list": "ALL:@SECLEVEL=0"}
    old = within(daemon("dovecot", "2.3.19", block((993,), "implicit", settings=lines)))
    on = switched_off(What.OLD_TLS, ("imap",), facts(old, view(looked(offer(T10, T12), 993))))
    assert on.outside.words == "993: TLS 1.0 taken" and on.inside.words.startswith("993: dovecot allows TLS 1.0 and 1.1")
    new = within(daemon("dovecot", "2.3.19", block((993,), "implicit", settings={"ssl_min_protocol": "TLSv1.2"})))
    assert switched_off(What.OLD_TLS, ("imap",), facts(new, view(looked(offer(), 993)))).verified
    unknown = view(looked(offer(T12, unknown={T10: "it hung up"}), 993))
    assert switched_off(What.OLD_TLS, ("imap",), facts(new, unknown)).outside.off is None


def test_mail_between_servers_stays_when_submission_goes_altogether() -> None:
    inner = within(daemon("postfix", "3.7", block((25,), "optional", plain_login=False)))
    shown = replace(view(looked(plain(), 25)), ports=seen((met(25), met(587, PortState.CLOSED), met(465, PortState.CLOSED))))
    assert switched_off(What.ALL, ("smtp",), facts(inner, shown)).verified
    assert ADDRESS in {one.address for one in shown.ports.result or ()}
