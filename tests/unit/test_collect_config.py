"""The languages of configuration files: what is read, what is refused, and that nothing is without end."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from schouw.collect.base import Rows
from schouw.collect.config import angles, braces
from schouw.collect.config.assigned import read_dovecot, read_flat, read_postfix
from schouw.collect.config.statements import Reader, Statement, Tree, sent_files


def flat(statements: list[Statement]) -> list[tuple[str, int]]:
    """Words and line of every statement, those of blocks after their own."""
    rows: list[tuple[str, int]] = []
    for one in statements:
        rows.append((" ".join(one.words), one.line))
        rows += flat(one.body or [])
    return rows


def read(reader: Reader, text: str) -> tuple[list[tuple[str, int]], str]:
    statements, problem = reader("f", list(enumerate(text.splitlines(), 1)))
    return flat(statements), problem


def test_nginx_words_quotes_blocks_and_several_statements_a_line() -> None:
    text = """http { # a comment with a "quote
  server { listen 443 ssl; server_name a.nl
      b.nl; }
  add_header X "a \\"b\\"; c
    d";
  set $x ${y}z#no;
  rewrite "^/(\\d{2})$" /x;
}"""
    statements, problem = read(braces.read, text)
    assert problem == ""
    assert statements == [
        ("http", 1),
        ("server", 2),
        ("listen 443 ssl", 2),
        ("server_name a.nl b.nl", 2),
        ('add_header X a "b"; c\n    d', 4),
        ("set $x ${y}z#no", 6),
        ("rewrite ^/(\\d{2})$ /x", 7),
    ]


def test_lua_in_nginx_may_hold_anything() -> None:
    text = "http {\n access_by_lua_block {\n  -- don't } mind\n  if x then y = { '}' } end\n }\n ssl_protocols TLSv1.2;\n}"
    assert read(braces.read, text) == ([("http", 1), ("access_by_lua_block", 2), ("ssl_protocols TLSv1.2", 6)], "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http {\nserver {\n}\n", 'f:3: "}" is missing at its end'),
        ("a b;\n}\nc d;", 'f:2: a "}" too many'),
        ("a b;\nc 'd;\ne f;", "f:2: a quote is opened and never closed"),
        ("a b\n", 'f:1: ";" is missing after "a"'),
        ("a;\n;", 'f:2: ";" after nothing'),
        ("a {" * 60, "f:1: blocks in more than 50 others"),
    ],
)
def test_nginx_says_where_it_stopped_and_keeps_what_came_before(text: str, problem: str) -> None:
    statements, said = read(braces.read, text)
    assert said == problem
    assert statements or text.startswith("a b\n")


def test_apache_sections_continued_lines_and_comments() -> None:
    text = """# a comment \\
SSLEngine on
<IfModule mod_ssl.c>
  <VirtualHost *:443 [::]:443>
    Header always set Strict-Transport-Security \\
      "max-age=1; preload" env=HTTPS
  </VirtualHost>
</IfModule>
Listen 443"""
    assert read(angles.read, text) == (
        [
            ("IfModule mod_ssl.c", 3),
            ("VirtualHost *:443 [::]:443", 4),
            ("Header always set Strict-Transport-Security max-age=1; preload env=HTTPS", 5),
            ("Listen 443", 9),
        ],
        "",
    )
    assert read(angles.read, "<A>\n</B>\nListen 1")[1] == "f:2: </b> in the wrong place"
    assert read(angles.read, "<A x\nListen 1")[1] == 'f:1: ">" is missing'
    assert read(angles.read, "<A>\nListen 1")[1] == "f: </a> is missing at its end"


def test_dovecot_blocks_with_names() -> None:
    text = """ssl = required # always
service imap-login {
  inet_listener imaps {
    port = 993
  }
}
!include conf.d/*.conf
auth_mechanisms = plain \\
  login
passdb {
  args = "a # b"
}"""
    assert read(read_dovecot, text) == (
        [
            ("ssl required", 1),
            ("service imap-login", 2),
            ("inet_listener imaps", 3),
            ("port 993", 4),
            ("!include conf.d/*.conf", 7),
            ("auth_mechanisms plain login", 8),
            ("passdb", 10),
            ("args a # b", 11),
        ],
        "",
    )
    assert read(read_dovecot, "ssl\n")[1] == 'f:1: "ssl" is neither a setting nor a block'
    assert read(read_dovecot, "}\n")[1] == 'f:1: a "}" too many'


def test_flat_files() -> None:
    text = 'a = b\n# c = d\nsmtpd = x,\n  # no\n  y\nTLS="$Z" # e\nodd\nlast=1'
    assert read(read_postfix, text) == (
        [("a b", 1), ("smtpd x, y", 3), ("TLS $Z", 6), ("last 1", 8)], 'f:7: "odd" is no setting'
    )  # fmt: skip
    assert read(read_flat, "a=b\n  c=d") == ([("a b", 1), ("c d", 2)], "")


def tree(files: dict[str, str]) -> Tree:
    rows = [row for name, text in files.items() for row in (f"file\t{name}", *_numbered(text))]
    return Tree(sent_files(Rows("\n".join(rows))), braces.read, _include)


def _numbered(text: str) -> list[str]:
    return [f"l\t{at}\t{line}" for at, line in enumerate(text.splitlines(), 1)]


def _include(one: Statement) -> tuple[str, ...]:
    return one.words[1:2] if one.keyword == "include" else ()


def words(found: Tree, file: str) -> list[str]:
    return [f"{one.file}:{one.line} {one.keyword}" for one in found.root(file)]


def test_includes_stand_in_the_place_of_their_statement() -> None:
    found = tree({"/a": "one;\ninclude /d/*.conf;\ntwo;", "/d/2.conf": "four;", "/d/1.conf": "three;", "/d/x/3.conf": "no;"})
    assert words(found, "/a") == ["/a:1 one", "/d/1.conf:1 three", "/d/2.conf:1 four", "/a:3 two"]
    assert not found.problems


def test_a_file_that_includes_itself_ends() -> None:
    found = tree({"/a": "include /b;\nlast;", "/b": "server { include /a; }\ninclude /a;"})
    assert words(found, "/a") == ["/b:1 server", "/a:2 last"]
    assert list(found.problems) == ["/b:2 includes /a without end"]


def test_includes_that_multiply_end() -> None:
    """Ten lines in each of twelve files would be a million million statements."""
    files = {f"/{depth}": f"include /{depth + 1};\n" * 10 for depth in range(12)} | {"/12": "leaf;"}
    found = tree(files)
    assert 1000 < len(words(found, "/0")) <= 200_000
    assert "more than 200000 statements" in " ".join(found.problems)
    chain = tree({f"/{depth}": f"include /{depth + 1};" for depth in range(3000)})
    assert words(chain, "/0") == [] and "more than 20 others" in " ".join(chain.problems)


@pytest.mark.parametrize(
    ("reader", "lines"),
    [
        (braces.read, ["http {", *["server { listen 443 ssl; server_name a; location / { } }"] * 50_000, "}"]),
        (braces.read, ['a "x'] * 50_000),
        (braces.read, ["{"] * 50_000),
        (angles.read, ["<VirtualHost *:443>", "SSLEngine on", "</VirtualHost>"] * 17_000),
        (angles.read, ["a \\"] * 50_000),
        (angles.read, ["<a>"] * 50_000),
        (read_dovecot, ["service x {", "a = b", "}"] * 17_000),
        (read_dovecot, ["a = \\"] * 50_000),
        (read_postfix, ["a = b", " c"] * 25_000),
        (read_postfix, ["a = b", *[" c" * 100] * 50_000]),
    ],
)
def test_fifty_thousand_lines(reader: Callable[..., tuple[list[Statement], str]], lines: list[str]) -> None:
    statements, problem = reader("f", list(enumerate(lines, 1)))
    assert statements or problem


def test_no_reader_raises_on_anything() -> None:
    chance = random.Random(11)
    pieces = [
        "{",
        "}",
        ";",
        '"',
        "'",
        "\\",
        "#",
        "$",
        "${",
        "<",
        "</a>",
        "<a>",
        "=",
        "!include",
        "a",
        " ",
        "é",
        "\u202e",
        "--",
        "x_by_lua_block",
    ]
    for _ in range(4000):
        lines = [(at, "".join(chance.choices(pieces, k=chance.randint(0, 9)))) for at in range(chance.randint(0, 6))]
        for reader in (braces.read, angles.read, read_dovecot, read_flat, read_postfix):
            statements, problem = reader("f", lines)
            assert isinstance(statements, list) and isinstance(problem, str)
