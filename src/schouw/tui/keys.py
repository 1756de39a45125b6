"""Every key of the dashboard, in one place. An id is what a settings file calls the key; `help` is generated from here."""

from __future__ import annotations

from textual.binding import Binding


def _key(id: str, keys: str, action: str, label: str, show: bool = False, tooltip: str = "") -> Binding:
    return Binding(keys, action, label, show=show, id=id, tooltip=tooltip or label)


GLOBAL = (
    _key("app.theme", "t", "choose_theme", "theme", tooltip="choose a theme, with a preview"),
    _key("app.findings", "F", "list('findings')", "findings", True, "findings over the fleet: one row a kind, with its hosts"),
    _key("app.cve", "V", "cve", "CVEs", True, "type a CVE, or choose one that hosts have: which have it, and why not"),
    _key("app.package", "K", "package", "packages", tooltip="type a package: which versions are installed, fixes, open CVEs"),
    _key(
        "app.changes",
        "d",
        "list('changes')",
        "changes",
        tooltip="what got fixed, is new, came back or is still open since a moment",
    ),
    _key(
        "app.accepted", "A", "list('accepted')", "accepted", tooltip="accepted risks over the fleet, those about to lapse first"
    ),
    _key("app.phaseouts", "P", "list('phaseouts')", "phase-outs", tooltip="what is switched off by a day"),
    _key(
        "app.claims",
        "C",
        "list('claims')",
        "claims",
        tooltip="what something was done about: fixed, not fixed, cannot tell and why",
    ),
    _key(
        "app.trends",
        "T",
        "list('trends')",
        "trends",
        tooltip="findings by severity over time, and the time to fix by area",
    ),
    _key("app.palette", "colon,ctrl+p", "command_palette", "palette", tooltip="find any host or command by name"),
    _key("app.help", "question_mark", "help", "help", True, "the keys of this screen"),
    _key("app.quit", "q", "quit", "quit", True),
)

MOVE = (
    _key("fleet.up", "up,k", "move(0, -1)", "up"),
    _key("fleet.down", "down,j", "move(0, 1)", "down"),
    _key("fleet.left", "left,h", "move(-1, 0)", "left"),
    _key("fleet.right", "right,l", "move(1, 0)", "right"),
    _key("fleet.page_up", "pageup", "page(-1)", "page up"),
    _key("fleet.page_down", "pagedown", "page(1)", "page down"),
    _key("fleet.first", "home", "end(0)", "first host"),
    _key("fleet.last", "end,G", "end(1)", "last host"),
)

FLEET = (
    _key("fleet.open", "enter", "open", "open", True, "open the host under the cursor"),
    _key("fleet.rescan", "r", "rescan", "rescan", True, "scan the marked hosts, else the one under the cursor"),
    _key("fleet.sweep", "R", "sweep", "sweep", True, "scan every host that is shown"),
    _key("fleet.deep", "D", "deep", "deep look", tooltip="sslyze's questions to their TLS ports; says first what it costs them"),
    _key("fleet.cancel", "x", "cancel", "cancel", tooltip="stop scanning the marked hosts, else the one under the cursor"),
    _key("fleet.cancel_all", "X", "cancel_all", "cancel all", tooltip="stop every scan that runs"),
    _key("fleet.find", "slash", "find", "find", True, "find as you type; the whole filter language works here"),
    _key("fleet.filter", "f", "filter", "filter", True, "choose by severity, area, state, group"),
    _key("fleet.sort", "s", "sort", "sort", True),
    _key("fleet.group", "g", "group", "group", True, "under headings: by group, system, state"),
    _key("fleet.view", "v", "view", "view", True, "cards, table, map"),
    _key("fleet.mark", "space", "mark", "mark", tooltip="mark or unmark the host and go on"),
    _key(
        "fleet.resort",
        "full_stop",
        "resort",
        "sort now",
        tooltip="put everything in its order now, not 2 seconds after your last key",
    ),
    _key("fleet.pause", "p", "pause", "pause", tooltip="hold the screen still; nothing is lost"),
    _key("fleet.copy", "y", "copy", "copy", tooltip="copy the host's name and its worst findings"),
    _key("fleet.export", "e", "export", "export", tooltip="write what is shown to a file"),
    _key("fleet.back", "escape", "back", "clear", tooltip="clear the filter, then the marks"),
)

LIST = (
    _key("list.up", "up,k", "by(-1)", "up"),
    _key("list.down", "down,j", "by(1)", "down"),
    _key("list.page_up", "pageup", "page(-1)", "page up"),
    _key("list.page_down", "pagedown", "page(1)", "page down"),
    _key("list.first", "home,g", "end(0)", "first"),
    _key("list.last", "end,G", "end(1)", "last"),
    _key("list.choose", "enter", "choose", "open"),
)

SCROLL = (
    _key("text.up", "up,k", "scroll_up", "up"),
    _key("text.down", "down,j", "scroll_down", "down"),
    _key("text.page_up", "pageup", "page_up", "page up"),
    _key("text.page_down", "pagedown,space", "page_down", "page down"),
    _key("text.first", "home,g", "scroll_home", "begin"),
    _key("text.last", "end,G", "scroll_end", "end"),
)

_AGAIN = "look again at what is under the cursor: an endpoint or a finding about encryption alone, else the host"

ACT = (
    _key("finding.copy", "y", "copy", "copy fix", True, "copy the fix"),
    _key("finding.accept", "a", "accept", "accept", True, "accept the finding until a day, for a reason; or withdraw that"),
    _key(
        "finding.claim", "c", "claim", "claim", True, "say that something was done about it: the next scan says whether it helped"
    ),
    _key("finding.comment", "m", "comment", "comment", tooltip="say something about the finding, kept with its history"),
    _key("finding.assign", "i", "assign", "assign", tooltip="say who sees to the finding"),
    _key("finding.references", "o", "references", "references", True, "the finding's references; choosing one copies it"),
)

MARK = (
    _key(
        "finding.mark",
        "space",
        "mark",
        "mark",
        tooltip="mark or unmark the finding and go on: what you do next is for all marked",
    ),
)

HOST = (
    _key("host.back", "escape,backspace", "back", "back", True, "back to the fleet"),
    _key("host.rescan", "r", "rescan", "rescan", True, _AGAIN),
    _key("host.rescan_host", "R", "rescan_host", "rescan host", tooltip="scan all of this host again"),
    _key("host.deep", "D", "deep", "deep look", tooltip="sslyze's questions to its TLS ports; says first what it costs them"),
    _key("host.cancel", "x", "cancel", "cancel", tooltip="stop scanning this host"),
    *ACT,
    _key("host.export", "e", "export", "export", True, "write the findings to a file"),
    _key("host.next", "n", "host(1)", "next host", True),
    _key("host.previous", "p", "host(-1)", "previous", True, "previous host"),
    _key("host.tab_next", "right,l,tab", "tab(1)", "next tab"),
    _key("host.tab_previous", "left,h,shift+tab", "tab(-1)", "previous tab"),
    *(_key(f"host.tab_{key}", key, f"show({index})", f"tab {key}") for index, key in enumerate("1234567890")),
)

DETAIL = (
    _key("detail.back", "escape,backspace", "back", "back", True),
    _key("detail.rescan", "r", "rescan", "rescan", True, _AGAIN),
    _key("detail.rescan_host", "R", "rescan_host", "rescan host", tooltip="scan all of this host again"),
    *ACT,
)

PIVOT = (
    _key("pivot.back", "escape,backspace", "back", "back", True),
    _key("pivot.rescan", "r", "rescan", "rescan hosts", True, "scan the hosts of this kind again"),
    *ACT,
    *MARK,
    _key("pivot.export", "e", "export", "export", True, "write the findings to a file"),
)

LOOKUP = (
    _key("lookup.back", "escape,backspace", "back", "back", True),
    _key("lookup.find", "slash", "find", "find", True, "type another CVE or package"),
    _key("lookup.rescan", "r", "rescan", "rescan", True, "scan what is under the cursor again"),
    _key("lookup.rescan_all", "R", "rescan_all", "rescan all", tooltip="scan all hosts again that have it"),
    _key("lookup.copy", "y", "copy", "copy fix", True, "copy the fix for the host under the cursor"),
    _key("lookup.references", "o", "references", "references", True),
    _key("lookup.export", "e", "export", "export", True, "write what is shown to a file"),
)

ACCEPTED = (
    _key("accepted.back", "escape,backspace", "back", "back", True),
    _key("accepted.rescan", "r", "rescan", "rescan", tooltip="scan the host again"),
    *ACT,
    *MARK,
    _key("accepted.export", "e", "export", "export", True, "write the list to a file"),
)

CLAIMS = (
    _key("claims.back", "escape,backspace", "back", "back", True),
    _key(
        "claims.rescan", "r", "rescan", "rescan", True, "scan the hosts on which a claim waits for an answer, or the marked ones"
    ),
    *ACT,
    *MARK,
    _key("claims.export", "e", "export", "export", True, "write the list to a file"),
)

CHANGES = (
    _key("changes.back", "escape,backspace", "back", "back", True),
    _key("changes.since", "s", "since", "since", True, "since when: a date, an age, the number of a scan, a baseline"),
    _key("changes.baselines", "b", "baselines", "baselines", True, "choose a baseline, or an audit that was imported"),
    _key("changes.save", "B", "save", "save baseline", tooltip="give this moment a name to compare with later"),
    _key("changes.view", "v", "view", "view", True, "one by one, counted by area, counted by host"),
    _key("changes.next", "right,l,tab", "show(1)", "next part"),
    _key("changes.previous", "left,h,shift+tab", "show(-1)", "previous part"),
    _key("changes.rescan", "r", "rescan", "rescan", tooltip="scan the host again"),
    *ACT,
    *MARK,
    _key("changes.export", "e", "export", "export", True, "write what is shown to a file"),
)

PHASEOUTS = (
    _key("phaseouts.back", "escape,backspace", "back", "back", True),
    _key("phaseouts.rescan", "r", "rescan", "rescan hosts", True, "scan the hosts of the phase-out again: is it off?"),
    _key("phaseouts.next", "right,l,tab", "show(1)", "next part"),
    _key("phaseouts.previous", "left,h,shift+tab", "show(-1)", "previous part"),
    _key("phaseouts.mark", "space", "mark", "mark", tooltip="mark or unmark and go on: r is for all marked"),
    _key("phaseouts.export", "e", "export", "export", True, "write the list for a mailing (or their figures) to a file"),
)

TRENDS = (
    _key("trends.back", "escape,backspace", "back", "back", True),
    _key("trends.span", "v", "span", "days", True, "over 90, 30 or 365 days"),
)

MENU = (
    _key("menu.cancel", "escape", "cancel", "cancel", True),
    _key("menu.mark", "space", "mark", "choose"),
)

FORM = (
    _key("form.cancel", "escape", "cancel", "cancel"),
    _key("form.next", "down", "app.focus_next", "the next line"),
    _key("form.previous", "up", "app.focus_previous", "the line before"),
)

QUESTION = (
    _key("question.yes", "enter,y", "answer(True)", "yes"),
    _key("question.no", "escape,n", "answer(False)", "no"),
)

#: What is listened to at once: keys must differ within each of these.
CONTEXTS: dict[str, tuple[Binding, ...]] = {
    "fleet screen": GLOBAL + MOVE + FLEET,
    "host screen, lists": GLOBAL + HOST + MARK + LIST,
    "host screen, texts": GLOBAL + HOST + SCROLL,
    "detail screen": GLOBAL + DETAIL + SCROLL,
    "findings screen": GLOBAL + PIVOT + LIST,
    "CVE and package screen": GLOBAL + LOOKUP + LIST,
    "changes screen": GLOBAL + CHANGES + LIST,
    "phase-outs screen": GLOBAL + PHASEOUTS + LIST,
    "accepted screen": GLOBAL + ACCEPTED + LIST,
    "claims screen": GLOBAL + CLAIMS + LIST,
    "trends screen": GLOBAL + TRENDS + SCROLL,
    "menus": LIST + MENU,
    "forms": FORM,
    "questions": QUESTION + SCROLL,
}
