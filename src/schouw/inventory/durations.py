"""Times as people write them: "90s", "15m", "6h", "7d", "2w"."""

from __future__ import annotations

_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}

#: Some time, never none.
DURATION = r"^0*[1-9][0-9]{0,4}[smhdw]$"
#: How often; "never" is 0 seconds: only when asked.
SCHEDULE = r"^(never|0*[1-9][0-9]{0,4}[smhdw])$"


def seconds(text: str) -> float:
    """Seconds in a text that fits `SCHEDULE`."""
    return 0.0 if text == "never" else float(int(text[:-1]) * _SECONDS[text[-1]])


def written(value: float) -> str:
    """A text, in days at most, that `seconds` reads as `value`, a whole number of seconds."""
    if not value:
        return "never"
    return next(f"{int(value // _SECONDS[unit])}{unit}" for unit in "dhms" if value % _SECONDS[unit] == 0)
