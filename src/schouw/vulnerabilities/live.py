"""What is fixed in the running kernel's memory, and what a reboot would fix (KRN-4, KRN-5)."""

from __future__ import annotations

from dataclasses import replace

from schouw.model.vulnerability import CveVerdict, Judged, LivePatch, Match, RunningKernel
from schouw.vulnerabilities.kernel import at_least
from schouw.vulnerabilities.versions import key


def patched(judged: Judged, patch: LivePatch | None, kind: str) -> Judged:
    """The running kernel less what a live patch says it fixes; a patch that names nothing takes nothing away (KRN-5)."""
    if patch is None:
        return judged
    return replace(judged, matches=tuple(_patched(match, patch, kind) for match in judged.matches))


def closing(running: RunningKernel, judged: Judged, kind: str) -> RunningKernel:
    """With the CVEs that a reboot into the newest installed kernel closes."""
    if not running.reboot_due:
        return running
    newest = _key(kind, running.newest)
    closed = (match for match in judged.matches if match.verdict is CveVerdict.FIXABLE and _key(kind, match.fixed) <= newest)
    return replace(running, closes=tuple(dict.fromkeys(cve for match in closed for cve in match.cves)))


def _patched(match: Match, patch: LivePatch, kind: str) -> Match:
    if not match.verdict.vulnerable:
        return match
    if match.cves and all(cve in patch.cves for cve in match.cves):
        return match._replace(verdict=CveVerdict.SUPPRESSED, rule="KRN-5", note=f"live-patched by {patch.tool}")
    if patch.release and kind != "rpm" and not at_least(patch.release, "deb"):
        note = f"{patch.tool} patches the kernel to {patch.release}, whose version is not known here"
        return match._replace(verdict=CveVerdict.UNKNOWN, rule="KRN-5", note=note)
    return match


def _key(kind: str, version: str) -> bytes:
    try:
        return key("rpm" if kind == "rpm" else "deb", version)
    except ValueError:
        return b""
