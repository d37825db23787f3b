"""Folders and files that nobody but their owner reads, whatever the process's mask would allow."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone.

    One that is there already is its owner's to decide about and stays as it is.
    """
    if path.is_dir():
        return
    folder(path.parent)
    try:
        path.mkdir(FOLDER)
    except FileExistsError:
        if not path.is_dir():  # another process was first, unless it is a file
            raise
        return
    path.chmod(FOLDER)  # a mask may have taken the owner's own rights


def file(path: Path) -> bool:
    """Make an empty file for its owner alone; False when there is one, which stays as it is.

    SQLite makes a database for everyone to read, and its log and index with the rights of the database:
    it is given an empty file instead, which is an empty database.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE)
    except FileExistsError:
        return False
    try:
        os.fchmod(handle, FILE)
    finally:
        os.close(handle)
    return True


def opener(path: str, flags: int) -> int:
    """What ``open`` is given to make a file for its owner alone; an old one keeps its rights."""
    if flags & os.O_CREAT:
        file(Path(path))
    return os.open(path, flags, FILE)
