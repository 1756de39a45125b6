"""Area vulns: what the vulnerability database says of a host, as things to do: one a source package, one for the kernel."""

from __future__ import annotations

from schouw.checks.base import Check
from schouw.checks.vulns import kernel, packages

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (packages.fixable, kernel.reboot, packages.unfixed)
