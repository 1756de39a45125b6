"""How little `r` looks at, for each kind of row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schouw.checks import judge
from schouw.model.attempt import seen
from schouw.model.facts import Facts
from schouw.model.finding import NotChecked, TrackedFinding
from schouw.model.protocol import Protocol
from schouw.model.severity import FindingState
from schouw.scan.look import Look
from schouw.views import endpoints, offers
from schouw.views.again import WHOLE, again, ssh
from tests.tui.fleet import tracked
from tests.unit.facts import HOST, NOW, facts, outside
from tests.unit.facts import offer as ssh_offer
from tests.unit.tls_facts import T10, T12, endpoint, looked, offer, plain, served, view, within

OLD = served("www.example.nl", days=3)
SEEN = view(
    looked(offer(T10, T12), 443, "www.example.nl"),
    looked(offer(), 143),
    looked(offer(), 993),
    looked(plain(login=True), 143),
    looked(plain(login=True), 110),
    looked(plain(tls=False, login=True), 21),
    looked(plain(login=True), 25),
    looked(plain(login=True), 587),
    looked(OLD, 443, "www.example.nl"),
    looked(OLD, 443, "shop.example.nl"),
    looked(served("b.example.nl"), 443, "b.example.nl"),
)
FACTS = facts(within(), SEEN)


def finding(key: str, those: Facts = FACTS) -> TrackedFinding:
    return tracked(next(one for one in judge(those, HOST, NOW).findings if one.key == key), FindingState.OPEN)


def ports(key: str) -> tuple[Look, list[int], str]:
    wish = again(finding(key), FACTS)
    return wish.look, [one.port for one in wish.only], wish.words


def test_rows_are_looked_at_alone() -> None:
    for row in endpoints.rows(FACTS, HOST):
        assert again(row, FACTS).only == (row.endpoint,)
    (name,) = (row for row in endpoints.rows(FACTS, HOST) if row.endpoint.name == "b.example.nl")
    assert again(name, FACTS).words == "443/tcp as b.example.nl"
    wish = again(offers.rows(FACTS)[0], FACTS)
    assert (wish.look, wish.only) == (Look.BEFORE_TLS, (endpoint(21, protocol=Protocol.FTP),))


@pytest.mark.parametrize(
    ("key", "look", "wanted", "words"),
    [
        ("crypto.tls.protocol:443/tcp", Look.ENDPOINT, [443], "443/tcp as www.example.nl"),
        ("crypto.mail.plaintext_login:mailboxes", Look.BEFORE_TLS, [143, 110], "143/tcp, 110/tcp before TLS"),
        ("crypto.mail.plaintext_login:smtp", Look.BEFORE_TLS, [25, 587], "25/tcp, 587/tcp before TLS"),
        ("crypto.ftp.plaintext:ftp", Look.BEFORE_TLS, [21], "21/tcp before TLS"),
    ],
)
def test_a_finding_is_looked_for_where_it_is(key: str, look: Look, wanted: list[int], words: str) -> None:
    assert ports(key) == (look, wanted, words)


def test_a_certificate_is_looked_at_under_all_names_that_show_it() -> None:
    wish = again(finding("crypto.cert.expiry:shop.example.nl"), FACTS)
    assert [one.name for one in wish.only] == ["www.example.nl", "shop.example.nl"]
    assert wish.words == "443/tcp as 2 names"


def test_ssh_is_looked_at_alone() -> None:
    weak = facts(without=outside(ssh=(seen(ssh_offer(ciphers="aes128-cbc,3des-cbc")),)))
    assert again(finding("crypto.ssh.cipher:22/tcp", weak), weak).look is Look.SSH
    assert ssh(weak).look is Look.SSH
    assert ssh(replace(weak, outside=facts(None, "no route").outside)) == WHOLE


def test_all_else_takes_the_whole_host() -> None:
    assert again(finding("crypto.tls.protocol:443/tcp"), None) == WHOLE
    assert again(finding("crypto.tls.protocol:443/tcp"), facts(within(), "no route")) == WHOLE
    other = finding("crypto.tls.protocol:443/tcp")
    assert again(replace(other, finding=replace(other.finding, check="ports.service.exposed")), FACTS) == WHOLE
    assert again(replace(other, finding=replace(other.finding, subject="8443/tcp")), FACTS) == WHOLE
    assert again(NotChecked("crypto.tls.protocol", "443/tcp", "it fell silent"), FACTS) == WHOLE
    assert again(None, FACTS) == WHOLE
