"""CVSS 3 vectors (first.org/cvss/v3.1/specification-document): the base score, and what of CISA's SSVC they imply.

By hand: the formula is a dozen lines, and the libraries for it bring versions 2 and 4 and a parser of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0},
    "I": {"H": 0.56, "L": 0.22, "N": 0},
    "A": {"H": 0.56, "L": 0.22, "N": 0},
}
#: Privileges weigh more where the scope does not change.
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def metrics(vector: str) -> dict[str, str]:
    """Metric → value of a CVSS 3 vector; {} for anything else."""
    if not vector.startswith("CVSS:3."):
        return {}
    return {name: value for name, _, value in (part.partition(":") for part in vector.split("/")[1:])}


def base_score(vector: str) -> float | None:
    """0 to 10, in tenths; None where the vector is no whole CVSS 3 vector."""
    given = metrics(vector)
    try:
        scope = given["S"]
        exploitability = 8.22 * _PRIVILEGES[scope][given["PR"]]
        for name in ("AV", "AC", "UI"):
            exploitability *= _WEIGHTS[name][given[name]]
        kept = 1.0
        for name in ("C", "I", "A"):
            kept *= 1 - _WEIGHTS[name][given[name]]
    except KeyError:
        return None
    lost = 1 - kept
    impact = 6.42 * lost if scope == "U" else 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15
    if impact <= 0:
        return 0.0
    score = min((impact + exploitability) * (1 if scope == "U" else 1.08), 10)
    # "Round up" of the specification, in whole numbers so that binary fractions do not matter.
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


def automatable(vector: str) -> bool | None:
    """PRI-2: reachable from the network, simple, without an account or a person's help. None where there is no vector."""
    given = metrics(vector)
    if not given:
        return None
    return all(given.get(name) == value for name, value in (("AV", "N"), ("AC", "L"), ("PR", "N"), ("UI", "N")))


def total(vector: str) -> bool | None:
    """PRI-2: everything is lost. None where there is no vector."""
    given = metrics(vector)
    if not given:
        return None
    return all(given.get(name) == "H" for name in ("C", "I", "A"))
