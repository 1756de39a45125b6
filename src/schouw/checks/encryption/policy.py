"""The crypto policy of a whole host (crypto-policies(7)): servers, sshd, and what the host itself connects with."""

from __future__ import annotations

from collections.abc import Iterator

from schouw.checks import needs
from schouw.checks.advice import listing
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.lowered import change_policy
from schouw.model.finding import Evidence
from schouw.model.libraries import Libraries


@check("crypto.host.policy", needs.libraries)
def policy(case: Case, libraries: Libraries) -> Iterator[Found | Unsure]:
    """Policies of one's own are not judged by their names: what they bring about is met outside."""
    chosen = libraries.policy
    if chosen is None:
        return
    base, *modules = chosen.value.split(":")
    variant = "legacy" if base == "LEGACY" else "sha1" if "SHA1" in modules else ""
    if variant:
        told = listing((f"{name} = {setting.value}" for name, setting in libraries.openssl.items()), 150)
        yield Found(
            evidence=Evidence(inside=f"the crypto policy is {chosen.value}; OpenSSL: {told}", location=chosen.location),
            fix=change_policy(case, chosen.value),
            variant=variant,
            words={"policy": chosen.value},
            impact="Who knows nothing newer, in both directions: customers' old programs, and servers that it connects to.",
        )
