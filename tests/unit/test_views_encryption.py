"""TLS endpoints, mail and FTP offers, and findings over the fleet, as plain lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schouw.history import History
from schouw.model.attempt import absent, not_checked, seen
from schouw.model.facts import Facts
from schouw.model.host import Host, Profiles
from schouw.model.severity import FindingState
from schouw.views import endpoints, hostpage, offers
from schouw.views.endpoint_detail import endpoint_detail
from schouw.views.pivot import kind_detail, kind_line, kinds, on_detail, on_line
from schouw.views.segments import Line, line_width, plain
from tests.tui.fleet import SOME, summary, tracked
from tests.unit.facts import HOST, NOW, facts
from tests.unit.tls_facts import (
    CBC,
    INTERMEDIATE,
    T10,
    T12,
    T13,
    block,
    certificate,
    chain,
    daemon,
    looked,
    offer,
    served,
    view,
    within,
)
from tests.unit.tls_facts import plain as said

WWW = "www.example.nl"
NGINX = daemon(
    "nginx", "1.22.1", block((443,), names=(WWW,), settings={"ssl_protocols": ("TLSv1 TLSv1.2", "/etc/nginx/shop:14")})
)


def of(*looks: Any, inner: Any = None, **more: Any) -> Facts:
    return facts(inner or within(), view(*looks, **more))


def lines(those: Facts, cells: int = 80, host: Host = HOST) -> list[str]:
    return [plain(endpoints.endpoint_line(row, cells, NOW, False)).rstrip() for row in endpoints.rows(those, host)]


def detail(those: Facts, number: int = 0, cells: int = 80, host: Host = HOST) -> str:
    return text(endpoint_detail(endpoints.rows(those, host)[number], cells, NOW))


def text(some: list[Line]) -> str:
    return "\n".join(plain(line) for line in some)


ALL = of(
    looked(offer(T10, T12, T13, suites=("TLS_AES_256_GCM_SHA384", CBC)), 443, WWW),
    looked(served(WWW, days=3), 443, WWW),
    looked(chain(certificate("b.nl", alone=True, days=-9), trusted=False, why_not="self-signed"), 443, "b.nl"),
    looked(offer(), 143),
    looked(said(login=True), 143),
    looked(said(tls=False, login=True, greeting="220 (vsFTPd 3.0.3)"), 21),
    looked("the server closed after 5 connections", 993),
    inner=within(NGINX),
)


def test_a_listener_comes_first_then_the_other_names_on_it() -> None:
    assert lines(ALL) == [
        " ! 21    ftp        no TLS                            198.51.100.7",
        " ! 143   imap       1.2· 1.3+                         198.51.100.7",
        " ! 443   https      1.0! 1.2· 1.3+      3d            www.example.nl",
        " ·                                      expired 9d !  b.nl",
        " ? 993   imaps      not checked                       198.51.100.7",
    ]


def test_where_there_is_room_suites_are_counted_and_post_quantum_is_said() -> None:
    assert lines(ALL, 110)[2] == " ! 443   https      1.0! 1.2· 1.3+      1+ 1!    ML-KEM 3d            www.example.nl"


@pytest.mark.parametrize("cells", [40, 48, 60, 80, 96, 140])
def test_lines_fit(cells: int) -> None:
    for row in endpoints.rows(ALL, HOST):
        assert line_width(endpoints.endpoint_line(row, cells, NOW, True)) == cells
        assert max(line_width(line) for line in endpoint_detail(row, cells, NOW)) <= cells
    for said_row in offers.rows(ALL):
        assert line_width(offers.offer_line(said_row, cells, NOW, True)) == cells
        assert max(line_width(line) for line in offers.offer_detail(said_row, cells, NOW)) <= cells


def test_levels_are_those_of_the_profile_that_the_host_is_held_to() -> None:
    assert "1.0· 1.2· 1.3·" in lines(ALL, host=replace(HOST, profiles=Profiles(web="mozilla-old")))[2]
    assert "judged by Mozilla old 5.8, web" in detail(ALL, 2, host=replace(HOST, profiles=Profiles(web="mozilla-old")))


def test_everything_that_is_known_of_an_endpoint_stands_in_its_matrix() -> None:
    shown = detail(ALL, 2)
    for words in (
        "443/tcp https on 198.51.100.7 as www.example.nl",
        "light look, 8 connections",
        "  ! TLSv1.0",
        "  – TLSv1.1  refused",
        f"  ! 1.2   {CBC}",
        "  + X25519MLKEM768",
        "1 CN=www.example.nl",
        "3 days left",
        "· EC secp256r1   + sha256",
        "2026-08-29 to 2026-11-27",
        "+ trusted by this machine",
        "nginx 1.22.1 · OpenSSL 3.0.17 · server",
        "  ssl_protocols TLSv1 TLSv1.2",
        "    /etc/nginx/shop:14",
    ):
        assert words in shown, words
    assert "! not trusted by this machine: self-signed" in detail(ALL, 3)
    assert "? the server closed after 5 connections" in detail(ALL, 4)


def test_a_narrow_place_keeps_the_value_and_drops_what_stands_behind_it() -> None:
    assert CBC in detail(ALL, 2, 48)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (offer(unknown={T12: "it fell silent"}), "? TLSv1.2  it fell silent"),
        (offer(lacking="the server closed after 5 connections"), "? the server closed after 5 connections"),
        (offer(groups=not_checked("no group was tried")), "? no group was tried"),
        (absent("it speaks no TLS"), "  it speaks no TLS"),
    ],
)
def test_what_is_not_known_is_said_where_it_would_stand(changed: Any, words: str) -> None:
    assert words in detail(of(looked(changed)))


def test_trust_that_could_not_be_told() -> None:
    unclear = chain(certificate(WWW), INTERMEDIATE, trusted=not_checked("no store of authorities here"))
    assert "? no store of authorities here" in detail(of(looked(unclear, 443, WWW)))


def test_mail_and_ftp_before_tls_with_the_lines_they_are_set_up_with() -> None:
    line = {"ssl_enable": ("NO", "/etc/vsftpd.conf:9")}
    blocks = [block((port,), "none", label, settings=line) for port, label in ((21, "vsftpd.conf"), (990, "other.conf"))]
    vsftpd = daemon("vsftpd", "3.0.3", *blocks)
    configured = replace(ALL, inside=seen(within(vsftpd)))
    ftp, imap = offers.rows(configured)
    assert [plain(offers.offer_line(row, 80, NOW, False)).rstrip() for row in (ftp, imap)] == [
        " ! 21    ftp        no TLS  takes passwords  0s ago   198.51.100.7",
        " ! 143   imap       TLS     takes passwords  0s ago   198.51.100.7",
    ]
    shown = text(offers.offer_detail(ftp, 80, NOW))
    for words in ("21/tcp ftp   on 198.51.100.7", "! TLS offered", "220 (vsFTPd 3.0.3)", "! password taken", "ssl_enable NO"):
        assert words in shown
    assert hostpage.items(hostpage.MAIL, (), (), frozenset(), of(looked(offer()))) == []


def test_where_nothing_was_asked_the_lines_of_mail_and_ftp_are_shown_all_the_same() -> None:
    line = {"ssl_enable": ("NO", "/etc/vsftpd.conf:9")}
    blocks = [block((port,), "none", label, settings=line) for port, label in ((21, "vsftpd.conf"), (990, "other.conf"))]
    (row,) = offers.rows(facts(within(daemon("vsftpd", "3.0.3", *blocks)), "no route"))
    assert plain(offers.offer_line(row, 40, NOW, True)).startswith("▸? 21,990           not checked")
    shown = text(offers.offer_detail(row, 80, NOW))
    assert "? not looked at from outside: no route" in shown
    assert shown.count("ssl_enable NO") == 1, "blocks with the same settings are one"
    assert "vsftpd.conf, other.conf" in shown


def test_the_tab_without_endpoints_says_why() -> None:
    known, unseen = summary("web1"), facts(within(), "no route")
    assert "no TLS endpoint is known" in plain(hostpage.nothing(hostpage.TLS, (), known, of()))
    assert "? not looked at from outside: no route" in plain(hostpage.nothing(hostpage.TLS, (), known, unseen))
    assert "no mail or FTP service is known" in plain(hostpage.nothing(hostpage.MAIL, (), known, of()))
    assert hostpage.items(hostpage.TLS, SOME, (), frozenset(), None, HOST) == []


# -- findings over the fleet -----------------------------------------------------------------------

FLEET = {
    "web10": (SOME[0], SOME[4]),
    "web2": (tracked(SOME[0].finding, FindingState.NEW), SOME[1]),
    "mail1": (tracked(SOME[0].finding, FindingState.ACCEPTED), tracked(SOME[4].finding, FindingState.FIXED)),
}


def test_the_worst_kinds_come_first_and_hosts_in_their_natural_order() -> None:
    made = kinds(FLEET, ("web10", "web2", "mail1"))
    assert [(kind.check, kind.hosts) for kind in made] == [
        ("ports.exposed.database", ("web2",)),
        ("crypto.ssh.cipher", ("web2", "web10")),
        ("hardening.ssh.x11", ("web10",)),
    ]
    assert made[1].accepted == 1
    assert [kind.check for kind in kinds(FLEET, ("mail1",))] == []


@pytest.mark.parametrize("cells", [50, 68, 80, 120])
def test_rows_of_kinds_and_hosts_fit(cells: int) -> None:
    (_, kind, _) = kinds(FLEET, tuple(FLEET))
    line = plain(kind_line(kind, cells, True))
    assert line_width(kind_line(kind, cells, True)) == cells
    assert line.startswith("▸H crypto") and "2 hosts" in line and "1 new" in line
    assert line_width(on_line(kind.on[0], cells, NOW, True)) == cells
    assert max(line_width(one) for one in kind_detail(kind, cells) + on_detail(kind.on[0], cells, NOW)) <= cells


def test_a_kind_says_where_it_is_and_how_it_is_fixed_there() -> None:
    (_, kind, _) = kinds(FLEET, tuple(FLEET))
    shown = text(kind_detail(kind, 60))
    for words in ("SSH: weak ciphers", "H2", "On 2 hosts", "web2, web10", "1 more accepted", "Fix there"):
        assert words in shown


def test_the_history_gives_all_hosts_at_once(tmp_path: Any) -> None:
    from datetime import timedelta

    from schouw.checks import judge

    history = History.open(tmp_path / "h.db")
    for name, one in (("a", looked(offer(T10, T12))), ("b", looked(offer()))):
        made = replace(of(one), host=name)
        host = replace(HOST, name=name)
        history.record(host, made, judge(made, host, NOW), NOW, NOW + timedelta(seconds=1))
    found = history.everything()
    assert {"crypto.tls.protocol:443/tcp"} <= {one.key for one in found["a"]} - {one.key for one in found["b"]}
    assert found["a"] == tuple(one for one in history.findings("a") if one.state is not FindingState.FIXED)
    history.close()
