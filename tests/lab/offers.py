"""The answer key of the outside view of encryption: what every service of the lab shows to a stranger.

Facts, not judgement: versions, the worst that is taken, groups, what may be said in the clear, and certificates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schouw.model.tls import TlsVersion

_NEW = frozenset({TlsVersion.TLS12, TlsVersion.TLS13})
_ALL = _NEW | {TlsVersion.TLS10, TlsVersion.TLS11}
_UP_TO_12 = _ALL - {TlsVersion.TLS13}


@dataclass(frozen=True, slots=True)
class Tls:
    """`weak`: each must be among the suites that even a light look sees; of a service without it, none but modern ones are."""

    versions: frozenset[TlsVersion] = _NEW
    weak: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset({"x25519"})
    """Each must be seen."""
    never: frozenset[str] = frozenset({"X25519MLKEM768"})
    """Groups that it does not take."""
    dh_bits: int = 0


@dataclass(frozen=True, slots=True)
class Plain:
    tls: bool = True
    login: bool | None = False
    """None: only a login would tell."""
    anonymous: bool | None = None
    relay: bool | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate, by name: bits of its key, hash, length of the chain, whether the authority of the lab makes it trusted."""

    bits: int = 2048
    signature: str = "sha256"
    chain: int = 2
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Offers:
    tls: dict[int, Tls | None] = field(default_factory=dict)
    """By port; None: it answers, and has no TLS."""
    plain: dict[int, Plain] = field(default_factory=dict)
    certificates: dict[tuple[int, str], Shown] = field(default_factory=dict)
    hsts: dict[int, int | None] = field(default_factory=dict)
    redirect: str = ""


_P256 = frozenset({"secp256r1"})
_HYBRID = frozenset({"X25519MLKEM768", "x25519"})
_NONE: frozenset[str] = frozenset()
_GOOD, _HYBRIDS, _NIST = Tls(), Tls(groups=_HYBRID, never=_NONE), Tls(groups=_P256)

_RC4, _3DES = "TLS_RSA_WITH_RC4_128_SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"
_AES, _AES_256 = "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
_ADH, _AECDH, _AECDH_256 = (
    "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
)
_GNUTLS = Tls(_ALL, frozenset({_RC4, _3DES}), frozenset({"x25519", "ffdhe2048"}), dh_bits=2048)
_POSTFIX = Tls(_ALL, frozenset({_AES, _ADH, _AECDH}), dh_bits=1024)
_STOCK_POSTFIX = Tls(_ALL, frozenset({_AES, _ADH, _AECDH}), frozenset({"x25519", "ffdhe2048"}), dh_bits=1024)
_DOVECOT = Tls(_ALL, frozenset({_AES_256, _AECDH_256}), frozenset({"x25519", "ffdhe2048"}), dh_bits=1024)
_DOVECOT_24 = Tls(_ALL, frozenset({_AES, _AECDH}), _HYBRID | {"ffdhe2048"}, never=_NONE)

_MAIL, _CLEAR = (110, 143, 993, 995), Plain(login=True)
_SMTP_GOOD, _SMTP_OPEN = Plain(relay=False), Plain(login=True, relay=True)
_STRICT = {110: Plain(), 143: Plain(), 4190: Plain(), 25: _SMTP_GOOD, 587: _SMTP_GOOD}

OFFERS: dict[str, Offers] = {
    "webgood": Offers(
        {21: _NIST, 443: _GOOD, 3306: _GOOD, 5432: _NIST, 8443: _GOOD},
        {21: Plain()},
        {(443, ""): Shown(256), (8443, ""): Shown(256), (21, ""): Shown(256), (3306, ""): Shown(256), (5432, ""): Shown(256)},
        {443: 63072000, 8443: 63072000},
        redirect="https://",
    ),
    "webweak": Offers(
        {
            21: None,
            443: Tls(_UP_TO_12, frozenset({_AES, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"}), dh_bits=1024),
            3306: None,
            4443: Tls(
                _ALL,
                frozenset({"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", _AECDH_256}),
                dh_bits=1024,
            ),
            5432: None,
            8443: Tls(_ALL, frozenset({_AES}), frozenset({"x25519", "ffdhe2048"})),
        },
        {21: Plain(tls=False, login=True, anonymous=True)},
        {
            (443, "webweak.example.net"): Shown(),
            (443, "expired.example.net"): Shown(),
            (443, "selfsigned.example.net"): Shown(chain=1, trusted=False),
            (443, "wrongname.example.net"): Shown(),
            (443, "shortkey.example.net"): Shown(1024),
            (443, "sha1.example.net"): Shown(signature="sha1"),
            (443, "incomplete.example.net"): Shown(chain=1, trusted=False),
            (443, "hostile.example.net"): Shown(),
        },
        {443: None},
    ),
    "mailgood": Offers(
        {21: _NIST, 990: _NIST, **dict.fromkeys((25, 465, 587, *_MAIL, 4190), _GOOD)},
        {**_STRICT, 21: Plain()},
        {(25, ""): Shown(3072), (143, ""): Shown(256), (990, ""): Shown(3072)},
    ),
    "mailweak": Offers(
        {21: None, **dict.fromkeys((25, 465, 587), _POSTFIX), **dict.fromkeys((*_MAIL, 4190), _DOVECOT)},
        {
            21: Plain(tls=False, login=True),
            25: _SMTP_OPEN, 587: _SMTP_OPEN, 110: _CLEAR, 143: _CLEAR, 4190: _CLEAR,
        },
        {(25, ""): Shown()},
    ),
    "eximgood": Offers(
        dict.fromkeys((21, 25, 465, 587, *_MAIL), _GOOD),
        # Courier lists USER whether or not it takes it.
        {21: Plain(), 25: _SMTP_GOOD, 587: _SMTP_GOOD, 143: Plain(), 110: Plain(login=None)},
        {(21, ""): Shown(3072), (465, ""): Shown(3072), (993, ""): Shown(3072)},
    ),
    "eximweak": Offers(
        {21: Tls(_UP_TO_12, frozenset({_AES_256, _AECDH_256}), dh_bits=1024), **dict.fromkeys((25, 465, 587, *_MAIL), _GNUTLS)},
        {21: Plain(login=True, anonymous=True), 25: _SMTP_OPEN, 587: _SMTP_OPEN, 143: _CLEAR, 110: Plain(login=None)},
        {(21, ""): Shown(chain=1, trusted=False), (25, ""): Shown()},
    ),
    "trixie": Offers(
        {21: _NIST, **dict.fromkeys((25, 443, 465, 587, *_MAIL, 2000, 4190), _HYBRIDS)},
        {**_STRICT, 2000: Plain(), 21: Plain()},
        {(443, ""): Shown(256)},
        {443: 63072000},
    ),
    "trixieweak": Offers(
        {
            21: Tls(_ALL, frozenset({_AES, _AECDH}), _P256),
            443: Tls(_ALL, frozenset({_AES, _AECDH}), _HYBRID | {"ffdhe2048"}, never=_NONE),
            **dict.fromkeys((25, 465, 587), _STOCK_POSTFIX),
            **dict.fromkeys((*_MAIL, 2000, 4190), _DOVECOT_24),
        },
        {
            21: Plain(login=True),
            25: Plain(login=True, relay=False), 587: Plain(login=True, relay=False),
            110: _CLEAR, 143: _CLEAR, 2000: _CLEAR, 4190: _CLEAR,
        },
        {(443, ""): Shown()},
        {443: None},
    ),
    "quantum": Offers(
        {443: Tls(frozenset({TlsVersion.TLS13}), groups=frozenset({"X25519MLKEM768"}), never=frozenset({"x25519"}))}
    ),
}  # fmt: skip
