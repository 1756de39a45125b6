"""Area hardening: the settings of sshd that matter, judged by what `sshd -T` says is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from schouw.checks import needs
from schouw.checks.advice import reload_sshd, steps
from schouw.checks.base import Case, Check, Found, Unsure, check
from schouw.checks.sshd_place import fix, location, openssh_version
from schouw.model.facts import Directive, Sshd
from schouw.model.finding import Evidence
from schouw.text import line

_NOT_ALWAYS_BUILT_IN = (999, 0)


@dataclass(frozen=True, slots=True)
class Setting:
    """`bad` gets the value in lower case and everything else that is set, and says which variant it is, or None."""

    name: str
    keyword: str
    wanted: str
    bad: Callable[[str, Sshd], str | None]
    since: tuple[int, int] = (0, 0)
    """The OpenSSH that has it; where an older one does not list it, nothing is wrong."""


def _is(*values: str) -> Callable[[str, Sshd], str | None]:
    def bad(value: str, sshd: Sshd) -> str | None:
        del sshd
        return "" if value in values else None

    return bad


def _root(value: str, sshd: Sshd) -> str | None:
    if value != "yes":
        return None
    return "password" if _passwords(sshd) else "key"


def _password(value: str, sshd: Sshd) -> str | None:
    return "" if value == "yes" and not _key_always_needed(sshd) else None


def _keyboard(value: str, sshd: Sshd) -> str | None:
    # Without PAM nothing asks.
    return "" if value == "yes" and first(sshd, "usepam") == "yes" and not _key_always_needed(sshd) else None


def _tries(value: str, sshd: Sshd) -> str | None:
    del sshd
    return "" if value.isdecimal() and int(value) > 6 else None


def _grace(value: str, sshd: Sshd) -> str | None:
    del sshd
    if not value.isdecimal():
        return None
    return "none" if int(value) == 0 else "long" if int(value) > 120 else None


def _environment(value: str, sshd: Sshd) -> str | None:
    del sshd
    return None if value == "no" else ""


SETTINGS = (
    Setting("root_login", "permitrootlogin", "PermitRootLogin prohibit-password", _root),
    Setting("password_login", "passwordauthentication", "PasswordAuthentication no", _password),
    Setting("keyboard_interactive", "kbdinteractiveauthentication", "KbdInteractiveAuthentication no", _keyboard),
    Setting("empty_passwords", "permitemptypasswords", "PermitEmptyPasswords no", _is("yes")),
    Setting("x11_forwarding", "x11forwarding", "X11Forwarding no", _is("yes")),
    Setting("tcp_forwarding", "allowtcpforwarding", "AllowTcpForwarding no", _is("yes", "all")),
    Setting("gateway_ports", "gatewayports", "GatewayPorts no", _is("yes", "clientspecified")),
    Setting("max_auth_tries", "maxauthtries", "MaxAuthTries 4", _tries),
    Setting("login_grace_time", "logingracetime", "LoginGraceTime 60", _grace),
    Setting("user_environment", "permituserenvironment", "PermitUserEnvironment no", _environment),
    Setting("ignore_rhosts", "ignorerhosts", "IgnoreRhosts yes", _is("no", "shosts-only")),
    Setting("hostbased", "hostbasedauthentication", "HostbasedAuthentication no", _is("yes")),
    Setting("strict_modes", "strictmodes", "StrictModes yes", _is("no")),
    Setting("penalties", "persourcepenalties", "PerSourcePenalties yes", _is("no"), since=(9, 8)),
    Setting("pam", "usepam", "UsePAM yes", _is("no"), since=_NOT_ALWAYS_BUILT_IN),
)


def first(sshd: Sshd, keyword: str) -> str:
    """Its value in lower case, "" where `sshd -T` does not list it."""
    values = sshd.settings.get(keyword) or sshd.settings.get(_OLD_NAMES.get(keyword, ""), ())
    return values[0].strip().lower() if values else ""


_OLD_NAMES = {"kbdinteractiveauthentication": "challengeresponseauthentication"}


def _passwords(sshd: Sshd) -> bool:
    asks = first(sshd, "passwordauthentication") == "yes" or (
        first(sshd, "kbdinteractiveauthentication") == "yes" and first(sshd, "usepam") == "yes"
    )
    return asks and not _key_always_needed(sshd)


def _key_always_needed(sshd: Sshd) -> bool:
    """Whether every list of AuthenticationMethods has a key in it: passwords are then a second factor."""
    lists = " ".join(sshd.settings.get("authenticationmethods", ())).lower().split()
    return bool(lists) and all(any(method.startswith("publickey") for method in one.split(",")) for one in lists)


def _check(setting: Setting) -> Check:
    @check(f"hardening.sshd.{setting.name}", needs.sshd)
    def judge(case: Case, sshd: Sshd) -> Iterator[Found | Unsure]:
        value = first(sshd, setting.keyword)
        if not value:
            release = openssh_version(sshd.version)
            if release >= setting.since or release == (0, 0):
                yield Unsure(f"`sshd -T` does not list {setting.wanted.split()[0]}")
            return
        variant = setting.bad(value, sshd)
        if variant is None:
            if setting.keyword == "passwordauthentication":
                yield from _passwords_of_some(case, sshd)
            return
        shown = line(value, 120)
        yield Found(
            evidence=Evidence(inside=f"sshd -T: {setting.keyword} {shown}", location=location(sshd, setting.keyword)),
            fix=fix(sshd, case.system, setting.keyword, setting.wanted),
            variant=variant,
            words={"value": shown},
        )

    return judge


def _passwords_of_some(case: Case, sshd: Sshd) -> Iterator[Found]:
    """Match blocks that take passwords where nobody else may log in with one; those that also want a key are left out."""
    blocks: dict[str, dict[str, Directive]] = {}
    for directive in sshd.directives:
        if directive.match:
            blocks.setdefault(directive.match, {}).setdefault(directive.keyword.lower(), directive)
    for who, block in blocks.items():
        takes, methods = block.get("passwordauthentication"), block.get("authenticationmethods")
        shown = line(who, 60)
        inner = replace(sshd, settings={**sshd.settings, **({"authenticationmethods": (methods.value,)} if methods else {})})
        if takes is not None and takes.value.lower() == "yes" and not _key_always_needed(inner):
            place = f"{takes.file}:{takes.line}"
            yield Found(
                subject=shown,
                evidence=Evidence(inside=f"Match {shown}: PasswordAuthentication yes", location=place),
                fix=steps((f"in {place}:", "PasswordAuthentication no", f"then: {reload_sshd(case.system)}")),
                variant="some",
                words={"who": shown},
            )


CHECKS = tuple(_check(setting) for setting in SETTINGS)
