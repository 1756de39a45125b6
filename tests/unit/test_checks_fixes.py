"""The words of fixes as data: each file holds together, and every placeholder stands for something."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from schouw.checks.catalogue import data, table, texts
from schouw.checks.encryption.fixes import Thing
from schouw.checks.encryption.spelling import words_of
from schouw.model.daemons import DAEMONS, FTP_DAEMONS, MAIL_DAEMONS, WEB_DAEMONS
from schouw.model.protocol import ServiceClass
from schouw.profiles import BUILT_IN, built_in

WORDS = set(words_of(built_in("ncsc-nl"), ""))
EVERYBODY = {Thing.PROTOCOL, Thing.SUITE, Thing.DH, Thing.CHAIN, Thing.CERTIFICATE}


def recipes(name: str) -> Iterator[tuple[str, dict[str, object]]]:
    for thing, some in data(f"encryption/programs/{name}.toml").items():
        if isinstance(some, list):
            for one in some:
                yield thing, table(one)


@pytest.mark.parametrize("name", [*DAEMONS, "unknown"])
def test_recipes_have_known_keys_families_and_placeholders(name: str) -> None:
    for thing, one in recipes(name):
        assert thing in set(Thing)
        assert set(one) <= {"settings", "since", "before", "library", "tls", "config", "file", "block", "at", "write", "run"}
        assert "write" in one or "run" in one
        texts(one.get("settings", []))
        for value in one.values():
            families = value if isinstance(value, dict) else {}
            assert set(families) <= {"debian", "rhel"}
            for text in families.values() or [str(value)]:
                assert set(re.findall(r"<([a-z_]+)>", str(text))) <= WORDS


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (DAEMONS, EVERYBODY),
        (WEB_DAEMONS, {Thing.GROUP, Thing.HSTS, Thing.REDIRECT}),
        (MAIL_DAEMONS + FTP_DAEMONS, {Thing.LOGIN, Thing.TLS}),
        (FTP_DAEMONS, {Thing.ANONYMOUS}),
        (("postfix", "exim"), {Thing.RELAY}),
        (("unknown",), set(Thing)),
    ],
)
def test_every_program_has_a_recipe_for_what_is_found_of_it(names: tuple[str, ...], wanted: set[Thing]) -> None:
    for name in names:
        assert wanted <= {thing for thing, _ in recipes(name)}, name


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_profile_can_be_spelt(name: str) -> None:
    words = words_of(built_in(name), "OpenSSL 3.5.1")
    assert words["versions"].endswith("TLSv1.3")
    assert words["groups"].startswith("X25519MLKEM768:X25519:prime256v1")
    assert "MLKEM" not in words_of(built_in(name), "OpenSSL 3.0.17")["groups"]
    assert all(re.fullmatch(r"[A-Z0-9-]+", one) for one in words["ciphers"].split(":") if one)


@pytest.mark.parametrize(
    ("library", "word"),
    [("OpenSSL 1.0.2k-fips", ""), ("LibreSSL 3.8.2", ""), ("OpenSSL 3.0.17", ":@SECLEVEL=2"), ("", ":@SECLEVEL=2")],
)
def test_a_level_is_asked_for_where_the_library_knows_the_word(library: str, word: str) -> None:
    assert words_of(built_in("ncsc-nl"), library)["level"] == word


@pytest.mark.parametrize("thing", Thing)
def test_who_would_notice_is_said_for_every_class(thing: Thing) -> None:
    words = table(data("encryption/impact.toml")[thing]) if thing is not Thing.CHAIN else {"other": "x"}
    for one in words.values() if thing is Thing.PROTOCOL else [words]:
        known = set(table(one))
        assert "other" in known or known >= {"mail", "mx", "ftp"}
        assert known <= set(ServiceClass)
