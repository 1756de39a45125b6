"""Canonical's names for releases and pockets, and its OpenVEX archive: what will not be fixed, and what is not affected."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from schouw.vulnerabilities.feeds.base import Feed, Head, decoded
from schouw.vulnerabilities.reading import Limits, members
from schouw.vulnerabilities.releases import by_codename
from schouw.vulnerabilities.schema import Status
from schouw.vulnerabilities.writer import Writer

_DISTRO = re.compile(r"[?&]distro=([^&]{1,60})")
_SOURCE = re.compile(r"pkg:deb/ubuntu/([^@?]{1,100})@?[^?]*\?(?:.*&)?arch=source(?:&|$)")

#: Pockets that VEX is read for: what servers run. The others (FIPS, realtime, …) are other builds (UBU-5).
_POCKETS = ("", "esm-infra", "esm-apps", "esm-infra-legacy")
_WILL_NOT_FIX = re.compile(r"decided (not to|to not) fix|no longer supported|will not be fixed|won't fix", re.IGNORECASE)


def distro_of(purl: str) -> str:
    """Such as "jammy" or "esm-apps/jammy", "" where the package URL names none."""
    found = _DISTRO.search(purl)
    return found[1].replace("%2F", "/").replace("%2f", "/") if found else ""


def release_and_pocket(label: str) -> tuple[str, str]:
    """("ubuntu:22.04", "esm-apps") of "esm-apps/jammy", "Pro:22.04:LTS" and what else feeds call it.

    The pocket is "" for the release itself, "esm" where it is not told which part of ESM.
    """
    pocket, slash, codename = label.rpartition("/")
    if codename == "esm":  # trusty/esm, the oldest form
        return str(by_codename("ubuntu", pocket)), "esm-infra"
    if slash:
        return str(by_codename("ubuntu", codename)), pocket.lower()
    parts = [part for part in label.split(":") if part != "LTS"]
    pocket = "-".join(part.lower() for part in parts[:-1])
    return str(by_codename("ubuntu", parts[-1] if parts else "")), "esm" if pocket == "pro" else pocket


class _Product(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")


class _Vulnerability(msgspec.Struct):
    name: str = ""


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability = msgspec.field(default_factory=_Vulnerability)
    status: str = ""
    products: list[_Product] = []
    justification: str = ""
    impact_statement: str = ""
    status_notes: str = ""
    action_statement: str = ""


class _Document(msgspec.Struct):
    timestamp: str = ""
    statements: list[_Statement] = []


def _claims(head: Head) -> bool:
    return isinstance(head.record.get("statements"), list) and "openvex" in str(head.record.get("@context", ""))


def _read(path: Path, writer: Writer, limits: Limits) -> None:
    for name, content in members(path, limits):
        document = decoded(content, _Document, writer) if name.endswith(".json") else None
        if document is not None:
            writer.saw(document.timestamp)
            for statement in document.statements:
                _write(writer, statement)


def _write(writer: Writer, statement: _Statement) -> None:
    name = statement.vulnerability.name
    if statement.status == "not_affected":
        status, note = Status.NOT_AFFECTED, statement.impact_statement or statement.status_notes or statement.justification
    elif statement.status == "affected" and _WILL_NOT_FIX.search(statement.action_statement):
        status, note = Status.OPEN, "ignored: " + (statement.status_notes or "Canonical will not fix it")
    else:
        return  # what is fixed, and where, the OSV records say
    wanted = list(dict.fromkeys(_wanted(statement)))
    if not name.startswith("CVE-") or not wanted or not writer.advisory(name):
        return
    for source, label in wanted:
        release, pocket = release_and_pocket(label)
        if pocket in _POCKETS:
            writer.fix(writer.platform(release, "deb", pocket=pocket), source, name, status, note=note)


def _wanted(statement: _Statement) -> list[tuple[str, str]]:
    """(source package, release label). A statement repeats itself for every binary package; kernels of every flavour
    would be a million rows that change no verdict."""
    found = ((_SOURCE.match(product.id), distro_of(product.id)) for product in statement.products)
    return [(match[1], label) for match, label in found if match and label and not match[1].startswith("linux")]


VEX = Feed(
    "ubuntu-vex",
    "Ubuntu OpenVEX statements",
    _claims,
    _read,
    "https://security-metadata.canonical.com/vex/vex-all.tar.xz",
    rank=1,
    overlay=True,
)
