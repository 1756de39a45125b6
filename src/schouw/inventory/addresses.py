"""Whether a text can be an address at all."""

from __future__ import annotations

import re

_LIKE_IPV4 = re.compile(r"[0-9.]+")
#: Without leading zeros, which some programs take for octal.
_NUMBER = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_NUMBER}(\.{_NUMBER}){{3}}")


def address_problem(text: str) -> str:
    """Why `text` is neither a DNS name nor an IP address, "" where it may be one. Nothing is looked up."""
    if "[" in text or "]" in text:
        return f'"{text}" is not an address; expected an IPv6 address without brackets, and a port as port = 22'
    if ":" in text:
        import ipaddress  # few fleets need it

        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            return f'"{text}" is not an IP address; expected an IPv6 address, or a name without a port, which goes in port = 22'
    elif _LIKE_IPV4.fullmatch(text) and not _IPV4.fullmatch(text):
        return f'"{text}" is not an IP address; expected four numbers up to 255, such as 192.0.2.10'
    return ""
