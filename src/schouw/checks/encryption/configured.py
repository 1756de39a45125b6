"""Which versions of TLS a configuration allows, read as its own program reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from schouw.checks.encryption import system_wide
from schouw.model.daemons import Setting
from schouw.model.libraries import Libraries
from schouw.model.services import Part
from schouw.model.tls import TlsVersion

Versions = frozenset[TlsVersion]
Settings = Mapping[str, Setting]

_TLS = (TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12, TlsVersion.TLS13)
#: No distribution builds its libraries with these any more.
_SSL: Versions = frozenset({TlsVersion.SSL2, TlsVersion.SSL3})
_OLD: Versions = _SSL | {TlsVersion.TLS10, TlsVersion.TLS11}
_BY_NAME = {
    "sslv2": TlsVersion.SSL2, "sslv3": TlsVersion.SSL3, "tlsv1": TlsVersion.TLS10, "tlsv1.0": TlsVersion.TLS10,
    "tlsv1.1": TlsVersion.TLS11, "tlsv1.2": TlsVersion.TLS12, "tlsv1.3": TlsVersion.TLS13,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Configured:
    """`written`: what the lines allow; `allowed`: what the library then lets through."""

    written: Versions
    allowed: Versions


def configured(part: Part, libraries: Libraries | None) -> Configured | None:
    """None where it cannot be told from the lines alone. `libraries`: what holds for all programs there, as far as known."""
    read = _READERS.get(part.daemon.name)
    versions = read(part) if read else None
    if versions is None:
        return None
    return Configured(versions, versions - _refused(part, libraries))


def _refused(part: Part, libraries: Libraries | None) -> Versions:
    """What the library does not let through, whatever the lines say."""
    release = system_wide.release(part)
    if release is None:
        return _SSL
    if release < (1, 1):
        return frozenset()
    lowest = system_wide.lowest(part, libraries)
    below = frozenset(TlsVersion) - _from(lowest[0]) if lowest is not None else frozenset()
    return below | (_OLD if release >= (3,) and not system_wide.lifted(part, libraries) else _SSL)


def _from(lowest: TlsVersion) -> Versions:
    return frozenset(version for version in TlsVersion if list(TlsVersion).index(version) >= list(TlsVersion).index(lowest))


def _version(word: str) -> TlsVersion | None:
    return _BY_NAME.get(word.strip().lower())


def _value(part: Part, *keywords: str) -> str | None:
    """Of the first of these that is set."""
    settings = part.block.settings
    return next((settings[keyword].value for keyword in keywords if keyword in settings), None)


def _listed(words: Iterable[str]) -> Versions:
    return frozenset(version for word in words if (version := _version(word)))


def _nginx(part: Part) -> Versions | None:
    value = _value(part, "ssl_protocols")
    return None if value is None else _listed(value.split())


def _signed(value: str, everything: Iterable[TlsVersion]) -> Versions:
    """``all -SSLv3 +TLSv1.2``: a word without a sign starts afresh."""
    chosen: set[TlsVersion] = set()
    for word in value.replace(",", " ").split():
        sign, name = (word[0], word[1:]) if word[0] in "+-!" else ("", word)
        named = set(everything) if name.lower() in ("all", "any", "sslv23") else _listed([name])
        chosen = chosen | named if sign == "+" else chosen - named if sign else set(named)
    return frozenset(chosen)


def _apache(part: Part) -> Versions | None:
    value = _value(part, "SSLProtocol")
    return None if value is None else _signed(value, _TLS)


def _proftpd(part: Part) -> Versions | None:
    value = _value(part, "TLSProtocol")
    if value is None:
        return None
    return _signed(value, _TLS) if re.search(r"(?i)\ball\b|[+!-]", value) else _listed(value.split()) or _signed(value, _TLS)


def _dovecot(part: Part) -> Versions | None:
    lowest = _value(part, "ssl_min_protocol")
    if lowest is not None:
        version = TlsVersion.TLS13 if lowest.upper() == "LATEST" else _version(lowest)
        return frozenset(TlsVersion) if lowest.upper() == "ANY" else _from(version) if version else None
    listed = _value(part, "ssl_protocols")  # before 2.3
    return None if listed is None else _excluding(listed)


def _postfix(part: Part) -> Versions | None:
    mandatory = part.block.tls in ("required", "implicit")
    value = _value(part, "smtpd_tls_mandatory_protocols" if mandatory else "smtpd_tls_protocols")
    if value is None:
        return None
    bounds = dict(re.findall(r"([<>]=)\s*(TLSv1(?:\.[0-3])?|SSLv[23])", value))
    if not bounds:
        return _excluding(value)
    lowest, highest = _version(bounds.get(">=", "SSLv2")), _version(bounds.get("<=", "TLSv1.3"))
    return _from(lowest) - (_from(highest) - {highest}) if lowest and highest else None


def _excluding(value: str) -> Versions:
    """``!SSLv2, !TLSv1``: all but these; names without a sign: these."""
    words = value.replace(",", " ").replace(":", " ").split()
    named = _listed(word for word in words if not word.startswith("!"))
    return (named or frozenset(TlsVersion)) - _listed(word[1:] for word in words if word.startswith("!"))


def _exim(part: Part) -> Versions | None:
    if part.daemon.library.startswith("GnuTLS"):
        return _gnutls(_value(part, "tls_require_ciphers"))
    options = _value(part, "openssl_options")
    if options is None:
        return None
    off = {"no_sslv2": TlsVersion.SSL2, "no_sslv3": TlsVersion.SSL3, "no_tlsv1": TlsVersion.TLS10, "no_tlsv1_1": TlsVersion.TLS11,
           "no_tlsv1_2": TlsVersion.TLS12, "no_tlsv1_3": TlsVersion.TLS13}  # fmt: skip
    return frozenset(TlsVersion) - {off[word] for word in re.findall(r"\+(no_\w+)", options.lower()) if word in off}


def _gnutls(priority: str | None) -> Versions | None:
    """Only where the priority string names versions: what NORMAL means is the library's choice."""
    words = re.findall(r"([+!-])VERS-(ALL|TLS-ALL|SSL3\.0|TLS1\.[0-3])", (priority or "").upper())
    if not words:
        return None
    chosen = set(_TLS)
    for sign, name in words:
        named = set(_TLS) if name.endswith("ALL") else _listed([name.replace("TLS", "TLSv").replace("SSL3.0", "SSLv3")])
        chosen = chosen | named if sign == "+" else chosen - named
    return frozenset(chosen)


def _courier(part: Part) -> Versions | None:
    if part.daemon.library.startswith("GnuTLS"):
        return _gnutls(_value(part, "TLS_PRIORITY"))
    value = _value(part, "TLS_PROTOCOL")
    version = _version(value.strip('"').rstrip("+")) if value else None
    return _from(version) if version else None


def _vsftpd(part: Part) -> Versions | None:
    settings = part.block.settings
    on = {keyword for keyword, setting in settings.items() if setting.value.upper() in ("YES", "TRUE", "1")}
    if "ssl_tlsv1" not in settings:
        return None
    switches = (
        ("ssl_sslv3", TlsVersion.SSL3), ("ssl_tlsv1", TlsVersion.TLS10), ("ssl_tlsv11", TlsVersion.TLS11),
        ("ssl_tlsv12", TlsVersion.TLS12), ("ssl_tlsv13", TlsVersion.TLS13),
    )  # fmt: skip
    # Up to 3.0.3 it knows no switches for what came after TLS 1.0: that is on.
    fixed = () if "ssl_tlsv12" in settings else _TLS[1:]
    return frozenset({version for switch, version in switches if switch in on}.union(fixed))


def _pureftpd(part: Part) -> Versions | None:
    """It has no setting for them; releases before 1.0.48 left it to the library."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", part.daemon.version)
    return _from(TlsVersion.TLS12) if numbers and tuple(map(int, numbers.groups())) >= (1, 0, 48) else None


_READERS: dict[str, Callable[[Part], Versions | None]] = {
    "nginx": _nginx,
    "apache": _apache,
    "dovecot": _dovecot,
    "postfix": _postfix,
    "exim": _exim,
    "courier": _courier,
    "vsftpd": _vsftpd,
    "proftpd": _proftpd,
    "pureftpd": _pureftpd,
}
