"""Module streams of RPM distributions: which packages are modular, and which stream a fix is for (RPM-4, RPM-5)."""

from __future__ import annotations

import re

#: A modular fix whose stream its feed does not tell.
UNTOLD = "?"

_STREAM = re.compile(r"(?<![\w.:/-])([a-z][\w.+-]{0,60}:[\w][\w.+-]{0,40})(?![\w:])")


def is_modular(evr: str) -> bool:
    """RPM-4: AlmaLinux marks the release with ``module_el``, Rocky and RHEL with ``module+el``."""
    return "module_el" in evr or "module+el" in evr


def stream_of(label: str) -> str:
    """``name:stream`` of a modularity label (name:stream:version:context[:arch]); "" for no label."""
    parts = label.split(":")
    return f"{parts[0]}:{parts[1]}" if len(parts) > 1 and parts[0] and parts[1] else ""


def told_by(summary: str, evr: str) -> str:
    """RPM-5: the streams that an advisory's title names ("Moderate: squid:4 security update"), comma between several;
    `UNTOLD` where it names none; "" for a fix that is not modular."""
    if not is_modular(evr):
        return ""
    return ",".join(dict.fromkeys(_STREAM.findall(summary[:300]))) or UNTOLD
