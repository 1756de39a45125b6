"""Whether a text can be an address at all."""

from __future__ import annotations

import ipaddress
import re


def address_problem(text: str) -> str:
    """Why `text` is neither a DNS name nor an IP address, "" where it may be one. Nothing is looked up."""
    if "[" in text or "]" in text:
        return f'"{text}" is not an address; expected an IPv6 address without brackets, and a port as port = 22'
    if ":" in text:
        expected = "expected an IPv6 address, or a name without a port, which goes in port = 22"
    elif re.fullmatch(r"[0-9.]+", text):
        expected = "expected four numbers up to 255, such as 192.0.2.10"
    else:
        return ""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f'"{text}" is not an IP address; {expected}'
    return ""
