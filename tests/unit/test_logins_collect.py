"""Reading logs where they were left: rotated, packed, cut off, replaced while they are read; in a real shell."""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from schouw.collect.logins import COLLECTOR
from schouw.model.attempt import Attempt
from schouw.model.facts import Inside
from schouw.model.logins import AccountUse, LoginClass, Logins
from tests.unit.collect_lab import collection, look
from tests.unit.logins_lab import LOGS

LOGIN = (
    "Nov 24 21:06:29 mail dovecot: imap-login: Login: user=<{}>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.10, mpid=1, "
    "session=<0123456789abcdef>\n"
)


@dataclass
class MailHost:
    """A host whose /var/log and /etc are folders of ours, with these programs and no others of their kind."""

    folder: Path
    tools: dict[str, str] = field(default_factory=lambda: {"dovecot": "echo 2.3.19.1 '(9b53102964)'", "doveconf": "echo syslog"})
    shell: tuple[str, ...] = ("sh", "-s")
    before: str = ""
    previous: Inside | None = None

    @property
    def log(self) -> Path:
        return self.folder / "log/mail.log"

    async def look(self) -> Attempt[Logins]:
        """One look, which goes on where the last one was left."""
        programs = self.folder / "bin"
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir()
        for tool, text in self.tools.items():
            (programs / tool).write_text(f"#!/bin/sh\n{text}\n")
            (programs / tool).chmod(0o755)
        script = COLLECTOR.script.replace("/var/log", str(self.folder / "log")).replace(" /etc/", f" {self.folder}/etc/")
        script = script.replace("/run/log", str(self.folder / "run"))
        # Mail and FTP servers are in sbin: this machine's own are not found.
        before = f"PATH={programs}:/usr/bin:/bin\n{self.before}"
        collector = replace(COLLECTOR, script=before + script, there="")
        async with collection(*self.shell, collectors=(collector,)) as (found, _):
            self.previous, _ = await look(found, self.previous, seconds=60)
            self.received = found.received
        return self.previous.logins

    async def logins(self) -> dict[str, int]:
        attempt = await self.look()
        assert attempt.result is not None and not attempt.reason, attempt.reason
        return numbers(attempt.result.uses)


def numbers(uses: tuple[AccountUse, ...]) -> dict[str, int]:
    return {f"{use.account} {use.protocol} {use.kind}": use.count for use in uses}


@pytest.fixture
def mail(tmp_path: Path) -> MailHost:
    (tmp_path / "log").mkdir()
    return MailHost(tmp_path)


def write(path: Path, *names: str) -> None:
    with path.open("a") as file:
        file.writelines(map(LOGIN.format, names))


async def test_only_what_is_new_is_read_again(mail: MailHost) -> None:
    write(mail.log, "ann", "bob")
    first = await mail.look()
    assert first.result is not None and first.result.whole
    assert numbers(first.result.uses) == {"ann imap plaintext": 1, "bob imap plaintext": 1}
    assert [(one.name, one.version, one.lacking) for one in first.result.services] == [("dovecot", "2.3.19.1", "")]
    assert first.result.services[0].logs == (str(mail.log),)

    second = await mail.look()
    assert second.result is not None and second.result.uses == () and not second.result.whole
    write(mail.log, "ann", "cees")
    assert await mail.logins() == {"ann imap plaintext": 1, "cees imap plaintext": 1}


async def test_a_line_that_is_being_written_is_read_when_it_is_whole(mail: MailHost) -> None:
    write(mail.log, "ann")
    whole = LOGIN.format("bob@example.nl")
    with mail.log.open("a") as file:
        file.write(whole[:90])
    assert await mail.logins() == {"ann imap plaintext": 1}
    with mail.log.open("a") as file:
        file.write(whole[90:])
    assert await mail.logins() == {"bob@example.nl imap plaintext": 1}


def renamed(log: Path) -> None:
    log.rename(f"{log}.1")


def dated(log: Path) -> None:
    log.rename(log.with_name("mail.log-20261124"))


def copied(log: Path) -> None:
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)


def packed(log: Path) -> None:
    with gzip.open(f"{log}.1.gz", "wb") as file:
        file.write(log.read_bytes())
    log.unlink()


def packed_well(log: Path) -> None:
    with lzma.open(log.with_name("mail.log-20261124.xz"), "wb") as file:
        file.write(log.read_bytes())
    log.unlink()


@pytest.mark.parametrize("rotate", [renamed, dated, copied, packed, packed_well])
async def test_nothing_is_lost_and_nothing_counted_twice_over_a_rotation(mail: MailHost, rotate: Callable[[Path], None]) -> None:
    write(mail.log, "ann", "bob")
    assert await mail.logins() == {"ann imap plaintext": 1, "bob imap plaintext": 1}
    write(mail.log, "late")
    rotate(mail.log)
    write(mail.log, "cees")
    assert await mail.logins() == {"late imap plaintext": 1, "cees imap plaintext": 1}
    assert await mail.logins() == {}
    # And once more, with what was rotated getting another name.
    for old in sorted(mail.log.parent.iterdir()):
        if old != mail.log and old.suffix in (".1", ".gz"):
            old.rename(str(old).replace("mail.log.1", "mail.log.2"))
    rotate(mail.log)
    write(mail.log, "diederik")
    assert await mail.logins() == {"diederik imap plaintext": 1}


async def test_a_log_that_is_replaced_while_it_is_read_is_read_next_time(mail: MailHost) -> None:
    write(mail.log, "ann")
    # Between our look at the log and our reading of it: another has its name.
    mail.tools["stat"] = (
        f'/usr/bin/stat "$@"; case "$*" in *%Y*mail.log) [ -e {mail.folder}/rotated ] || '
        f"{{ touch {mail.folder}/rotated; mv {mail.log} {mail.log}.1; cp {mail.folder}/new {mail.log}; }};; esac"
    )
    write(mail.folder / "new", "bob")
    first = await mail.logins()
    second = await mail.logins()
    assert first | second == {"ann imap plaintext": 1, "bob imap plaintext": 1}


async def test_all_that_was_rotated_is_read_at_first(mail: MailHost) -> None:
    write(mail.log, "now")
    write(mail.log.with_name("mail.log.1"), "yesterday")
    for suffix, opened in ((".2.gz", gzip.open), (".3.xz", lzma.open)):
        with opened(f"{mail.log}{suffix}", "wb") as file:
            file.write(LOGIN.format(f"packed{suffix[:2]}").encode())
    write(mail.log.with_name("mail.log.9"), "long ago")
    os.utime(mail.log.with_name("mail.log.9"), (0, 1_700_000_000))
    assert set(await mail.logins()) == {f"{who} imap plaintext" for who in ("now", "yesterday", "packed.2", "packed.3")}


@pytest.mark.parametrize("shell", [("dash", "-s"), ("bash", "--posix", "-s"), ("busybox", "sh", "-s")])
async def test_every_shell_reads_alike(mail: MailHost, shell: tuple[str, ...]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"no {shell[0]} here")
    mail.shell = shell
    shutil.copy(LOGS / "dovecot-2.3-told.log", mail.log)
    with gzip.open(f"{mail.log}.1.gz", "wb") as file:
        file.write((LOGS / "dovecot-2.3-default.log").read_bytes())
    expected = await MailHost(mail.folder).logins()
    assert await mail.logins() == expected and len(expected) > 8
    write(mail.log, "ann")
    assert await mail.logins() == {"ann imap plaintext": 1}


async def test_large_logs_are_read_in_pieces_side_by_side(mail: MailHost) -> None:
    mail.before = ""
    text = (LOGS / "postfix-3.10-told.log").read_text() + (LOGS / "dovecot-2.3-told.log").read_text()
    mail.tools |= {"postconf": "echo"}
    mail.log.write_text(text * 60)
    whole = await mail.logins()
    assert whole["carol smtp old_tls"] == 60 and whole["alice imap plaintext"] == 120

    other = MailHost(mail.folder, mail.tools)
    smaller = COLLECTOR.script.replace("piece=$((128 << 20))", "piece=20000").replace("4194304", "8192")
    assert smaller != COLLECTOR.script
    pieces = replace(COLLECTOR, script=smaller)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.test_logins_collect.COLLECTOR", pieces)
        assert await other.logins() == whole
        assert await other.logins() == {}


async def test_what_there_was_no_time_for_is_said_and_read_next_time(mail: MailHost) -> None:
    write(mail.log, *(f"user{number}" for number in range(3000)))
    hasty = (
        COLLECTOR.script.replace("budget=15", "budget=0")
        .replace("piece=$((128 << 20))", "piece=100000")
        .replace('workers" -gt 4 ] && workers=4', 'workers" -gt 0 ] && workers=1')
    )
    seen: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.test_logins_collect.COLLECTOR", replace(COLLECTOR, script=hasty))
        first = await mail.look()
        assert first.result is not None and "still to be read, at the next scans" in first.reason
        seen |= {use.account for use in first.result.uses}
        assert 0 < len(seen) < 3000
        for _ in range(10):
            attempt = await mail.look()
            assert attempt.result is not None
            assert not seen & {use.account for use in attempt.result.uses}
            seen |= {use.account for use in attempt.result.uses}
            if not attempt.reason:
                break
    assert len(seen) == 3000


async def test_lines_that_are_none_do_not_take_the_rest_along(mail: MailHost) -> None:
    mail.log.write_bytes(b"\0" * 3_000_000 + b"\n" + LOGIN.format("ann").encode() + os.urandom(100_000) + b"\n")
    assert await mail.logins() == {"ann imap plaintext": 1}


async def test_a_hole_in_a_log_is_said_once_and_passed_over(mail: MailHost) -> None:
    with mail.log.open("wb") as file:
        file.truncate(40 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b"\n")
    attempt = await mail.look()
    assert attempt.reason == f"{mail.log} has lines that are none of a log, which were passed over"
    write(mail.log, "ann")
    assert await mail.logins() == {"ann imap plaintext": 1}


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to become somebody else")
async def test_a_log_that_may_not_be_read_is_said_with_the_way_to_allow_it(mail: MailHost) -> None:
    mail.folder.chmod(0o755)
    for each in [mail.folder, *mail.folder.parents][:4]:
        each.chmod(0o755)
    mail.shell = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s")
    write(mail.log, "ann")
    mail.log.chmod(0o640)
    os.chown(mail.log, 0, 4)
    attempt = await mail.look()
    assert attempt.result is not None and attempt.result.uses == ()
    (service,) = attempt.result.services
    assert service.lacking == f"{mail.log} may not be read; allow it with: usermod -aG adm nobody"
    mail.log.chmod(0o600)
    attempt = await mail.look()
    assert attempt.result is not None
    assert "chmod g+r" in attempt.result.services[0].lacking and "logrotate" in attempt.result.services[0].lacking
    assert "sudo" not in attempt.result.services[0].lacking


async def test_a_host_without_mail_or_ftp_has_no_logins_and_nothing_is_lacking(mail: MailHost) -> None:
    mail.tools = {}
    attempt = await mail.look()
    assert attempt == Attempt(Logins((), whole=True)) or attempt == Attempt(Logins(()))


async def test_a_server_without_a_log_is_said(mail: MailHost) -> None:
    attempt = await mail.look()
    assert attempt.result is not None
    assert attempt.result.services[0].lacking == "no log of it was found"


async def test_a_log_that_is_there_and_empty_says_that_nobody_logged_in(mail: MailHost) -> None:
    mail.log.touch()
    attempt = await mail.look()
    assert attempt.result is not None
    assert attempt.result.services[0].lacking == "" and attempt.result.uses == ()


async def test_vsftpd_is_told_by_its_settings_where_its_log_does_not(mail: MailHost) -> None:
    mail.tools = {"vsftpd": ":"}
    (mail.folder / "etc").mkdir()
    settings = mail.folder / "etc/vsftpd.conf"
    shutil.copy(LOGS / "vsftpd-default.log", mail.log.with_name("vsftpd.log"))

    async def kinds(text: str) -> set[LoginClass]:
        settings.write_text(text)
        os.utime(settings, (0, 1_700_000_000))
        mail.previous = None
        attempt = await mail.look()
        assert attempt.result is not None
        return {use.kind for use in attempt.result.uses}

    assert await kinds("ssl_enable=NO\n") == {LoginClass.PLAINTEXT}
    assert await kinds("ssl_enable=YES\n") == {LoginClass.TLS}
    assert await kinds("ssl_enable=YES\nforce_local_logins_ssl=NO\n") == {LoginClass.UNKNOWN}


async def test_accounts_come_with_their_customers(mail: MailHost) -> None:
    (mail.folder / "etc/virtual").mkdir(parents=True)
    (mail.folder / "etc/virtual/domainowners").write_text("example.nl: klant1\nexample.org: klant2\n")
    write(mail.log, "ann@example.nl", "bob@Example.ORG", "klant2", "dirk@elsewhere.nl")
    attempt = await mail.look()
    assert attempt.result is not None
    assert {use.account: use.customer for use in attempt.result.uses} == {
        "ann@example.nl": "klant1",
        "bob@example.org": "klant2",
        "klant2": "klant2",
        "dirk@elsewhere.nl": "",
    }


async def test_the_journal_is_read_from_its_cursor(mail: MailHost) -> None:
    journal = mail.folder / "run/journal/0"
    journal.mkdir(parents=True)
    (journal / "system.journal").touch()
    line = LOGIN.format("{}").replace("Nov 24 21:06:29", "2026-11-24T21:06:29+0000")
    cursor = "s=e5ca3e56;i=4b;b=83b91951;m=17869370c;t=6610cca61fb6b;x=2b098b774fadd095"
    mail.tools["journalctl"] = f"""
echo "$*" >> {mail.folder}/asked
case "$*" in
  *--until*) exit;;
  *"-n 0 "*) exit 0;;
  *--after-cursor*) printf '%s' '{line.format("bob")}' ;;
  *) printf '%s' '{line.format("ann")}' ;;
esac
echo '-- cursor: {cursor}'"""
    assert await mail.logins() == {"ann imap plaintext": 1}
    assert await mail.logins() == {"bob imap plaintext": 1}
    asked = (mail.folder / "asked").read_text()
    assert "-t dovecot" in asked and f"--after-cursor={cursor}" in asked and "--since -90d" in asked
    assert "--until @1795557423.184747" in asked


async def test_a_thousand_accounts_are_under_a_hundred_kilobytes(mail: MailHost) -> None:
    write(mail.log, *(f"user{number:04}@customer{number % 90}.example.nl" for number in range(1000)))
    attempt = await mail.look()
    assert attempt.result is not None and len(attempt.result.uses) == 1000
    assert mail.received < 100_000
    await mail.look()
    assert mail.received < 1000
