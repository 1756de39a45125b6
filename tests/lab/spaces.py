"""Hosts in namespaces: start, reach into, end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import certificates
from tests.lab.hosts import ABSENT, ABSENT_ADDRESS, EVERY_HOST, HOSTS, LAB, NETWORK, NETWORK6, LabHost
from tests.lab.layers import layer, run
from tests.lab.packages import known_lists

STATE = Path("/run/schouw-lab" if LAB == 213 else f"/run/schouw-lab-{LAB}")
FLEET = STATE / "hosts.toml"
CERTIFICATES = STATE / "certificates"
"""ca.pem in there is what a client has to trust: SSL_CERT_FILE names it to OpenSSL."""
BRIDGE = f"schouwlab{LAB}"
HERE = Path(__file__).parent
_KEY_TYPES = ("ed25519", "rsa")


def up(hosts: Sequence[LabHost] = HOSTS, fleet: Path = FLEET) -> None:
    """Start these hosts, none of which may be running; return when all of them answer. Others may be up already."""
    if running(hosts):
        raise RuntimeError("the lab is up already; end it with: python -m tests.lab down")
    if not running(EVERY_HOST):
        down()
        _ground()
    for host in hosts:
        _start(host, layer(host.base))
    for host in hosts:
        _await_ready(host)
    _write_fleet(hosts, fleet)


def _ground() -> None:
    """What all hosts stand on: a key to enter, certificates, a network."""
    STATE.mkdir(mode=0o755)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", STATE / "key")
    certificates.make(CERTIFICATES, tuple(host.name for host in EVERY_HOST))
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
    run("ip", "address", "add", f"{NETWORK6}:1/64", "dev", BRIDGE, "nodad")
    run("ip", "link", "set", BRIDGE, "up")


def down(hosts: Sequence[LabHost] = ()) -> None:
    """End every process of these hosts (they die with their first one), then their networks; none named: all, and the ground."""
    for host in hosts or EVERY_HOST:
        space = _space(host)
        if Path(f"/run/netns/{space}").exists():
            for pid in run("ip", "netns", "pids", space).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            run("ip", "netns", "delete", space)
        # By name: a namespace in which a connection is still being given up takes its end of the cable away only later.
        _unplug(_link(host.name))
        shutil.rmtree(STATE / host.name, ignore_errors=True)
    if hosts and running(EVERY_HOST):
        return
    _unplug(BRIDGE)
    shutil.rmtree(STATE, ignore_errors=True)


def _unplug(link: str) -> None:
    """Delete a network device, if the kernel does not do so at the same moment."""
    device = Path(f"/sys/class/net/{link}")
    if device.exists():
        try:
            run("ip", "link", "delete", link)
        except RuntimeError:
            if device.exists():
                raise


def first_process(name: str) -> int | None:
    """The process id, seen from here, of a host's first process."""
    try:
        pid = int((STATE / name / "pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if Path(f"/proc/{pid}").exists() else None


def running(hosts: Sequence[LabHost] = HOSTS) -> list[LabHost]:
    return [host for host in hosts if first_process(host.name)]


def execute(name: str, *command: str, stdin: str | None = None, cable: bool = True) -> str:
    """Run a command as root inside a host; its standard output.

    `cable` False: it goes by this machine's network, where there is a package mirror, and not by the host's own.
    """
    pid = first_process(name)
    if not pid:
        raise RuntimeError(f"{name} is not running; start the lab with: python -m tests.lab up")
    return run(
        "nsenter",
        f"--target={pid}",
        "--mount",
        "--uts",
        "--ipc",
        *(["--net"] if cable else []),
        "--pid",
        "--root",
        "--wd=/",
        "--",
        *command,
        stdin=stdin,
    )


def cut(name: str, *, connected: bool) -> None:
    """Pull a host's network cable, or plug it in again."""
    run("ip", "link", "set", _link(name), "up" if connected else "down")


def _space(host: LabHost) -> str:
    return f"schouw-{LAB}-{host.name}"


def _link(name: str) -> str:
    """Of this side of a host's cable: Linux takes 15 characters, so the host's number tells it from others."""
    return f"lab{LAB}-{next(host.number for host in EVERY_HOST if host.name == name)}"


def _start(host: LabHost, lower: str) -> None:
    state = STATE / host.name
    (state / "fs").mkdir(parents=True)
    _write_files(host, state / "files")
    space, link = _space(host), _link(host.name)
    run("ip", "netns", "add", space)
    run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
    run("ip", "link", "set", link, "master", BRIDGE, "up")
    for command in (
        ("address", "add", f"{host.address}/24", "dev", "eth0"),
        ("address", "add", f"{host.address6}/64", "dev", "eth0", "nodad"),
        ("link", "set", "eth0", "up"),
    ):
        run("ip", "-n", space, *command)
    log = (state / "log").open("w")
    subprocess.Popen(
        ["ip", "netns", "exec", space, "unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child",
         "--propagation", "private", "sh", HERE / "init.sh", state, lower, host.name],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip


def _write_files(host: LabHost, root: Path) -> None:
    """Everything of a host that is not in its base: it is unpacked over its root before it starts."""
    ssh, lab = root / "etc/ssh", root / "lab"
    (ssh / "sshd_config.d").mkdir(parents=True)
    lab.mkdir()
    for kind in _KEY_TYPES:
        bits = ("-b", "3072") if kind == "rsa" else ()
        run("ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", host.name, "-f", ssh / f"ssh_host_{kind}_key")
    keys = "".join(f"HostKey /etc/ssh/ssh_host_{kind}_key\n" for kind in _KEY_TYPES)
    (ssh / "sshd_config").write_text(
        f"Include /etc/ssh/sshd_config.d/*.conf\n{keys}{host.sshd}UsePAM no\nSubsystem sftp internal-sftp\n"
    )
    shutil.copy(STATE / "key.pub", lab / "authorized_keys")
    shutil.copy(HERE / "start.sh", lab / "start")
    (lab / "daemons").write_text(host.start + "\n")
    if host.firewall:
        (lab / "nftables").write_text(host.firewall)
    if host.user == "schouw":
        from schouw.collect import sudoers

        (lab / "sudoers").write_text(sudoers("schouw") + "\n")
    if host.base in ("this", "cared-for"):
        known_lists(root, patched=host.patched)
    tree = HERE / "trees" / (host.like or host.name)
    if tree.exists():
        shutil.copytree(CERTIFICATES, root / "etc/ssl/lab")
        shutil.copytree(tree, root, dirs_exist_ok=True)
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {host.name}\n::1 localhost\n")
    for path, content in host.files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)


def _await_ready(host: LabHost) -> None:
    """The first process of the new process namespace is the only child of unshare."""
    deadline = time.monotonic() + 60
    state = STATE / host.name
    while time.monotonic() < deadline:
        pid = _innermost(host)
        if pid and Path(f"/proc/{pid}/root/run/lab-ready").exists():
            (state / "pid").write_text(str(pid))
            return
        time.sleep(0.05)
    raise RuntimeError(f"{host.name} did not start: {(state / 'log').read_text()[-2000:]}")


def _innermost(host: LabHost) -> int | None:
    for pid in run("ip", "netns", "pids", _space(host)).split():
        with contextlib.suppress(OSError):
            own = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("NSpid:")]
            if own and own[0].split()[-1] == "1" and len(own[0].split()) > 2:
                return int(pid)
    return None


def _write_fleet(hosts: Sequence[LabHost], fleet: Path) -> None:
    known, trusted = [], STATE / ("known_hosts" if fleet == FLEET else f"{fleet.stem}.known_hosts")
    tables = [
        f'[defaults]\nssh_config = ""\nidentity = "{STATE}/key"\nknown_hosts = ["{trusted}"]\n'
        'timeouts = { connect = "3s", login = "5s" }\n'
    ]
    for host in hosts:
        for kind in _KEY_TYPES:
            public = (STATE / host.name / f"files/etc/ssh/ssh_host_{kind}_key.pub").read_text().split()
            known.append(f"{host.address} {public[0]} {public[1]}\n")
        tables.append(
            f'[hosts.{host.name}]\naddress = "{host.address}"\nuser = "{host.user}"\nlisten = {host.listen}\n{host.fleet}\n'
        )
    tables.append(f'[hosts.{ABSENT}]\naddress = "{ABSENT_ADDRESS}"\nuser = "root"\n')
    trusted.write_text("".join(known))
    fleet.write_text("\n".join(tables))
