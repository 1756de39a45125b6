"""The deep look at the lab's own daemons: every one answers to the end, and none of them runs out of connections."""

from __future__ import annotations

import pytest

from schouw.model.attempt import Attempt
from schouw.model.deep import DeepLook
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint
from schouw.probe.deep import plan
from tests.lab import spaces
from tests.lab.hosts import HOSTS
from tests.unit.deep_lab import deep

ADDRESSES = {host.name: host.address for host in HOSTS}


async def look(host: str, *those: tuple[int, Protocol]) -> list[Attempt[DeepLook]]:
    result = await deep(*(Endpoint(ADDRESSES[host], port, protocol, f"{host}.example.net") for port, protocol in those))
    assert result.blocked == ""
    return [one.attempt for one in result.looks]


@pytest.mark.parametrize(
    ("host", "port", "protocol", "program", "log"),
    [
        ("webgood", 443, Protocol.HTTPS, "nginx", "/var/log/nginx/access.log"),
        ("webgood", 5432, Protocol.POSTGRES, "postgres", ""),
        ("eximweak", 25, Protocol.SMTP, "exim4", "/var/log/exim4/mainlog"),
        ("eximweak", 993, Protocol.IMAPS, "couriertcpd", ""),
        ("eximweak", 21, Protocol.FTP, "proftpd", "/var/log/proftpd/tls.log"),
        ("mailweak", 587, Protocol.SUBMISSION, "master", "/var/log/mail.log"),
        ("mailweak", 143, Protocol.IMAP, "dovecot", "/var/log/dovecot.log"),
        ("mailgood", 21, Protocol.FTP, "vsftpd", "/var/log/vsftpd.log"),
    ],
)
async def test_every_daemon_answers_to_the_end_and_logs_what_was_announced(
    lab: None, host: str, port: int, protocol: Protocol, program: str, log: str
) -> None:
    def lines() -> int:
        return int(spaces.execute(host, "sh", "-c", f"wc -l < {log}")) if log else 0

    before = lines()
    (attempt,) = await look(host, (port, protocol))
    assert attempt.result is not None and not attempt.reason, attempt.reason
    for name in plan.questions(protocol):
        answer = getattr(attempt.result, name)
        assert answer.complete or answer.absent, f"{name}: {answer.reason}"
    assert attempt.result.connections <= 1.1 * plan.connections(protocol)
    announced = plan.log_lines(Endpoint("", port, protocol), [program])
    assert not log or lines() - before <= 1.3 * announced


async def test_post_quantum_alone_is_not_called_fine(lab: None) -> None:
    (attempt,) = await look("quantum", (443, Protocol.HTTPS))
    assert attempt.result is None and "does not know the post-quantum groups" in attempt.reason


async def test_ftp_without_tls_says_that_it_did_not_begin(lab: None) -> None:
    (attempt,) = await look("webweak", (21, Protocol.FTP))
    assert attempt.result is None and "did not begin TLS" in attempt.reason


async def test_exim_has_room_for_its_customers_all_the_while(lab: None) -> None:
    """It takes 20 at once, and sslyze by itself makes it turn others away."""
    await look("eximweak", (25, Protocol.SMTP), (465, Protocol.SMTPS), (587, Protocol.SUBMISSION))
    assert "too many connections" not in spaces.execute("eximweak", "cat", "/var/log/exim4/mainlog").lower()
