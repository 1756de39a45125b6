"""Feeds over the network: asked whether they changed, taken up where they broke off, and never waited for without end.

Through the standard library: it is one GET with three headers, in a thread, and another client would be a dependency
of a dozen packages for it.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from schouw import __version__
from schouw.errors import FeedError
from schouw.text import line


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and bytes that a server may cost."""

    silence: float = 30.0
    """Between two bytes."""
    slowest: int = 2048
    """Bytes a second, on average once `silence` is over."""
    largest: int = 2 << 30
    tries: int = 3
    longest_wait: float = 60.0
    """For a server that says when to come back."""
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an address from last time."""

    url: str = ""
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file, as the server had it."""

    path: Path
    etag: str
    modified: str
    date: datetime | None
    """When the server says that it changed."""


class _NotChanged(Exception):
    """304: what is known is what there is."""


class _TryAgain(Exception):
    """Worth another try, in so many seconds where the server said so."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Fetcher:
    """`folder` keeps what has come of a file, so that the next try goes on from there."""

    folder: Path
    patience: Patience = field(default_factory=Patience)
    context: ssl.SSLContext | None = None
    """Whom to trust; None: this machine's store."""

    def fetch(self, name: str, url: str, known: Known, told: Callable[[int, int], None] = lambda *_: None) -> Fetched | None:
        """None: the server says that nothing changed since `known`. `FeedError`, in a sentence, where it cannot be had.

        `told` hears how many bytes came and how many there will be (0: not said).
        """
        _check(url)
        why = ""
        for attempt in range(self.patience.tries):
            try:
                return self._once(name, url, known, told)
            except _NotChanged:
                return None
            except _TryAgain as again:
                why = str(again)
                if attempt + 1 < self.patience.tries:
                    seconds = again.seconds if again.seconds is not None else 2.0**attempt
                    if seconds > self.patience.longest_wait:
                        raise FeedError(f"{url}: {why}; it asks to come back in {seconds:.0f} s, so try later") from None
                    self.patience.wait(seconds)
        raise FeedError(f"{url}: {why}, {self.patience.tries} times; what came is kept, the next update goes on from there")

    def _once(self, name: str, url: str, known: Known, told: Callable[[int, int], None]) -> Fetched:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{name}.part"
        begun = _begun(part, url)
        headers = {"User-Agent": f"schouw/{__version__}", "Accept-Encoding": "identity"}
        if begun is not None:
            headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": begun.etag or begun.modified}
        elif known.url == url:
            headers |= {"If-None-Match": known.etag} if known.etag else {}
            headers |= {"If-Modified-Since": known.modified} if known.modified else {}
        with self._opened(url, headers) as response:
            resumed = response.status == 206 and begun is not None and _starts_at(response) == part.stat().st_size
            now = Known(url, response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
            part.with_suffix(".json").write_text(json.dumps(asdict(now)))
            start = part.stat().st_size if resumed else 0
            length = response.headers.get("Content-Length", "")
            length = int(length) if length.isdigit() and len(length) < 16 else 0
            with part.open("ab" if resumed else "wb") as file:
                self._copy(response, file, start, start + length if length else 0, told)
        whole = self.folder / f"{name}.download"
        part.replace(whole)
        part.with_suffix(".json").unlink(missing_ok=True)
        return Fetched(whole, now.etag, now.modified, _moment(now.modified))

    @contextmanager
    def _opened(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the scheme was checked)
        handlers: list[urllib.request.BaseHandler] = [_Careful()]
        if self.context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.context))
        with _explained(url):
            try:
                response = urllib.request.build_opener(*handlers).open(request, timeout=self.patience.silence)
            except urllib.error.HTTPError as error:
                with error:
                    _refused(url, error)
        with response:
            yield response

    def _copy(self, response: Any, file: IO[bytes], start: int, total: int, told: Callable[[int, int], None]) -> None:
        began, came = self.patience.clock(), 0
        if total > self.patience.largest:
            raise FeedError(f"it would be {total >> 20:,} MiB, more than the {self.patience.largest >> 20:,} that a feed may be")
        while True:
            with _explained(""):
                chunk = response.read1(1 << 16)
            if not chunk:
                break
            file.write(chunk)
            came += len(chunk)
            told(start + came, total)
            spent = self.patience.clock() - began
            if start + came > self.patience.largest:
                raise FeedError(f"it is more than {self.patience.largest >> 20:,} MiB, which no feed is")
            if spent > self.patience.silence and came < spent * self.patience.slowest:
                raise _TryAgain(f"it sends less than {self.patience.slowest} bytes a second")
        if total and start + came < total:
            raise _TryAgain(f"the connection ended after {start + came:,} of {total:,} bytes")


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from an encrypted address to a plain one."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise FeedError(f"{req.full_url}: it sends us on to {line(newurl, 100)}, which is not encrypted; refused")
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check(url: str) -> None:
    if not url.startswith(("https://", "http://")):
        raise FeedError(f"{line(url, 100)!r} is no address that feeds come from; expected https://…")


def _refused(url: str, error: urllib.error.HTTPError) -> NoReturn:
    if error.code == 304:
        raise _NotChanged from None
    if error.code == 416:  # what we have is longer than what there is: begin anew
        raise _TryAgain("what was left of the last try did not fit") from None
    if error.code in (408, 425, 429) or error.code >= 500:
        raise _TryAgain(f"the server answers {error.code} {line(str(error.reason), 60)}", _after(error)) from None
    raise FeedError(f"{url}: the server answers {error.code} {line(str(error.reason), 60)}") from None


def _after(error: urllib.error.HTTPError) -> float | None:
    text = error.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    moment = _moment(text)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment else None


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """What the network's own errors mean for a person."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FeedError(f"{url}: its certificate cannot be trusted: {line(error.verify_message, 80)}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise FeedError(f"{url}: its certificate cannot be trusted: {line(error.reason.verify_message, 80)}") from error
        if isinstance(error.reason, socket.gaierror):
            raise FeedError(f"{url}: there is no such name, or no name server answers") from error
        raise _TryAgain(f"it cannot be reached: {line(str(error.reason), 100)}") from error
    except TimeoutError as error:
        raise _TryAgain("it fell silent") from error
    except (OSError, http.client.HTTPException) as error:
        raise _TryAgain(f"the connection broke: {line(str(error) or type(error).__name__, 100)}") from error


def _begun(part: Path, url: str) -> Known | None:
    """What an earlier try left, if the server can tell whether it is still the same file."""
    try:
        known = Known(**json.loads(part.with_suffix(".json").read_text()))
        usable = known.url == url and part.stat().st_size > 0
    except (OSError, ValueError, TypeError):
        return None
    strong = known.etag if not known.etag.startswith("W/") else ""
    return Known(url, strong, known.modified) if usable and (strong or known.modified) else None


def _starts_at(response: Any) -> int | None:
    unit, _, rest = (response.headers.get("Content-Range") or "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdigit() else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
