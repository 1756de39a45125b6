"""Live patches, Ubuntu Pro and module streams, as the tools themselves tell of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schouw.collect import sudoers
from schouw.model.attempt import absent, seen
from schouw.model.vulnerability import LivePatch
from tests.unit.collect_lab import recorded, run

PATCH_INFO = """
OS: almalinux9
kernel: kernel-5.14.0-427.13.1.el9_4
time: 2026-10-31 22:46:22
uname: 5.14.0-503.11.1.el9_5

kpatch-name: 5.14.0/symlink-protection.patch
kpatch-description: symlink protection // kpatch-cve: CVE-1999-0001
kpatch-cve: N/A
kpatch-cvss: N/A

kpatch-name: 5.14.0/CVE-2024-1086.patch
kpatch-description: netfilter: reject
kpatch-cve: CVE-2024-1086
kpatch-cve-url: https://access.redhat.com/security/cve/CVE-2024-1086

kpatch-name: 5.14.0/two.patch
kpatch-cve: CVE-2024-0001 CVE-2024-0002
"""


async def test_kernelcare_says_what_the_kernel_is_worth_and_what_it_closes(tmp_path: Path) -> None:
    tools = {"kcarectl": f"case $1 in --uname) echo 5.14.0-503.11.1.el9_5.x86_64;; --patch-info) {recorded(PATCH_INFO)}\n;; esac"}
    patch = (await run("live_patch", tmp_path, tools)).live_patch
    assert patch == seen(
        LivePatch("kernelcare", "5.14.0-503.11.1.el9_5.x86_64", ("CVE-2024-0001", "CVE-2024-0002", "CVE-2024-1086"))
    )


async def test_a_kernelcare_that_fails_is_not_taken_for_none(tmp_path: Path) -> None:
    patch = (await run("live_patch", tmp_path, {"kcarectl": "exit 2"})).live_patch
    assert patch.result is None and not patch.absent and "kcarectl" in patch.reason


async def test_kernelcare_without_root_still_tells_its_release_and_what_it_lacks(tmp_path: Path) -> None:
    tools = {"kcarectl": "case $1 in --uname) echo 5.14.0-503.el9.x86_64;; *) exit 1;; esac"}
    patch = (await run("live_patch", tmp_path, tools, before="uid=1000")).live_patch
    assert patch.result == LivePatch("kernelcare", "5.14.0-503.el9.x86_64")
    assert patch.reason.startswith("needs root: allow `") and patch.reason.endswith("/kcarectl --patch-info` in sudoers")
    assert "/usr/bin/kcarectl --patch-info" in sudoers("schouw")


STATUS = {
    "Client-Version": "10.8.3",
    "Machine-Id": "5a8061f3",
    "Machine-Token": "secret-token",
    "Status": [
        {
            "Kernel": "5.15.0-100.110-generic",
            "Running": True,
            "Livepatch": {
                "State": "applied",
                "Fixes": [
                    {"Name": "cve-2023-6270", "Description": 'a, {"Name":"cve-1999-0001", "Patched":true}', "Patched": True},
                    {"Name": "cve-2024-0001", "Description": "", "Bug": "", "Patched": False},
                    {"Name": "cve-2024-0002", "Patched": True},
                ],
            },
        }
    ],
    "tier": "updates",
}


@pytest.mark.parametrize("indent", [None, 4])
async def test_livepatch_counts_what_is_patched_and_keeps_its_token(tmp_path: Path, indent: int | None) -> None:
    tools = {"canonical-livepatch": recorded(json.dumps(STATUS, indent=indent))}
    inside = await run("live_patch", tmp_path, tools, hide="kcarectl")
    assert inside.live_patch == seen(LivePatch("livepatch", cves=("CVE-2023-6270", "CVE-2024-0002")))
    assert "secret-token" not in repr(inside)


async def test_kpatch_counts_what_is_enabled_and_names_only_what_its_modules_name(tmp_path: Path) -> None:
    for name, on in {"kpatch_5_14_0_284_1_1": "1", "livepatch_CVE_2020_8648": "1", "livepatch_CVE_2020_9999": "0"}.items():
        (tmp_path / "sys" / name).mkdir(parents=True)
        (tmp_path / "sys" / name / "enabled").write_text(f"{on}\n")
    paths = {"/sys/kernel/livepatch": tmp_path / "sys"}
    patch = (await run("live_patch", tmp_path, {}, hide="kcarectl canonical-livepatch", paths=paths)).live_patch
    assert patch == seen(LivePatch("kpatch", cves=("CVE-2020-8648",)))


async def test_no_live_patch_is_nothing_lacking(tmp_path: Path) -> None:
    paths = {"/sys/kernel/livepatch": tmp_path / "none"}
    patch = (await run("live_patch", tmp_path, {}, hide="kcarectl canonical-livepatch", paths=paths)).live_patch
    assert patch == absent("nothing patches its kernel while it runs")


PRO = {
    "account": {"name": "acme", "status": "enabled"},
    "attached": True,
    "contract": {"id": "cAbc", "name": "secret-contract", "products": ["free"]},
    "services": [
        {"available": "yes", "blocked_by": [], "description": "x, y", "name": "esm-apps", "status": "enabled"},
        {"blocked_by": [{"name": "livepatch", "reason": "no"}], "name": "esm-infra", "status": "enabled", "warning": None},
        {"available": "no", "name": "fips", "status": "n/a"},
        {"available": "yes", "name": "livepatch", "status": "disabled"},
    ],
}


@pytest.mark.parametrize("tool", ["pro", "ua"])
async def test_pro_tells_what_is_on_and_not_who_pays(tmp_path: Path, tool: str) -> None:
    other = {"pro": "ua", "ua": "pro"}[tool]
    inside = await run("pro", tmp_path, {tool: recorded(json.dumps(PRO)), other: "exit 1"})
    assert inside.pro == seen(("esm-apps", "esm-infra"))
    assert "acme" not in repr(inside) and "secret" not in repr(inside)


async def test_pro_that_is_not_attached_has_nothing_on(tmp_path: Path) -> None:
    status = {"attached": False, "services": [{"available": "yes", "description": "x", "name": "esm-apps"}]}
    assert (await run("pro", tmp_path, {"pro": recorded(json.dumps(status))})).pro == seen(())


async def test_pro_that_fails_is_not_checked(tmp_path: Path) -> None:
    pro = (await run("pro", tmp_path, {"pro": "exit 1", "ua": "exit 1"})).pro
    assert pro.result is None and not pro.absent and pro.reason == "`pro status` failed"


async def test_enabled_streams_come_from_dnfs_own_record(tmp_path: Path) -> None:
    folder = tmp_path / "modules.d"
    folder.mkdir()
    for name, stream, state in (("nodejs", "18", "enabled"), ("php", "8.0", "disabled"), ("perl", "", "enabled")):
        (folder / f"{name}.module").write_text(f"[{name}]\nname={name}\nstream = {stream}\nprofiles=\nstate={state}\n")
    inside = await run("streams", tmp_path, {}, paths={"/etc/dnf/modules.d": folder})
    assert inside.streams == seen(("nodejs:18",))
