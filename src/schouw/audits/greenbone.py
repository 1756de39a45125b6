"""Greenbone's (OpenVAS, GVM) XML report: a row for each result above "log"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element

from schouw.audits.base import Found, cves, elements, port, severity, text
from schouw.model.baseline import AuditRow
from schouw.model.severity import Severity
from schouw.text import line

_SAID = frozenset({"log", "debug", "false positive"})


def read(file: IO[bytes]) -> Found:
    found = Found()
    for element in elements(file, frozenset({"result", "scan_end"})):
        if element.tag == "scan_end":
            found.ended(_moment(element.text or ""))
        elif element.find("nvt") is not None:
            _result(found, element)
    return found


def _result(found: Found, result: Element) -> None:
    threat = text(result, "threat").lower()
    rated = severity(text(result, "severity")) or severity(threat)
    if threat in _SAID or rated is Severity.INFO:
        found.left_out["informational rows"] += 1
        return
    host = result.find("host")
    name = line((host.text or "") if host is not None else "")
    if not name:
        found.left_out["rows without a host"] += 1
        return
    called = text(result, "host/hostname")
    number, _, proto = text(result, "port").partition("/")
    references = [one.get("id", "") for one in result.findall("nvt/refs/ref")]
    nvt = result.find("nvt")
    found.add(
        AuditRow(
            line(nvt.get("oid", "") if nvt is not None else "", 100) or line(result.get("id", ""), 100),
            text(result, "name") or text(result, "nvt/name"),
            name,
            (called,) if called and called != name else (),
            port(number, proto),
            rated,
            cves(*references, text(result, "nvt/cve")),
            text(result, "nvt/family"),
        )
    )


def _moment(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
