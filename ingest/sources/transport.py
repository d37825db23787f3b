"""One HTTP request with bounds: so many bytes and no more, and no redirect to strangers.

What answers may be anything: a body without an end must not fill the memory, and a redirect must
not lead the browser's handshake, or whoever reads the answer, to another host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from curl_cffi.requests import Response
from curl_cffi.requests.exceptions import RequestException

from ingest.sources.base import FetchFailure

MOST_BYTES = 8 << 20
"""What an answer may hold, unpacked: eleven years of days take less than half a megabyte."""
REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"allow_redirects", "max_redirects", "content_callback", "stream"})
_STOP = 0xFFFFFFFF
"""What tells curl to give a transfer up."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Send = Callable[..., Response]


@dataclass(slots=True)
class _Body:
    """Takes in a body up to a limit, and stops the transfer there."""

    most: int
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    full: bool = False

    def __call__(self, part: bytes) -> int:
        self.size += len(part)
        if self.size > self.most:
            self.full = True
            self.parts.clear()
            return _STOP
        self.parts.append(part)
        return len(part)


def bounded(
    send: Send, method: str, url: str, options: dict[str, Any], *, most: int = MOST_BYTES
) -> Response:
    """Send a request and return its answer, redirects within its own host followed.

    Parameters
    ----------
    send
        The request of a session: method, address, options.
    options
        As a session takes them; whatever they say of redirects is overruled.
    most
        Bytes that an answer may hold.

    Raises
    ------
    FetchFailure
        ``malformed`` for an answer that is longer, or leads to another host, away from https, or in
        a circle.
    RequestException
        As the session raises it.
    """
    first, here = urlsplit(url), url
    options = {name: value for name, value in options.items() if name not in _OURS}
    for _ in range(REDIRECTS + 1):
        body = _Body(most)
        try:
            response = send(method, here, **options, allow_redirects=False, content_callback=body)
        except RequestException:
            if body.full:
                raise FetchFailure(
                    "malformed",
                    f"The answer is longer than {most / (1 << 20):.0f} MB and was cut off; "
                    f"see what answers at {first.hostname}.",
                ) from None
            raise
        response.content = b"".join(body.parts)
        if response.status_code not in _REDIRECTED or not response.headers.get("Location"):
            return response
        here = _target(first, here, str(response.headers["Location"]))
        # The address of a redirect has the query in it already, and nothing is posted twice.
        options = {name: value for name, value in options.items() if name not in ("params", "data", "json")}
        method = method if response.status_code in (307, 308) and method == "HEAD" else "GET"
    raise FetchFailure(
        "malformed",
        f"{first.hostname} redirects more than {REDIRECTS} times; check the address of the source.",
    )


def _target(first: SplitResult, here: str, location: str) -> str:
    """Where a redirect leads, when that is the source's own and safe."""
    try:
        target = urljoin(here, location)
        there = urlsplit(target)
        own = _own(first, there, there.port)
    except ValueError:
        target, there, own = "", urlsplit(""), False
    if not own:
        host = (there.hostname or "nowhere")[:80]
        raise FetchFailure(
            "malformed",
            f"{first.hostname} redirects to {host}, which is not the source; nothing was read there.",
        )
    loopback = there.hostname in _LOOPBACK and first.scheme == "http"
    if there.scheme != "https" and not (there.scheme == "http" and loopback):
        raise FetchFailure(
            "malformed", f"{first.hostname} redirects away from https; nothing was read there."
        )
    return target


def _own(first: SplitResult, there: SplitResult, port: int | None) -> bool:
    """Whether an address is the source's own: the same host and port, or another of Yahoo's for Yahoo's."""
    if there.username or there.password:
        return False
    ours, theirs = (first.hostname or "").lower(), (there.hostname or "").lower()
    if _of_yahoo(ours) and _of_yahoo(theirs):
        return port in (None, 443)
    same_port = (port or _port(there)) == (first.port or _port(first))
    upgraded = first.scheme == "http" and there.scheme == "https" and port in (None, 443)
    return ours == theirs and (same_port or upgraded)


def _of_yahoo(host: str) -> bool:
    return host == "yahoo.com" or host.endswith(".yahoo.com")


def _port(address: SplitResult) -> int:
    return 443 if address.scheme == "https" else 80


__all__ = ["MOST_BYTES", "REDIRECTS", "bounded"]
