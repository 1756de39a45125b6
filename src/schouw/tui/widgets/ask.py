"""The line one types a CVE or a package in. Letters are letters here; the list below follows each of them."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Ask(Input):
    """Says what is typed, and when it is meant; arrows move in the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", show=False),
        Binding("up", "step(-1)", "up", show=False),
        Binding("down", "step(1)", "down", show=False),
    ]

    class Left(Message):
        """Esc."""

    class Stepped(Message):
        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, placeholder="a CVE such as CVE-2024-3094, or a package such as openssl", restrict=r"[^\s/]{0,80}")

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_step(self, by: int) -> None:
        self.post_message(self.Stepped(by))
