"""The engine's events, put into the feed. Imported with the engine, after the first picture."""

from __future__ import annotations

from schouw.scan.events import (
    AnyEvent,
    Decided,
    Finished,
    Hello,
    Notice,
    Queued,
    Rejudged,
    Step,
    SweepDone,
    SweepProgress,
    Trouble,
)
from schouw.tui.feed import Feed
from schouw.views.status import Live


def hear(feed: Feed, event: AnyEvent) -> None:
    match event:
        case Step(host=host, step=step, done=done, total=total):
            feed.step(host, Live(step, done, total))
        case Queued(hosts=hosts):
            feed.queue(hosts)
        case Finished(host=host, summary=summary):
            feed.finish(host, summary)
        case Decided(host=host, summary=summary) | Rejudged(host=host, summary=summary):
            feed.decide(host, summary)
        case SweepProgress():
            feed.sweep = event
        case SweepDone():
            feed.end(event)
        case Notice(text=text):
            feed.batch.notices.append(text)
        case Trouble(text=text):
            feed.trouble = text
            feed.batch.troubled = True
        case Hello(queued=queued, trouble=trouble):
            feed.attach(queued)
            feed.trouble = trouble
