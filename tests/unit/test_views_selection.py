"""Which hosts the words of a command line mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from schouw.errors import ConfigError
from schouw.inventory import Fleet, Limits
from schouw.model.severity import HostState
from schouw.model.summary import Summary
from schouw.views.selection import select
from tests.tui.fleet import NOW, fleet

HOSTS, SUMMARIES = fleet(14)
FLEET = Fleet(HOSTS, Limits(), Path("hosts.toml"), ("web", "mail", "db", "shop", "dns", "idle"))


def who_has(cve: str) -> set[str]:
    return {"db2", "db7"} if cve == "CVE-2024-6387" else set()


def chosen(*words: str) -> list[str]:
    return [host.name for host in select(FLEET, words, lambda: SUMMARIES, who_has, NOW)]


def of(group: str) -> list[str]:
    return [host.name for host in HOSTS if group in host.groups]


def test_names_and_groups_and_filters_add_up_in_the_order_of_the_fleet() -> None:
    assert chosen() == [host.name for host in HOSTS]
    assert chosen("db2", "mail1") == ["mail1", "db2"]
    assert chosen("web") == chosen("group:web") == of("web")
    assert chosen("web", "mail1", "group:db tag:prod") == ["mail1", "web5", "db7", "web10"]


def test_all_terms_of_one_filter_must_hold() -> None:
    assert chosen("tag:prod state:unreachable") == ["web5"]
    assert set(chosen("!group:web")) == {host.name for host in HOSTS} - set(of("web"))
    assert chosen("/^db[27]$/") == ["db2", "db7"]
    assert chosen("cve:CVE-2024-6387 !db7") == ["db2"]
    assert chosen("shop sev>=high") == ["shop8", "shop13"], "a bare word within a filter matches names"


def test_the_last_known_state_is_asked_for_only_where_a_filter_needs_it() -> None:
    def never() -> dict[str, Summary]:
        raise AssertionError("asked")

    assert select(FLEET, ["web"], never, who_has, NOW)
    assert [host.name for host in select(FLEET, ["state:never"], dict, who_has, NOW)] == [host.name for host in HOSTS]
    assert SUMMARIES["mail11"].state is HostState.NEVER and chosen("state:never") == ["mail11"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("wbe",), ['no host or group "wbe"; did you mean "web"?']),
        (("group:wbe sev>=high",), ["'group:wbe sev>=high', column 1: the fleet has no group wbe; did you mean group:web?"]),
        (("web5 sev>=terrible",), ["'web5 sev>=terrible', column 6: terrible is no severity; expected critical, high,"]),
        (("!grop:web",), ["'!grop:web', column 2: unknown term grop:web; did you mean group:web?"]),
        (
            ("idle", "tag:x stale>1", "web"),
            ['group "idle" has no hosts', "column 1: the fleet has no tag x", "column 7: stale>1"],
        ),
        (("",), ["neither a name nor a filter"]),
        (("/(/",), ["column 1: /(/ is not a regular expression"]),
        (("\x1b[2J x:y",), ["column 6: unknown term"]),
    ],
)
def test_every_mistake_has_its_place_and_what_was_expected(words: tuple[str, ...], says: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        chosen(*words)
    lines = str(raised.value).split("\n")
    assert len(lines) == len(says)
    assert all(words in line for line, words in zip(lines, says, strict=True))
    assert "\x1b" not in str(raised.value)
