"""The inside view: what a host says about itself, over one kept shell.

To look at one more thing, write one file like its neighbours (the shell snippet and the parser of what comes
back, side by side) and name it in `sections.COLLECTORS`.
"""

from schouw.collect.collection import Collection
from schouw.collect.script import SUDO_COMMANDS, sudoers
from schouw.collect.sections import COLLECTORS

__all__ = ["COLLECTORS", "SUDO_COMMANDS", "Collection", "sudoers"]
