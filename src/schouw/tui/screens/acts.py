"""What a person does with findings, one or many at once: accept, claim, comment, assign. The same on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from schouw.model.finding import Decision, What
from schouw.tui import requests
from schouw.tui.screens.ask import Ask
from schouw.tui.screens.menu import Choice, Menu
from schouw.views.acceptance import in_words, usual
from schouw.views.ages import day
from schouw.views.header import plural
from schouw.views.pivot import On

if TYPE_CHECKING:
    from schouw.tui.app import SchouwApp


def accept(app: SchouwApp, targets: Sequence[On]) -> None:
    """Until a day, for a reason; those that are accepted may also be withdrawn."""
    from schouw.tui.screens.accept import Acceptance

    now = app.local(app.clock())
    there = _there(app, targets, "accept")
    if not there:
        return

    def decided(until: datetime | None, reason: str) -> None:
        words = in_words(until, now)
        requests.decide(app, [_decision(app, one, reason, What.ACCEPT, until) for one in there], _counted(there, words))

    def form(until: str, reason: str) -> None:
        app.push_screen(Acceptance(_title(there), until, reason, now), lambda answer: decided(*answer) if answer else None)

    if any(one.tracked.accepted_until is None for one in there):
        form(usual(now), "")
        return
    first = there[0].tracked
    ends = min(one.tracked.accepted_until for one in there if one.tracked.accepted_until)

    def chosen(choice: tuple[str, ...] | None) -> None:
        if choice == ("withdraw",):
            decided(None, "")
        elif choice:
            form(str(ends.astimezone().date()), first.accepted_reason)

    choices = [Choice("change", "another day or reason"), Choice("withdraw", "withdraw: it counts again from now on")]
    app.push_screen(Menu(f"Accepted until {day(ends, now)}", choices), chosen)


def claim(app: SchouwApp, targets: Sequence[On]) -> None:
    """We did something about it: the next scan says whether that helped."""
    there = _there(app, targets, "claim")

    def noted(note: str | None) -> None:
        if note is not None:
            said = _counted(there, "claimed; r scans, and says whether it helped")
            requests.decide(app, [_decision(app, one, note, What.CLAIM) for one in there], said)

    if there:
        app.push_screen(Ask("Done", _title(there), "what was done (may be left empty)"), noted)


def comment(app: SchouwApp, targets: Sequence[On]) -> None:
    def said(words: str | None) -> None:
        if words:
            requests.decide(app, [_decision(app, one, words, What.COMMENT) for one in targets], _counted(targets, "commented on"))

    if _some(app, targets):
        missing = "a comment is missing; esc leaves"
        app.push_screen(
            Ask("Comment", _title(targets), "kept with its history", wrong=lambda text: "" if text else missing), said
        )


def assign(app: SchouwApp, targets: Sequence[On]) -> None:
    def named(owner: str | None) -> None:
        if owner is not None:
            words = f"assigned to {owner}" if owner else "nobody’s any more"
            requests.decide(app, [_decision(app, one, owner, What.ASSIGN) for one in targets], _counted(targets, words))

    if _some(app, targets):
        before = targets[0].tracked.assigned or app.user
        app.push_screen(Ask("Assign", _title(targets), "who sees to it; empty for nobody", before), named)


def _decision(app: SchouwApp, one: On, words: str, what: What, until: datetime | None = None) -> Decision:
    return Decision(one.host, one.tracked.key, app.user, until, words, what)


def _some(app: SchouwApp, targets: Sequence[On]) -> bool:
    if not targets:
        app.say("no finding under the cursor", "dim")
    return bool(targets)


def _there(app: SchouwApp, targets: Sequence[On], what: str) -> list[On]:
    """Without what is fixed."""
    there = [one for one in targets if not one.tracked.state.ended]
    if _some(app, targets) and not there:
        app.say(f"it is fixed: there is nothing to {what}", "dim")
    return there


def _title(targets: Sequence[On]) -> str:
    if len(targets) == 1:
        return targets[0].tracked.finding.title
    return f"{plural(len(targets), 'finding')} on {plural(len({one.host for one in targets}), 'host')}"


def _counted(targets: Sequence[On], words: str) -> str:
    return words if len(targets) == 1 else f"{plural(len(targets), 'finding')} {words}"
