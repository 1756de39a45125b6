"""Sends one message to one address, as a program of its own: ``python -m schouw.notify.courier``.

It is asked on standard input, where no other user of this machine can read the address, and answers on standard output.
"""

from __future__ import annotations

import logging
import sys

import msgspec


class Letter(msgspec.Struct, frozen=True):
    url: str
    title: str
    body: str


class Receipt(msgspec.Struct, frozen=True):
    problem: str = ""
    """Why it could not be sent, "" where it was."""


def main() -> int:
    letter = msgspec.json.decode(sys.stdin.buffer.read(), type=Letter)
    sys.stdout.buffer.write(msgspec.json.encode(Receipt(send(letter))))
    return 0


def send(letter: Letter) -> str:
    """Why it could not be sent, "" where the other side took it."""
    import apprise

    post = apprise.Apprise()
    said = _Heard()
    logging.getLogger("apprise").addHandler(said)
    if not post.add(letter.url):
        return "this is no address that apprise knows: see https://github.com/caronc/apprise/wiki"
    sent = post.notify(title=letter.title, body=letter.body, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False)
    return "" if sent else " ".join(said.lines) or "it was not taken, and apprise does not say why"


class _Heard(logging.Handler):
    """What apprise logs of what went wrong: that is all it says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


if __name__ == "__main__":
    sys.exit(main())
