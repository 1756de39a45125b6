"""Tenable's ``.nessus``, version 2: a row for each plug-in that found something on a host and port.

Nessus v2 File Format (Tenable, 2016): ReportHost, HostProperties, ReportItem with severity 0 (info) to 4 (critical).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element

from schouw.audits.base import Found, cves, elements, port, text
from schouw.model.baseline import AuditRow
from schouw.model.severity import Severity
from schouw.text import line

_SEVERITIES = {"1": Severity.LOW, "2": Severity.MEDIUM, "3": Severity.HIGH, "4": Severity.CRITICAL}
_NAMES = ("host-ip", "host-fqdn", "hostname", "netbios-name")
_ITEM_WORDS = 40


def read(file: IO[bytes]) -> Found:
    found = Found()
    for host in elements(file, frozenset({"ReportHost"})):
        _host(found, host)
    return found


def _host(found: Found, host: Element) -> None:
    properties = {tag.get("name", ""): line(tag.text or "") for tag in host.findall("HostProperties/tag")}
    name = line(host.get("name", "")) or properties.get("host-ip", "")
    if not name:
        found.left_out["hosts without a name"] += 1
        return
    others = tuple(dict.fromkeys(value for key in _NAMES if (value := properties.get(key, "")) and value != name))
    found.ended(_moment(properties))
    for item in host.findall("ReportItem"):
        rated = _SEVERITIES.get(item.get("severity", ""))
        if rated is None:
            found.left_out["informational rows"] += 1
            continue
        found.add(
            AuditRow(
                line(item.get("pluginID", ""), _ITEM_WORDS),
                line(item.get("pluginName", "")),
                name,
                others,
                port(item.get("port", ""), item.get("protocol", "")),
                rated,
                cves(*(one.text or "" for one in item.findall("cve"))),
                line(f"{item.get('pluginFamily', '')} {item.get('svc_name', '')} {text(item, 'synopsis')}"),
            )
        )


def _moment(properties: dict[str, str]) -> datetime | None:
    """Scanners of before 2015 give local time without a zone alone, which says nothing."""
    try:
        return datetime.fromtimestamp(int(properties.get("HOST_END_TIMESTAMP", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None
