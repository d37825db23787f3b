"""Where a request ends: what two servers could read differently is refused, however it is cut on its way."""

from __future__ import annotations

import pytest
from waitress.adjustments import Adjustments

from app.web.framing import StrictParser

NEXT = b"GET /next HTTP/1.1\r\nHost: desk\r\n\r\n"
HOST = b"Host: desk\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
GOOD = {
    "plain": b"GET /a?b=|{}^ HTTP/1.1\r\n" + HOST + b"X: 1\r\nEmpty:\r\n\r\n",
    "after a line end": b"\r\nGET /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "as many headers as a browser and its proxies send": b"GET /a HTTP/1.1\r\n"
    + HOST
    + b"".join(b"X-%d: 1\r\n" % number for number in range(120))
    + b"Cookie: a=1; b=2\r\n\r\n",
    "old": b"GET /a HTTP/1.0\r\n\r\n",
    "its own address": b"GET http://DESK/a HTTP/1.1\r\n" + HOST + b"\r\n",
    "of a server": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "of IPv6": b"GET /a HTTP/1.1\r\nHost: [::1]:8050\r\n\r\n",
    "a length": b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc",
    "chunks": CHUNKED + b"3;x=y\r\nab\n\r\nF\r\n" + b"0\r\n\r\n" * 3 + b"\r\n0\r\nX: 1\r\n\r\n",
    "capitals": CHUNKED.replace(b"chunked", b" Chunked ") + b"03\r\nabc\r\n0\r\n\r\n",
}
BODIES = {"a length": b"abc", "chunks": b"ab\n" + b"0\r\n\r\n" * 3, "capitals": b"abc"}


def head(*lines: bytes, line: bytes = b"POST /a HTTP/1.1") -> bytes:
    return b"\r\n".join((line, HOST.strip(), *lines, b"", b""))


BAD = {
    "an empty coding": head(b"Transfer-Encoding:"),
    "no coding in a list": head(b"Transfer-Encoding: ,"),
    "chunks twice": head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
    "another coding": head(b"Transfer-Encoding: identity"),
    "two codings": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a folded coding": head(b"Transfer-Encoding:", b" chunked") + b"0\r\n\r\n",
    "both lengths": head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "an underscore": head(b"Content_Length: 9", b"Content-Length: 3") + b"abc",
    "two lengths": head(b"Content-Length: 3, 3") + b"abc",
    "a length with a sign": head(b"Content-Length: +3") + b"abc",
    "a length that never ends": head(b"Content-Length: " + b"1" * 5_000),
    "an old request in chunks": b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": head(b"X: a", b" Content-Length: 4"),
    "a folded line by a tab": head(b"X: a", b"\tb"),
    "a space before the colon": head(b"Content-Length : 3") + b"abc",
    "a space before the name": head(b" X: 1"),
    "no colon": head(b"X"),
    "a line end of one byte": head(b"X: 1\nContent-Length: 3"),
    "a carriage return alone": head(b"X: 1\rContent-Length: 3"),
    "a NUL": head(b"X: a\0b"),
    "what is believed, twice": head(b"X-Forwarded-User: ann", b"x-forwarded-user: bob"),
    "what is believed, otherwise written": head(b"X-Forwarded-User: ann", b"X_Forwarded_User: bob"),
    "many headers": head(*(b"X-%d: 1" % number for number in range(200))),
    "many cookies": head(b"Cookie: " + b"a=1;" * 5_000),
    "many lines of cookies": head(*[b"Cookie: " + b"a=1; " * 1_000] * 5),
    "no host": b"GET /a HTTP/1.1\r\n\r\n",
    "an empty host": b"GET /a HTTP/1.1\r\nHost:\r\n\r\n",
    "two hosts": head(b"Host: other"),
    "hosts in one": b"GET /a HTTP/1.1\r\nHost: desk, other\r\n\r\n",
    "a host with a path": b"GET /a HTTP/1.1\r\nHost: other/..@desk\r\n\r\n",
    "small letters": head(line=b"post /a HTTP/1.1"),
    "tabs": head(line=b"GET\t/a\tHTTP/1.1"),
    "two spaces": head(line=b"GET  /a HTTP/1.1"),
    "a space behind": head(line=b"GET /a HTTP/1.1 "),
    "a vertical tab behind": head(line=b"GET /a HTTP/1.1\v"),
    "a space before": b" " + NEXT,
    "a form feed before": b"\f" + NEXT,
    "many lines before": b"\r\n\r\n" + NEXT,
    "a line end of one byte before": b"\n" + NEXT,
    "no version": b"GET /a\r\n\r\n",
    "an older version": head(line=b"GET /a HTTP/0.9"),
    "a version that is not": head(line=b"GET /a HTTP/1.2"),
    "the next version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a tunnel": head(line=b"CONNECT desk:443 HTTP/1.1"),
    "no slash": head(line=b"GET a HTTP/1.1"),
    "a star": head(line=b"GET * HTTP/1.1"),
    "a fragment": head(line=b"GET /a#/login HTTP/1.1"),
    "another host's address": head(line=b"GET http://other/a HTTP/1.1"),
    "a name in the address": head(line=b"GET http://ann@desk/a HTTP/1.1"),
    "another kind of address": head(line=b"GET ftp://desk/a HTTP/1.1"),
    "half an address": head(line=b"GET http://[ HTTP/1.1"),
    "letters beyond ASCII": head(line="GET /ä HTTP/1.1".encode()),
    "a NUL in the address": head(line=b"GET /a\0b HTTP/1.1"),
    "no size": CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n",
    "a size that ends in one byte": CHUNKED + b"3\n\r\nabc\r\n0\r\n\r\n",
    "an extension that ends in one byte": CHUNKED + b"3;a\nabc\r\n0\r\n\r\n",
    "an extension with a line end": CHUNKED + b"3;a\n\r\nabc\r\n0\r\n\r\n",
    "a size below nothing": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a size in C": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a size with a space before": CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "a chunk that is longer": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk that ends in one byte": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "a size that never ends": CHUNKED + b"3;" + b"x" * 5_000,
    "a trailer that is none": CHUNKED + b"0\r\nX : 1\r\n\r\n",
    "many trailers": CHUNKED + b"0\r\n" + b"X: 1\r\n" * 40 + b"\r\n",
}


def read(sent: bytes, step: int) -> tuple[StrictParser, int]:
    """Feed a request in parts of so many bytes; the parser, and how many bytes it took."""
    parser = StrictParser(Adjustments(max_request_header_size=2**16))
    parser.believed = (b"x-forwarded-user",)
    taken = 0
    while taken < len(sent) and not parser.completed:
        taken += parser.received(sent[taken : taken + step])
    return parser, taken


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("kind", GOOD)
def test_a_request_ends_where_the_next_begins(kind: str, step: int) -> None:
    parser, taken = read(GOOD[kind] + NEXT, step)
    assert parser.completed and parser.error is None
    assert taken == len(GOOD[kind]), "what follows is another request"
    assert parser.path in ("/a", "*")
    assert parser.get_body_stream().read() == BODIES.get(kind, b"")


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("kind", BAD)
def test_what_can_be_read_in_two_ways_is_refused(kind: str, step: int) -> None:
    parser, _ = read(BAD[kind] + NEXT, step)
    assert parser.completed and parser.error is not None, kind
    assert parser.error.body.endswith("."), "a sentence that names the fix"
