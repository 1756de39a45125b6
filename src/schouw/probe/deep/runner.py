"""sslyze behind lines of JSON. One file, for it runs in sslyze's own environment, where nothing of schouw is installed.

It greets with a line, then answers requests on standard input one after another: a line a question as soon as that is
known, and a last one. When standard input ends so does it, at once, whatever it is doing.

sslyze's plug-ins are run by a loop of our own, not by its `Scanner`: that one answers when all is done, polls, starts
threads by the dozen, and goes on connecting to a server that has begun to refuse.
"""

from __future__ import annotations

import ipaddress
import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.ocsp import OCSPResponseStatus
    from nassl._nassl import OpenSSLError
    from nassl.ssl_client import ClientCertificateRequested, ExtendedMasterSecretSupportEnum
    from sslyze import (
        ProtocolWithOpportunisticTlsEnum,
        RobotScanResultEnum,
        ScanCommand,
        ServerNetworkConfiguration,
        ServerNetworkLocation,
        SessionResumptionSupportExtraArgument,
        TlsVersionEnum,
    )
    from sslyze import errors as failures
    from sslyze.connection_helpers.tls_connection import SslConnection
    from sslyze.plugins.plugin_base import ScanJobResult
    from sslyze.plugins.scan_commands import ScanCommandsRepository
    from sslyze.server_connectivity import ServerConnectivityInfo, check_connectivity_to_server

    PROBLEM = ""
except ImportError as missing:
    PROBLEM = f"{type(missing).__name__}: {missing}"

VERSION = 1
"""Of the lines, both ways."""
TEXT = 300
"""Characters of any text in an answer: servers have a say in some of them."""
MOST_CHAINS = 4
RESUMPTIONS = 2
"""Of each kind; sslyze's own five cost 20 connections."""
MEMORY = 512 << 20
PROCESSOR_SECONDS = 1800

Answer = dict[str, Any]


class Gone(Exception):
    """The server cannot be spoken to (any more), so nothing further is asked of it.

    `turned_away`: it does not take our connections, as one does that has begun to ban us.
    """

    def __init__(self, reason: str, turned_away: bool = False) -> None:
        super().__init__(reason)
        self.turned_away = turned_away


@dataclass(frozen=True)
class Session:
    """One endpoint while it is asked. `tls12`: it speaks TLS 1.2 or older, which most of the questions are about.

    `old_client`: also with the older of sslyze's two OpenSSLs, 1.0.2, which knows neither X25519 nor ChaCha20.
    """

    info: Any  # ServerConnectivityInfo; without sslyze's types there is nothing to check it against
    tls13: bool
    tls12: bool
    old_client: bool


@dataclass(frozen=True)
class Question:
    """`moot`: the answer where there is no use in asking, else None."""

    ask: Callable[[Session, ThreadPoolExecutor], Answer]
    moot: Callable[[Session], Answer | None] = lambda _session: None


# -- answers ---------------------------------------------------------------------------------------


def seen(result: Any) -> Answer:
    return {"result": result}


def absent(reason: str) -> Answer:
    return {"reason": text(reason), "absent": True}


def not_checked(reason: str) -> Answer:
    return {"reason": text(reason)}


def text(value: object) -> str:
    said = " ".join(str(value).split())
    return (said if len(said) <= TEXT else said[: TEXT - 1] + "…").encode("utf-8", "replace").decode()


def why(error: BaseException) -> str:
    if isinstance(error, ClientCertificateRequested):
        return "the server wants a client certificate"
    if isinstance(error, failures.ServerRejectedConnection):
        return "the server refused the connection, or hung up before TLS"
    if isinstance(error, (failures.ConnectionToServerTimedOut, failures.TlsHandshakeTimedOut)):
        return "the server fell silent"
    if isinstance(error, failures.ServerRejectedOpportunisticTlsNegotiation):
        return f"the server did not begin TLS: {error.error_message}"
    if isinstance(error, failures.TlsHandshakeFailed):
        return f"the server ended the handshake: {error.error_message}"
    if isinstance(error, failures.ConnectionToServerFailed):
        return f"the connection failed: {error.error_message}"
    return f"sslyze stumbled: {type(error).__name__}: {error}"


# -- one endpoint ----------------------------------------------------------------------------------


def look(request: dict[str, Any]) -> Iterator[Answer]:
    """An answer a question, as far as it gets; the last line says what it cost, and why it ended early."""
    began = connections
    last = {"says": "done", "lacking": "", "turned_away": False}
    try:
        session = enter(request)
        with ThreadPoolExecutor(request["at_once"]) as pool:
            for name, question in QUESTIONS.items():
                if name in request["questions"]:
                    yield {"says": "answer", "question": name, **(question.moot(session) or question.ask(session, pool))}
        farewell(session)
    except Gone as gone:
        last |= {"lacking": text(gone), "turned_away": gone.turned_away}
    yield last | {"connections": connections - began}


def enter(request: dict[str, Any]) -> Session:
    """Find out what it speaks."""
    starttls = request["starttls"]
    try:
        address = str(ipaddress.ip_address(request["ip_address"]))
        location = ServerNetworkLocation(request["hostname"], request["port"], address)
    except (UnicodeError, ValueError) as error:
        raise Gone(f"not a name or address to connect to: {error}") from error
    network = ServerNetworkConfiguration(
        tls_server_name_indication=location.hostname,
        tls_opportunistic_encryption=ProtocolWithOpportunisticTlsEnum(starttls.upper()) if starttls else None,
        smtp_ehlo_hostname=request["ehlo"] if starttls == "smtp" else None,
        http_user_agent=None if starttls else request["agent"],
        network_timeout=request["seconds"],
        network_max_retries=1,
    )
    refused = refuses(location, network, old_client=False)
    try:
        probed = check_connectivity_to_server(location, network)
    except failures.ServerTlsConfigurationNotSupported as error:
        raise Gone(
            f"sslyze finds nothing in common with it ({refused}); its OpenSSL does not know the post-quantum groups, "
            "so a server that takes nothing else looks like this"
        ) from error
    except failures.ConnectionToServerFailed as error:
        raise Gone(why(error), turned_away=True) from error
    except (OpenSSLError, OSError, ValueError) as error:
        raise Gone(why(error)) from error
    info = ServerConnectivityInfo(location, network, probed)
    if probed.highest_tls_version_supported != TlsVersionEnum.TLS_1_3:
        return Session(info, tls13=False, tls12=True, old_client=True)
    old_client = not refused and not refuses(location, network, old_client=True)
    return Session(info, tls13=True, tls12=not refused, old_client=old_client)


def refuses(location: Any, network: Any, old_client: bool) -> str:
    """Why a TLS 1.2 handshake gets nowhere, "" where it does. `Gone` when there is not even an answer to it."""
    connection = SslConnection(
        location, network, TlsVersionEnum.TLS_1_2, should_ignore_client_auth=False, should_use_legacy_openssl=old_client
    )
    if not old_client:
        connection.ssl_client.set_cipher_list("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    try:
        connection.connect(should_retry_connection=False)
    except (ClientCertificateRequested, failures.ServerTlsConfigurationNotSupported):
        return ""
    except failures.TlsHandshakeTimedOut as error:
        seconds = network.network_timeout
        raise Gone(f"it takes the connection and says nothing to a ClientHello for {seconds} s") from error
    except (failures.TlsHandshakeFailed, OpenSSLError) as error:
        return why(error)
    except (failures.ConnectionToServerFailed, OSError) as error:
        raise Gone(why(error), turned_away=True) from error
    finally:
        connection.close()
    return ""


def farewell(session: Session) -> None:
    """`Gone` when the server does not answer now: many a "no" of sslyze is a connection that was closed."""
    connection = session.info.get_preconfigured_tls_connection()
    try:
        connection.connect(should_retry_connection=False)
    except ClientCertificateRequested:
        return
    except (failures.ConnectionToServerFailed, OpenSSLError, OSError) as error:
        raise Gone(f"at the end of the look {why(error)}, so a “no” may be a closed door", turned_away=True) from error
    finally:
        connection.close()


# -- asking ----------------------------------------------------------------------------------------


def stock(
    command: str, read: Callable[[Any], Answer], extra: Callable[[], Any] = lambda: None
) -> Callable[[Session, ThreadPoolExecutor], Answer]:
    """A question that sslyze has a plug-in for; `read` makes an answer of the plug-in's result."""

    def ask(session: Session, pool: ThreadPoolExecutor) -> Answer:
        plugin = ScanCommandsRepository.get_implementation_cls(ScanCommand(command))
        try:
            jobs = plugin.scan_jobs_for_scan_command(session.info, extra())
            return read(plugin.result_for_completed_scan_jobs(session.info, list(pool.map(work, jobs))))
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - what a plug-in trips over is the answer to its question, and to no other
            return not_checked(why(error))

    return ask


def work(job: Any) -> Any:
    """One connection of a plug-in, which decides itself what a failure means; but a closed door is one for all of them."""
    try:
        return ScanJobResult(job.function_to_call(*job.function_arguments), None)
    except failures.TlsHandshakeFailed as error:
        return ScanJobResult(None, error)
    except failures.ConnectionToServerFailed as error:
        raise Gone(f"in the middle of the look {why(error)}", turned_away=True) from error
    except Exception as error:  # noqa: BLE001 - handed to the plug-in
        return ScanJobResult(None, error)


def extended_master_secret(session: Session, _pool: ThreadPoolExecutor) -> Answer:
    """sslyze's own plug-in does not ask a server that also speaks TLS 1.3."""
    connection = session.info.get_preconfigured_tls_connection(
        override_tls_version=TlsVersionEnum.TLS_1_2 if session.tls13 else None, should_use_legacy_openssl=False
    )
    try:
        connection.connect()
        used = connection.ssl_client.get_extended_master_secret_support()
    except (ClientCertificateRequested, failures.TlsHandshakeFailed, OpenSSLError, OSError) as error:
        return not_checked(why(error))
    except failures.ConnectionToServerFailed as error:
        raise Gone(f"in the middle of the look {why(error)}", turned_away=True) from error
    finally:
        connection.close()
    return seen(used == ExtendedMasterSecretSupportEnum.USED_IN_CURRENT_SESSION)


def without_tls12(session: Session) -> Answer | None:
    return None if session.tls12 else absent("it speaks TLS 1.3 alone, which has no such thing")


def without_old_client(session: Session) -> Answer | None:
    if session.tls12 and not session.old_client:
        return not_checked("sslyze asks this with an OpenSSL of 2015, with which it has no suite and group of TLS 1.2 in common")
    return without_tls12(session)


def without_tls13(session: Session) -> Answer | None:
    return None if session.tls13 else absent("it does not speak TLS 1.3")


# -- what sslyze found, as plain values: names as in schouw.model.deep -----------------------------


def robot(result: Any) -> Answer:
    if result.robot_result == RobotScanResultEnum.UNKNOWN_INCONSISTENT_RESULTS:
        return not_checked("the server answered the same message differently each time")
    oracles = {
        RobotScanResultEnum.VULNERABLE_STRONG_ORACLE: "strong",
        RobotScanResultEnum.VULNERABLE_WEAK_ORACLE: "weak",
    }
    return seen(oracles.get(result.robot_result, "none"))


def resumption(result: Any) -> Answer:
    return seen(
        {
            "tried": result.session_id_attempted_resumptions_count,
            "by_id": result.session_id_successful_resumptions_count,
            "by_ticket": result.tls_ticket_successful_resumptions_count,
        }
    )


def renegotiation(result: Any) -> Answer:
    return seen({"secure": result.supports_secure_renegotiation, "by_client": result.client_renegotiations_success_count})


def chains(result: Any) -> Answer:
    found = [chain(one) for one in result.certificate_deployments[:MOST_CHAINS]]
    return seen(found) if found else absent("it shows no certificate")


def chain(deployment: Any) -> Answer:
    leaf = deployment.received_certificate_chain[0]
    try:
        subject = text(leaf.subject.rfc4514_string())
    except ValueError:
        subject = "a subject that cannot be read"
    return {
        "fingerprint": leaf.fingerprint(hashes.SHA256()).hex(),
        "subject": subject,
        "length": len(deployment.received_certificate_chain),
        "ordered": deployment.received_chain_has_valid_order,
        "trust": trust(leaf, deployment),
        "staple": staple(deployment),
        "must_staple": deployment.leaf_certificate_has_must_staple_extension,
    }


def trust(leaf: Any, deployment: Any) -> Answer:
    """Stores judge name and date too; to hear of the chain alone, those that refuse it are asked with ones that fit."""
    name, now = own_name(leaf), datetime.now(UTC)
    moment = min(max(now, leaf.not_valid_before_utc), leaf.not_valid_after_utc)
    found = []
    for first in deployment.path_validation_results:
        one = first
        if not one.was_validation_successful:
            if name is None:
                return not_checked("its certificate is for no name, so stores cannot be asked")
            one = one.trust_store.verify_certificate_chain(deployment.received_certificate_chain_as_pem, name, moment)
        reason = "" if one.was_validation_successful else text(one.validation_error).partition(" (encountered processing")[0]
        found.append({"store": text(one.trust_store.name), "trusted": one.was_validation_successful, "why_not": reason})
    return seen(found)


def own_name(leaf: Any) -> Any:
    """A name or address that the certificate is for, None for none."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns, addresses = names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)
    except (x509.ExtensionNotFound, ValueError):
        return None
    if dns:
        return x509.DNSName(dns[0].replace("*.", "any.", 1))
    return x509.IPAddress(addresses[0]) if addresses else None


def staple(deployment: Any) -> Answer:
    response = deployment.ocsp_response
    if response is None:
        return absent("the server sends none along")
    if response.response_status != OCSPResponseStatus.SUCCESSFUL:
        return seen({"status": "failed"})
    try:
        status, since, until = response.certificate_status.name, response.this_update_utc, response.next_update_utc
    except ValueError as error:
        return not_checked(f"the OCSP response cannot be read: {error}")
    return seen(
        {
            "status": status.lower(),
            "trusted": deployment.ocsp_response_is_trusted,
            "this_update": since.isoformat(),
            "next_update": until.isoformat() if until is not None else None,
        }
    )


#: In the order of asking: what matters most first, what costs the server most last.
QUESTIONS = {
    "chains": Question(stock("certificate_info", chains)),
    "heartbleed": Question(stock("heartbleed", lambda result: seen(result.is_vulnerable_to_heartbleed))),
    "ccs_injection": Question(stock("openssl_ccs_injection", lambda result: seen(result.is_vulnerable_to_ccs_injection))),
    "early_data": Question(stock("tls_1_3_early_data", lambda result: seen(result.supports_early_data)), without_tls13),
    "compression": Question(stock("tls_compression", lambda result: seen(result.supports_compression)), without_old_client),
    "renegotiation": Question(stock("session_renegotiation", renegotiation), without_old_client),
    "fallback_scsv": Question(stock("tls_fallback_scsv", lambda result: seen(result.supports_fallback_scsv)), without_old_client),
    "extended_master_secret": Question(extended_master_secret, without_tls12),
    "robot": Question(stock("robot", robot), without_tls12),
    "resumption": Question(
        stock("session_resumption", resumption, lambda: SessionResumptionSupportExtraArgument(RESUMPTIONS)), without_tls12
    ),
}


# -- the process -----------------------------------------------------------------------------------

connections = 0
"""TCP connects that this process has made."""
_counting = threading.Lock()


def count(event: str, _arguments: tuple[Any, ...]) -> None:
    global connections
    if event == "socket.connect":
        with _counting:
            connections += 1


def bound() -> None:
    """A hostile server costs at most this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))


def listen(requests: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)  # whoever asked is gone, and threads that still connect must not go on


def say(answer: Answer) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> int:
    bound()
    try:
        version = metadata.version("sslyze")
    except metadata.PackageNotFoundError:
        version = ""
    say({"version": VERSION, "sslyze": version, "problem": text(PROBLEM)})
    if PROBLEM:
        return 1
    sys.addaudithook(count)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    while True:
        for answer in look(json.loads(requests.get())):
            say(answer)


if __name__ == "__main__":
    sys.exit(main())
