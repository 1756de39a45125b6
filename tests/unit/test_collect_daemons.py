"""What each daemon's section makes of its configuration, from small texts of our own; the real ones are in the lab."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schouw.collect.base import Rows
from schouw.collect.daemon import defaults, parts
from schouw.model.daemons import DAEMONS, Block, Written
from tests.unit.collect_lab import collection, look, parse, run, section


def sent(**files: str) -> list[str]:
    """Rows as `show` prints them, of files under /e."""
    rows: list[str] = []
    for name, text in files.items():
        rows.append(f"file\t/e/{name.replace('__', '/')}")
        rows += [f"l\t{at}\t{line}" for at, line in enumerate(text.splitlines(), 1)]
    return rows


def blocks(name: str, *rows: str) -> dict[str, Block]:
    attempt = parse(name, *rows)
    assert attempt.complete, attempt.reason
    return {f"{block.label} {block.ports}": block for block in attempt.result.blocks}


def said(block: Block, keyword: str) -> str:
    """VALUE @ FILE:LINE"""
    return f"{block.settings[keyword].value} @ {block.settings[keyword].location}"


def shape(found: dict[str, Block]) -> dict[str, tuple[Any, ...]]:
    return {key: (block.tls, block.plain_login) for key, block in found.items()}


NGINX = """http {
  ssl_protocols TLSv1.2 TLSv1.3;
  add_header X-Frame-Options DENY;
  include sites/*;
}
stream { server { listen 993 ssl; ssl_protocols TLSv1; } }
mail { server { listen 143; protocol imap; starttls only; } }
"""
SHOP = """server {
  listen 80; listen [::]:80;
  server_name shop.nl;
  if ($host = x) { return 301 https://$host$request_uri; }
  return 404;
}
server {
  listen 443;
  server_name _ ~^a$ SHOP.nl www.shop.nl;
  ssl_certificate /rsa.pem; ssl_certificate /ec.pem;
  ssl_conf_command Options PrioritizeChaCha;
  location / { add_header Strict-Transport-Security "max-age=1; includeSubDomains" always; }
}
server { listen 443 ssl default_server; listen 192.0.2.1:8443-8445 ssl; listen unix:/x; ssl_protocols TLSv1.3; }
"""


def test_nginx_servers_inherit_and_share_sockets() -> None:
    found = blocks("nginx", "version\t1.22.1", "root\t/e/nginx.conf", *sent(**{"nginx.conf": NGINX, "sites/shop": SHOP}))
    assert shape(found) == {
        "server shop.nl (80,)": ("none", None),
        "server shop.nl (443,)": ("implicit", None),
        "server at /e/sites/shop:14 (443, 8443, 8444, 8445)": ("implicit", None),
        "server at /e/nginx.conf:6 (993,)": ("implicit", None),
        "server at /e/nginx.conf:7 (143,)": ("required", None),
    }
    plain, shop, default = list(found.values())[:3]
    assert said(plain, "return") == "301 https://$host$request_uri @ /e/sites/shop:4"
    assert plain.addresses == () and plain.default_ports == (80,)
    # "listen 443" of one server is made TLS by "listen 443 ssl" of another.
    assert shop.names == ("shop.nl", "www.shop.nl") and shop.default_ports == ()
    assert default.default_ports == (443, 8443, 8444, 8445) and (default.file, default.line) == ("/e/sites/shop", 14)
    assert said(shop, "ssl_protocols") == "TLSv1.2 TLSv1.3 @ /e/nginx.conf:2"
    assert said(shop, "ssl_certificate (2)") == "/ec.pem @ /e/sites/shop:10"
    assert said(shop, "ssl_conf_command Options") == "PrioritizeChaCha @ /e/sites/shop:11"
    assert said(shop, "add_header Strict-Transport-Security") == "max-age=1; includeSubDomains always @ /e/sites/shop:12"
    assert said(shop, "ssl_ciphers") == "HIGH:!aNULL:!MD5 @ "
    assert said(default, "ssl_protocols") == "TLSv1.3 @ /e/sites/shop:14"


def test_a_header_of_an_inner_level_takes_away_those_further_out() -> None:
    text = "http { add_header Strict-Transport-Security max-age=1;\n"
    text += "server { listen 443 ssl; add_header X y; } server { listen 444 ssl; } }"
    found = blocks("nginx", "version\t1.26.3", "root\t/e/n", *sent(n=text))
    assert ["add_header Strict-Transport-Security" in block.settings for block in found.values()] == [False, True]


def test_what_could_not_be_read_is_no_default() -> None:
    rows = ["version\t1.22.1", "root\t/e/n", *sent(n="http { server { listen 443 ssl; } }")]
    attempt = parse("nginx", *rows, "!\tunread\t/e/x cannot be read by this account")
    assert attempt.reason == "/e/x cannot be read by this account"
    assert attempt.result.blocks[0].settings == {}
    whole = parse("nginx", *rows)
    assert whole.result.blocks[0].settings["ssl_protocols"].value == "TLSv1 TLSv1.1 TLSv1.2"


def test_a_mistake_is_said_and_the_rest_is_still_looked_at() -> None:
    files = sent(n="http {\ninclude /e/a;\ninclude /e/b;\n}", a="server { listen 81; }\n}", b="server { listen 82; }")
    attempt = parse("nginx", "version\t1.22.1", "root\t/e/n", *files)
    assert attempt.reason == '/e/a:2: a "}" too many'
    assert [block.ports for block in attempt.result.blocks] == [(81,), (82,)]


APACHE = """ServerRoot /e
LoadModule ssl_module modules/mod_ssl.so
Define port 444
<IfModule mod_ssl.c>
Listen 443
Listen 192.0.2.1:${port}
SSLProtocol all -SSLv3
</IfModule>
<IfModule !ssl_module>
Listen 81
</IfModule>
<IfVersion >= 2.4.60>
SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256
</IfVersion>
<IfDefine nothing>
SSLProtocol +SSLv3
</IfDefine>
Listen 80
IncludeOptional sites/*.conf
"""
SITES = """<VirtualHost *:80>
ServerName https://shop.nl:80
ServerAlias www.shop.nl
RewriteEngine on
RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [R=301]
</VirtualHost>
<VirtualHost *:443>
ServerName shop.nl
SSLEngine on
SSLCertificateFile /rsa.pem
SSLCertificateFile /ec.pem
SSLProtocol -all +TLSv1.2
Header always set Strict-Transport-Security "max-age=63072000"
SSLOpenSSLConfCmd Groups X25519:P-256
</VirtualHost>
<VirtualHost *:443>
ServerName other.nl
SSLEngine on
</VirtualHost>
"""


def test_apache_hosts_follow_conditions_and_inherit() -> None:
    files = sent(**{"a.conf": APACHE, "sites/1.conf": SITES})
    found = blocks("apache", "version\t2.4.62", "root\t/e/a.conf", "folder\t/e", *files)
    assert {key: block.tls for key, block in found.items()} == {
        "VirtualHost shop.nl (80,)": "none",
        "VirtualHost shop.nl (443,)": "implicit",
        "VirtualHost other.nl (443,)": "implicit",
        "main server (444,)": "none",
    }
    plain, shop, other, main = found.values()
    assert plain.names == ("shop.nl", "www.shop.nl") and main.addresses == ("192.0.2.1",)
    assert said(plain, "RewriteRule") == "^ https://%{SERVER_NAME}%{REQUEST_URI} [R=301] @ /e/sites/1.conf:5"
    assert said(shop, "SSLProtocol") == "-all +TLSv1.2 @ /e/sites/1.conf:12"
    assert said(other, "SSLProtocol") == "all -SSLv3 @ /e/a.conf:7"
    assert said(shop, "SSLCipherSuite TLSv1.3") == "TLS_AES_128_GCM_SHA256 @ /e/a.conf:13"
    assert said(shop, "SSLCertificateFile (2)") == "/ec.pem @ /e/sites/1.conf:11"
    assert said(shop, "SSLOpenSSLConfCmd Groups") == "X25519:P-256 @ /e/sites/1.conf:14"
    assert said(shop, "Header Strict-Transport-Security") == "max-age=63072000 @ /e/sites/1.conf:13"
    assert said(shop, "SSLHonorCipherOrder") == "off @ "
    assert (shop.default_ports, other.default_ports) == ((443,), ())


def test_apache_without_mod_ssl_has_no_tls() -> None:
    files = sent(**{"a.conf": APACHE.replace("LoadModule", "#LoadModule")})
    found = blocks("apache", "version\t2.4.62", "root\t/e/a.conf", "folder\t/e", *files)
    assert list(found) == ["main server (81, 80)"]
    attempt = parse(
        "apache", "version\t2.4.62", "root\t/e/a", "folder\t/e", "module\tmod_ssl.c", *sent(a="Use Host a.nl\nListen 80")
    )
    assert attempt.reason == "what its macros (Use) make was not followed" and attempt.result.blocks


def test_dovecot_listeners_with_what_holds_for_a_protocol_and_for_some_clients() -> None:
    now = """# 2.3.19.1
protocols = " imap pop3 sieve"
ssl_cert = </c.pem
ssl_dh = # hidden, use -P to show it
disable_plaintext_auth = no
protocol pop3 {
  ssl = required
}
remote 10.0.0.0/8 {
  disable_plaintext_auth = yes
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener more {
    address = 127.0.0.1, ::1
    port = 1143
  }
}
service managesieve-login {
  inet_listener sieve {
    port = 4190
  }
}"""
    file = "ssl = yes\nssl_dh = </dh.pem\ndisable_plaintext_auth = yes\n!include other.conf"
    other = "disable_plaintext_auth = no\nprotocol pop3 {\nssl = required\n}"
    found = blocks(
        "dovecot", "version\t2.3.19.1 (x)", "root\t/e/d", *(f"now\t{line}" for line in now.splitlines()),
        "default\tssl = yes", "default\tssl_min_protocol = TLSv1.2", "default\tlisten = *, ::",
        *sent(d=file, **{"other.conf": other}),
    )  # fmt: skip
    assert shape(found) == {
        "inet_listener imaps (993,)": ("implicit", False),
        "inet_listener more (1143,)": ("optional", True),
        "inet_listener pop3 (110,)": ("required", False),
        "inet_listener pop3s (995,)": ("implicit", False),
        "inet_listener sieve (4190,)": ("optional", True),
    }
    more = found["inet_listener more (1143,)"]
    assert more.addresses == ("127.0.0.1", "::1")
    assert said(more, "ssl") == "yes @ /e/d:1"
    assert said(more, "ssl_min_protocol") == "TLSv1.2 @ "
    assert said(more, "ssl_dh") == "</dh.pem @ /e/d:2"
    assert said(more, "disable_plaintext_auth") == "no @ /e/other.conf:1"
    assert said(more, "remote 10.0.0.0/8 disable_plaintext_auth") == "yes @ "
    assert said(found["inet_listener pop3 (110,)"], "ssl") == "required @ /e/other.conf:3"


def test_dovecot_2_4_has_other_names_and_may_write_them_in_blocks() -> None:
    now = "protocols {\n  imap = yes\n  submission = yes\n}\nssl_server {\n  cert_file = /c.pem\n}\nauth_allow_cleartext = yes"
    found = blocks(
        "dovecot", "version\t2.4.1-4 (x)", "root\t/e/d", *(f"now\t{line}" for line in now.splitlines()),
        "default\tssl = yes", "default\tlisten = * ::", *sent(d="ssl_server_cert_file = /c.pem\nauth_allow_cleartext=yes"),
    )  # fmt: skip
    assert shape(found) == {
        "inet_listener imap (143,)": ("optional", True),
        "inet_listener imaps (993,)": ("implicit", False),
        "inet_listener submission (587,)": ("optional", True),
        "inet_listener submissions (465,)": ("implicit", False),
    }
    assert said(found["inet_listener imap (143,)"], "ssl_server_cert_file") == "/c.pem @ /e/d:1"


def test_dovecot_that_says_nothing_of_itself_has_no_blocks() -> None:
    attempt = parse("dovecot", "version\t2.3.19.1", "root\t/e/d", "!\troot\t/usr/bin/doveconf -n", *sent(d="ssl = no"))
    assert attempt.result.blocks == () and attempt.reason == "needs root: allow `/usr/bin/doveconf -n` in sudoers"


MASTER = """smtp inet n - y - - smtpd
# submission inet n - y - - smtpd
submission inet n - y - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o { smtpd_sasl_auth_enable = yes }
# -o smtpd_tls_auth_only=no
465 inet n - y - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:10025 inet n - y - - smtpd -o smtpd_tls_security_level=$other
pickup unix n - y 60 1 pickup
  -o smtpd_tls_security_level=none
"""


def _postfix(main: str, master: str = MASTER, **values: str) -> dict[str, Block]:
    known = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": "/c.pem", "smtpd_sasl_auth_enable": "no", "other": "none"}
    files = [row.replace("/e/", "/etc/postfix/") for row in sent(**{"main.cf": main, "master.cf": master})]
    return blocks("postfix", "version\t3.7.11", *(f"value\t{name} = {value}" for name, value in (known | values).items()), *files)


def test_postfix_services_with_their_overrides() -> None:
    found = _postfix("smtpd_tls_security_level = none\nsmtpd_tls_cert_file = /c.pem\nsmtpd_tls_security_level =\n  may")
    assert shape(found) == {
        "smtp (25,)": ("optional", False),
        "submission (587,)": ("required", False),
        "465 (465,)": ("implicit", False),
        "127.0.0.1:10025 (10025,)": ("none", False),
    }
    smtp, submission, _, local = found.values()
    assert said(smtp, "smtpd_tls_security_level") == "may @ /etc/postfix/main.cf:3"
    assert said(submission, "smtpd_tls_security_level") == "encrypt @ /etc/postfix/master.cf:4"
    assert said(submission, "smtpd_sasl_auth_enable") == "yes @ /etc/postfix/master.cf:5"
    assert said(local, "smtpd_tls_security_level") == "none @ /etc/postfix/master.cf:8"
    assert local.addresses == ("127.0.0.1",) and (submission.file, submission.line) == ("/etc/postfix/master.cf", 3)


def test_postfix_takes_passwords_before_tls_unless_told_otherwise() -> None:
    smtp = "smtp inet n - y - - smtpd\n"
    assert shape(_postfix("", smtp, smtpd_sasl_auth_enable="yes")) == {"smtp (25,)": ("optional", True)}
    guarded = _postfix("", smtp, smtpd_sasl_auth_enable="yes", smtpd_tls_auth_only="yes")
    assert shape(guarded) == {"smtp (25,)": ("optional", False)}
    # Without a certificate there is no TLS, whatever the level.
    assert shape(_postfix("", smtp, smtpd_tls_cert_file="")) == {"smtp (25,)": ("none", False)}
    screened = _postfix("", "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd -o smtpd_tls_security_level=encrypt\n")
    assert shape(screened) == {"smtp (postscreen) (25,)": ("required", False)}


EXIM = """MAIN_CIPHERS = SECURE256
tls_advertise_hosts = *
.ifdef MORE
tls_require_ciphers = NORMAL
.endif
tls_require_ciphers = MAIN_CIPHERS
begin authenticators
plain:
  server_advertise_condition = ${if def:tls_in_cipher}
"""


def test_exim_ports_authenticators_and_macros() -> None:
    values = ("tls_advertise_hosts = *", "auth_advertise_hosts = *", "tls_require_ciphers = SECURE256",
              "daemon_smtp_ports = 25 : 465 : 587", "tls_on_connect_ports = 465",
              "local_interfaces = <; 192.0.2.1 ; [::1]:2525")  # fmt: skip
    guarded = ("plain authenticator:", "driver = plaintext", "public_name = PLAIN", "server_condition = set",
               "server_advertise_condition = ${if def:tls_in_cipher}")  # fmt: skip
    client = ("cram authenticator:", "driver = plaintext", "public_name = LOGIN")
    rows = ["version\t4.96", "root\t/e/x", *(f"value\t{value}" for value in values), *sent(x=EXIM)]
    found = blocks("exim", *rows, *(f"auth\t{row}" for row in (*guarded, *client)))
    assert shape(found) == {
        "daemon_smtp_ports (25, 587, 2525)": ("optional", False),
        "tls_on_connect_ports (465,)": ("implicit", False),
    }
    first = found["daemon_smtp_ports (25, 587, 2525)"]
    assert first.addresses == ("192.0.2.1", "::1")
    assert said(first, "tls_require_ciphers") == "SECURE256 @ /e/x:1"
    assert said(first, "server_advertise_condition of plain") == "${if def:tls_in_cipher} @ /e/x:9"
    cleartext = blocks("exim", *rows, *(f"auth\t{row}" for row in guarded[:4]))
    assert cleartext["daemon_smtp_ports (25, 587, 2525)"].plain_login is True
    other = blocks("exim", *rows, "option\t26:127.0.0.1")
    assert list(other) == ["daemon_smtp_ports (26,)"] and other["daemon_smtp_ports (26,)"].addresses == ("127.0.0.1",)


def test_vsftpd_by_version() -> None:
    text = "ssl_enable=YES\nforce_local_logins_ssl=NO\nlocal_enable=YES\nlisten_address=192.0.2.1"
    (old,) = blocks("vsftpd", "version\t3.0.3", *sent(v=text)).values()
    (new,) = blocks("vsftpd", "version\t3.0.5", *sent(v=text)).values()
    assert (old.tls, old.plain_login, old.ports, old.addresses) == ("optional", True, (21,), ("192.0.2.1",))
    assert said(old, "ssl_tlsv1") == "YES @ " and said(new, "ssl_tlsv1") == "NO @ " and said(new, "ssl_tlsv13") == "YES @ "
    (off,) = blocks("vsftpd", "version\t3.0.5", *sent(v="local_enable=YES")).values()
    assert (off.tls, off.plain_login) == ("none", True)


def test_proftpd_shares_what_is_global_and_nothing_else() -> None:
    text = """LoadModule mod_tls.c
Port 2121
TLSEngine on
<Global>
TLSRequired auth+data
</Global>
<IfModule mod_sql.c>
TLSEngine off
</IfModule>
<VirtualHost 192.0.2.1>
Port 990
TLSEngine on
TLSOptions UseImplicitSSL NoSessionReuseRequired
</VirtualHost>
<VirtualHost 192.0.2.2>
</VirtualHost>"""
    found = blocks("proftpd", "version\t1.3.8", "root\t/e/p", *sent(p=text))
    assert shape(found) == {
        "main server (2121,)": ("required", False),
        "VirtualHost 192.0.2.1 (990,)": ("implicit", False),
        "VirtualHost 192.0.2.2 (21,)": ("none", True),
    }
    main = found["main server (2121,)"]
    assert said(main, "TLSRequired") == "auth+data @ /e/p:5"
    assert said(main, "TLSProtocol") == "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 @ "


def test_pure_ftpd_in_both_its_forms() -> None:
    (folder,) = blocks("pureftpd", "version\t1.0.50", "root\t/e/conf", *sent(**{"conf/TLS": "1", "conf/Bind": ",2121"})).values()
    assert (folder.tls, folder.plain_login, folder.ports) == ("optional", True, (2121,))
    assert said(folder, "TLS") == "1 @ /e/conf/TLS:1"
    (file,) = blocks(
        "pureftpd", "version\t1.0.50", "root\t/e/p.conf", *sent(**{"p.conf": "TLS   2\nTLSCipherSuite HIGH"})
    ).values()
    assert (file.tls, file.plain_login, file.ports) == ("required", False, (21,))
    assert said(file, "TLS") == "2 @ /e/p.conf:1" and said(file, "NoAnonymous") == "no @ "


def test_courier_reads_the_files_of_a_server_one_after_the_other() -> None:
    files = sent(
        imapd="PORT=143,127.0.0.1.1143\nADDRESS=0",
        **{"imapd-ssl": 'IMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1\nTLS_PRIORITY=NORMAL\nTLS_STARTTLS_PROTOCOL="$TLS_PROTOCOL"'},
        pop3d="PORT=110",
    )
    found = blocks("courier", "version\t1.0.16", "root\t/e", "library\tGnuTLS 3.7.9", *files)
    assert shape(found) == {
        "imapd (143, 1143)": ("required", False),
        "imapd-ssl (993,)": ("implicit", False),
        "pop3d (110,)": ("none", True),
        "pop3d-ssl (995,)": ("implicit", False),
    }
    assert said(found["imapd (143, 1143)"], "IMAP_TLS_REQUIRED") == "1 @ /e/imapd-ssl:2"
    assert said(found["pop3d (110,)"], "TLS_PRIORITY") == "NORMAL @ "


def test_times_panels_and_processes() -> None:
    rows = ("version\t1.0", "root\t/e/n", "started\t1700000000", "changed\t1700000060", "panel\tplesk", *sent(n=""))
    nginx = parse("nginx", *rows, "running\tyes").result
    assert (nginx.running, nginx.panel) == (True, "plesk")
    assert nginx.started_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC) and nginx.changed_at > nginx.started_at
    assert parse("nginx", *rows, "running\tno").result.running is False
    assert parse("nginx", *rows).result.running is None
    digits = ":".join(["AB"] * 32)
    renewed = parse("nginx", *rows, f"renewed\t/c/a.pem\t1700000099\t{digits}").result
    assert renewed.written == (Written("/c/a.pem", "ab" * 32, datetime(2023, 11, 14, 22, 14, 59, tzinfo=UTC)),)
    hostile = parse("nginx", *rows, "renewed\t/c/a.pem\tsoon\tAB", f"renewed\t/c/b.pem\t1700000099\t{digits}00")
    assert not hostile.complete and hostile.result.written == ()
    odd = parse("vsftpd", "version\t3.0.3", "panel\tplesk", "started\t" + "9" * 15, *sent(v="a=b")).result
    assert (odd.panel, odd.started_at) == ("", None)


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_that_is_not_there_is_absent(name: str) -> None:
    attempt = parse(name, f"none\tit has no {name}")
    assert attempt.absent and attempt.reason == f"it has no {name}"
    assert parse(name).result is None or parse(name).result.version == ""


def test_defaults_are_those_of_the_version() -> None:
    def protocols(version: str) -> str:
        return defaults("nginx", version, Rows(""))["ssl_protocols"].value

    assert protocols("1.22.1") == "TLSv1 TLSv1.1 TLSv1.2"
    assert protocols("1.26.3-3+deb13u1") == "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"
    assert protocols("1.29.0") == "TLSv1.2 TLSv1.3"
    assert parts("1.3.8c") == (1, 3, 8) and parts("") == (0,) and parts("x") == (0,)


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that any account may look into; those of pytest are their owner's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


SHELLS = [("dash", "-s"), ("bash", "--posix", "-s"), ("busybox", "sh", "-s")]


def _nginx(folder: Path, **files: str) -> dict[str, str]:
    (folder / "conf").mkdir()
    for name, text in files.items():
        (folder / "conf" / name).write_text(text)
    version = "nginx version: nginx/1.26.3\\nbuilt with OpenSSL 3.5.7 9 Jun 2026 (running with OpenSSL 3.5.9 29 Sep 2026)\\n"
    version += f"--conf-path={folder}/conf/main"
    return {"nginx": f"printf '{version}\\n' >&2"}


@pytest.mark.parametrize("shell", SHELLS)
async def test_the_host_shows_what_matters_and_no_more(shell: tuple[str, ...], tmp_path: Path) -> None:
    """Real shells: includes are followed, comments and other settings stay there, secrets and keys too."""
    tools = _nginx(
        tmp_path,
        main="http {\n# ssl_protocols SSLv3;\nfastcgi_param A b;\nssl_protocols TLSv1.2; # only\ninclude inner.*;\n"
        "$(touch x) include a;\n}",
        **{
            "inner.1": "server {\n  listen 443 ssl;\n  set $x 'y'; server_name a.nl;\n  server_name b.nl\n    c.nl;\n}\n",
            "inner.2": "server { listen 444 ssl; include deep; }",
            "deep": "ssl_protocols TLSv1.3;\n-----BEGIN PRIVATE KEY-----\nMIIabc\n",
            "inner.3": "server { listen 445; include /nowhere/*.conf; }",
        },
    )
    inside = await run("nginx", tmp_path, tools, shell=shell)
    assert inside.nginx.complete, inside.nginx.reason
    nginx = inside.nginx.result
    assert (nginx.version, nginx.library) == ("1.26.3", "OpenSSL 3.5.9")
    conf = f"{tmp_path}/conf"
    assert [block.ports for block in nginx.blocks] == [(443,), (444,), (445,)]
    assert [said(block, "ssl_protocols") for block in nginx.blocks[:2]] == [
        f"TLSv1.2 @ {conf}/main:4",
        f"TLSv1.3 @ {conf}/deep:1",
    ]
    assert nginx.blocks[0].names == ("a.nl", "b.nl", "c.nl")
    assert not (tmp_path / "x").exists()


async def test_secrets_do_not_leave_the_host(tmp_path: Path) -> None:
    lines = ["SQLConnectInfo db@host user geheim", 'password = "geheim"', "ldap: {dnpass=geheim;}",
             "X Authorization 'Basic geheim'", "hide mysql_servers = host/db/user/geheim", "AuthLDAPBindPassword geheim",
             "my_secret: geheim"]  # fmt: skip
    (tmp_path / "f").write_text("\n".join([*lines, "port=21", "-----BEGIN RSA PRIVATE KEY-----", "geheim"]))
    from dataclasses import replace

    printed = replace(section("nginx", f"tree '' . {tmp_path}/f; show '' '' '' | sed 's/^/x\t/'"))
    async with collection(collectors=(printed,)) as (found, _):
        inside, _ = await look(found)
    text = str(inside.nginx.result)
    assert "geheim" not in text and text.count("[hidden]") == len(lines) and "port=21" in text


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_configuration_without_end_is_bounded(shell: tuple[str, ...], tmp_path: Path) -> None:
    tools = _nginx(
        tmp_path,
        main="http {\ninclude main;\ninclude big;\ninclude last;\n}",
        big="".join(f"server {{ listen {port} ssl; }}\n" for port in range(1, 50_001)),
        last="server { listen 50001; }",
    )
    attempt = (await run("nginx", tmp_path, tools, shell=shell)).nginx
    assert f"{tmp_path}/conf/main:2 includes {tmp_path}/conf/main without end" in attempt.reason
    assert "only the first 5000 of its 50001 blocks are kept" in attempt.reason
    assert len(attempt.result.blocks) == 5000


async def test_a_configuration_that_is_too_large_is_cut_and_says_so(tmp_path: Path) -> None:
    tools = _nginx(tmp_path, main="http {\n" + f"server {{ listen 80; server_name {'a' * 180}; }}\n" * 20_000 + "}")
    attempt = (await run("nginx", tmp_path, tools)).nginx
    assert attempt.reason.startswith(f"{tmp_path}/conf/main") and "it is larger than 3000 KB" in attempt.reason
    assert attempt.result.blocks


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to become somebody else")
async def test_what_an_account_may_not_read_is_asked_of_nginx_itself(everybodys: Path) -> None:
    tmp_path = everybodys
    tools = _nginx(tmp_path, main="http {\ninclude secret;\n}", secret="server { listen 443 ssl; }")
    (tmp_path / "conf/secret").chmod(0o600)
    ordinary = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s")
    attempt = (await run("nginx", tmp_path, tools, shell=ordinary)).nginx
    assert "conf/secret cannot be read by this account" in attempt.reason and attempt.result.blocks == ()
    (tmp_path / "2").mkdir()
    dump = f"# configuration file {tmp_path}/conf/main:\\nhttp {{\\ninclude secret;\\n}}\\n\\n"
    dump += f"# configuration file {tmp_path}/conf/secret:\\nserver {{ listen 443 ssl; }}\\n"
    asked = {"nginx": f"[ \"$1\" = -T ] && {{ printf '{dump}'; exit; }}\n{tools['nginx']}"}
    attempt = (await run("nginx", tmp_path / "2", asked, shell=ordinary)).nginx
    assert attempt.complete and attempt.result.blocks[0].ports == (443,)
    assert attempt.result.blocks[0].line == 1
