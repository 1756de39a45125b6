"""What other programs say of a TLS endpoint, in one shape: a set of items such as ``suite TLSv1.2 TLS_RSA_WITH_…``."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schouw.model.attempt import seen
from schouw.model.protocol import Protocol
from schouw.model.tls import Accepted, CertificateOffer, Endpoint, Looked, TlsOffer, TlsVersion
from schouw.probe.deep.environment import location, status
from schouw.probe.tls.codepoints import group_name, suite_name
from tests.bench.measure import Cost, cost
from tests.lab.hosts import HOSTS

Items = frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Of one program about one endpoint. It is asked only for the kinds of items that it can see."""

    items: Items
    cost: Cost


@dataclass(frozen=True, slots=True)
class Scanner:
    """`kinds`: the first words of what it reports; "group" is asked of those who try every group."""

    name: str
    kinds: frozenset[str]
    look: Callable[[Endpoint, Path], Report]


def ours(offer: TlsOffer, certificates: Iterable[Looked[CertificateOffer]]) -> Items:
    """schouw's own answer in the same shape."""
    accepted = offer.accepted.result or ()
    items = {_protocol(version.value) for version, spoken in offer.versions.items() if spoken.result}
    items |= {_suite(one.version.value, one.suite) for one in accepted}
    items |= {f"group {group}" for group in offer.groups.result or ()}
    items |= {f"dh {one.dh_bits}" for one in accepted if one.dh_bits}
    for shown in certificates:
        if shown.attempt.result is not None:
            leaf = shown.attempt.result.chain[0]
            items.add(_certificate(leaf.key, leaf.bits, leaf.signature, leaf.not_after))
    return frozenset(items)


def offer(items: Items) -> TlsOffer:
    """The other way round, so that what another program says can be judged."""
    rows = [item.split() for item in items]
    bits = max((int(row[1]) for row in rows if row[0] == "dh"), default=0)
    suites = [(TlsVersion(row[1]), row[2]) for row in rows if row[0] == "suite"]
    versions = {version: seen(_protocol(version.value) in items) for version in TlsVersion}
    field = f"ffdhe{bits}" if bits >= 2048 else ""  # nobody says whose it is, and every server's here is well known
    accepted = (Accepted(*suite, field, bits) if "_DHE_" in suite[1] else Accepted(*suite) for suite in suites)
    groups = tuple(row[1] for row in rows if row[0] == "group")
    return TlsOffer("full", versions, seen(tuple(accepted)), seen(groups), 0)


def sslyze() -> Scanner | None:
    """Through its Python interface, in its own environment; the time is that of the second scan alone, without its imports."""
    found = status(location(Path("/nowhere")))
    if found.problem:
        return None

    def look(endpoint: Endpoint, folder: Path) -> Report:
        command = [found.interpreter, "-I", "-W", "ignore", Path(__file__).with_name("sslyze_scan.py"), endpoint.address]
        first = next(host.address for host in HOSTS if host.name in _FIRST and host.address != endpoint.address)
        command += [str(endpoint.port), endpoint.name, _starttls(endpoint), first]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
        said = json.loads(done.stdout)
        items = {_protocol(version) for version, suites in said["suites"].items() if suites}
        items |= {_suite(version, suite) for version, suites in said["suites"].items() for suite in suites}
        items |= {f"group {_GROUPS.get(group, group)}" for group in said["groups"]} | {f"dh {bits}" for bits in said["dh"]}
        for kind, bits, signature, ends in said["certificates"]:
            items.add(_certificate(kind, bits, signature, datetime.fromisoformat(ends)))
        return Report(frozenset(items), Cost(said["wall"], said["cpu"], 0))

    return Scanner("sslyze", frozenset({"protocol", "suite", "group", "dh", "certificate"}), look)


def _sslscan(endpoint: Endpoint, folder: Path) -> Report:
    file = folder / "sslscan.xml"
    command = ["sslscan", f"--xml={file}", f"--sni-name={endpoint.name}", "--show-certificate"]
    command += [f"--starttls-{_starttls(endpoint)}"] if _starttls(endpoint) else []
    spent = cost([*command, f"{endpoint.address}:{endpoint.port}"])
    root = ET.parse(file).getroot()
    items = set()
    for one in root.iter("protocol"):
        if one.get("enabled") == "1":
            items.add(_protocol(f"{one.get('type', '').upper()}v{one.get('version')}"))
    for one in root.iter("cipher"):
        items.add(_suite(one.get("sslversion", ""), suite_name(int(one.get("id", "0"), 16))))
        if one.get("dhebits") and one.get("sslversion") != "TLSv1.3":
            items.add(f"dh {one.get('dhebits')}")
    items |= {f"group {group_name(int(one.get('id', '0'), 16))}" for one in root.iter("group")}
    for one in root.iter("certificate"):
        key = one.find("pk")
        if key is not None:
            ends = datetime.strptime(one.findtext("not-valid-after", ""), "%b %d %H:%M:%S %Y GMT")
            signature = _hash(one.findtext("signature-algorithm", ""))
            items.add(_certificate(key.get("type", ""), int(key.get("bits", "0")), signature, ends))
    return Report(frozenset(items), spent)


def _nmap(endpoint: Endpoint, folder: Path) -> Report:
    """Its port number tells it whether there are words before TLS."""
    file = folder / "nmap.xml"
    scripts = f"ssl-enum-ciphers,ssl-cert --script-args tls.servername={endpoint.name}"
    command = ["nmap", "-n", "-Pn", "-p", str(endpoint.port), "--script", *scripts.split(), "-oX", str(file), endpoint.address]
    spent = cost(command)
    root = ET.parse(file).getroot()
    items = set()
    for version in root.findall(".//script[@id='ssl-enum-ciphers']/table"):
        items.add(_protocol(version.get("key", "")))
        for one in version.findall("table[@key='ciphers']/table"):
            suite = one.findtext("elem[@key='name']", "").replace("TLS_AKE_WITH_", "TLS_")
            items.add(_suite(version.get("key", ""), suite))
            strength = one.findtext("elem[@key='kex_info']", "")
            if strength.startswith("dh ") and version.get("key") != "TLSv1.3":
                items.add(strength)
    for one in root.findall(".//script[@id='ssl-cert']"):
        kind, bits = (one.findtext(f".//table[@key='pubkey']/elem[@key='{key}']", "") for key in ("type", "bits"))
        ends = datetime.fromisoformat(one.findtext(".//table[@key='validity']/elem[@key='notAfter']", ""))
        items.add(_certificate(kind, int(bits), _hash(one.findtext("elem[@key='sig_algo']", "")), ends))
    return Report(frozenset(items), spent)


def _testssl(endpoint: Endpoint, folder: Path) -> Report:
    """Versions, every suite of each, and the certificates: the least that can be compared, for it takes minutes."""
    file = folder / "testssl.json"
    file.unlink(missing_ok=True)
    command = ["testssl", "--quiet", "--warnings", "off", "--color", "0", "-n", "none", "-p", "-E", "-S", "--jsonfile", str(file)]
    command += ["-t", _starttls(endpoint)] if _starttls(endpoint) else []
    where = f"{endpoint.name}:{endpoint.port}" if endpoint.name else f"{endpoint.address}:{endpoint.port}"
    spent = cost([*command, "--ip", endpoint.address, where])
    rows = {row["id"]: row["finding"] for row in json.loads(file.read_text())}
    items = {_protocol(_TESTSSL[key]) for key, said in rows.items() if key in _TESTSSL and said.startswith("offered")}
    for key in rows:
        if found := re.fullmatch(r"cipher-(\S+)_x([0-9a-f]+)", key):
            items.add(
                _suite(_TESTSSL.get(found[1].replace("tls", "TLS").replace(".", "_"), found[1]), suite_name(int(found[2], 16)))
            )
    for number in sorted(set(re.findall(r"cert_keySize(.*)", " \n".join(rows)))):
        kind, bits = rows[f"cert_keySize{number.rstrip()}"].split()[:2]
        ends = datetime.fromisoformat(rows[f"cert_notAfter{number.rstrip()}"])
        items.add(_certificate(kind, int(bits), _hash(rows[f"cert_signatureAlgorithm{number.rstrip()}"]), ends))
    return Report(frozenset(items), spent)


_ALL = frozenset({"protocol", "suite", "dh", "certificate"})
_INSTALLED = (
    Scanner("sslscan", _ALL | {"group"}, _sslscan),
    Scanner("nmap", _ALL, _nmap),
    Scanner("testssl", _ALL - {"dh"}, _testssl),
)


def installed() -> Iterator[Scanner]:
    """Those that are on this machine."""
    yield from (one for one in _INSTALLED if shutil.which(one.name))
    if (library := sslyze()) is not None:  # last: Exim turns everybody away for some time afterwards
        yield library


_TESTSSL = {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLS1": "TLSv1.0", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
_GROUPS = {"prime256v1": "secp256r1", "X25519": "x25519", "X448": "x448"}
_FIRST = ("webgood", "webweak")
"""One of them is scanned before, so that the library is warm."""
_STARTTLS = {Protocol.SMTP: "smtp", Protocol.SUBMISSION: "smtp", Protocol.IMAP: "imap", Protocol.FTP: "ftp"}


def _starttls(endpoint: Endpoint) -> str:
    return _STARTTLS.get(endpoint.protocol, "")


def _protocol(version: str) -> str:
    return f"protocol {version}"


def _suite(version: str, suite: str) -> str:
    return f"suite {version} {suite}"


def _hash(algorithm: str) -> str:
    """Of a signature's name, as ever it is written."""
    return "".join(re.findall(r"(?:sha|md)-?\d+", algorithm.lower())[-1:]).replace("-", "")


def _certificate(kind: str, bits: int, signature: str, ends: datetime) -> str:
    """A curve's size is counted in more than one way."""
    kind = kind.upper().replace("ECDSA", "EC")
    return f"certificate {kind}{f' {bits}' if kind == 'RSA' else ''} {signature.lower()} until {ends:%Y-%m-%d}"
