"""The tables of a fleet file. These types are the one place where its keys are written down.

They validate (msgspec), they make the JSON Schema, and a field's description is both the schema's help
and, in an error, what was expected: so each begins with what belongs there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from schouw.inventory.durations import DURATION, SCHEDULE
from schouw.inventory.names import NAME, PATTERN

Number = Annotated[int, Meta(ge=1, le=65535)]
Name = Annotated[str, Meta(pattern=NAME)]
HostName = Annotated[str, Meta(pattern=PATTERN)]
# No pattern here: msgspec 0.22 corrupts memory over "a text with a pattern, or a list". Control characters
# are refused for the whole file anyway (see `source`).
Path = Annotated[str, Meta(min_length=1, max_length=4096)]
Text = Annotated[str, Meta(max_length=300)]
Duration = Annotated[str, Meta(pattern=DURATION)]
Schedule = Annotated[str, Meta(pattern=SCHEDULE)]
_TO_65535 = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
Expected = Annotated[str, Meta(pattern=rf"^(!|{_TO_65535}(/(tcp|udp))?)$")]
SshProfile = Literal["default", "modern"]
"""Those of `schouw.checks.ssh_grades`, which a test holds this against: nothing here may know the checks."""
Tag = Annotated[str, Meta(pattern=r"^(!|[A-Za-z0-9][A-Za-z0-9._:-]{0,62})$")]
# These three become arguments of ssh: nothing that a shell or an option parser could take for its own.
User = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62}\$?$")]
Address = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_:\[][A-Za-z0-9_.:%\[\]-]{0,252}$")]
_ACCOUNT = r"([A-Za-z0-9_][A-Za-z0-9_.@-]*@)?"
_MACHINE = r"([A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])"
Jump = Annotated[str, Meta(pattern=rf"^({_ACCOUNT}{_MACHINE}(:{_TO_65535})?)?$")]


# The names that are known depend on the folder: see `schouw.inventory.profiles`.
ProfileName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
_A_PROFILE = 'the name of a profile, such as "ncsc-nl": what TLS'


class ProfilesTable(Struct, forbid_unknown_fields=True, frozen=True):
    web: Annotated[ProfileName | UnsetType, Meta(description=f"{_A_PROFILE} of web servers is judged by")] = UNSET
    mail: Annotated[ProfileName | UnsetType, Meta(description=f"{_A_PROFILE} for mail clients is judged by")] = UNSET
    mx: Annotated[ProfileName | UnsetType, Meta(description=f"{_A_PROFILE} between mail servers is judged by")] = UNSET
    ftp: Annotated[ProfileName | UnsetType, Meta(description=f"{_A_PROFILE} of FTP servers is judged by")] = UNSET
    other: Annotated[ProfileName | UnsetType, Meta(description=f"{_A_PROFILE} of everything else is judged by")] = UNSET


class Timeouts(Struct, forbid_unknown_fields=True, frozen=True):
    connect: Annotated[Duration | UnsetType, Meta(description='a time such as "10s": to reach the SSH server')] = UNSET
    login: Annotated[Duration | UnsetType, Meta(description='a time such as "10s": to log in')] = UNSET
    collect: Annotated[Duration | UnsetType, Meta(description='a time such as "60s": to look around inside')] = UNSET


class TlsTable(Struct, forbid_unknown_fields=True, frozen=True):
    """One service with TLS: what speaks there, and the names that it is to be asked for."""

    port: Annotated[Number, Meta(description="a number from 1 to 65535: the port")]
    protocol: Annotated[
        Literal[
            "https", "http", "smtp", "submission", "smtps", "imap", "imaps", "pop3", "pop3s", "ftp", "ftps", "sieve",
            "postgres", "mysql", "tls",
        ],
        Meta(description='what it speaks, such as "https", "imap" or "tls" (anything else that begins with TLS)'),
    ]  # fmt: skip
    names: Annotated[
        list[Address], Meta(description="a list of DNS names whose certificates are looked at, the main one first")
    ] = []


class Settings(Struct, forbid_unknown_fields=True, frozen=True):
    """What every level may say: [defaults], [sites.NAME], [groups.NAME] and [hosts.NAME]."""

    user: Annotated[
        User | UnsetType, Meta(description="the account to log in as; left out: what ssh_config says, else your own")
    ] = UNSET
    port: Annotated[
        Number | UnsetType,
        Meta(description="a number from 1 to 65535: the SSH server's port; left out: what ssh_config says, else 22"),
    ] = UNSET
    identity: Annotated[
        Path | list[Path] | UnsetType,
        Meta(description="the path of a private key, or a list of paths; left out: ssh-agent and what ssh_config says"),
    ] = UNSET
    known_hosts: Annotated[
        Annotated[list[Path], Meta(min_length=1)] | UnsetType,
        Meta(description="a list of paths of known_hosts files; a host whose key is in none of them is not scanned"),
    ] = UNSET
    ssh_config: Annotated[
        Annotated[str, Meta(max_length=4096)] | UnsetType,
        Meta(description='the path of an ssh_config, or "" to read none; left out: ~/.ssh/config'),
    ] = UNSET
    jump: Annotated[
        Jump | UnsetType,
        Meta(description='a way in, as [user@]host[:port] or the name of another host of the fleet; "" for none'),
    ] = UNSET
    privilege: Annotated[
        Literal["sudo", "none"] | UnsetType,
        Meta(description='"sudo" (sudo -n for the few commands that need root) or "none" (what an ordinary user can see)'),
    ] = UNSET
    ssh: Annotated[bool | UnsetType, Meta(description="true, or false for a host that is only looked at from outside")] = UNSET
    listen: Annotated[
        list[Number | Expected] | UnsetType,
        Meta(description='a list of the ports it should offer, such as "443/tcp"; lists add up, "!" first starts afresh'),
    ] = UNSET
    tls: Annotated[
        list[TlsTable] | UnsetType,
        Meta(
            description='a list of services that are not found by themselves, such as [{ port = 8843, protocol = "https", '
            'names = ["admin.example.net"] }]; lists add up, and the most specific says what a port is'
        ),
    ] = UNSET
    tags: Annotated[
        list[Tag] | UnsetType,
        Meta(description='a list of words to find hosts by, such as "public"; lists add up, "!" first starts afresh'),
    ] = UNSET
    ssh_profile: Annotated[SshProfile | UnsetType, Meta(description='the bar for SSH algorithms, "default" or "modern"')] = UNSET
    profile: Annotated[
        ProfileName | UnsetType,
        Meta(description=f"{_A_PROFILE} is judged by; one of those that come with schouw, or a file in profiles/"),
    ] = UNSET
    profiles: Annotated[
        ProfilesTable | UnsetType,
        Meta(description='a table of names of profiles by class of service, such as { web = "mozilla-intermediate" }'),
    ] = UNSET
    rescan: Annotated[
        Schedule | UnsetType, Meta(description='a time such as "6h": how often it is scanned; "never": only when asked')
    ] = UNSET
    stale_after: Annotated[
        Duration | UnsetType, Meta(description='a time such as "26h": older results are shown dimmed, with their age')
    ] = UNSET
    sweep_all_ports: Annotated[
        Schedule | UnsetType,
        Meta(description='a time such as "7d": how often all 65,535 ports are tried; "never": only when asked'),
    ] = UNSET
    deep: Annotated[
        Schedule | UnsetType,
        Meta(
            description='a time such as "30d": how often sslyze looks deep into its TLS, with some 45 connections a port; '
            '"never": only when asked'
        ),
    ] = UNSET
    timeouts: Annotated[
        Timeouts | UnsetType, Meta(description='a table of times, such as { connect = "10s", login = "10s", collect = "60s" }')
    ] = UNSET
    connections_per_minute: Annotated[
        Annotated[int, Meta(ge=1, le=6000)] | UnsetType,
        Meta(description="a number from 1 to 6000: connections that all looks from outside may make together"),
    ] = UNSET
    keep_accounts: Annotated[
        Duration | UnsetType,
        Meta(description='a time such as "90d": how long the names of accounts that log in are kept after the last time'),
    ] = UNSET
    enabled: Annotated[bool | UnsetType, Meta(description="true, or false to keep its history and not connect")] = UNSET
    owner: Annotated[Text | UnsetType, Meta(description="a text of at most 300 characters: who to ask")] = UNSET


class HostTable(Settings, frozen=True):
    """One server, or many alike: [hosts.NAME], where NAME may hold ranges such as "db[01:12]"."""

    address: Annotated[
        Address | UnsetType,
        Meta(description="a DNS name or an IP address; left out: ssh_config's HostName, else the host's name"),
    ] = UNSET
    groups: Annotated[list[Name], Meta(description="a list of names of groups; where they disagree, the later one wins")] = []
    site: Annotated[Name | UnsetType, Meta(description="the name of a site")] = UNSET
    local: Annotated[bool, Meta(description="true for this machine itself, looked at without SSH")] = False
    note: Annotated[Text | UnsetType, Meta(description="a text of at most 300 characters, shown with the host")] = UNSET


class LimitsTable(Struct, forbid_unknown_fields=True, frozen=True):
    concurrent: Annotated[
        Annotated[int, Meta(ge=1, le=1000)], Meta(description="a number from 1 to 1000: hosts that are scanned at once")
    ] = 50
    start_rate: Annotated[
        Annotated[float, Meta(gt=0, le=1000)], Meta(description="a number up to 1000: new SSH connections a second")
    ] = 50.0
    per_jump: Annotated[
        Annotated[int, Meta(ge=1, le=100)],
        Meta(description="a number from 1 to 100: log-ins at once through one jump host (sshd drops some from 10 on)"),
    ] = 8


class CustomersTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose account it is, where no panel on the host says so: asked only when somebody wants the names."""

    file: Annotated[
        Path | UnsetType,
        Meta(description="the path of a CSV file with two columns: an account or a domain, and its customer"),
    ] = UNSET
    command: Annotated[
        Annotated[list[Annotated[str, Meta(min_length=1, max_length=4096)]], Meta(min_length=1)] | UnsetType,
        Meta(description="a list, a program and its arguments: gets accounts, one a line, and answers account,customer lines"),
    ] = UNSET


_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class NotifyTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody who is told what schouw finds: by mail, in a chat, by a webhook."""

    url_file: Annotated[
        Path | UnsetType,
        Meta(description="the path of a file with addresses that apprise knows, one a line; they hold secrets: keep it 0600"),
    ] = UNSET
    url_env: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")] | UnsetType,
        Meta(description="the name of an environment variable with such addresses, parted by blanks"),
    ] = UNSET
    about: Annotated[
        Annotated[list[Literal["exploited", "regressed", "new", "overdue", "lapsing", "stale"]], Meta(min_length=1)] | UnsetType,
        Meta(description='a list of what is told, of "exploited", "regressed", "new", "overdue", "lapsing" and "stale"'),
    ] = UNSET
    severity: Annotated[
        Literal["critical", "high", "medium", "low", "info"],
        Meta(description='the least severe finding that is told, such as "high"'),
    ] = "high"
    groups: Annotated[list[Name], Meta(description="a list of names of groups: only of their hosts; left out: of all")] = []
    quiet: Annotated[
        Annotated[str, Meta(pattern=rf"^{_TIME}-{_TIME}$")] | UnsetType,
        Meta(description='a time of day such as "22:00-07:00", local time: nothing is sent then, all of it afterwards'),
    ] = UNSET
    digest: Annotated[
        Annotated[str, Meta(pattern=rf"^{_TIME}$")] | UnsetType,
        Meta(description='a time of day such as "08:00", local time: one message a day; left out: after each scan'),
    ] = UNSET


class Part(Struct, forbid_unknown_fields=True, frozen=True):
    """A file of hosts.d: hosts, groups and sites only, so that one place says what holds for all."""

    version: Annotated[Literal[1], Meta(description="1: the version of this file's format")] = 1
    sites: Annotated[
        dict[Name, Settings], Meta(description="tables such as [sites.ams1]: places with settings of their own")
    ] = {}
    groups: Annotated[dict[Name, Settings], Meta(description="tables such as [groups.web]: hosts with settings in common")] = {}
    hosts: Annotated[dict[HostName, HostTable], Meta(description="tables such as [hosts.web1]: the servers")] = {}


class FleetFile(Part, frozen=True):
    """hosts.toml: which servers schouw looks at, and how."""

    defaults: Annotated[Settings, Meta(description="a table [defaults]: what holds for every host that says nothing else")] = (
        Settings()
    )
    limits: Annotated[LimitsTable, Meta(description="a table [limits]: for this copy of schouw, over all hosts")] = LimitsTable()
    customers: Annotated[
        CustomersTable, Meta(description="a table [customers]: whose an account is, from a file or a program")
    ] = CustomersTable()
    notify: Annotated[
        dict[Name, NotifyTable], Meta(description="tables such as [notify.operations]: who is told what is found")
    ] = {}
