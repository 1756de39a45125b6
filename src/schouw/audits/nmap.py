"""nmap's XML (``-oX``): a row for each open port, and for each script that says something we know of.

https://nmap.org/book/nmap-dtd.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element

from schouw.audits.base import Found, cves, elements, port
from schouw.audits.rules import script_words
from schouw.model.baseline import AuditRow
from schouw.text import line


def read(file: IO[bytes]) -> Found:
    found = Found()
    for element in elements(file, frozenset({"host", "finished"})):
        if element.tag == "finished":
            found.ended(_moment(element.get("time", "")))
        else:
            _host(found, element)
    return found


def _host(found: Found, host: Element) -> None:
    state = host.find("status")
    if state is not None and state.get("state") == "down":
        return
    addresses = [line(one.get("addr", "")) for one in host.findall("address") if one.get("addrtype") in ("ipv4", "ipv6")]
    names = [line(one.get("name", "")) for one in host.findall("hostnames/hostname")]
    known = tuple(dict.fromkeys(filter(None, (*addresses, *names))))
    if not known:
        found.left_out["hosts without an address"] += 1
        return
    found.ended(_moment(host.get("endtime", "")))
    for one in host.findall("ports/port"):
        where = port(one.get("portid", ""), one.get("protocol", ""))
        state = one.find("state")
        if state is None or state.get("state") != "open" or not where:
            continue
        service = one.find("service")
        name = line(service.get("name", "")) if service is not None else ""
        title = f"open port {where}{f' ({name})' if name else ''}"
        found.add(AuditRow(f"{known[0]}:{where}", title, known[0], known[1:], where))
        for script in one.findall("script"):
            _script(found, known, where, script)
    for script in host.findall("hostscript/script"):
        _script(found, known, "", script)


def _script(found: Found, known: tuple[str, ...], where: str, script: Element) -> None:
    """Most scripts only describe; those that we know to tell of something wrong, or that name CVEs, have a row."""
    id, output = line(script.get("id", "")), script.get("output", "")
    named = cves(output)
    if not named and id not in script_words():
        found.left_out["scripts that only describe"] += 1
        return
    said = line(" ".join(output.split()), 120)
    number = f"{known[0]}:{where}:{id}" if where else f"{known[0]}:{id}"
    found.add(AuditRow(number, f"{id}: {said}" if said else id, known[0], known[1:], where, None, named, id))


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
