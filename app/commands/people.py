"""Commands about users: add, list, remove."""

from __future__ import annotations

import sys
from getpass import getpass

from app.auth.users import Role, UserError, Users
from app.commands.printing import write, write_rows
from app.settings import load_settings

DONE = 0


def put(name: str, role: Role, *, with_password: bool) -> int:
    """Add a user or change one."""
    users = Users(load_settings().users_path)
    users.put(name, role, _password() if with_password else None)
    write(f"{name} is in {users.path} as {role}.")
    return DONE


def show(form: str) -> int:
    """Print every user with the role; never a hash."""
    users = Users(load_settings().users_path).all().values()
    rows = [
        {"user": user.name, "role": user.role, "login": "password" if user.hash else "proxy"}
        for user in users
    ]
    write_rows(form, ("user", "role", "login"), rows, "Users")
    return DONE


def take_out(name: str) -> int:
    """Take a user out."""
    users = Users(load_settings().users_path)
    users.remove(name)
    write(f"{name} may no longer log in.")
    return DONE


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if first != getpass("Once more: "):
        raise UserError("The two were not the same; run the command again.")
    return first
