"""Who may come in, and what each may do: a file of users, and the key that signs their cookies.

One line a user: ``name:role:hash``. It is read anew when it changes, so that a user who is taken out or
given another role is so at the next request.
"""

from __future__ import annotations

import itertools
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from werkzeug.security import check_password_hash, generate_password_hash

from app.settings import Settings, SettingsError
from models import private
from models.errors import AftershockError

Role = Literal["viewer", "editor", "admin"]
Standing = Literal["nobody", "viewer", "editor", "admin"]
"""What someone may do who asks: a role, or nothing at all."""
ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")
_RANKS: tuple[Standing, ...] = ("nobody", *ROLES)
SHORTEST_PASSWORD = 12
FEWEST = 5
"""Different characters of a password."""
LONGEST_PASSWORD = 1024
LONGEST_NAME = 64
_NAME = re.compile(rf"[\w.@+-]{{1,{LONGEST_NAME}}}")


class UserError(AftershockError, ValueError):
    """A user, a role or a password that cannot be taken."""

    @property
    def public(self) -> str:
        """What everybody may read of it: nothing of the file."""
        return "Nobody can be let in while the file of users cannot be read; the server's log says why."


@dataclass(frozen=True, slots=True)
class User:
    """One line of the file; ``hash`` is empty for a user whom only a proxy lets in."""

    name: str
    role: Standing
    hash: str = ""

    @property
    def mark(self) -> str:
        """What changes when the password does, so that old cookies end; tells nothing of it."""
        return sha256(self.hash.encode()).hexdigest()[:16]


def allows(role: Standing, needed: Role) -> bool:
    """Whether a role may do what another is needed for."""
    return _RANKS.index(role) >= _RANKS.index(needed)


class Users:
    """The users of a file; a file that is not there holds none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._users: dict[str, User] = {}

    def get(self, name: str) -> User | None:
        """The user of this name."""
        return self.all().get(name)

    def all(self) -> dict[str, User]:
        """Every user by name.

        Raises
        ------
        UserError
            If a line of the file cannot be read.
        """
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                self._seen, self._users = None, {}
                return self._users
            except OSError as error:
                raise UserError(
                    f"{self.path} cannot be read: {error.strerror}; let this user read it."
                ) from None
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._users = {user.name: user for user in self._read_file()}
                self._seen = seen
            return self._users

    def put(self, name: str, role: Role, password: str | None) -> None:
        """Add a user, or change one; without a password the one there is kept."""
        held = self.get(name)
        hashed = hash_of(password) if password is not None else held.hash if held else ""
        self._write({**self.all(), _checked(name): User(name, role, hashed)}.values())

    def remove(self, name: str) -> None:
        """Take a user out.

        Raises
        ------
        UserError
            If there is none of this name.
        """
        users = self.all()
        if name not in users:
            raise UserError(f"There is no user {name!r}; `aftershock users list` names them.")
        self._write(user for user in users.values() if user.name != name)

    def check(self, name: str, password: str) -> User | None:
        """The user whose password this is. An unknown name takes as long as a wrong password."""
        user = self.get(name)
        known = user is not None and bool(user.hash)
        right = check_password_hash(user.hash if user and known else _nobody(), password[:LONGEST_PASSWORD])
        return user if known and right and len(password) <= LONGEST_PASSWORD else None

    def _read_file(self) -> list[User]:
        try:
            return list(self._lines(self.path.read_text(encoding="utf-8-sig")))
        except UnicodeDecodeError:
            raise UserError(f"{self.path} is not UTF-8 text; write it anew or delete it.") from None
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}; let this user read it.") from None

    def _lines(self, text: str) -> Iterable[User]:
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, rest = line.strip().partition(":")
            role, _, hashed = rest.partition(":")
            if role not in ROLES or not _NAME.fullmatch(name):
                raise UserError(
                    f"Line {number} of {self.path} is no name:role:hash; write it anew or delete it."
                )
            yield User(name, role, hashed)

    def _write(self, users: Iterable[User]) -> None:
        text = "".join(f"{user.name}:{user.role}:{user.hash}\n" for user in users)
        write_secret(self.path, text)


def hash_of(password: str) -> str:
    """The scrypt hash of a password.

    Raises
    ------
    UserError
        If it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters; "
            f"this one has {len(password):,}."
        )
    if plain(password):
        raise UserError(
            "This password is one that is tried first: few characters, a repetition or a count; "
            "take several words that do not belong together."
        )
    return generate_password_hash(password, "scrypt")


def plain(password: str) -> bool:
    """Whether a password has fewer than five different characters, repeats itself, or counts."""
    text = unicodedata.normalize("NFKC", password).casefold()
    periods = range(1, len(text) // 2 + 1)
    repeats = any(text[period:] == text[:-period] for period in periods)
    steps = {(ord(after) - ord(before)) % 10 for before, after in itertools.pairwise(text)}
    counts = text.isdecimal() and len(steps) == 1
    codes = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return len(set(text)) < FEWEST or repeats or counts or len(codes) == 1


def secret_key(settings: Settings) -> str:
    """What signs the cookies: the one that is set, else one made at the first start and kept.

    Raises
    ------
    SettingsError
        If the file holds something else.
    """
    if settings.secret_key:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / "secret.key"
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(48) + "\n", replace=False)
    found = path.read_text(encoding="utf-8-sig").strip()
    if len(found) < 32:
        raise SettingsError(f"{path} holds no key of 32 characters; delete it, and a new one is made.")
    return found


def write_secret(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner may read, whole or not at all; of two writers one wins."""
    private.folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    private.file(draft)
    try:
        draft.write_text(text, encoding="utf-8")
        if replace:
            draft.replace(path)
        else:
            _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UserError(f"{name[:64]!r} is no user name; take letters, digits and . _ @ + - only.")
    return name


@cache
def _nobody() -> str:
    return generate_password_hash(secrets.token_hex(16), "scrypt")
