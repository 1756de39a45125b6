"""What each section makes of what real tools print: the host's own snippet in a real shell, over recorded output."""

from __future__ import annotations

from pathlib import Path

from schouw.collect.kernel import release_order
from schouw.model.attempt import seen
from schouw.model.facts import Listener, Package, Restart, Update
from tests.unit.collect_lab import BY_NAME, NOW, parse, recorded, run


def test_dpkg_keeps_sources_half_states_and_holds() -> None:
    attempt = parse(
        "packages",
        "manager\tdpkg",
        "deb\tbash\t5.2.15-2+b8\tamd64\t\t5.2.15-2",
        "deb\tpostgresql\t15+248\tall\tpostgresql-common\t248",
        "deb\tadduser\t3.134\tall",
        "deb\tbroken row",
        "state\thi \tadduser",
        "state\tiF \tpostgresql",
        "state\trc \told",
    )
    packages = attempt.result
    assert packages.packages[0] == Package("bash", "5.2.15-2+b8", "amd64", "bash", "5.2.15-2")
    assert packages.packages[1].source_version == "248" and packages.packages[2].source == "adduser"
    assert (packages.held, packages.broken, packages.unparsed) == (("adduser",), ("postgresql",), 1)
    assert attempt.reason == "1 package of the list could not be read"


async def test_rpm_has_epoch_source_vendor_and_module(tmp_path: Path) -> None:
    rows = "\\n".join([
        r"rpm\tbash\t0\t5.1.8-9.el9\tx86_64\tbash-5.1.8-9.el9.src.rpm\tAlmaLinux\t(none)",
        r"rpm\tnodejs\t1\t18.20.2-1.module_el9\tx86_64\tnodejs-18.20.2-1.module_el9.src.rpm\tAlmaLinux\tnodejs:18:90:abc",
        r"rpm\tgpg-pubkey\t0\tabc-def\t(none)\t(none)\t(none)\t(none)",
    ])  # fmt: skip
    tools = {"rpm": f"case $1 in -qa) printf '{rows}\\n';; esac"}
    packages = (await run("packages", tmp_path, tools, hide="dpkg-query")).packages.result
    assert packages.manager == "rpm" and len(packages.packages) == 2
    bash, nodejs = packages.packages
    assert (bash.version, bash.source, bash.source_version, bash.vendor) == ("0:5.1.8-9.el9", "bash", "5.1.8-9.el9", "AlmaLinux")
    assert (nodejs.version, nodejs.module) == ("1:18.20.2-1.module_el9", "nodejs:18:90:abc")


async def test_neither_dpkg_nor_rpm(tmp_path: Path) -> None:
    inside = await run("packages", tmp_path, {}, hide="dpkg-query rpm")
    assert inside.packages.result is None and inside.packages.reason == "it has neither dpkg nor rpm"


POLICY = """
openssl:
  Installed: 3.0.14-1
  Candidate: 3.0.17-1
  Version table:
     3.0.17-1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
     3.0.16-1 500
        500 http://security.debian.org/debian-security bookworm-security/main amd64 Packages
 *** 3.0.14-1 100
        100 /var/lib/dpkg/status
bash:
  Installed: 5.2-1
  Candidate: 5.2-1
  Version table:
 *** 5.2-1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
nodejs:
  Installed: 20.1
  Candidate: 20.2
  Version table:
     20.2 500
        500 https://deb.nodesource.com/node_20.x nodistro/main amd64 Packages
 *** 20.1 100
        100 /var/lib/dpkg/status
homemade:
  Installed: 1.0
  Candidate: 1.0
  Version table:
 *** 1.0 100
        100 /var/lib/dpkg/status
backwards:
  Installed: 2.0
  Candidate: 1.0
  Version table:
 *** 2.0 100
        100 /var/lib/dpkg/status
     1.0 990
        990 http://mirror.example/debian bookworm/main amd64 Packages
"""


async def test_apt_updates_and_origins(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    for name, origin in {
        "mirror.example_debian_dists_bookworm_InRelease": "Debian",
        "security.debian.org_debian-security_dists_bookworm-security_InRelease": "Debian",
        "deb.nodesource.com_node%5f20.x_dists_nodistro_InRelease": "Node Source",
    }.items():
        (lists / name).write_text(
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: {origin}\nLabel: x\nSHA256:\n x\n"
        )
    (lists / "mirror_Packages").touch()
    (tmp_path / "status").write_text("x")
    release = tmp_path / "os-release"
    release.write_text("ID=debian\n")
    tools = {
        "apt-cache": recorded(POLICY),
        "dpkg": "echo amd64",
        "dpkg-query": "printf 'ii  openssl:amd64\\nii  bash:amd64\\nrc  gone:all\\n'",
    }
    paths = {"/var/lib/apt/lists": lists, "/var/lib/dpkg/status": tmp_path / "status", "/etc/os-release": release}
    inside = await run("updates", tmp_path, tools, paths=paths, also=(BY_NAME["origins"],))
    assert inside.updates.complete and inside.origins.complete
    assert inside.updates.result.pending == (
        Update("openssl", "3.0.14-1", "3.0.17-1", "http://mirror.example/debian bookworm/main", security=True),
        Update("nodejs", "20.1", "20.2", "https://deb.nodesource.com/node_20.x nodistro/main", security=False),
    )
    assert inside.updates.result.fetched_at is not None
    assert inside.origins.result.nowhere == ("homemade",)
    assert inside.origins.result.foreign == (("nodejs", "https://deb.nodesource.com/node_20.x"),)


async def test_apt_without_lists_is_not_checked(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("x")
    paths = {"/var/lib/apt/lists": tmp_path / "none", "/var/lib/dpkg/status": tmp_path / "status"}
    inside = await run("updates", tmp_path, {"apt-cache": "exit 1"}, paths=paths, also=(BY_NAME["origins"],))
    assert inside.updates.result is None and "apt-get update" in inside.updates.reason
    assert inside.origins.result is None and inside.origins.reason


DNF = """
openssl.x86_64                 1:3.0.7-28.el9               baseos
a-package-with-a-very-long-name-that-dnf-wraps.noarch
                               2.0-1.el9                    appstream
Obsoleting Packages
old.noarch                     1.0-1.el9                    baseos
"""
RPM = r"""
case "$*" in
*system-release*) echo AlmaLinux;;
*VENDOR*) printf 'openssl\tAlmaLinux\nhome\t(none)\nepel-thing\tFedora Project\n';;
*) printf 'H openssl.x86_64 1:3.0.7-24.el9\nH a-package-with-a-very-long-name-that-dnf-wraps.noarch 0:1.0-1.el9\n';;
esac
"""


async def test_dnf_updates_and_origins(tmp_path: Path) -> None:
    dnf = f"""case "$*" in
*with-cve*) printf 'CVE-2024-%s Important/Sec. openssl-1:3.0.7-%s.el9.x86_64\\n' 101 27 102 28 102 28 103 28;;
*updateinfo*) printf 'ALSA-2024:%s Important/Sec. openssl-1:3.0.7-%s.el9.x86_64\\n' 1 27 2 28;;
*) {recorded(DNF)}
exit 100;; esac"""
    inside = await run("updates", tmp_path, {"dnf": dnf, "rpm": RPM}, hide="apt-cache", also=(BY_NAME["origins"],))
    assert inside.updates.result.manager == "dnf"
    assert inside.updates.result.pending == (
        Update(
            "openssl.x86_64",
            "1:3.0.7-24.el9",
            "1:3.0.7-28.el9",
            "baseos",
            security=True,
            advisories=("ALSA-2024:1", "ALSA-2024:2"),
            cves=("CVE-2024-101", "CVE-2024-102", "CVE-2024-103"),
        ),
        Update(
            "a-package-with-a-very-long-name-that-dnf-wraps.noarch", "0:1.0-1.el9", "0:2.0-1.el9", "appstream", security=False
        ),
    )
    assert inside.origins.result.nowhere == ("home",)
    assert inside.origins.result.foreign == (("epel-thing", "Fedora Project"),)


async def test_dnf_whose_advisories_cannot_be_read_is_lacking(tmp_path: Path) -> None:
    dnf = f"""case "$*" in *updateinfo*) exit 1;; *) {recorded(DNF)}
exit 100;; esac"""
    inside = await run("updates", tmp_path, {"dnf": dnf, "rpm": RPM}, hide="apt-cache")
    assert len(inside.updates.result.pending) == 2
    assert inside.updates.reason == "`dnf updateinfo` failed: which updates are for security is not known"


async def test_dnf_that_fails_is_not_checked(tmp_path: Path) -> None:
    inside = await run("updates", tmp_path, {"dnf": "exit 1", "rpm": RPM}, hide="apt-cache")
    assert inside.updates.result is None and "dnf makecache" in inside.updates.reason


SS = """
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=612,fd=3),("systemd",pid=1,fd=4)) cgroup:/system.slice/ssh.service <->
tcp LISTEN 0 128 *:80 *:* users:(("nginx",pid=2,fd=6),("nginx",pid=3,fd=6)) ino:2 cgroup:/system.slice/nginx.service v6only:0 <->
tcp LISTEN 0 128 [::1%lo]:6010 [::]:* users:(("sshd: [x] y",pid=9,fd=7)) cgroup:/user.slice/user-0.slice/session-1.scope <->
udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* ino:4 sk:4 <->
"""


async def test_listeners_from_ss(tmp_path: Path) -> None:
    inside = await run("listeners", tmp_path, {"ss": recorded(SS)}, also=(BY_NAME["processes"],))
    assert inside.listeners.reason == ""
    assert inside.processes == seen(3)
    assert set(inside.listeners.result) == {
        Listener("tcp", "0.0.0.0", 22, "sshd systemd", "ssh.service"),
        Listener("tcp", "0.0.0.0", 80, "nginx", "nginx.service"),
        Listener("tcp", "::", 80, "nginx", "nginx.service"),
        Listener("tcp", "::1", 6010, "sshd: [x] y", None),
        Listener("udp", "127.0.0.53", 53, None, None),
    }


async def test_listeners_without_ss_come_from_the_kernel(tmp_path: Path) -> None:
    inside = await run("listeners", tmp_path, {}, hide="ss", also=(BY_NAME["processes"],))
    assert inside.listeners.complete
    assert inside.processes.result is None and "no `ss`" in inside.processes.reason
    attempt = parse("listeners", "proc\ttcp\t0100007F:0016", "proc\tudp6\t" + "0" * 24 + "01000000:0035", "proc\ttcp\tXYZ:1")
    assert attempt.result == (Listener("tcp", "127.0.0.1", 22), Listener("udp", "::1", 53))
    assert attempt.reason == "1 line of the host's answer made no sense"


async def test_an_ss_that_fails_with_names_still_lists_all_sockets(tmp_path: Path) -> None:
    bare = SS.replace('users:(("sshd",pid=612,fd=3),("systemd",pid=1,fd=4))', "")
    ss = f"case $1 in *p*) exit 1;; esac\n{recorded(bare)}"
    inside = await run("listeners", tmp_path, {"ss": ss}, also=(BY_NAME["processes"],))
    assert inside.listeners.complete and len(inside.listeners.result) == 5
    assert inside.processes.reason == "`ss -p` failed"


RULES = """
table inet filter {
	set bad {
		type ipv4_addr
		elements = { 192.0.2.7 }
	}

	chain input {
		type filter hook input priority filter; policy accept;
		ct state invalid drop
		ip saddr @bad drop
		%s
	}

	chain services {
		tcp dport 22 accept
		reject with icmpx admin-prohibited
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
"""


async def test_nft_filters_only_by_policy_or_a_drop_that_traffic_reaches(tmp_path: Path) -> None:
    for number, (rule, filters) in enumerate({"jump services": True, "tcp dport 22 accept": False}.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        inside = await run("firewall", folder, {"nft": recorded(RULES % rule)}, hide="iptables-save ip6tables-save")
        firewall = inside.firewall.result
        assert (firewall.active, firewall.filters_ipv4, firewall.filters_ipv6) == (filters, filters, filters), rule
        assert firewall.tool == "nftables" and firewall.rules == 5


async def test_iptables_says_it_for_each_family(tmp_path: Path) -> None:
    start = "*filter\n:INPUT ACCEPT [1:2]\n:guard - [0:0]\n"
    ipv4 = start + "-A INPUT -s 192.0.2.1/32 -j DROP\n-A INPUT -j guard\n-A guard -j DROP\nCOMMIT"
    ipv6 = start + "-A INPUT -s 2001:db8::1/128 -j DROP\nCOMMIT"
    tools = {
        "iptables": "echo 'iptables v1.8.7 (legacy)'",
        "iptables-save": recorded(ipv4),
        "ip6tables-save": recorded(ipv6),
    }
    firewall = (await run("firewall", tmp_path, tools, hide="nft")).firewall.result
    assert (firewall.tool, firewall.filters_ipv4, firewall.filters_ipv6, firewall.rules) == ("iptables", True, False, 4)


async def test_a_firewall_that_cannot_be_read_is_not_checked(tmp_path: Path) -> None:
    tools = {"nft": "echo 'Operation not permitted (you must be root)' >&2; exit 1"}
    inside = await run("firewall", tmp_path, tools, hide="iptables-save ip6tables-save")
    assert inside.firewall.result is None
    assert inside.firewall.reason == "`nft` failed: Operation not permitted (you must be root)"


def test_sshd_lines_come_in_reading_order() -> None:
    attempt = parse(
        "sshd",
        "version\tOpenSSH_9.2p1",
        "set\tport 22",
        "set\tport 2222",
        "set\tpermitrootlogin no",
        "set\tciphers a,b",
        "line\t/etc/ssh/sshd_config\t1\tInclude sshd_config.d/*.conf",
        "line\t/etc/ssh/sshd_config\t9\tPermitRootLogin  yes",
        "line\t/etc/ssh/sshd_config.d/50.conf\t2\tPermitRootLogin=no",
        "line\t/etc/ssh/sshd_config.d/10.conf\t3\tX11Forwarding no",
        "key\t/etc/ssh/k\t256 SHA256:abc root@web (ED25519)",
        "key\t/etc/ssh/odd\tnonsense",
    )
    sshd = attempt.result
    assert [(line.file[9:], line.line, line.keyword, line.value) for line in sshd.directives] == [
        ("sshd_config", 1, "Include", "sshd_config.d/*.conf"),
        ("sshd_config.d/10.conf", 3, "X11Forwarding", "no"),
        ("sshd_config.d/50.conf", 2, "PermitRootLogin", "no"),
        ("sshd_config", 9, "PermitRootLogin", "yes"),
    ]
    assert sshd.ports == (22, 2222) and sshd.settings["permitrootlogin"] == ("no",)
    assert (sshd.host_keys[0].type, sshd.host_keys[0].bits, sshd.host_keys[0].fingerprint) == ("ED25519", 256, "SHA256:abc")
    assert attempt.reason == "1 line of the host's answer made no sense"


async def test_sshd_without_root_falls_back_to_g_and_else_says_what_it_needs(tmp_path: Path) -> None:
    tools = {"sshd": "case $1 in -G) echo 'port 22';; -T) echo no hostkeys available; exit 1;; -V) echo OpenSSH_9.9p1;; esac"}
    inside = await run("sshd", tmp_path, tools)
    assert inside.sshd.result.settings == {"port": ("22",)} and inside.sshd.complete


async def test_no_sshd(tmp_path: Path) -> None:
    sshd = (await run("sshd", tmp_path, {}, hide="sshd")).sshd
    assert sshd.absent and sshd.reason == "it has no sshd"


def test_kernel_order_and_reboot() -> None:
    attempt = parse(
        "kernel",
        "running\t6.1.0-18-amd64",
        "installed\t6.1.0-18-amd64",
        "installed\t6.1.0-9-amd64",
        "reboot\tyes",
        "package\tlibc6",
    )
    assert attempt.result.installed == ("6.1.0-9-amd64", "6.1.0-18-amd64")
    assert attempt.result.reboot_required and attempt.result.reboot_packages == ("libc6",)
    assert sorted(["6.8.0", "6.8.0-rc1", "6.10.1"], key=release_order) == ["6.8.0-rc1", "6.8.0", "6.10.1"]


def test_system_reads_os_release() -> None:
    system = parse(
        "system", "arch\tx86_64", 'os\tID="almalinux"', 'os\tVERSION_ID="9.4"', 'os\tID_LIKE="rhel centos"', "container\tlxc"
    ).result
    assert (system.id, system.version, system.pretty, system.like, system.container) == (
        "almalinux", "9.4", "almalinux 9.4", ("rhel", "centos"), "lxc"
    )  # fmt: skip
    assert parse("system", "arch\tx86_64").reason == "it has no /etc/os-release"


def test_automatic_updates_say_what_keeps_them_from_running() -> None:
    unattended = ("tool\tunattended-upgrades", "set\tUpdate-Package-Lists\t1", "set\tUnattended-Upgrade\t1", "systemd\tyes")
    timers = ("timer\tapt-daily.timer", "timer\tapt-daily-upgrade.timer")
    on = parse("automatic", *unattended, *timers, f"ran\t{int(NOW) - 60}").result
    assert (on.enabled, on.detail, on.succeeded_at) == (True, "", NOW - 60)
    assert parse("automatic", *unattended).result.detail == "apt-daily.timer is not enabled"
    assert (
        parse("automatic", *unattended, "set\tUnattended-Upgrade\t0", *timers).result.detail
        == 'APT::Periodic::Unattended-Upgrade is "0"'
    )
    dnf = ("tool\tdnf-automatic", "timer\tdnf-automatic.timer")
    assert parse("automatic", *dnf, "set\tapply_updates\tno").result.detail == "apply_updates is no: it only downloads"
    assert parse("automatic", *dnf, "set\tapply_updates\tyes").result.enabled
    assert not parse("automatic", "tool\t").result.enabled


def test_restarts_group_by_program_and_unit() -> None:
    ssh = "/system.slice/ssh.service"
    attempt = parse(
        "restarts",
        "by\tproc",
        f"uses\tsshd\t{ssh}\t/usr/lib/libssl.so.3",
        f"uses\tsshd\t{ssh}\t/usr/lib/libcrypto.so.3;65a1b2c3",
        "uses\tbash\t/user.slice/user-0.slice/user@0.service/x.scope\t/usr/bin/bash",
    )
    assert attempt.result == (
        Restart("sshd", "ssh.service", ("/usr/lib/libssl.so.3", "/usr/lib/libcrypto.so.3")),
        Restart("bash", "", ("/usr/bin/bash",)),
    )
    assert parse("restarts", "by\tneedrestart", "service\tcron.service").result == (Restart("cron", "cron.service", ()),)
    assert (
        parse("restarts", "!\troot\t/usr/sbin/needrestart -b").reason == "needs root: allow `/usr/sbin/needrestart -b` in sudoers"
    )
