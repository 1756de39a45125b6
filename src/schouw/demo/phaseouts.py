"""What the demo's company is phasing out, and the customers who still depend on it. All of them are made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schouw.model.logins import AccountUse, LoginClass
from schouw.model.phaseout import Phaseout, What

_NAMES = (
    "anouk", "bart", "carla", "daan", "eva", "fleur", "guus", "hanna", "ingrid", "joost", "karin", "lars", "maud", "niels",
    "olga", "pim", "rosa", "sjoerd", "tess", "wout",
)  # fmt: skip
_DOMAINS = ("bakery.example.nl", "florist.example.nl", "garage.example.nl", "notary.example.nl", "rowing.example.nl")
_CUSTOMERS = dict(
    zip(_DOMAINS, ("Bakkerij De Korenaar", "Bloemen Jansen", "Garage Smit", "Notaris Bos", "RV De Vaart"), strict=True)
)


def phaseouts(at: datetime) -> tuple[Phaseout, ...]:
    def one(name: str, protocols: tuple[str, ...], hosts: tuple[str, ...], begun: int, left: int, meant: str) -> Phaseout:
        begins = at - timedelta(days=begun)
        return Phaseout(
            name, What.PLAINTEXT, protocols, hosts, begins, at + timedelta(days=left), "marieke", begins, meant
        )  # fmt: skip

    return (
        one("mail-2027", ("imap", "pop3"), ("mail1", "mail2"), 45, 47, "group:mail"),
        one("ftp-2027", ("ftp",), ("shop", "legacy"), 20, 68, "group:customers"),
    )


def uses(host: str, at: datetime) -> tuple[AccountUse, ...]:
    """Who logged in to a host how, as its logs would tell."""
    match host:
        case "mail1":
            return (*_customers("dovecot", "imap", 37, 45, 0, at), *_customers("dovecot", "pop3", 12, 15, 82, at))
        case "shop":
            return tuple(_customers("vsftpd", "ftp", 14, 3, 120, at))
        case "legacy":
            return tuple(_customers("proftpd", "ftp", 3, 0, 140, at))
        case _:
            return ()


def _customers(service: str, protocol: str, left: int, gone: int, begin: int, at: datetime) -> Iterator[AccountUse]:
    """So many who still do, the last one a while ago, and so many who stopped, one after the other."""
    for number in range(left + gone):
        place = begin + number
        domain = _DOMAINS[place // len(_NAMES) % len(_DOMAINS)]
        account = f"{_NAMES[place % len(_NAMES)]}@{domain}" if place < 120 else f"{_NAMES[place % len(_NAMES)]}{place}"
        quiet = number * 17 % 19 + 0.2 if number < left else 30.5 + (number - left) * 29 / max(1, gone)
        last = at - timedelta(days=quiet)
        first = at - timedelta(days=4.5 if number and number % 18 == 0 and number < left else 85)
        returned = at - timedelta(days=11) if number % 17 == 5 and number < left else None
        count = 40 + place * 37 % 900
        yield AccountUse(
            service, protocol, LoginClass.PLAINTEXT, "", account, count, min(first, last), last, _CUSTOMERS[domain], returned
        )
