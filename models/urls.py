"""Addresses as strangers write them: what cannot be read is no address, and no failure of the server."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

# An address, a path of two parts and more, a host with its port: an ingester's own words may hold them.
_PLACES = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|(?<![\w.])(?:[A-Za-z]:\\|/)[\w.@+-]+(?:[/\\][\w.@+-]*[\w@+-])+"
    r"|(?<=host: )\S+|(?<=host )\S+|(?<=connect to )\S+"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\b[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5}\b(?!:)|\blocalhost\b"
)


def placeless(text: str) -> str:
    """A text without the addresses, paths and hosts in it: those are for whoever runs the server."""
    return _PLACES.sub("…", text)


def split(text: str) -> SplitResult | None:
    """The parts of an address; None for what is none, such as ``http://[``.

    A host or a port that cannot be read makes it none too: the library says so only when they are asked for.
    """
    try:
        found = urlsplit(text)
        _ = found.hostname, found.port
    except ValueError:
        return None
    return found


def host_of(origin: str) -> str | None:
    """Host and port that an origin names, in small letters; None when it names none."""
    found = split(origin)
    return (found.netloc.lower() or None) if found else None


def name_of_host(host: str) -> str:
    """The name in a ``Host`` header, without the port and the brackets of IPv6."""
    bare = host[1:].partition("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    return bare.lower()


def address_in(text: str) -> str | None:
    """An IP address as people's proxies write it, with a port or in brackets; None for anything else.

    An IPv4 address that comes in the clothes of IPv6 is the IPv4 address.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def network_of(place: str) -> str:
    """What one person can have of addresses: one of IPv4, the 2^64 of one network of IPv6."""
    bare = address_in(place)
    if bare is None:
        return place
    found = ipaddress.ip_address(bare)
    return bare if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
