"""Area ports: inside beside outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schouw.history.life import LookedFor
from schouw.model.attempt import not_checked
from schouw.model.daemons import Exemption
from schouw.model.facts import Facts, Firewall
from schouw.model.finding import Finding
from schouw.model.host import Host, Port, Reach
from schouw.model.outside import Outside, PortState, Unrouted
from tests.unit.facts import HOST, NOW, facts, inside, judge, listener, met, outside

CLOSED, FILTERED, OPEN = PortState.CLOSED, PortState.FILTERED, PortState.OPEN


def ports(those: Facts, host: Host = HOST) -> dict[str, Finding]:
    return {one.key.removeprefix("ports."): one for one in judge(those, host, NOW).findings if one.area == "ports"}


def severities(those: Facts, host: Host = HOST) -> dict[str, str]:
    return {key: one.severity.value for key, one in ports(those, host).items()}


def of(port: int, process: str, address: str = "0.0.0.0", state: PortState | None = None) -> Facts:
    """Port 22, and one more."""
    within = inside(listeners=(listener(22), listener(port, address, process)))
    return facts(within, outside(met(port, state)) if state else outside())


@pytest.mark.parametrize(
    ("those", "expected"),
    [
        (of(22, "sshd"), {}),
        (of(8081, "node", state=OPEN), {"service.unexpected:8081/tcp": "high"}),
        (of(3306, "mariadbd", state=OPEN), {"service.exposed:3306/tcp": "critical"}),
        (of(6380, "redis-server", state=OPEN), {"service.exposed:6380/tcp": "critical"}),
        (of(2375, "dockerd", state=OPEN), {"service.exposed:2375/tcp": "critical"}),
        (of(445, "smbd", state=OPEN), {"service.exposed:445/tcp": "high"}),
        (of(9100, "node_exporter", state=OPEN), {"service.exposed:9100/tcp": "medium"}),
        (of(3306, "mysqld", state=FILTERED), {"service.unexpected:3306/tcp": "low", "service.filtered:3306/tcp": "info"}),
        (of(3306, "mysqld", "127.0.0.1", CLOSED), {}),
        (of(3306, "mysqld"), {"service.unexpected:3306/tcp": "medium", "service.everywhere:3306/tcp": "low"}),
        (of(3306, "mysqld", "127.0.0.1", OPEN), {"service.exposed:3306/tcp": "critical"}),
        (facts(without=outside(met(8000))), {"service.unexpected:8000/tcp": "high", "service.forwarded:8000/tcp": "low"}),
        (of(21, "vsftpd", state=OPEN), {"service.unexpected:21/tcp": "high"}),
        (of(23, "telnetd", state=OPEN), {"service.unexpected:23/tcp": "high", "service.plaintext:23/tcp": "high"}),
    ],
)
def test_the_two_views_together(those: Facts, expected: dict[str, str]) -> None:
    assert severities(those) == expected


def test_evidence_and_fix_name_both_sides() -> None:
    within = inside(
        listeners=(listener(22), listener(3306, "0.0.0.0", "mariadbd")), firewall=Firewall("ufw", True, True, True, rules=9)
    )
    finding = ports(facts(within, outside(met(3306, greeting="5.5.5-10.11.6-MariaDB"))))["service.exposed:3306/tcp"]
    assert finding.title == "MySQL is open to the world on 3306/tcp"
    assert finding.evidence.outside == "198.51.100.7 open: 5.5.5-10.11.6-MariaDB"
    assert finding.evidence.inside == "mariadbd listens on 0.0.0.0"
    assert "bind-address = 127.0.0.1" in finding.fix and "ufw deny 3306/tcp" in finding.fix


def test_what_the_fleet_file_expects_is_not_unexpected() -> None:
    host = replace(HOST, listen=(Port(22), Port(8081), Port(3306)))
    assert severities(of(8081, "node", state=OPEN), replace(HOST, listen=(Port(22), Port(8081)))) == {}
    both = facts(inside(listeners=(listener(22), listener(8081), listener(3306))), outside(met(8081), met(3306)))
    assert severities(both, host) == {"service.exposed:3306/tcp": "medium"}


def test_where_nothing_was_said_nothing_is_unexpected() -> None:
    assert severities(of(8081, "node", state=OPEN), replace(HOST, listen=None)) == {}


@pytest.mark.parametrize(
    ("those", "expected"),
    [
        (facts(without=outside(met(443, CLOSED))), "medium"),
        (of(443, "nginx", state=FILTERED), "low"),
        (facts("login refused", outside(met(443, CLOSED))), "low"),
    ],
)
def test_expected_but_gone(those: Facts, expected: str) -> None:
    found = severities(those, replace(HOST, listen=(Port(22), Port(443))))
    assert found == {"service.gone:443/tcp": expected}


def test_gone_is_not_claimed_of_what_was_not_tried() -> None:
    host = replace(HOST, listen=(Port(22), Port(443), Port(53, "udp")), reach=Reach.OUTSIDE)
    verdict = judge(facts("only looked at from outside"), host, NOW)
    assert {one.subject for one in verdict.not_checked if one.check == "ports.service.gone"} == {"443/tcp", "53/udp"}
    assert not [one for one in verdict.findings if one.check == "ports.service.gone"]


def test_being_blocked_is_said_and_silence_is_not_held_against_the_host() -> None:
    why = "we are probably being blocked: all 2 ports that answered last time are silent now"
    view = Outside(("198.51.100.7",), "guided", outside(met(22, FILTERED), lacking=why).ports, (not_checked(why),), blocked=why)
    host = replace(HOST, listen=(Port(22), Port(443)))
    those = facts(inside(listeners=(listener(22), listener(443, process="nginx"))), view)
    found = ports(those, host)
    assert set(found) == {"host.blocked"}
    assert "ignoreip" in found["host.blocked"].fix
    assert {"ports.service.filtered", "ports.service.gone"} <= {one.check for one in judge(those, host, NOW).not_checked}


def test_udp_sockets_of_clients_are_not_services() -> None:
    sockets = (listener(68, process="dhclient", proto="udp"), listener(45123, process="named", proto="udp"))
    within = inside(listeners=(listener(22), *sockets, listener(161, process="snmpd", proto="udp")))
    assert severities(facts(within)) == {"service.unexpected:161/udp": "low", "service.everywhere:161/udp": "low"}


def test_ipv6_alone_is_open() -> None:
    within = inside(listeners=(listener(22), listener(6379, "0.0.0.0", "redis-server"), listener(6379, "::", "redis-server")))
    view = outside(met(6379, FILTERED), met(6379, OPEN, "2001:db8::7"))
    assert severities(facts(within, view)) == {"service.exposed:6379/tcp": "critical"}
    assert "2001:db8::7 open" in ports(facts(within, view))["service.exposed:6379/tcp"].evidence.outside


BANS = (
    Exemption("fail2ban", "203.0.113.5", False, "ignoreip = 127.0.0.1/8 ::1 203.0.113.5\nthen: fail2ban-client reload"),
    Exemption("sshd", "203.0.113.5", True),
)


def test_who_may_ban_us_is_said_with_the_line_that_exempts_us() -> None:
    found = ports(facts(inside(exemptions=BANS)))
    assert list(found) == ["host.not_exempt:fail2ban"]
    one = found["host.not_exempt:fail2ban"]
    assert (one.severity, one.title) == ("low", "fail2ban may ban the address that schouw looks from")
    assert one.fix.startswith("ignoreip = ")


def test_once_banned_the_lines_for_this_host_are_given_not_those_for_every_program() -> None:
    view = replace(outside(), blocked="every port fell silent")
    found = ports(facts(inside(exemptions=BANS), view))
    assert found["host.blocked"].fix == BANS[0].fix
    assert "CSF" in ports(facts(inside(), view))["host.blocked"].fix


def without_ipv6(*open_before: int, state: PortState = FILTERED, addresses: tuple[str, ...] = ("0.0.0.0", "::")) -> Facts:
    """A database on a host whose IPv6 cannot be reached from here."""
    within = inside(listeners=(listener(22), *(listener(3306, address, "mariadbd") for address in addresses)))
    return facts(within, replace(outside(met(3306, state)), unrouted=(Unrouted("2001:db8::7", open_before),)))


def test_a_machine_without_ipv6_says_so_once_and_judges_ipv4() -> None:
    verdict = judge(without_ipv6(), HOST, NOW)
    why = "IPv6 of this host was not looked at: no route from here"
    assert [(one.check, one.subject, one.reason) for one in verdict.not_checked] == [("ports.service.exposed", "IPv6", why)]
    looked_for = LookedFor(without_ipv6(), verdict.not_checked)
    for name in ("exposed", "unexpected", "plaintext", "filtered", "forwarded"):
        assert looked_for(f"ports.service.{name}", "3306/tcp")
    assert severities(without_ipv6(state=OPEN))["service.exposed:3306/tcp"] == "critical"
    # It may be open over IPv6: that is not hidden by the firewall of the other family.
    assert severities(without_ipv6())["service.everywhere:3306/tcp"] == "low"


@pytest.mark.parametrize("check", ["exposed", "unexpected"])
def test_what_was_open_over_ipv6_is_not_fixed_by_losing_the_route(check: str) -> None:
    def closes(those: Facts) -> bool:
        return LookedFor(those, judge(those, HOST, NOW).not_checked)(f"ports.service.{check}", "3306/tcp")

    assert not closes(without_ipv6(3306))
    assert f"service.{check}:3306/tcp" not in severities(without_ipv6(3306))
    assert closes(without_ipv6(3306, addresses=("127.0.0.1",)))


def test_an_expected_port_that_is_shut_over_ipv4_is_gone_whatever_ipv6_shows() -> None:
    host = replace(HOST, listen=(Port(22), Port(3306)))
    assert severities(without_ipv6(), host)["service.gone:3306/tcp"] == "low"


def unnamed(*ports: int) -> Facts:
    """As an account without privileges sees it: all sockets, no names."""
    within = inside(
        listeners=tuple(listener(port, process=None) for port in (22, *ports)), processes=not_checked("needs root: allow `ss`")
    )
    return facts(within, outside(*(met(port) for port in ports)))


def test_without_names_only_what_needs_a_name_is_not_checked() -> None:
    host = replace(HOST, listen=(Port(22), Port(6380)))
    verdict = judge(unnamed(3306, 6380, 8081), host, NOW)
    assert severities(unnamed(3306, 6380, 8081), host) == {
        "service.exposed:3306/tcp": "critical",
        "service.unexpected:8081/tcp": "high",
    }
    assert {(one.check, one.subject) for one in verdict.not_checked if one.check.startswith("ports.")} == {
        ("ports.service.exposed", port) for port in ("22/tcp", "6380/tcp", "8081/tcp")
    }
    assert all("needs root" in one.reason for one in verdict.not_checked)


def test_a_port_that_is_closed_closes_its_findings_without_names_too() -> None:
    verdict = judge(unnamed(), HOST, NOW)
    looked_for = LookedFor(unnamed(), verdict.not_checked)
    assert looked_for("ports.service.exposed", "6380/tcp") and looked_for("ports.service.unexpected", "8081/tcp")


def test_sockets_of_the_kernel_have_no_name_and_lack_none() -> None:
    within = inside(listeners=(listener(22), listener(2049, process=None)))
    assert judge(facts(within, outside(met(2049))), HOST, NOW).not_checked == ()
