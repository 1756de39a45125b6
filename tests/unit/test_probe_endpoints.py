"""Which services are looked at: found by what is open, what listens, and what the fleet file says."""

from __future__ import annotations

import pytest

from schouw.model.facts import Listener
from schouw.model.host import TlsPort
from schouw.model.outside import OutsidePort, PortState
from schouw.model.protocol import Protocol
from schouw.model.tls import Endpoint
from schouw.probe.endpoints import Sources, find, own_name, usable_names

HOST = "192.0.2.1"


def open_port(port: int, greeting: str = "", address: str = HOST) -> OutsidePort:
    return OutsidePort(address, port, PortState.OPEN, greeting)


@pytest.mark.parametrize(
    ("port", "greeting", "process", "protocol"),
    [
        (443, "", None, Protocol.HTTPS),
        (80, "", "nginx", Protocol.HTTP),
        (25, "220 mail.example.net ESMTP Postfix", None, Protocol.SMTP),
        (587, "220 mail.example.net ESMTP", None, Protocol.SUBMISSION),
        (2526, "220 mail.example.net ESMTP", None, Protocol.SMTP),
        (465, "", None, Protocol.SMTPS),
        (2121, "220 ProFTPD Server (FTP)", None, Protocol.FTP),
        (10143, "* OK [CAPABILITY IMAP4rev1] ready", None, Protocol.IMAP),
        (1110, "+OK ready", None, Protocol.POP3),
        (2000, '"IMPLEMENTATION" "Dovecot Pigeonhole"', None, Protocol.SIEVE),
        (3307, "5.5.5-10.11.19-MariaDB-0+deb12u1", None, Protocol.MYSQL),
        (5433, "", "postgres", Protocol.POSTGRES),
        (2087, "", None, Protocol.HTTPS),
    ],
)
def test_services_are_known_by_greeting_program_and_port(
    port: int, greeting: str, process: str | None, protocol: Protocol
) -> None:
    listeners = (Listener("tcp", "0.0.0.0", port, process),)
    found = find(Sources((open_port(port, greeting),), listeners))
    assert found.services == (Endpoint(HOST, port, protocol),) and found.unknown == ()


@pytest.mark.parametrize(
    ("port", "process", "protocol"), [(8080, None, Protocol.HTTPS), (9999, "nginx", Protocol.HTTPS), (9999, "java", Protocol.TLS)]
)
def test_one_hello_tells_what_the_rest_is(port: int, process: str | None, protocol: Protocol) -> None:
    found = find(Sources((open_port(port),), (Listener("tcp", "0.0.0.0", port, process),)))
    assert found.unknown == (Endpoint(HOST, port, protocol),) and found.services == ()


@pytest.mark.parametrize(("port", "greeting"), [(22, "SSH-2.0-OpenSSH_9.2p1"), (9100, ""), (7, "echo"), (2222, "SSH-2.0-x")])
def test_some_ports_are_left_alone(port: int, greeting: str) -> None:
    """SSH has a look of its own, and printers print whatever comes."""
    found = find(Sources((open_port(port, greeting),)))
    assert found.services == found.unknown == ()


def test_a_port_that_is_the_ssh_server_s_is_left_to_it() -> None:
    assert find(Sources((open_port(2222),), ssh=(2222,))).unknown == ()


def test_closed_ports_are_none() -> None:
    assert find(Sources((OutsidePort(HOST, 443, PortState.FILTERED),))).services == ()


def test_names_come_from_the_fleet_file_then_the_software_then_the_host() -> None:
    sources = Sources(
        (open_port(443), open_port(443, address="2001:db8::1"), open_port(80)),
        names={443: ("shop.example.net", "*.example.net", "_", "WWW.shop.example.net"), 80: ("shop.example.net",)},
        added=(TlsPort(443, Protocol.HTTPS, ("admin.example.net",)),),
        name="web1.example.net",
    )
    found = find(sources)
    assert [str(one) for one in found.services] == [
        "80/tcp shop.example.net",
        "443/tcp admin.example.net",
        "443/tcp admin.example.net",
    ]
    assert [(one.address, one.name) for one in found.names] == [
        (HOST, "shop.example.net"), (HOST, "www.shop.example.net"), (HOST, "web1.example.net"),
    ]  # fmt: skip


def test_the_fleet_file_knows_best() -> None:
    found = find(Sources((open_port(8843, "220 odd"),), added=(TlsPort(8843, Protocol.HTTPS),)))
    assert found.services == (Endpoint(HOST, 8843, Protocol.HTTPS),)


def test_only_what_sni_can_carry_is_a_name() -> None:
    odd = [
        "*.example.net",
        "192.0.2.1",
        "~^www",
        "localhost",
        "a" * 300 + ".net",
        "x y.net",
        "ok.example.net",
        "x\n.net",
        "bücher.example",
    ]
    assert usable_names(odd) == ["ok.example.net"]


def test_a_host_s_own_name() -> None:
    assert own_name("web1", "192.0.2.1") == "" and own_name("web1.example.net", "192.0.2.1") == "web1.example.net"
    assert own_name("web1", "www.example.net") == "www.example.net"
