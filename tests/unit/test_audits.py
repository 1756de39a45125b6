"""Audits of others: read from their files, matched to findings of ours, followed to their end."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schouw.audits import read_audit
from schouw.audits.base import MOST_ROWS, cves, port, severity
from schouw.audits.matching import Audited, Ending, Followed, follow
from schouw.audits.rules import rules
from schouw.checks.catalogue import CATALOGUE
from schouw.errors import ConfigError
from schouw.model.baseline import AuditRow, Baseline
from schouw.model.finding import Evidence, Finding, NotChecked, TrackedFinding
from schouw.model.host import Host
from schouw.model.severity import Area, FindingState, Severity
from schouw.report import audits
from schouw.views.since import Since
from tests.unit.history_lab import START, Shelf

NMAP = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.94 scan initiated -->
<nmaprun scanner="nmap" args="nmap -sV --script vuln -oX - web1" start="1793000000" version="7.94" xmloutputversion="1.05">
<host><status state="up" reason="echo-reply"/>
<address addr="192.0.2.10" addrtype="ipv4"/><address addr="00:00:5E:00:53:01" addrtype="mac"/>
<hostnames><hostname name="web1.example.net" type="PTR"/></hostnames>
<ports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/><service name="ssh" product="OpenSSH"/></port>
<port protocol="tcp" portid="443"><state state="open"/><service name="https"/>
 <script id="ssl-enum-ciphers" output="&#xa;  TLSv1.0: &#xa;    ciphers: "><table key="TLSv1.0"/></script>
 <script id="http-title" output="Welcome"/>
 <script id="vulners" output="cpe:/a:x: CVE-2024-6387 8.1 https://vulners.com/cve/CVE-2024-6387 CVE-2023-38408"/>
</port>
<port protocol="tcp" portid="3306"><state state="filtered"/></port>
</ports></host>
<host><status state="down"/><address addr="192.0.2.99" addrtype="ipv4"/></host>
<runstats><finished time="1793000100" timestr="Sun"/><hosts up="1" down="1" total="2"/></runstats>
</nmaprun>
"""

NESSUS = """<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>audit</policyName></Policy>
<Report name="autumn">
<ReportHost name="192.0.2.10"><HostProperties>
<tag name="HOST_END_TIMESTAMP">1793000000</tag><tag name="host-ip">192.0.2.10</tag><tag name="host-fqdn">web1.example.net</tag>
</HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="2" pluginID="104743"
 pluginName="TLS Version 1.0 Protocol Detection"
 pluginFamily="Service detection"><synopsis>old</synopsis></ReportItem>
<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="3" pluginID="201194"
 pluginName="OpenSSH 9.8" pluginFamily="Misc."><cve>CVE-2024-6387</cve></ReportItem>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Nessus Scan Information"
 pluginFamily="Settings"/>
</ReportHost>
</Report>
</NessusClientData_v2>
"""

GREENBONE = """<report id="1" format_id="2"><gmp><version>22.4</version></gmp><report id="2">
<scan_start>2026-10-25T07:00:00Z</scan_start><scan_end>2026-10-25T08:00:00Z</scan_end>
<results max="10" start="1">
<result id="r1"><name>SSL/TLS: Deprecated TLSv1.0 and TLSv1.1 Protocol Detection</name>
<host>192.0.2.10<asset asset_id="a"/><hostname>web1.example.net</hostname></host><port>443/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.117274"><name>x</name><family>SSL and TLS</family>
<refs><ref type="cve" id="CVE-2011-3389"/><ref type="url" id="https://example.net"/></refs></nvt>
<threat>Medium</threat><severity>4.3</severity></result>
<result id="r2"><name>OS Detection</name><host>192.0.2.10</host><port>general/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.105937"><family>Product detection</family></nvt>
<threat>Log</threat><severity>0.0</severity></result>
</results></report></report>
"""

CSV = (
    "Finding ID;Titel;Server;Poort;Risico;CVE\r\n"
    'B-01;"TLS 1.0 wordt nog aangeboden";web1, web2;443;Hoog;\r\n'
    "B-02;FTP supports cleartext authentication;web1:21;;Midden;\r\n"
    "B-03;;;;;\r\n"
)


def written(folder: Path, text: str | bytes, name: str = "audit.xml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_nmap_gives_open_ports_and_scripts_that_say_something(tmp_path: Path) -> None:
    audit = read_audit(written(tmp_path, NMAP))
    assert audit.format == "nmap" and audit.at == datetime.fromtimestamp(1793000100, UTC)
    assert [(row.number, row.port) for row in audit.rows] == [
        ("192.0.2.10:22/tcp", "22/tcp"),
        ("192.0.2.10:443/tcp", "443/tcp"),
        ("192.0.2.10:443/tcp:ssl-enum-ciphers", "443/tcp"),
        ("192.0.2.10:443/tcp:vulners", "443/tcp"),
    ]
    assert audit.rows[0].title == "open port 22/tcp (ssh)" and audit.rows[0].addresses == ("web1.example.net",)
    assert audit.rows[3].cves == ("CVE-2024-6387", "CVE-2023-38408")
    assert audit.remarks == ("1 scripts that only describe left out",)


def test_nessus_gives_plug_ins_that_found_something(tmp_path: Path) -> None:
    audit = read_audit(written(tmp_path, NESSUS, "autumn.nessus"))
    assert audit.format == "nessus" and audit.at == datetime.fromtimestamp(1793000000, UTC)
    first, second = audit.rows
    assert (first.number, first.port, first.severity) == ("104743", "443/tcp", Severity.MEDIUM)
    assert (second.title, second.cves, second.severity) == ("OpenSSH 9.8", ("CVE-2024-6387",), Severity.HIGH)
    assert audit.remarks == ("1 informational rows left out",)


def test_greenbone_gives_results_above_log(tmp_path: Path) -> None:
    for text in (GREENBONE, f"<get_reports_response status='200'>{GREENBONE}</get_reports_response>"):
        audit = read_audit(written(tmp_path, text))
        (row,) = audit.rows
        assert audit.format == "greenbone" and audit.at == datetime(2026, 10, 25, 8, tzinfo=UTC)
        assert (row.number, row.host, row.addresses) == ("1.3.6.1.4.1.25623.1.0.117274", "192.0.2.10", ("web1.example.net",))
        assert (row.port, row.severity, row.cves) == ("443/tcp", Severity.MEDIUM, ("CVE-2011-3389",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_list_from_a_spreadsheet_keeps_the_auditors_numbers(tmp_path: Path, encoding: str) -> None:
    text = CSV.replace("FTP supports", "Café: FTP supports")
    audit = read_audit(written(tmp_path, text.encode(encoding), "list.csv"))
    assert [(row.number, row.host, row.port, row.severity) for row in audit.rows] == [
        ("B-01", "web1", "443/tcp", Severity.HIGH),
        ("B-01", "web2", "443/tcp", Severity.HIGH),
        ("B-02", "web1", "21/tcp", Severity.MEDIUM),
    ]
    assert audit.rows[2].title.startswith("Café")
    assert audit.remarks == ("1 rows without a host or a title left out",)


@pytest.mark.parametrize(
    "heading",
    ["Nr;Bevinding;Host;Ernst", "Bevinding;Titel;Host;Risico", "Plugin ID;Name;Host;Risk", "#;Finding;Server;CVSS"],
)
def test_columns_are_found_by_what_auditors_call_them(tmp_path: Path, heading: str) -> None:
    (row,) = read_audit(written(tmp_path, f"{heading}\nF-1;Weak ciphers;web1;high\n", "list.csv")).rows
    assert (row.number, row.title, row.host) == ("F-1", "Weak ciphers", "web1")


_BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><nmaprun><host><address addr="&b;"/></host></nmaprun>'
_STEAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><NessusClientData_v2><Report>&a;</Report></NessusClientData_v2>'


@pytest.mark.parametrize(
    ("text", "format", "says"),
    [
        (_BOMB, "auto", "declares entities"),
        (_STEAL, "auto", "declares entities"),
        (NMAP[:600], "auto", "no whole XML"),
        ("<html><body>login</body></html>", "auto", r"XML of another kind \(<html>\)"),
        (NESSUS, "nmap", r"another kind \(<NessusClientData_v2>\); expected nmap: <nmaprun>"),
        ("a,b\n1,2\n", "nmap", "not XML; expected nmap"),
        ("a,b\n1,2\n", "auto", "no column for the host and the title; it has: a, b"),
        ("", "auto", "no column for the host and the title; it has: nothing"),
        ("host,title\n", "auto", "nothing in it to follow"),
        ("<nmaprun></nmaprun>", "auto", "it is nmap, and there is nothing in it to follow"),
        (b"\x7fELF\x00\x00", "auto", "neither text nor XML"),
        (NMAP.encode("utf-16"), "auto", "neither text nor XML"),
        ('host,title\nweb1,"never closed', "auto", "no whole CSV"),
        ("host,title\n" + "web1,x\n" * (MOST_ROWS + 1), "auto", "more than 20,000 rows"),
    ],
    ids=range(14),
)
def test_what_is_not_what_it_claims_to_be_is_refused_with_the_reason(
    tmp_path: Path, text: str | bytes, format: str, says: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as error:
        read_audit(path, format)
    assert str(error.value).startswith(f"{path}: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_audit(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="directory"):
        read_audit(tmp_path)


@given(st.binary(max_size=400), st.sampled_from([NMAP, NESSUS, GREENBONE, CSV]), st.integers(0, 2000))
def test_whatever_is_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, text: str, at: int
) -> None:
    data = text.encode()
    path = written(tmp_path_factory.mktemp("audit"), data[:at] + noise + data[at:])
    try:
        audit = read_audit(path)
    except ConfigError:
        return
    assert all(row.title.isprintable() and row.host.isprintable() and len(row.title) <= 300 for row in audit.rows)


def test_words_and_scores_for_how_bad_it_is() -> None:
    assert [severity(word) for word in ("Critical", "hoog", " Midden ", "laag", "geen", "9.8", "4.3", "0.0", "", "odd")] == [
        Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.CRITICAL, Severity.MEDIUM,
        Severity.INFO, None, None,
    ]  # fmt: skip
    assert [port(*one) for one in (("443",), ("53", "UDP"), ("443/tcp",), ("general", "tcp"), ("0",), ("70000",))] == [
        "443/tcp", "53/udp", "443/tcp", "", "", "",
    ]  # fmt: skip
    assert cves("cve-2024-6387, CVE-2024-6387 and CVE-1-2") == ("CVE-2024-6387",)


def test_every_rule_is_about_checks_that_exist() -> None:
    names = {*CATALOGUE, *(f"{area.value}." for area in Area)}
    families = {f"{name.rpartition('.')[0]}." for name in CATALOGUE}
    for rule in rules():
        assert rule.words and all(word == word.lower() for word in (*rule.words, *rule.but)), rule
        assert set(rule.checks) <= names | families, rule


def ours(
    check: str, subject: str = "", title: str = "", state: FindingState = FindingState.OPEN, cves: tuple[str, ...] = ()
) -> TrackedFinding:
    evidence = Evidence("TLS 1.0 accepted") if "tls" in check else Evidence()
    made = Finding(check, Area(check.partition(".")[0]), Severity.HIGH, title or check, subject, evidence, "", "", cves=cves)
    fixed = START + timedelta(days=9) if state is FindingState.FIXED else None
    return TrackedFinding(made, state, START, START, fixed)


def one(row: AuditRow, *findings: TrackedFinding, gaps: tuple[NotChecked, ...] = ()) -> Followed:
    host = Audited("web1", frozenset({"web1", "192.0.2.10", "2001:db8::10"}), findings, gaps)
    (found,) = follow([row], [host])
    return found


TLS = AuditRow("104743", "TLS Version 1.0 Protocol Detection", "192.0.2.10", (), "443/tcp")
PROTOCOL = "crypto.tls.protocol"


def test_a_row_is_open_while_any_finding_of_it_is_and_fixed_when_all_are() -> None:
    gone = ours(PROTOCOL, "443/tcp www.example.net", state=FindingState.FIXED)
    assert one(TLS, ours(PROTOCOL, "443/tcp"), gone).ending is Ending.OPEN
    fixed = one(TLS, gone)
    assert (fixed.ending, fixed.since, fixed.findings) == (Ending.FIXED, START + timedelta(days=9), (gone,))
    assert one(TLS, ours(PROTOCOL, "443/tcp", state=FindingState.ACCEPTED), gone).ending is Ending.ACCEPTED


def test_a_row_is_about_its_port_alone() -> None:
    assert one(TLS, ours(PROTOCOL, "993/tcp")).ending is Ending.UNMATCHED
    assert one(replace(TLS, port=""), ours(PROTOCOL, "993/tcp")).ending is Ending.OPEN
    mail = AuditRow("1", "IMAP Service Cleartext Login Permitted", "web1", (), "143/tcp")
    named = ours("crypto.mail.plaintext_login", "mailboxes", "IMAP and POP3 on 110 and 143: passwords are taken without TLS")
    assert one(mail, named).ending is Ending.OPEN
    assert one(replace(mail, port="993/tcp"), named).ending is Ending.UNMATCHED


def test_a_row_of_one_version_is_no_finding_of_another() -> None:
    assert one(replace(TLS, title="TLS Version 1.1 Deprecated Protocol"), ours(PROTOCOL, "443/tcp")).ending is Ending.UNMATCHED


def test_a_cve_is_enough() -> None:
    row = AuditRow("7", "Something in OpenSSH", "web1", (), "22/tcp", None, ("CVE-2024-6387",))
    assert one(row, ours("vulns.package.cve", "openssh-server", cves=("CVE-2024-6387",))).ending is Ending.OPEN


def test_what_could_not_be_checked_is_not_fixed() -> None:
    gap = NotChecked(PROTOCOL, "443/tcp", "filtered from here")
    found = one(TLS, ours(PROTOCOL, "443/tcp", state=FindingState.FIXED), gaps=(gap,))
    assert (found.ending, found.reason) == (Ending.NOT_CHECKED, "filtered from here")
    assert one(TLS, gaps=(NotChecked(PROTOCOL, "993/tcp", "filtered"),)).ending is Ending.UNMATCHED


def test_hosts_are_known_by_any_of_their_names() -> None:
    for called in ("web1", "WEB1.example.net.", "192.0.2.10", "2001:DB8::10"):
        assert one(replace(TLS, host=called), ours(PROTOCOL, "443/tcp")).host == "web1"
    assert one(replace(TLS, host="198.51.100.7", addresses=("web1.example.net",)), ours(PROTOCOL, "443/tcp")).host == "web1"
    assert one(replace(TLS, host="192.0.2.11")).ending is Ending.NO_HOST
    assert one(replace(TLS, title="Nobody knows what this is")).ending is Ending.UNMATCHED


@pytest.mark.parametrize(
    ("title", "check"),
    [
        ("SSL Medium Strength Cipher Suites Supported (SWEET32)", "crypto.tls.suite"),
        ("SSL Certificate Cannot Be Trusted", "crypto.cert.trust"),
        ("SSL Self-Signed Certificate", "crypto.cert.trust"),
        ("SSL Certificate with Wrong Hostname", "crypto.cert.name"),
        ("SSL Certificate Expiry", "crypto.cert.expiry"),
        ("SSL/TLS Diffie-Hellman Modulus <= 1024 Bits (Logjam)", "crypto.tls.dh"),
        ("SSH Server CBC Mode Ciphers Enabled", "crypto.ssh.cipher"),
        ("SSH Weak MAC Algorithms Enabled", "crypto.ssh.mac"),
        ("SSH Weak Key Exchange Algorithms Enabled", "crypto.ssh.kex"),
        ("SSH Terrapin Prefix Truncation Weakness (CVE-2023-48795)", "crypto.ssh.terrapin"),
        ("Weak Encryption Algorithm(s) Supported (SSH)", "crypto.ssh.cipher"),
        ("Weak MAC Algorithm(s) Supported (SSH)", "crypto.ssh.mac"),
        ("FTP Unencrypted Cleartext Login", "crypto.ftp.plaintext"),
        ("Anonymous FTP Enabled", "hardening.ftp.anonymous"),
        ("POP3 Unencrypted Cleartext Login", "crypto.mail.plaintext_login"),
        ("MTA Open Mail Relaying Allowed", "hardening.mail.relay"),
        ("HSTS Missing From HTTPS Server (RFC 6797)", "crypto.http.hsts"),
        ("Unix Operating System Unsupported Version Detection", "software.system.end_of_life"),
        ("open port 3306/tcp (mysql)", "ports.service.exposed"),
        ("Redis Server Unprotected by Password Authentication", "ports.service.exposed"),
    ],
)
def test_well_known_plug_ins_are_findings_of_ours(title: str, check: str) -> None:
    assert one(AuditRow("1", title, "web1"), ours(check)).ending is Ending.OPEN


def test_the_list_goes_back_in_the_auditors_own_numbering(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "history.db")
    shelf.scan(replace(ours(PROTOCOL, "443/tcp", "TLS 1.0 offered on 443").finding))
    shelf.scan()
    rows = (TLS, replace(TLS, number="=2+3", title="@SUM(A1)", host="192.0.2.77"), replace(TLS, number="9", title="Odd", port=""))
    audit = Baseline("audit-2026", START, "ops", "a.nessus, nessus", rows)
    host = Host(name="web1", address="192.0.2.10")
    found = audits.followed(shelf.history, audit, [host])
    sheet = list(csv.DictReader(io.StringIO("".join(audits.render(found, Since(START, "audit-2026", audit), "csv")))))
    assert [(row["number"], row["state"], row["our_host"]) for row in sheet] == [
        ("104743", "fixed", "web1"),
        ("'=2+3", "not in the fleet", ""),
        ("9", "no finding of ours", "web1"),
    ]
    assert (sheet[0]["our_key"], sheet[0]["since"]) == ("crypto.tls.protocol:443/tcp", "2026-11-01T14:00:00Z")
    assert sheet[1]["title"] == "'@SUM(A1)"
    assert [one.row.number for one in audits.followed(shelf.history, audit, [host], narrowed=True)] == ["104743", "9"]
    table = "".join(audits.render(found, Since(START, "audit-2026", audit), "table"))
    assert "1 fixed, 1 no finding of ours, 1 not in the fleet" in table
    shelf.history.close()
