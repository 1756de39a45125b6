"""What the TLS libraries are told for all programs: real shells over files in the shapes that distributions ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.model.attempt import Attempt
from schouw.model.daemons import Setting
from schouw.model.libraries import Libraries
from tests.unit.collect_lab import parse, run
from tests.unit.test_collect_daemons import SHELLS

#: Much of what stands in these files is of no account here.
_BULK = """
HOME\t\t\t= .
oid_section = new_oids
[ new_oids ]
tsa_policy1 = 1.2.3.4.1
[ CA_default ]
dir\t\t= ./demoCA\t\t# Where everything is kept
certs\t\t= $dir/certs
[ req ]
x509_extensions\t= v3_ca\t# The extensions to add
"""
DEBIAN_11 = f"""#
# OpenSSL example configuration file.
{_BULK}
openssl_conf = nowhere
[default]
openssl_conf = default_conf

[default_conf]
ssl_conf = ssl_sect

[ssl_sect]
system_default = system_default_sect

[system_default_sect]
MinProtocol = TLSv1.2
CipherString = DEFAULT@SECLEVEL=2
"""
DEBIAN_12 = f"""openssl_conf = openssl_init
config_diagnostics = 1
{_BULK}
[openssl_init]
# providers = provider_sect
"""
UBUNTU_22 = """openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
ssl_conf = ssl_sect
[provider_sect]
default = default_sect
[default_sect]
# activate = 1
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
CipherString = DEFAULT:@SECLEVEL=2
"""
_POLICY = "@POLICY@/back-ends/opensslcnf.config"
ALMA_8 = f"""openssl_conf = default_modules
[ default_modules ]
ssl_conf = ssl_module
[ ssl_module ]
system_default = crypto_policy
[ crypto_policy ]
.include {_POLICY}
[ new_oids ]
"""
ALMA_9 = f"""openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
ssl_conf = ssl_module
alg_section = evp_properties
[ evp_properties ]
# This section is intentionally added empty here
[provider_sect]
default = default_sect
[ ssl_module ]
system_default = crypto_policy
[ crypto_policy ]
.include = {_POLICY}
"""
_LEGACY_8 = "CipherString = @SECLEVEL=1:kEECDH:kRSA\nMinProtocol = TLSv1\nMaxProtocol = TLSv1.3\nSignatureAlgorithms = RSA+SHA1\n"
_DEFAULT_9 = """CipherString = @SECLEVEL=2:kEECDH:kRSA:!aNULL
Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256
TLS.MinProtocol = TLSv1.2
TLS.MaxProtocol = TLSv1.3
DTLS.MinProtocol = DTLSv1.2
DTLS.MaxProtocol = DTLSv1.2
SignatureAlgorithms = ECDSA+SHA256:RSA+SHA1
Groups = X25519:secp256r1

[openssl_init]
alg_section = evp_properties

[evp_properties]
rh-allow-sha1-signatures = yes
"""


async def seen_of(
    folder: Path, text: str, backend: str = "", policy: str = "", shell: tuple[str, ...] = ("sh", "-s"), before: str = "uid=0"
) -> Attempt[Libraries]:
    """Of a host with this openssl.cnf, in `folder`; `backend` and `policy` as update-crypto-policies leaves them."""
    conf, policies = folder / "openssl.cnf", folder / "policies"
    conf.write_text(text.replace("@POLICY@", str(policies)).replace("@HERE@", str(folder)))
    if policy:
        for name, content in (("back-ends/opensslcnf.config", backend), ("state/current", f"{policy}\n")):
            (policies / name).parent.mkdir(parents=True, exist_ok=True)
            (policies / name).write_text(content)
    paths = {"/etc/ssl/openssl.cnf": conf, "/etc/pki/tls/openssl.cnf": folder / "none", "/etc/crypto-policies": policies}
    inside = await run("libraries", folder, {}, paths=paths, shell=shell, before=before)
    attempt: Attempt[Libraries] = inside.libraries
    return attempt


def values(attempt: Attempt[Libraries]) -> dict[str, str]:
    assert attempt.complete, attempt.reason
    assert attempt.result is not None
    return {name: setting.value for name, setting in attempt.result.openssl.items()}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEBIAN_11, {"MinProtocol": "TLSv1.2", "CipherString": "DEFAULT@SECLEVEL=2"}),
        (DEBIAN_12, {}),
        (UBUNTU_22, {"CipherString": "DEFAULT:@SECLEVEL=2"}),
    ],
    ids=["debian-11", "debian-12, debian-13, ubuntu-24", "ubuntu-22"],
)
async def test_as_debian_and_ubuntu_ship_it(tmp_path: Path, text: str, expected: dict[str, str], shell: tuple[str, ...]) -> None:
    attempt = await seen_of(tmp_path, text, shell=shell)
    assert values(attempt) == expected
    assert attempt.result is not None and attempt.result.policy is None
    rows = text.splitlines()
    for name, setting in attempt.result.openssl.items():
        assert rows[setting.line - 1] == f"{name} = {setting.value}" and setting.file == str(tmp_path / "openssl.cnf")


async def test_el8_with_an_older_policy(tmp_path: Path) -> None:
    attempt = await seen_of(tmp_path, ALMA_8, _LEGACY_8, "LEGACY")
    assert values(attempt)["MinProtocol"] == "TLSv1" and values(attempt)["SignatureAlgorithms"] == "RSA+SHA1"
    assert attempt.result is not None and attempt.result.policy is not None
    assert attempt.result.policy == Setting("LEGACY", str(tmp_path / "policies/state/current"), 1)
    assert attempt.result.openssl["MinProtocol"].location == f"{tmp_path}/policies/back-ends/opensslcnf.config:2"


async def test_el9_keeps_tls_and_dtls_apart(tmp_path: Path) -> None:
    attempt = await seen_of(tmp_path, ALMA_9, _DEFAULT_9, "DEFAULT:SHA1")
    assert values(attempt)["MinProtocol"] == "TLSv1.2" and values(attempt)["MaxProtocol"] == "TLSv1.3"
    assert values(attempt)["CipherString"].startswith("@SECLEVEL=2:") and values(attempt)["Groups"] == "X25519:secp256r1"
    assert attempt.result is not None and attempt.result.policy is not None and attempt.result.policy.value == "DEFAULT:SHA1"


async def test_as_people_write_it(tmp_path: Path) -> None:
    """A section twice, the last line of a name, quotes, comments, a line that goes on, a folder, old and odd names."""
    more = tmp_path / "more.d"
    more.mkdir()
    (more / "10-old.cnf").write_text("curves = P-256\n")
    (more / "20-backup.bak").write_text("MinProtocol = SSLv3\n")
    text = """openssl_conf = one
[one]
ssl_conf = two
[two]
system_default = three
[three]
MinProtocol = TLSv1
CIPHERSTRING = "DEFAULT:\\
@SECLEVEL=0"     # for the old till
# MinProtocol = SSLv3
.include @HERE@/more.d
[four]
MaxProtocol = TLSv1.1
[ three ]
MinProtocol = TLSv1.1
"""
    attempt = await seen_of(tmp_path, text)
    assert values(attempt)["MinProtocol"] == "TLSv1.1" and values(attempt)["Groups"] == "P-256"
    assert "MaxProtocol" not in values(attempt) and "SECLEVEL=0" in values(attempt)["CipherString"]


async def test_an_include_of_itself_ends(tmp_path: Path) -> None:
    attempt = await seen_of(tmp_path, f"{UBUNTU_22}.include @HERE@/openssl.cnf\n.include other.cnf\n")
    assert attempt.result is not None and attempt.result.openssl["CipherString"].value == "DEFAULT:@SECLEVEL=2"
    assert "without end" in attempt.reason and "openssl.cnf:14 includes other.cnf: which file is that?" in attempt.reason


async def test_50000_lines_are_cut_and_that_is_said(tmp_path: Path) -> None:
    attempt = await seen_of(tmp_path, UBUNTU_22 + "MinProtocol = TLSv1.2\n" * 50_000)
    assert attempt.result is not None and attempt.result.openssl["MinProtocol"].value == "TLSv1.2"
    assert "it is larger than 200 KB: the rest was not read" in attempt.reason


def test_what_cannot_be_read_is_said() -> None:
    attempt = parse(
        "libraries", "root\t/etc/ssl/openssl.cnf", "file\t/etc/ssl/openssl.cnf", "!\tunread\t/etc/ssl/openssl.cnf cannot"
    )
    assert attempt.result is None and attempt.reason == "/etc/ssl/openssl.cnf cannot"


def test_hostile_rows_end_in_a_sentence() -> None:
    rows = ["root\t/x", "file\t/x", "l\tx\tMinProtocol = TLSv1", "l\t1\t[", "l\t2\t= =", "policy\t/x", "policy\t/x\t" + "A" * 999]
    attempt = parse("libraries", *rows)
    assert attempt.result is None and "made no sense" in attempt.reason and len(attempt.reason) < 500
