"""Certificates that were renewed, and that the program which shows them has not read since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schouw.checks import needs
from schouw.checks.advice import steps
from schouw.checks.base import Case, Found, Unsure, check
from schouw.checks.encryption.seen import from_both
from schouw.checks.encryption.shown import Shown, certificates
from schouw.checks.encryption.software import Software
from schouw.checks.encryption.traits import conjoined
from schouw.model.daemons import Setting, Written
from schouw.model.finding import Evidence
from schouw.model.services import Part, Service

#: Programs that keep a certificate in memory until they are reloaded, and by which keyword they are told of it. Others read
#: it for each connection, or within minutes.
_KEYWORDS = {
    "nginx": ("ssl_certificate",),
    "apache": ("sslcertificatefile",),
    "dovecot": ("ssl_cert", "ssl_server_cert_file"),
    "proftpd": ("tlsrsacertificatefile", "tlseccertificatefile"),
}


@check("crypto.cert.unread", needs.both(certificates, from_both(*_KEYWORDS)))
def unread(case: Case, those: tuple[tuple[Shown | Unsure, ...], tuple[Service, ...]]) -> Iterator[Found | Unsure]:
    """What is met outside decides: a file that was written anew may hold the certificate of before."""
    for one in those[0]:
        if isinstance(one, Shown):
            stale = [(here, found) for here in one.by_service() if (found := _newer(here)) is not None]
            if stale:
                yield _found(case, stale)


def _found(case: Case, stale: list[tuple[Shown, _Newer]]) -> Found:
    here, first = stale[0]
    programs = list({Software.of(newer.part): newer for _, newer in stale}.items())
    return Found(
        subject=here.subject,
        evidence=Evidence(
            "; ".join(f"{one.where}: the one of before, valid until {one.leaf.not_after:%Y-%m-%d %H:%M} UTC" for one, _ in stale),
            "; ".join(f"{software.label}: {newer.words}" for software, newer in programs),
            first.setting.location,
        ),
        fix=steps([software.then(case) for software, _ in programs]),
        words={"name": here.subject, "program": conjoined([software.title for software, _ in programs])},
    )


@dataclass(frozen=True, slots=True)
class _Newer:
    """The certificate that should be shown in the place of one that is."""

    part: Part
    setting: Setting
    written: Written

    @property
    def words(self) -> str:
        began = self.part.daemon.started_at
        since = f", and it runs since {began:%d %b %H:%M}" if began is not None else ""
        return f"{self.written.path} was written on {self.written.at:%d %b %H:%M}{since}"


def _newer(one: Shown) -> _Newer | None:
    """None where it is shown already, and where one of several may have stayed as it was."""
    for part in one.parts:
        files = {written.path: written for written in part.daemon.written}
        keywords = _KEYWORDS.get(part.daemon.name, ())
        settings = [setting for name, setting in part.block.settings.items() if name.split(" ")[0].lower() in keywords]
        named = [_Newer(part, setting, files[path]) for setting in settings if (path := setting.value.strip("<\"' ")) in files]
        if named and len(named) == len(settings) and one.leaf.fingerprint not in [newer.written.fingerprint for newer in named]:
            return named[0]
    return None
