"""Why a login failed, in one line with its advice. All texts of the SSH library are the server's: made clean here."""

from __future__ import annotations

import errno
import socket
from enum import StrEnum

import asyncssh

from schouw.errors import ErrorClass, HostError
from schouw.model.host import Host
from schouw.text import line
from schouw.transport.ssh.route import Route


class Phase(StrEnum):
    """How far a login got; the value continues "no answer while …"."""

    NAME = "looking up its name"
    TCP = "opening the TCP connection (tcp)"
    VERSION = "waiting for its SSH greeting (version)"
    KEX = "agreeing on keys (kex)"
    AUTH = "logging in (auth)"


_BUSY = "a busy sshd (MaxStartups) or one that punishes failed logins (PerSourcePenalties) does this: wait, and go slower"
_TCP = {
    errno.ECONNREFUSED: (ErrorClass.REFUSED, "connection refused", "is sshd running, and is this its port?"),
    errno.ECONNRESET: (ErrorClass.DROPPED, "connection reset", _BUSY),
    errno.ETIMEDOUT: (ErrorClass.SILENT, "no answer", "is it up, and does a firewall let this machine in?"),
}
_AUTH_METHODS_SPENT = (asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, asyncssh.DISC_PROTOCOL_ERROR)


def explain(error: Exception, host: Host, route: Route, phase: Phase, offered: str) -> HostError:
    """The `HostError` for what went wrong in `phase`; `offered` names the keys that were offered."""
    where = f"{host.name}: {route.address} port {route.port}"
    if isinstance(error, HostError):
        return error
    if isinstance(error, TimeoutError) and error.errno is None:
        seconds = host.timeouts.connect if phase in (Phase.NAME, Phase.TCP) else host.timeouts.login
        advice = "is it up, and does a firewall let this machine in?" if phase is Phase.TCP else ""
        return HostError(ErrorClass.SILENT, f"{where}: no answer within {seconds:g} s, {phase}", advice)
    if isinstance(error, socket.gaierror):
        return _nameless(error, host, route)
    if isinstance(error, asyncssh.ChannelOpenError):
        return _beyond_jump(error, where)
    if isinstance(error, OSError):
        kind, what, advice = _TCP.get(
            error.errno or 0, (ErrorClass.NO_ROUTE, line(error.strerror or "no route"), "check `address`")
        )
        return HostError(kind, f"{where}: {what}", advice)
    if isinstance(error, asyncssh.PermissionDenied) or _spent(error, phase):
        return _refused(error, host, route, offered)
    if isinstance(error, asyncssh.ConnectionLost):
        return _lost(where, phase)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return HostError(
            ErrorClass.OUTPUT_ODD, f"{where}: no algorithm in common: {line(str(error))}", "its SSH server is too old"
        )
    if isinstance(error, asyncssh.DisconnectError):
        return HostError(_kind_of_disconnect(error, phase), f"{where}: ended by the server, {phase}: {line(str(error))}")
    return HostError(ErrorClass.OUTPUT_ODD, f"{where}: not understood, {phase}: {line(f'{type(error).__name__}: {error}')}")


def _nameless(error: socket.gaierror, host: Host, route: Route) -> HostError:
    if error.errno == socket.EAI_AGAIN:
        return HostError(
            ErrorClass.NO_NAME, f"{host.name}: no name server answers for {route.address}", "check this machine's resolver"
        )
    return HostError(ErrorClass.NO_NAME, f"{host.name}: there is no host named {route.address}", "check `address`")


def _refused(error: Exception, host: Host, route: Route, offered: str) -> HostError:
    """Never worth another try: every refusal brings a ban nearer, for us and our colleagues."""
    if "rivial auth" in str(error):
        message = f"{host.name}: it let {route.user} in without asking for any proof"
        return HostError(ErrorClass.LOGIN_REFUSED, message, "such a server cannot be told from an impostor")
    message = f"{host.name}: login as {route.user} refused (offered {offered})"
    return HostError(ErrorClass.LOGIN_REFUSED, message, "check `user` and `identity`, and its authorized_keys")


def _spent(error: Exception, phase: Phase) -> bool:
    """sshd's "Too many authentication failures", which it sends as a disconnect."""
    return phase is Phase.AUTH and isinstance(error, asyncssh.DisconnectError) and error.code in _AUTH_METHODS_SPENT


def _kind_of_disconnect(error: asyncssh.DisconnectError, phase: Phase) -> ErrorClass:
    if isinstance(error, asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
        return ErrorClass.OUTPUT_ODD
    return ErrorClass.LOGIN_REFUSED if phase is Phase.AUTH else ErrorClass.DROPPED


def _lost(where: str, phase: Phase) -> HostError:
    if phase is Phase.VERSION:
        return HostError(ErrorClass.DROPPED, f"{where}: closed before an SSH greeting", f"is that its SSH port? {_BUSY}")
    return HostError(ErrorClass.DROPPED, f"{where}: connection lost, {phase}", _BUSY)


def _beyond_jump(error: asyncssh.ChannelOpenError, where: str) -> HostError:
    """What the jump host says of the next hop: a code of RFC 4254, 5.1, and words of its own."""
    said = line(str(error.reason))
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        return HostError(
            ErrorClass.CONFIG, f"{where}: the jump host does not forward there: {said}", "see its AllowTcpForwarding"
        )
    for word, kind in (
        ("refused", ErrorClass.REFUSED),
        ("timed out", ErrorClass.SILENT),
        ("resol", ErrorClass.NO_NAME),
        ("Name or", ErrorClass.NO_NAME),
    ):
        if word in said:
            return HostError(kind, f"{where}: the jump host says: {said}")
    return HostError(ErrorClass.NO_ROUTE, f"{where}: the jump host cannot reach it: {said}")
