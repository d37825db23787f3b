"""The compose file: what the client makes of it where there is one, and what it must say anyway."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli import cli
from app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"
OURS = ("migrate", "ingest", "web")


def services() -> dict[str, str]:
    """Each service's own lines, with those of the shared block where it is merged in."""
    text = "".join(
        line for line in FILE.read_text("utf-8").splitlines(True) if not line.lstrip().startswith("#")
    )
    shared = text.split("x-aftershock: &aftershock\n")[1].split("\nservices:")[0]
    body = text.split("\nservices:\n")[1].split("\nnetworks:\n")[0]
    found = re.split(r"^  (\w+):\n", body, flags=re.M)[1:]
    blocks = dict(zip(found[::2], found[1::2], strict=True))
    return {name: block.replace("<<: *aftershock", shared) for name, block in blocks.items()}


def clients() -> Iterator[tuple[str, ...]]:
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]):
            tried = subprocess.run((*command, "version"), capture_output=True, check=False)
            if tried.returncode == 0:
                yield command


def test_the_client_can_read_it() -> None:
    command = next(clients(), None)
    if command is None:
        pytest.skip("left out: the compose file as the client reads it; no docker compose here")
    done = subprocess.run(
        (*command, "-f", str(FILE), "config", "--quiet"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_services_come_in_order() -> None:
    found = services()
    assert set(found) == {"db", *OURS}
    assert "db: { condition: service_healthy }" in found["migrate"]
    for name in ("ingest", "web"):
        assert "migrate: { condition: service_completed_successfully }" in found[name]
    assert 'restart: "no"' in found["migrate"]
    for name in ("db", "ingest", "web"):
        assert "restart: unless-stopped" in found[name] and "healthcheck:" in found[name]


def test_every_container_is_closed_up() -> None:
    for name, block in services().items():
        for line in (
            "read_only: true",
            "cap_drop: [ALL]",
            "no-new-privileges:true",
            "pids_limit:",
            "mem_limit:",
        ):
            assert line in block, f"{name} lacks {line}"
        assert re.search(r'^ +user: ("10001:10001"|postgres)$', block, re.M), f"{name} may run as root"
        assert "secrets: [database_password]" in block
        published = " ".join(re.findall(r"ports: \[(.+)\]", block))
        assert all(place.startswith("127.0.0.1:") for place in re.findall(r'"([^"]+)"', published))
    assert "ports:" not in services()["db"]


def test_no_secret_stands_in_it_and_every_setting_is_one() -> None:
    text = FILE.read_text("utf-8")
    assert not re.search(r"PASSWORD: \S", text) and "postgresql://aftershock@db/aftershock" in text
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in set(re.findall(rf"{PREFIX}\w+", text)):
        assert name.removesuffix("_FILE") in known


def test_its_commands_are_commands() -> None:
    top = get_command(cli).commands  # type: ignore[attr-defined]
    for block in services().values():
        for words in re.findall(r"command: \[(.+)\]", block):
            first, *rest = words.split(", ")
            assert first in top and (not rest or rest[0] in top[first].commands)
    assert "status" in top["ingest"].commands
