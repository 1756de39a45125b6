"""What a profile accepts, in the spelling of server programs: OpenSSL's names of suites and groups, versions in many forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from schouw.model.profile import Kind, Profile, accepted, level
from schouw.model.tls import TlsVersion

#: The groups that a fix names, in the order in which a server should prefer them, with OpenSSL's name.
_GROUPS = (("X25519MLKEM768", "X25519MLKEM768"), ("x25519", "X25519"), ("secp256r1", "prime256v1"), ("secp384r1", "secp384r1"))
_POST_QUANTUM = "MLKEM"
#: The first OpenSSL that knows ML-KEM.
_KNOWS_MLKEM = (3, 5)


def words_of(profile: Profile, library: str) -> dict[str, str]:
    """What stands for each ``<word>`` of a fix; `library` is what does the TLS there, "" where that is not known."""
    versions = [version for version in TlsVersion if level(profile, Kind.PROTOCOL, version).accepted]
    lowest = versions[0] if versions else TlsVersion.TLS12
    groups = group_names(profile, library)
    hashes = [name.upper() for name in accepted(profile, Kind.HANDSHAKE_SIGNATURE)] or ["SHA256", "SHA384", "SHA512"]
    hsts = re.sub(r"\D", "", next(iter(accepted(profile, Kind.HSTS)), "")) or "31536000"
    return {
        "versions": " ".join(map(openssl_version, versions)),
        "plus_versions": " ".join(f"+{openssl_version(version)}" for version in versions),
        "vers": ":".join(f"+VERS-TLS{version.removeprefix('TLSv')}" for version in reversed(versions)),
        "min": openssl_version(lowest),
        "ciphers": ":".join(cipher_names(profile)),
        # Level 2 keeps SHA-1 out of signatures, whatever openssl.cnf says; OpenSSL 1.0 and LibreSSL refuse the word.
        "level": "" if library.startswith(("OpenSSL 1.0", "LibreSSL")) else ":@SECLEVEL=2",
        "suites13": ":".join(name for name in accepted(profile, Kind.SUITE) if "_WITH_" not in name and "*" not in name),
        "groups": ":".join(groups),
        "groups_apart": " ".join(groups),
        "gnutls_groups": ":".join(
            f"+GROUP-{name.upper()}"
            for name, _ in _GROUPS
            if _POST_QUANTUM not in name and level(profile, Kind.GROUP, name).accepted
        ),
        "sigalgs": ":".join([*(f"{key}+{one}" for key in ("ECDSA", "RSA-PSS", "RSA") for one in hashes), "ed25519"]),
        "hsts": hsts,
    }


def openssl_version(version: TlsVersion) -> str:
    return "TLSv1" if version is TlsVersion.TLS10 else str(version)


def cipher_names(profile: Profile) -> list[str]:
    """OpenSSL's names of the suites up to TLS 1.2 that a profile accepts; those of TLS 1.3 are set elsewhere and are all fine."""
    return [openssl_suite(name) for name in accepted(profile, Kind.SUITE) if "_WITH_" in name and "*" not in name]


def group_names(profile: Profile, library: str) -> list[str]:
    """OpenSSL's names of the groups to offer. A server does not start with a name that its library does not know."""
    quantum = can_post_quantum(library)
    return [
        spelt for name, spelt in _GROUPS if level(profile, Kind.GROUP, name).accepted and (quantum or _POST_QUANTUM not in name)
    ]


def can_post_quantum(library: str) -> bool:
    match = re.match(r"OpenSSL (\d+)\.(\d+)", library)
    return match is not None and (int(match[1]), int(match[2])) >= _KNOWS_MLKEM


def post_quantum(groups: Iterable[str]) -> bool:
    return any(_POST_QUANTUM in group for group in groups)


@cache
def openssl_suite(name: str) -> str:
    """``ECDHE-RSA-AES128-GCM-SHA256`` for ``TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256``."""
    exchange, _, rest = name.removeprefix("TLS_").partition("_WITH_")
    cipher = re.sub(r"(AES|ARIA|CAMELLIA)_(\d+)", r"\1\2", rest).replace("_CBC", "").replace("3DES_EDE", "DES-CBC3")
    cipher = cipher.replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305").replace("_", "-")
    prefix = "" if exchange == "RSA" else exchange.replace("_", "-") + "-"
    return prefix + cipher


def suite_faults(name: str) -> list[str]:
    """What is wrong with a suite in itself, worst first, in words: they make the title of a finding."""
    return [words for pattern, words in _FAULTS if re.search(pattern, name)]


_FAULTS = (
    (r"NULL", "no encryption at all"),
    (r"EXPORT|DES40|RC4_40|RC2", "export ciphers"),
    (r"_anon_", "anonymous key exchange"),
    (r"RC4", "RC4"),
    (r"(?<!3)DES_CBC|3DES|IDEA", "64-bit ciphers (3DES)"),
    (r"SEED", "SEED"),
    (r"CCM_8", "short tags (CCM_8)"),
    (r"^TLS_RSA_|^TLS_ECDH_(?!anon)|^TLS_DH_(?!anon)|PSK|SRP", "no forward secrecy"),
    (r"CBC_SHA$", "CBC with SHA-1"),
    (r"CBC_SHA\d+$", "CBC"),
    (r"^TLS_DHE_", "DHE"),
)
