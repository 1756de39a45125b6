"""The deep look at real servers on loopback, with sslyze in its own environment."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook, Oracle, Renegotiation
from schouw.model.protocol import Protocol
from schouw.probe.budget import Budget
from schouw.probe.deep import plan
from schouw.probe.deep.look import Limits
from tests.unit.deep_lab import (
    NAME,
    NOW,
    USUAL,
    Mail,
    Pair,
    babbling,
    children,
    deep,
    endpoint,
    gibberish,
    gone,
    nginx,
    openssl_settings,
    resetting,
    s_server,
    silent,
    sslyze,
)
from tests.unit.transport_lab import free_port, odd_server

BRIEF = Limits(connection=1, endpoint=20.0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair.make(tmp_path_factory.mktemp("pair"))


async def only(port: int, protocol: Protocol = Protocol.HTTPS, limits: Limits = USUAL) -> Attempt[DeepLook]:
    (looked,) = (await deep(endpoint(port, protocol), limits=limits)).looks
    assert (looked.endpoint.port, looked.at) == (port, NOW)
    return looked.attempt


async def whole(port: int) -> DeepLook:
    attempt = await only(port)
    assert attempt.complete, attempt.reason
    assert attempt.result is not None
    return attempt.result


async def test_a_stock_server_is_asked_everything_and_has_nothing(pair: Pair, tmp_path: Path) -> None:
    async with nginx(pair, tmp_path, "ssl_protocols TLSv1.2 TLSv1.3") as port:
        found = await whole(port)
    assert [one.name for one in fields(found) if getattr(getattr(found, one.name), "reason", "")] == []
    assert (found.heartbleed.result, found.ccs_injection.result, found.compression.result) == (False, False, False)
    assert (found.early_data.result, found.fallback_scsv.result, found.extended_master_secret.result) == (False, True, True)
    assert found.renegotiation.result == Renegotiation(secure=True, by_client=0)
    assert found.robot.result is Oracle.NONE
    assert found.resumption.result is not None and found.resumption.result.by_ticket == found.resumption.result.tried == 2
    assert found.tool.startswith("sslyze 6.3.")


async def test_what_it_costs_is_what_was_announced_and_is_counted(pair: Pair, tmp_path: Path) -> None:
    async with nginx(pair, tmp_path, "ssl_protocols TLSv1.2 TLSv1.3") as port:
        found = await whole(port)
        assert (tmp_path / "access").read_text().count("schouw/") == 1  # early data takes an HTTP request
    assert 0.7 * plan.connections(Protocol.HTTPS) < found.connections <= 1.1 * plan.connections(Protocol.HTTPS)


async def test_early_data_is_seen(pair: Pair, tmp_path: Path) -> None:
    async with nginx(pair, tmp_path, "ssl_protocols TLSv1.3", "ssl_early_data on") as port:
        assert (await whole(port)).early_data.result is True


async def test_renegotiation_by_clients_is_counted(pair: Pair) -> None:
    async with s_server(pair, "-client_renegotiation", "-tls1_2") as port:
        found = await whole(port)
    assert found.renegotiation.result == Renegotiation(secure=True, by_client=10)
    assert found.early_data.result is None and found.early_data.absent


async def test_extended_master_secret_is_asked_beside_tls_13_too(pair: Pair, tmp_path: Path) -> None:
    async with s_server(pair, "-www", config=openssl_settings(tmp_path, "-ExtendedMasterSecret")) as port:
        assert (await whole(port)).extended_master_secret.result is False


async def test_tls_13_alone_has_no_questions_about_older_ones(pair: Pair) -> None:
    async with s_server(pair, "-www", "-tls1_3") as port:
        found = await whole(port)
    for attempt in (found.compression, found.renegotiation, found.robot, found.resumption, found.extended_master_secret):
        assert attempt.result is None and attempt.absent and "TLS 1.3 alone" in attempt.reason


async def test_what_only_the_old_openssl_could_ask_is_not_known_where_that_is_refused(pair: Pair, tmp_path: Path) -> None:
    modern = ("ssl_protocols TLSv1.2 TLSv1.3", "ssl_ciphers ECDHE+AESGCM", "ssl_ecdh_curve X25519")
    async with nginx(pair, tmp_path, *modern) as port:
        found = await whole(port)
    for attempt in (found.compression, found.renegotiation, found.fallback_scsv):
        assert attempt.result is None and not attempt.absent and "OpenSSL of 2015" in attempt.reason
    assert found.extended_master_secret.result is True


async def test_an_old_server_is_asked_too(pair: Pair) -> None:
    async with s_server(pair, "-tls1", "-cipher", "ALL:@SECLEVEL=0") as port:
        found = await whole(port)
    assert found.heartbleed.result is False and found.ccs_injection.result is False  # asked in earnest, below TLS 1.3
    assert found.renegotiation.result is not None and found.renegotiation.result.secure


async def test_a_chain_of_ones_own_is_trusted_by_no_store_and_says_why(pair: Pair) -> None:
    async with s_server(pair, "-www", "-tls1_3") as port:
        (chain,) = (await whole(port)).chains.result or ()
    stores = chain.trust.result or ()
    assert {one.store for one in stores} == {"Android", "Apple", "Java", "Mozilla", "Windows"}
    assert not any(one.trusted for one in stores) and all(one.why_not for one in stores)
    assert (chain.subject, chain.length, chain.ordered, chain.must_staple) == (f"CN={NAME}", 1, True, False)
    assert chain.staple.absent and len(chain.fingerprint) == 64


async def test_where_a_client_certificate_is_wanted_each_question_says_so_or_is_answered(pair: Pair) -> None:
    async with s_server(pair, "-www", "-Verify", "1") as port:
        found = await whole(port)
    assert found.chains.result and found.compression.result is False
    for attempt in (found.robot, found.resumption, found.renegotiation):
        assert attempt.result is None and "client certificate" in attempt.reason


async def test_a_server_of_groups_that_sslyze_does_not_know_is_not_called_fine(pair: Pair) -> None:
    async with s_server(pair, "-www", "-tls1_3", "-groups", "ffdhe2048") as port:
        attempt = await only(port)
    assert attempt.result is None
    assert "nothing in common" in attempt.reason and "post-quantum" in attempt.reason


async def test_mail_is_asked_one_connection_after_another_and_told_who_asks(pair: Pair) -> None:
    mail = Mail(pair)
    async with odd_server(mail) as port:
        attempt = await only(port, Protocol.SUBMISSION)
    assert attempt.result is not None and attempt.result.heartbleed.result is False
    assert attempt.result.early_data.absent  # nobody sends HTTP to a mail server
    assert mail.most == 1 and mail.taken == attempt.result.connections
    assert all(re.fullmatch(r"ehlo schouw-[0-9a-z-]+\.invalid", said) for said in mail.named)  # a name, or Exim says no


async def test_a_421_ends_the_look_and_makes_no_answer_of_what_was_not_heard(pair: Pair) -> None:
    mail = Mail(pair, limit=12)
    async with odd_server(mail) as port:
        attempt = await only(port, Protocol.SMTP)
    assert mail.taken == 13
    assert attempt.result is not None and attempt.result.chains.result is not None
    assert (
        attempt.result.resumption.result is None and "too many connections from your address" in attempt.result.resumption.reason
    )
    assert attempt.result.heartbleed.reason  # answered, but by a server that was about to turn us away


@pytest.mark.parametrize(
    ("handler", "protocol", "says"),
    [
        (silent, Protocol.HTTPS, "says nothing to a ClientHello"),
        (silent, Protocol.SMTP, "did not begin TLS"),
        (resetting, Protocol.HTTPS, "nothing in common"),
        (gibberish, Protocol.HTTPS, ""),
        (gibberish, Protocol.POP3, "fell silent"),
    ],
)
async def test_what_is_no_tls_server_gets_a_reason(handler: object, protocol: Protocol, says: str) -> None:
    async with odd_server(handler) as port:  # type: ignore[arg-type]
        attempt = await only(port, protocol, BRIEF)
    assert attempt.result is None and attempt.reason and says in attempt.reason


async def test_a_banner_without_end_is_ended_by_us() -> None:
    async with odd_server(babbling) as port:
        attempt = await only(port, Protocol.SMTP, Limits(connection=1, endpoint=3.0))
    assert attempt.result is None and "ended after 3 s" in attempt.reason
    assert children() == {}


async def test_a_closed_port_and_then_another_look_like_a_ban() -> None:
    found = await deep(*(endpoint(free_port()) for _ in range(3)))
    assert "probably being blocked" in found.blocked
    assert found.looks[0].attempt.reason == "the server refused the connection, or hung up before TLS"
    assert found.looks[2].attempt.reason == found.blocked


async def test_protocols_that_sslyze_cannot_begin_tls_with_say_so() -> None:
    found = await deep(endpoint(4190, Protocol.SIEVE), endpoint(3306, Protocol.MYSQL))
    assert all(one.attempt.absent and "does not know how" in one.attempt.reason for one in found.looks)


async def test_every_connection_is_charged(pair: Pair) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    clock = [0.0]
    budget = Budget(120, clock=lambda: clock[0], sleep=sleep)
    async with s_server(pair, "-www", "-tls1_3") as port:
        await deep(*[endpoint(port)] * 4, budget=budget)
    # A minute's worth is 120, and four looks ask for more: somebody had to wait.
    assert sum(slept) >= (4 * plan.connections(Protocol.HTTPS) - 120) / 2 - 1


async def test_cancelling_leaves_no_process_behind() -> None:
    sslyze()
    asking = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.set()
        await reader.read()

    async with odd_server(hold) as port:
        task = asyncio.create_task(deep(endpoint(port)))
        await asking.wait()
        assert len(children()) == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert children() == {}


_ENGINE = """
import asyncio, sys
from tests.unit.deep_lab import children, deep, endpoint
async def main():
    task = asyncio.create_task(deep(endpoint(int(sys.argv[1]))))
    sys.stdin.readline
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(*children(), flush=True)
    await task
asyncio.run(main())
"""


async def test_when_the_engine_dies_so_does_the_runner() -> None:
    sslyze()
    asking = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.set()
        await reader.read()

    async with odd_server(hold) as port:
        pipe = asyncio.subprocess.PIPE
        engine = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _ENGINE, str(port), stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]
        )
        assert engine.stdin is not None and engine.stdout is not None
        await asking.wait()
        engine.stdin.write(b"\n")
        runner = int(await engine.stdout.readline())
        os.kill(engine.pid, signal.SIGKILL)
        await engine.wait()
        assert await gone(runner)
