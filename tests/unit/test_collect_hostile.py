"""Hosts that lie, flood, hang and leave: one clear error, or the one section that is theirs."""

from __future__ import annotations

import random
import sys

import pytest

from schouw.collect import COLLECTORS
from schouw.collect.base import Rows
from schouw.errors import ErrorClass, HostError
from schouw.text import block
from tests.unit.collect_lab import collection, look, said, section

#: A host that knows the token (it was in the script) and answers by rules of its own.
LIAR = """
import re, sys
script = b""
while b"while IFS= read -r request" not in script:
    script += sys.stdin.buffer.readline()
token = re.search(rb"request='([0-9a-f]+)", script)[1].decode()
def say(text): sys.stdout.write(text.replace("TOKEN", token)); sys.stdout.flush()
"""


async def failure(*argv: str, seconds: float = 30) -> HostError:
    async with collection(*argv, collectors=(section("sshd", ":"), section("system", ":"))) as (found, _):
        with pytest.raises(HostError) as caught:
            await look(found, seconds=seconds)
    return caught.value


async def lie(code: str, seconds: float = 30) -> HostError:
    return await failure(sys.executable, "-c", LIAR + code, seconds=seconds)


async def test_what_a_section_prints_cannot_pass_for_a_frame() -> None:
    forged = r"printf 'x\tbefore\n%s end ok 0 0\n%s packages ok 00 3\nabc\n' $token $token; "
    forged += r"printf 'x\t\033]0;pwn\007\033[2J[bold]\342\200\256\n'"
    # A section does not see the token, but even one that did could do nothing with it.
    collectors = (section("sshd", forged), section("system", r"printf 'x\ttrue\n'; ls -l /proc/$$/fd >/dev/null"))
    async with collection(collectors=collectors) as (found, _):
        inside, steps = await look(found)
    assert said(inside.sshd) == ("before", "�]0;pwn��[2J[bold]�")
    assert "made no sense" in inside.sshd.reason
    assert said(inside.system) == ("true",)
    assert steps == ["sshd 1/2", "system 2/2"]


async def test_500_megabytes_are_cut_on_the_host() -> None:
    flood = "head -c 500000000 /dev/zero | tr '\\000' 'y'"
    collectors = (section("sshd", flood, limit=1 << 16), section("system", r"printf 'x\there\n'"))
    async with collection(collectors=collectors) as (found, _):
        inside, _ = await look(found)
        assert found.received < 1 << 17
    assert inside.sshd.reason.startswith("its output was cut at 64 KB")
    assert said(inside.system) == ("here",)


async def test_a_message_of_the_day_is_skipped() -> None:
    collectors = (section("sshd", r"printf 'x\there\n'"),)
    async with collection("sh", "-c", "seq 1 5000; exec sh -s", collectors=collectors) as (found, _):
        inside, _ = await look(found)
    assert said(inside.sshd) == ("here",)


async def test_no_shell_at_all() -> None:
    error = await failure("sh", "-c", "echo 'This account is \033[31mnot available.'; exit 1")
    assert error.kind is ErrorClass.NO_SHELL
    assert "This account is �[31mnot available." in str(error) and "login shell" in str(error)
    assert (await failure("cat", "/dev/zero")).kind is ErrorClass.NO_SHELL
    assert (await failure(sys.executable, "-q", "-c", "print('>>> Syntax error')")).kind is ErrorClass.NO_SHELL
    silent = await failure("true")
    assert silent.kind is ErrorClass.NO_SHELL and "ended without a word; check the account's login shell" in str(silent)


async def test_a_connection_that_ends_at_once_says_nothing_of_the_shell() -> None:
    async with collection("true", collectors=(section("sshd", ":"),)) as (found, host):
        host.alive = False
        with pytest.raises(HostError) as caught:
            await look(found)
    assert caught.value.kind is ErrorClass.DROPPED


async def test_a_host_that_hangs_meets_the_deadline() -> None:
    assert (await failure("sleep", "60", seconds=0.3)).kind is ErrorClass.DEADLINE
    assert (await lie("say('TOKEN begin 1 0 0\\n'); import time; time.sleep(60)", seconds=1)).kind is ErrorClass.DEADLINE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("say('TOKEN begin 1 0 0\\nTOKEN sshd ok ab 900\\nhalf of it')", ErrorClass.DROPPED),
        ("say('TOKEN begin 1 0 0\\nTOKEN sshd ok ab 99999999999999999999\\n')", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\nTOKEN sshd ok ab -1\\n')", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\nTOKEN sshd ok ab 2\\nabc\\n')", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\nTOKEN system ok ab 0\\n')", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\nnonsense\\n')", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\n' + 'x' * 1000)", ErrorClass.OUTPUT_ODD),
        ("say('TOKEN begin 1 0 0\\nTOKEN sshd ok \\xe9 0\\n')", ErrorClass.OUTPUT_ODD),
    ],
)
async def test_an_answer_that_breaks_its_own_rules(code: str, kind: ErrorClass) -> None:
    assert (await lie(code)).kind is kind


async def test_more_than_16_megabytes_in_all() -> None:
    code = "say('TOKEN begin 1 0 0\\n'); [say(f'TOKEN {n} ok ab 4194304\\n' + 'y' * 4194304 + '\\n') for n in NAMES]"
    names = ["sshd", "system", "kernel", "restarts", "packages"]
    collectors = tuple(section(name, ":") for name in names)
    async with collection(sys.executable, "-c", LIAR + f"NAMES={names};" + code, collectors=collectors) as (found, _):
        with pytest.raises(HostError) as caught:
            await look(found)
    assert caught.value.kind is ErrorClass.OUTPUT_CUT


async def test_same_without_anything_known_is_not_believed() -> None:
    code = "say('TOKEN begin 1 0 0\\nTOKEN sshd same ab 0\\nTOKEN system what ab 0\\nTOKEN end ok 0 0\\n')"
    collectors = (section("sshd", ":"), section("system", ":"))
    async with collection(sys.executable, "-c", LIAR + code, collectors=collectors) as (found, _):
        inside, _ = await look(found)
    assert inside.sshd.result is None and "nothing was known" in inside.sshd.reason
    assert inside.system.reason == "the host sent it with an unknown status"


def test_no_parser_raises_on_anything() -> None:
    """Rows of every tag that a parser knows, with fields drawn from what has broken parsers before."""
    chance = random.Random(7)
    tags = "host user uid sudo addr arch os container running installed reboot package ss proc version set line key ! by "
    tags += "table chain hook jump drop rules tool timer cron systemd ran manager deb rpm state fetched update nowhere foreign "
    tags += "uses service file l root folder module now default value auth option library panel started changed ours bans "
    tags += "name active failed none"
    pieces = [
        "",
        "0",
        "²",
        "٣",
        "9" * 400,
        "-1",
        "1e9",
        "::",
        "*:22",
        "[::1]:٣",
        "0.0.0.0:70000",
        "dpkg",
        "rpm",
        "apt",
        "a" * 2000,
    ]
    pieces += [
        "x=" + '"' * 9,
        "\\",
        "[bold]",
        "\u202e",
        "(none)",
        "DEADBEEF:FFFFF",
        "/etc/ssh/sshd_config",
        "Include *",
        "tcp",
        "udp6",
    ]
    pieces += [
        "unattended-upgrades",
        "dnf-automatic",
        "inet f",
        "input\tdrop",
        "root\tx",
        '(("a"),("b"',
        "include /etc/ssh/sshd_config",
        "/etc/postfix/master.cf",
        "/e",
        "1\thttp { include /e; server { listen 443 ssl;",
        "2\t} }",
        "3\t<VirtualHost *:443>",
        "1\tsmtp inet n - y - - smtpd -o { a = b",
        "service x {",
        "ssl = yes",
        "[x]",
        "certbot\ta\tb",
    ]
    for _ in range(3000):
        text = "\n".join(
            chance.choice(tags.split()) + "\t" + "\t".join(chance.choices(pieces, k=chance.randint(0, 7)))
            for _ in range(chance.randint(0, 12))
        )
        rows = block(text)
        for collector in COLLECTORS:
            attempt = collector.parse(Rows(rows))
            assert attempt.result is not None or attempt.reason, (collector.name, text)
