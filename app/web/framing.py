"""Where a request ends: one that two servers could read differently is refused, and its connection closed.

The server behind the pages takes a request with both a length and chunks, and drops one of the two. A proxy
in front that drops the other sees another request than we do, and what it lets through may hold a second
one that it has not looked at.
"""

from __future__ import annotations

from waitress.parser import HTTPRequestParser, ParsingError

TWO_LENGTHS = "Send either a Content-Length or Transfer-Encoding: chunked over HTTP/1.1."
_ONCE = (b"host", b"content-length", b"transfer-encoding")


class StrictParser(HTTPRequestParser):
    """waitress's parser, for requests whose end nobody can mistake."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request.

        Raises
        ------
        ParsingError
            If it has both a length and chunks, chunks in HTTP/1.0, one of these or its host twice, a second
            way to write the same name, or an address that is none. waitress answers 400 and closes.
        """
        names = [line.partition(b":")[0].lower() for line in header_plus.split(b"\r\n")[1:]]
        for name in _ONCE:
            # waitress drops a name with an underscore, others read it as the one with a hyphen.
            if names.count(name) + (names.count(name.replace(b"-", b"_")) if b"-" in name else 0) > 1:
                raise ParsingError(f"{name.decode()} is given twice")
        chunked = b"transfer-encoding" in names
        if chunked and b"content-length" in names:
            raise ParsingError(TWO_LENGTHS)
        try:
            super().parse_header(header_plus)
        except ValueError:  # an address such as http://[
            raise ParsingError("Bad URI") from None
        if chunked and self.version != "1.1":
            raise ParsingError(TWO_LENGTHS)
        if self.version == "1.1" and b"host" not in names:
            raise ParsingError("A request names its host")
