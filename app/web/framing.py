"""Where a request begins and ends: one that two servers could read differently is refused.

waitress takes much that the standard forbids: a length beside chunks, an empty transfer coding, lines
folded into others, line ends of one byte among chunks, versions that there are not. A proxy in front that
reads one of these otherwise sees another request than we do, and what it lets through may hold a second one
that it has not looked at. What every client and proxy sends is a small part of the grammar: that is read.
"""

from __future__ import annotations

import re
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.rfc7230 import HEADER_FIELD_RE
from waitress.utilities import BadRequest

TWO_LENGTHS = "Send either a Content-Length or Transfer-Encoding: chunked over HTTP/1.1."
NO_LINE = "Begin a request with its line: a method, an address and HTTP/1.1."
NO_HEADER = "Write each header in one line that ends with CR LF: a name, a colon, a value."
NO_HOST = "Name the host once, as in the address."
NO_CHUNKS = "Send chunks as a size in hexadecimal, CR LF, so many bytes, CR LF; a size of 0 ends them."
NO_LENGTH = "Send the Content-Length as one whole number of bytes."
NO_TARGET = "Ask for an address of this host that begins with a slash, in ASCII and without a fragment."
_SINGLE = (b"host", b"content-length", b"transfer-encoding", b"expect")
_LINE = re.compile(rb"([A-Z][A-Z-]{0,31}) ([\x21\x22\x24-\x7e]+) HTTP/1\.[01]")
_HOST = re.compile(rb"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?", re.ASCII)
_LENGTH = re.compile(rb"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e]*)?")
_BEGINS = re.compile(rb"(?:\r\n)?(?:[A-Z]|\Z)|\r\Z")
LONGEST_LINE, MOST_TRAILERS = 4_096, 32
MOST_HEADERS, LONGEST_COOKIES = 128, 16 * 1024
TOO_MANY = (
    f"Send {MOST_HEADERS} headers at most, and {LONGEST_COOKIES >> 10} kB of cookies; clear this site's."
)


class Chunks:
    """A body in chunks, where waitress has a receiver of its own; trailers are read over."""

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer
        self._left = self._trailers = 0
        self._line = b""
        self._awaits = "size"
        self.completed = False
        self.error: BadRequest | None = None

    def __len__(self) -> int:
        return int(self._buffer.__len__())

    def getfile(self) -> Any:
        """What was received, to be read."""
        return self._buffer.getfile()

    def getbuf(self) -> Any:
        """Where it is kept."""
        return self._buffer

    def received(self, data: bytes) -> int:
        """Take what belongs to the body; how many bytes that were."""
        at = 0
        while at < len(data) and not self.completed and self.error is None:
            if self._left:
                part = data[at : at + self._left]
                self._buffer.append(part)
                self._left -= len(part)
                at += len(part)
                continue
            end = data.find(b"\n", at) + 1 or len(data)
            self._line, at = self._line + data[at:end], end
            if len(self._line) > LONGEST_LINE:
                self._refuse()
            elif self._line.endswith(b"\n"):
                line, self._line = self._line, b""
                self._read(line)
        return at if self.error is None else len(data)

    def _read(self, line: bytes) -> None:
        text = line[:-2]
        if not line.endswith(b"\r\n") or b"\r" in text:
            return self._refuse()
        if self._awaits == "size":
            return self._begin(text)
        if self._awaits == "end":  # of a chunk, which must be where its size says
            self._awaits = "size"
            return self._refuse() if text else None
        if not text:
            self.completed = True
            return None
        self._trailers += 1
        if self._trailers > MOST_TRAILERS or not HEADER_FIELD_RE.fullmatch(text):
            self._refuse()
        return None

    def _begin(self, text: bytes) -> None:
        found = _SIZE.fullmatch(text)
        if found is None:
            return self._refuse()
        self._left = int(found[1], 16)
        self._awaits = "end" if self._left else "trailer"
        return None

    def _refuse(self) -> None:
        self.error = BadRequest(NO_CHUNKS)


class StrictParser(HTTPRequestParser):
    """waitress's parser, for requests whose beginning and end nobody can mistake."""

    body_rcv: Any = None
    completed: bool = False
    path: str
    believed: tuple[bytes, ...] = ()
    """Names in small letters of headers whose word counts: given twice, one of the two is a stranger's."""

    def received(self, data: bytes) -> int:
        """Take what belongs to the request; what cannot become one is refused at its first byte."""
        if self.body_rcv is None and not self.completed:
            before: bytes = self.header_plus[:4]
            if not _BEGINS.match((before + data[:4])[:3]):
                self.error, self.completed = BadRequest(NO_LINE), True
                return len(data)
        consumed: int = super().received(data)
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request.

        Raises
        ------
        ParsingError
            With a sentence for whoever sent it. waitress answers 400 and closes.
        """
        line, *headers = header_plus.split(b"\r\n")
        self._check_headers(headers)
        names = [header.partition(b":")[0].lower() for header in headers]
        chunked = b"transfer-encoding" in names
        if chunked and b"content-length" in names:
            raise ParsingError(TWO_LENGTHS)
        found = _LINE.fullmatch(line)
        if found is None:
            raise ParsingError(NO_LINE)
        try:
            super().parse_header(header_plus)
        except ParsingError:
            raise ParsingError(NO_HEADER) from None
        except ValueError:  # an address such as http://[
            raise ParsingError(NO_TARGET) from None
        self._check_target(found[2])
        if chunked:
            self._take_chunks()

    def _check_headers(self, headers: list[bytes]) -> None:
        names: list[bytes] = []
        cookies = 0
        if len(headers) > MOST_HEADERS + 2:  # and what comes of the empty line
            raise ParsingError(TOO_MANY)
        for header in filter(None, headers):
            name, colon, value = header.partition(b":")
            # A line that begins with a space goes on with the one before, or stands for itself: who knows.
            if not colon or name.strip() != name or b"\n" in value or b"\r" in value:
                raise ParsingError(NO_HEADER)
            names.append(name.lower())
            if name.lower() == b"transfer-encoding" and value.strip(b" \t").lower() != b"chunked":
                raise ParsingError(TWO_LENGTHS)
            if name.lower() == b"content-length" and not _LENGTH.fullmatch(value.strip(b" \t")):
                raise ParsingError(NO_LENGTH)
            if name.lower() == b"host" and not _HOST.fullmatch(value.strip(b" \t")):
                raise ParsingError(NO_HOST)
            cookies += len(value) if name.lower() == b"cookie" else 0
        if cookies > LONGEST_COOKIES:  # of 60 kB the reading alone takes a tenth of a second
            raise ParsingError(TOO_MANY)
        for name in (*_SINGLE, *self.believed):
            # waitress drops a name with an underscore, others read it as the one with a hyphen.
            if names.count(name) + (names.count(name.replace(b"-", b"_")) if b"-" in name else 0) > 1:
                raise ParsingError(f"Send the header {name.decode('latin-1')} once.")

    def _check_target(self, target: bytes) -> None:
        """An address here: a path, or what a proxy is asked for when it is this host's."""
        if self.version == "1.1" and "HOST" not in self.headers:
            raise ParsingError(NO_HOST)
        path = target.startswith(b"/") or (target == b"*" and self.command == "OPTIONS")
        whole = self.proxy_scheme.lower() in ("http", "https") and self.proxy_netloc and self.path[:1] in "/"
        if not path and not (whole and self.proxy_netloc.lower() == self.headers.get("HOST", "").lower()):
            raise ParsingError(NO_TARGET)
        self.path = self.path or "/"

    def _take_chunks(self) -> None:
        if self.version != "1.1" or self.body_rcv is None:
            raise ParsingError(TWO_LENGTHS)
        self.body_rcv = Chunks(self.body_rcv.getbuf())
