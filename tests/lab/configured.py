"""The answer key of the inside view: what each daemon of the lab is set to, and in which file that stands.

Host → daemon → port → (TLS, whether a password is taken before it, {setting: (value, end of the file's name)}); a
file of "" is a default. Every line that is named is read on the host as well, see `test_inside.py`.
"""

from __future__ import annotations

from schouw.model.daemons import Tls

Answers = dict[str, dict[int, tuple[Tls, bool | None, dict[str, tuple[str, str]]]]]

_SHOP, _PANEL, _LOCAL = "sites-enabled/shop", "sites-enabled/panel.conf", "dovecot/local.conf"
_MAIN, _MASTER, _EXIM = "postfix/main.cf", "postfix/master.cf", "exim4/exim4.conf"
_NEW, _PROFTPD, _VSFTPD = "conf.d/99-shop.conf", "proftpd/conf.d/tls.conf", "/etc/vsftpd.conf"
_DH = "/etc/ssl/dh1024.pem"

CONFIGURED: dict[str, Answers] = {
    "webgood": {
        "nginx": {
            80: ("none", None, {"return": ("301 https://$host$request_uri", _SHOP)}),
            443: (
                "implicit",
                None,
                {
                    "ssl_protocols": ("TLSv1.2 TLSv1.3", _SHOP),
                    "ssl_prefer_server_ciphers": ("on", "nginx/nginx.conf"),
                    "ssl_certificate (2)": ("/etc/ssl/lab/good-rsa.pem", _SHOP),
                    "add_header Strict-Transport-Security": ("max-age=63072000; includeSubDomains always", _SHOP),
                    "ssl_session_tickets": ("on", ""),
                },
            ),
        },
        "apache": {
            8443: (
                "implicit",
                None,
                {
                    "SSLProtocol": ("-all +TLSv1.2 +TLSv1.3", _PANEL),
                    "SSLSessionTickets": ("off", "mods-enabled/ssl.conf"),
                    "SSLOpenSSLConfCmd Groups": ("X25519:prime256v1:secp384r1", _PANEL),
                    "Header Strict-Transport-Security": ("max-age=63072000", _PANEL),
                },
            )
        },
        "pureftpd": {21: ("required", False, {"TLS": ("2", "conf/TLS")})},
    },
    "webweak": {
        "nginx": {
            80: ("none", None, {}),
            443: (
                "implicit",
                None,
                {"ssl_protocols": ("TLSv1 TLSv1.1 TLSv1.2", _SHOP), "ssl_dhparam": (_DH, _SHOP)},
            ),
            4443: ("implicit", None, {"ssl_ciphers": ("ALL:COMPLEMENTOFALL:@SECLEVEL=0", _SHOP)}),
        },
        "apache": {8443: ("implicit", None, {"SSLProtocol": ("all -SSLv3", _PANEL)})},
        "pureftpd": {21: ("none", True, {"TLS": ("0", "conf/TLS"), "NoAnonymous": ("no", "conf/NoAnonymous")})},
    },
    "mailgood": {
        "dovecot": {
            143: (
                "required",
                False,
                {"ssl": ("required", _LOCAL), "ssl_dh": ("</usr/share/dovecot/dh.pem", "conf.d/10-ssl.conf")},
            ),
            993: ("implicit", False, {"ssl_prefer_server_ciphers": ("no", "")}),
            110: ("required", False, {"disable_plaintext_auth": ("yes", _LOCAL)}),
            995: ("implicit", False, {}),
            4190: ("required", False, {}),
        },
        "postfix": {
            25: ("optional", False, {"smtpd_tls_security_level": ("may", _MAIN), "smtpd_sasl_auth_enable": ("no", "")}),
            587: ("required", False, {"smtpd_tls_security_level": ("encrypt", _MASTER)}),
            465: ("implicit", False, {"smtpd_tls_wrappermode": ("yes", _MASTER), "smtpd_tls_auth_only": ("yes", _MAIN)}),
        },
        "vsftpd": {
            21: ("required", False, {"ssl_enable": ("YES", _VSFTPD), "require_ssl_reuse": ("YES", "")}),
            990: ("implicit", False, {"implicit_ssl": ("YES", "/etc/vsftpd-implicit.conf")}),
        },
    },
    "mailweak": {
        "dovecot": {
            143: ("optional", True, {"disable_plaintext_auth": ("no", _LOCAL), "ssl_min_protocol": ("TLSv1", _LOCAL)}),
            993: ("implicit", False, {}),
            4190: ("optional", True, {}),
        },
        "postfix": {
            25: ("optional", True, {"smtpd_sasl_auth_enable": ("yes", _MAIN), "smtpd_tls_auth_only": ("no", "")}),
            587: ("optional", True, {"smtpd_tls_security_level": ("may", _MASTER), "smtpd_tls_protocols": (">=TLSv1", "")}),
            465: ("implicit", False, {}),
        },
        "vsftpd": {21: ("none", True, {"ssl_enable": ("NO", _VSFTPD), "anonymous_enable": ("YES", _VSFTPD)})},
    },
    "eximgood": {
        "exim": {
            25: ("optional", False, {"auth_advertise_hosts": ("${if eq{$tls_in_cipher}{}{}{*}}", _EXIM)}),
            587: ("optional", False, {"tls_advertise_hosts": ("*", _EXIM)}),
            465: ("implicit", False, {"tls_on_connect_ports": ("465", _EXIM)}),
        },
        "courier": {
            143: ("required", False, {"IMAP_TLS_REQUIRED": ("1", "courier/imapd-ssl")}),
            993: ("implicit", False, {}),
            110: ("required", False, {"POP3_TLS_REQUIRED": ("1", "courier/pop3d-ssl")}),
            995: ("implicit", False, {}),
        },
        "proftpd": {21: ("required", False, {"TLSRequired": ("on", _PROFTPD), "TLSProtocol": ("TLSv1.2 TLSv1.3", _PROFTPD)})},
    },
    "eximweak": {
        "exim": {
            25: ("optional", True, {"auth_advertise_hosts": ("*", _EXIM), "tls_dhparam": (_DH, _EXIM)}),
            465: ("implicit", False, {}),
        },
        "courier": {
            143: ("optional", True, {"IMAP_TLS_REQUIRED": ("0", "courier/imapd-ssl")}),
            110: ("optional", True, {"POP3_TLS_REQUIRED": ("0", "courier/pop3d-ssl")}),
        },
        "proftpd": {
            21: ("optional", True, {"TLSRequired": ("off", _PROFTPD), "TLSProtocol": ("TLSv1 TLSv1.1 TLSv1.2", _PROFTPD)})
        },
    },
    "trixie": {
        "nginx": {
            443: ("implicit", None, {"ssl_protocols": ("TLSv1.2 TLSv1.3", "nginx/nginx.conf")}),
        },
        "dovecot": {
            143: ("required", False, {"ssl": ("required", _NEW), "auth_allow_cleartext": ("no", _NEW)}),
            993: ("implicit", False, {"ssl_server_cert_file": ("/etc/ssl/lab/good-ec.pem", _NEW)}),
            2000: ("required", False, {"ssl_server_prefer_ciphers": ("client", "")}),
        },
        "postfix": {587: ("required", False, {"smtpd_tls_security_level": ("encrypt", _MASTER)})},
        "vsftpd": {21: ("required", False, {"ssl_tlsv11": ("NO", _VSFTPD)})},
    },
    "quantum": {
        "nginx": {
            443: ("implicit", None, {"ssl_ecdh_curve": ("X25519MLKEM768", _SHOP), "ssl_ciphers": ("HIGH:!aNULL:!MD5", "")})
        },
    },
    "trixieweak": {
        "nginx": {443: ("implicit", None, {"ssl_ciphers": ("ALL:@SECLEVEL=0", _SHOP)})},
        "dovecot": {143: ("optional", True, {"auth_allow_cleartext": ("yes", _NEW)})},
        "postfix": {25: ("optional", True, {"smtpd_tls_protocols": (">=TLSv1", "")})},
        "vsftpd": {21: ("optional", True, {"force_local_logins_ssl": ("NO", _VSFTPD), "ssl_tlsv13": ("YES", "")})},
    },
}

#: Version that each daemon's must begin with, and what does its TLS.
INSTALLED: dict[str, dict[str, tuple[str, str]]] = {
    "webgood": {"nginx": ("1.22.1", "OpenSSL 3.0"), "apache": ("2.4.", "OpenSSL 3.0"), "pureftpd": ("1.0.50", "OpenSSL 3.0")},
    "mailgood": {"dovecot": ("2.3.19", "OpenSSL 3.0"), "postfix": ("3.7.", "OpenSSL 3.0"), "vsftpd": ("3.0.3", "OpenSSL 3.0")},
    "eximgood": {"exim": ("4.96", "GnuTLS 3.7"), "courier": ("1.0.16", "GnuTLS 3.7"), "proftpd": ("1.3.8", "OpenSSL 3.0")},
    "trixie": {
        "nginx": ("1.26.3", "OpenSSL 3.5"),
        "dovecot": ("2.4.1", "OpenSSL 3.5"),
        "postfix": ("3.10.", "OpenSSL 3.5"),
        "vsftpd": ("3.0.5", "OpenSSL 3.5"),
    },
}
