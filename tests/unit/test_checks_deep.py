"""What a deep look saw, judged: one finding a service or certificate, and never a "no" where nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schouw.model.attempt import absent, not_checked, seen
from schouw.model.deep import Chain, DeepLook, Oracle, Renegotiation, Staple
from schouw.model.finding import Finding, NotChecked
from schouw.model.outside import Outside
from schouw.model.protocol import Protocol
from schouw.model.severity import Severity
from schouw.model.tls import Endpoint, Looked
from tests.unit import tls_facts as tls
from tests.unit.deep_facts import STORES, chain, endpoint, looked, tls_outside, trusted
from tests.unit.facts import HOST, NOW, facts, judge

WEB, SUBMISSION, SMTPS = endpoint(443), endpoint(587, Protocol.SUBMISSION), endpoint(465, Protocol.SMTPS)
DEEP = {
    "crypto.tls.heartbleed", "crypto.tls.ccs_injection", "crypto.tls.robot", "crypto.tls.renegotiation",
    "crypto.tls.client_renegotiation", "crypto.tls.compression", "crypto.tls.fallback", "crypto.tls.early_data",
    "crypto.tls.extended_master_secret", "crypto.cert.stores", "crypto.cert.staple",
}  # fmt: skip


def found(*looks: Looked[DeepLook], inner: Any = None, view: Outside | None = None) -> dict[str, Finding]:
    """By key, without what the light look says."""
    verdict = judge(facts(inner or tls.within(), view or tls_outside(*looks)), HOST, NOW)
    return {one.key.removeprefix("crypto."): one for one in verdict.findings if one.check in DEEP}


def gaps(view: Outside) -> list[NotChecked]:
    return [one for one in judge(facts(tls.within(), view), HOST, NOW).not_checked if one.check in DEEP]


def only(found: dict[str, Finding]) -> tuple[str, Finding]:
    ((key, finding),) = found.items()
    return key, finding


def test_a_server_in_good_order_has_nothing() -> None:
    assert found(looked(WEB), looked(SUBMISSION)) == {} and gaps(tls_outside(looked(WEB))) == []


@pytest.mark.parametrize(
    ("answer", "key", "severity"),
    [
        ({"heartbleed": True}, "tls.heartbleed:443/tcp", Severity.CRITICAL),
        ({"ccs_injection": True}, "tls.ccs_injection:443/tcp", Severity.HIGH),
        ({"robot": Oracle.STRONG}, "tls.robot:443/tcp", Severity.HIGH),
        ({"robot": Oracle.WEAK}, "tls.robot:443/tcp", Severity.MEDIUM),
        ({"renegotiation": Renegotiation(False, 0)}, "tls.renegotiation:443/tcp", Severity.HIGH),
        ({"renegotiation": Renegotiation(True, 10)}, "tls.client_renegotiation:443/tcp", Severity.LOW),
        ({"compression": True}, "tls.compression:443/tcp", Severity.HIGH),
        ({"fallback_scsv": False}, "tls.fallback:443/tcp", Severity.LOW),
        ({"early_data": True}, "tls.early_data:443/tcp", Severity.LOW),
        ({"extended_master_secret": False}, "tls.extended_master_secret:443/tcp", Severity.LOW),
    ],
)
def test_each_answer_is_one_finding(answer: dict[str, Any], key: str, severity: Severity) -> None:
    that, finding = only(found(looked(WEB, **answer)))
    assert (that, finding.severity) == (key, severity)
    assert "443" in finding.title and "sslyze 6.3.1, 2026-11-24" in finding.evidence.outside
    assert finding.fix.endswith("then look deep again: D, or schouw scan web1 --deep")
    assert finding.impact


def test_a_limit_on_renegotiations_is_all_that_is_asked_for() -> None:
    assert found(looked(WEB, renegotiation=Renegotiation(True, 3))) == {}


def test_only_browsers_fall_back_and_only_they_can_be_made_to_guess() -> None:
    assert found(looked(SUBMISSION, fallback_scsv=False)) == {}
    _, finding = only(found(looked(SUBMISSION, compression=True)))
    assert finding.severity is Severity.MEDIUM


def test_ports_that_are_set_up_in_one_place_are_one_finding() -> None:
    key, finding = only(found(looked(SUBMISSION, compression=True), looked(SMTPS, compression=True)))
    assert key == "tls.compression:submission"
    assert finding.title == "TLS compression on 465 and 587"


def test_the_worst_answer_of_a_service_counts() -> None:
    _, finding = only(found(looked(SUBMISSION, robot=Oracle.WEAK), looked(SMTPS, robot=Oracle.STRONG)))
    assert finding.severity is Severity.HIGH and "465" in finding.title and "587" not in finding.title


def test_the_line_that_causes_it_is_named_with_its_fix() -> None:
    lines = {"ssl_early_data": ("on", "/etc/nginx/sites-enabled/shop:14")}
    nginx = tls.daemon("nginx", "1.22.1", tls.block((443,), settings=lines))
    _, finding = only(found(looked(WEB, early_data=True), inner=tls.within(nginx)))
    assert finding.evidence.location == "/etc/nginx/sites-enabled/shop:14"
    assert "ssl_early_data off;" in finding.fix and "nginx -t && systemctl reload nginx" in finding.fix


@pytest.mark.parametrize(
    ("name", "version", "answer", "words"),
    [
        ("postfix", "3.7.11", {"renegotiation": Renegotiation(True, 10)}, "tls_ssl_options = no_renegotiation"),
        ("postfix", "3.7.11", {"compression": True}, "tls_ssl_options = no_compression"),
        ("exim", "4.96", {"renegotiation": Renegotiation(True, 10)}, "+no_renegotiation"),
        ("exim", "4.96", {"heartbleed": True}, "restart Exim"),
    ],
)
def test_the_fix_is_that_of_the_program(name: str, version: str, answer: dict[str, Any], words: str) -> None:
    inner = tls.within(tls.daemon(name, version, tls.block((587,), "required")))
    _, finding = only(found(looked(SUBMISSION, **answer), inner=inner))
    assert words in finding.fix


def test_a_flaw_of_the_library_is_mended_by_an_update_and_a_restart() -> None:
    nginx = tls.daemon("nginx", "1.2.1", tls.block((443,)), library="OpenSSL 1.0.1e")
    _, finding = only(found(looked(WEB, heartbleed=True), inner=tls.within(nginx)))
    assert "apt-get upgrade" in finding.fix and "restart nginx" in finding.fix and "new keys" in finding.fix
    assert finding.evidence.inside == "nginx 1.2.1 with OpenSSL 1.0.1e"


# -- what is not known -----------------------------------------------------------------------------


def test_a_deep_look_that_nobody_asked_for_is_said_once_a_check() -> None:
    missing = gaps(tls_outside(also=(WEB, SUBMISSION)))
    assert {one.check for one in missing} == DEEP and len(missing) == len(DEEP)
    assert all(one.subject == "" and one.unasked and "press D" in one.reason for one in missing)


def test_a_service_that_came_later_is_the_only_gap() -> None:
    missing = gaps(tls_outside(looked(WEB), also=(SUBMISSION,)))
    assert {one.subject for one in missing} == {"submission"} and all(one.unasked for one in missing)


def test_a_host_without_tls_lacks_nothing() -> None:
    assert gaps(tls_outside()) == []


def test_a_look_that_failed_is_a_gap_that_closes_nothing() -> None:
    missing = gaps(tls_outside(looked(WEB, not_checked("sslyze is not installed; run: schouw sslyze install"))))
    assert {one.check for one in missing} == DEEP and not any(one.unasked for one in missing)


def test_a_question_that_failed_is_a_gap_of_its_own() -> None:
    missing = gaps(tls_outside(looked(WEB, robot=not_checked("the server wants a client certificate"))))
    assert [(one.check, one.subject, one.reason) for one in missing] == [
        ("crypto.tls.robot", "443/tcp", "the server wants a client certificate")
    ]


def test_a_question_that_makes_no_sense_there_is_none() -> None:
    assert gaps(tls_outside(looked(WEB, robot=absent("it speaks TLS 1.3 alone"), compression=absent("…")))) == []


def test_a_no_of_a_server_that_turned_us_away_is_no_no() -> None:
    turned = replace(seen(False), reason="at the end of the look the server refused the connection")
    view = tls_outside(looked(WEB, heartbleed=turned, compression=replace(seen(True), reason="at the end …")))
    assert {one.check for one in gaps(view)} == {"crypto.tls.heartbleed", "crypto.tls.compression"}
    assert set(found(view=view)) == {"tls.compression:443/tcp"}


# -- certificates ----------------------------------------------------------------------------------


def certificates(*chains: Chain, where: Endpoint | None = None) -> dict[str, Finding]:
    return found(looked(where or endpoint(443, name="www.example.nl"), chains=chains))


def test_trusted_by_some_and_not_by_others() -> None:
    key, finding = only(certificates(chain(trust=trusted("Mozilla", "Apple", "Windows"))))
    assert key == "cert.stores:www.example.nl"
    assert finding.title == "Certificate of www.example.nl is not trusted by Android and Java"


@pytest.mark.parametrize("which", [STORES, ()])
def test_all_or_none_is_not_for_this_check(which: tuple[str, ...]) -> None:
    assert certificates(chain(trust=trusted(*which))) == {}


def test_a_certificate_on_many_ports_is_one_finding() -> None:
    half = chain(trust=trusted("Mozilla"))
    key, finding = only(found(looked(WEB, chains=(half,)), looked(SUBMISSION, chains=(half,))))
    assert key == "cert.stores:443/tcp" and "443, 587" in finding.evidence.outside


def staple(status: Any = "good", days: float = 3, ours: bool = True) -> Chain:
    return chain(staple=seen(Staple(status, ours, NOW - timedelta(days=1), NOW + timedelta(days=days))))


@pytest.mark.parametrize(
    ("shown", "title", "severity"),
    [
        (staple("revoked"), "has been revoked", Severity.HIGH),
        (staple(days=-1), "is out of date", Severity.MEDIUM),
        (staple(ours=False), "is not trusted", Severity.MEDIUM),
        (staple("failed"), "is an error", Severity.LOW),
        (chain(must_staple=True), "must be sent with an OCSP response, and is not", Severity.MEDIUM),
    ],
)
def test_what_the_authority_says(shown: Chain, title: str, severity: Severity) -> None:
    key, finding = only(certificates(shown))
    assert key == "cert.staple:www.example.nl" and title in finding.title and finding.severity is severity


@pytest.mark.parametrize("shown", [staple(), chain(), staple("unknown")])
def test_a_certificate_need_not_come_with_a_response(shown: Chain) -> None:
    assert certificates(shown) == {}


def test_a_response_is_held_against_the_day_on_which_it_was_sent() -> None:
    old = looked(WEB, chains=(staple(days=-9),))
    before = replace(old, at=NOW - timedelta(days=20))
    assert found(before) == {}


def test_a_chain_that_was_not_seen_may_hide_any_certificate() -> None:
    missing = gaps(tls_outside(looked(WEB, chains=not_checked("the server ended the handshake"))))
    assert {(one.check, one.subject) for one in missing} == {("crypto.cert.stores", ""), ("crypto.cert.staple", "")}


def test_what_a_server_says_of_itself_is_text_and_nothing_else() -> None:
    hostile = chain(subject="CN=[red]x[/red]{name}", trust=trusted("Mozilla"))
    _, finding = only(certificates(hostile))
    assert "{name}" in finding.evidence.outside
