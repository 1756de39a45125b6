"""What OpenSSL is told for all programs of a host, in openssl.cnf or by a crypto policy, as it bears on one of them.

Only what is certain of a program: most set their own lowest version, and all may set a level of their own.
"""

from __future__ import annotations

import re

from schouw.checks.encryption.spelling import openssl_version
from schouw.model.daemons import Setting
from schouw.model.libraries import Libraries
from schouw.model.services import Part
from schouw.model.tls import TlsVersion

#: Programs that switch OpenSSL's security level off by themselves: with them old versions still work.
_LIFTS_THE_LEVEL = frozenset({"postfix"})
#: Programs that switch single versions off and never say which is the lowest: for them the line of openssl.cnf holds.
_NO_LOWEST_OF_ITS_OWN = frozenset({"exim", "proftpd", "vsftpd"})
#: EL's word for "as the crypto policy has it".
_POLICY = "PROFILE=SYSTEM"
_POLICIES = "/etc/crypto-policies/"
_LEVEL = re.compile(r"(?i)@SECLEVEL=(\d)")


def release(part: Part) -> tuple[int, ...] | None:
    """(3, 0) of "OpenSSL 3.0.17"; None for other libraries."""
    match = re.match(r"OpenSSL (\d+)\.(\d+)", part.daemon.library)
    return (int(match[1]), int(match[2])) if match else None


def by_policy(setting: Setting) -> bool:
    """Whether the crypto policy wrote it."""
    return setting.file.startswith(_POLICIES)


def lifted(part: Part, libraries: Libraries | None) -> bool:
    """Whether somebody switched the security level off, which keeps TLS 1.1 and older out of OpenSSL 3."""
    own = _own_level(part)
    level = system_level(part, libraries) if own is None else (own, None)
    return level is not None and level[0] == 0


def system_level(part: Part, libraries: Libraries | None) -> tuple[int, Setting] | None:
    """The security level that holds there for want of one of its own, and its line."""
    setting = _told(part, libraries, "CipherString")
    found = _LEVEL.findall(setting.value) if setting is not None else []
    return (int(found[-1]), setting) if setting is not None and found and _own_level(part) is None else None


def lowest(part: Part, libraries: Libraries | None) -> tuple[TlsVersion, Setting] | None:
    """The lowest version that holds there for want of one of its own, and its line."""
    setting = _told(part, libraries, "MinProtocol")
    if setting is None:
        return None
    # EL's Apache takes the policy's versions unless it is told others.
    given = part.block.settings.get("SSLProtocol")
    apache = part.daemon.name == "apache" and by_policy(setting) and (given is None or not given.file)
    if part.daemon.name not in _NO_LOWEST_OF_ITS_OWN and not apache:
        return None
    version = next((one for one in TlsVersion if openssl_version(one) == setting.value), None)
    return (version, setting) if version is not None else None


def refusing(part: Part, libraries: Libraries | None, versions: set[TlsVersion]) -> Setting | None:
    """The line that keeps all of these versions out; None where there is none, or the library does so unasked."""
    order = list(TlsVersion)
    bound = lowest(part, libraries)
    if bound is not None and all(order.index(one) < order.index(bound[0]) for one in versions):
        return bound[1]
    level = system_level(part, libraries)
    return level[1] if level is not None and level[0] > 0 and (release(part) or ()) >= (3,) else None


def letting_in(part: Part, libraries: Libraries | None, versions: set[TlsVersion]) -> Setting | None:
    """The line without which none of these old versions would be taken."""
    new = (release(part) or ()) >= (3,)
    level, bound = system_level(part, libraries), lowest(part, libraries)
    if new and level is not None and level[0] == 0:
        return level[1]
    order = list(TlsVersion)
    low = bound is not None and versions and all(order.index(one) >= order.index(bound[0]) for one in versions)
    return bound[1] if bound is not None and low and not new else None


def letting_in_sha1(part: Part, libraries: Libraries | None) -> Setting | None:
    """The line without which nothing would be signed with SHA-1: it counts for 80 bits up to OpenSSL 1.1, for 63 since."""
    level = system_level(part, libraries)
    most = 0 if (release(part) or ()) >= (3,) else 1
    if level is not None and level[0] <= most:
        return level[1]
    # EL's OpenSSL signs with it at level 2 too, where the policy says so.
    listed = _told(part, libraries, "SignatureAlgorithms")
    own = any("SignatureAlgorithms" in keyword for keyword in part.block.settings)
    by = listed is not None and by_policy(listed) and not own and "+SHA1" in listed.value.upper()
    return listed if by else None


def letting_in_short_fields(part: Part, libraries: Libraries | None) -> Setting | None:
    """The line without which no field of 1024 bits would do: it counts for 80 bits, and level 2 asks for 112."""
    level = system_level(part, libraries)
    return level[1] if level is not None and level[0] < 2 else None


def left_to_policy(part: Part) -> bool:
    """Whether its line of suites says no more than that the policy decides."""
    return any(setting.value.strip("\"'").upper().startswith(_POLICY) for setting in part.block.settings.values())


def _told(part: Part, libraries: Libraries | None, name: str) -> Setting | None:
    # cPanel brings an OpenSSL of its own, with a file of its own.
    ours = (release(part) or ()) >= (1, 1) and part.daemon.panel != "cpanel"
    return libraries.openssl.get(name) if libraries is not None and ours else None


def _own_level(part: Part) -> int | None:
    if part.daemon.name in _LIFTS_THE_LEVEL:
        return 0
    return min((int(one) for each in part.block.settings.values() for one in _LEVEL.findall(each.value)), default=None)
