"""Where settings come from besides their own names: the ``.env`` file, and files that hold one secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from models.errors import AftershockError


class SettingsError(AftershockError, ValueError):
    """A setting is unknown, or its value cannot be used."""


def read_file(path: Path) -> dict[str, str | None]:
    """The names and values of a ``.env`` file; none when it is not there."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return dict(dotenv_values(path))


def kept_in_files(given: Mapping[str, str | None], prefix: str, fields: Iterable[str]) -> dict[str, str]:
    """What the files named by ``…_FILE`` hold: containers are given their secrets so."""
    upper = {name.upper(): value for name, value in given.items()}
    found = {}
    for field in fields:
        name = prefix + field.upper()
        path = upper.get(f"{name}_FILE")
        if not path:
            continue
        if upper.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set; leave one of them out.")
        try:
            found[field] = Path(path).expanduser().read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {reason}.") from None
    return found


def with_password(address: str, password: str) -> str:
    """A database address with the password put in, where it names a user and has none."""
    scheme, _, rest = address.partition("://")
    place, slash, name = rest.partition("/")
    user, at, host = place.rpartition("@")
    if not at or ":" in user:
        return address
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{name}"
