"""The command line that starts ``sh`` on a host, over SSH and on this machine alike."""

from __future__ import annotations

#: Seconds after which a shell is ended by the host itself. A remote command outlives a lost connection,
#: so we must not be the only ones who can end it.
LIFETIME = 900

#: One simple command with single quotes: bash, dash, zsh, csh and fish read it alike as login shells. It says its
#: process number, which is its group's, on standard error. Hosts without ``timeout``, or with one that does not know
#: ``-k``, get an unbounded ``sh``.
START = (
    f"exec sh -c 'echo schouw $$ >&2; exec 2>/dev/null; timeout -k 5 9 true && exec timeout -k 5 {LIFETIME} sh -s; exec sh -s'"
)


def kill(signal: str, group: int) -> str:
    """The command line that sends TERM or KILL to all that `START` began; `group` is the number it said.

    That number is also the session's: ``timeout`` gives what it runs a group of its own, but not a session.
    """
    of_session = f"s/^\\([0-9]*\\) (.*) . [0-9]* [0-9]* {group} .*/\\1/p"
    return f"exec sh -c 'kill -s {signal} -- -{group} $(sed -n \"{of_session}\" /proc/[0-9]*/stat)'"
