"""The house rules: lint, types, import rules, the wheel, sizes, and words that must not be there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import warnings
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PACKAGES = ("app", "ingest", "models")
LONG_FILE, MAX_BODY = 600, 80

TOP_LEVEL = {
    *("pyproject.toml", "README.md", "app", "ingest", "models", "tests", "assets", "docker-compose.yml"),
    *("requirements.lock", "Makefile", "Dockerfile", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
    *(".gitignore", ".ci"),
}
# Spelt apart, or this file would hold what it looks for.
MACHINE_WORDS = re.compile(
    r"/(?:work|farm|tmp)/[a-z.]|/opt/(?:wheels|pypi)|"
    + "|".join(("pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs"))
)


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("left out: checks of tracked files; this is not a git clone")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).exists()]


def _sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_ruff_finds_nothing() -> None:
    _run(str(BIN / "ruff"), "check", ".")


def test_ruff_has_put_the_code_in_order() -> None:
    _run(str(BIN / "ruff"), "format", "--check", ".")


def test_types_hold() -> None:
    _run(str(BIN / "mypy"))


def test_import_rules_hold() -> None:
    _run(str(BIN / "lint-imports"))


def test_top_level_is_what_was_agreed() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in _tracked()} <= TOP_LEVEL


def test_wheel_holds_the_three_packages_and_the_assets(tmp_path: Path) -> None:
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path))
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not any("tests" in name.split("/") for name in names)
    assert any(name.startswith("app/_assets/") and name.endswith(".css") for name in names)
    assert {"models/universe.toml", "app/cli.py"} <= set(names)


def test_no_machine_path_or_registry_host_in_tracked_files() -> None:
    found = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in MACHINE_WORDS.finditer(text)]
    assert not found


class LongFileWarning(UserWarning):
    """A file that may hold two subjects."""


@pytest.mark.filterwarnings("default::tests.test_house.LongFileWarning")
def test_long_files_are_named() -> None:
    """One subject a file; a length alone forbids nothing, or names would be cut to fit it."""
    sources = _sources(*PACKAGES, "tests")
    assert sources
    for path in sources:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONG_FILE:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", LongFileWarning, stacklevel=1)


def test_function_bodies_stay_short() -> None:
    long = {}
    for path in _sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > MAX_BODY:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = lines
    assert not long


def test_every_public_function_of_models_says_what_it_does() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in _sources("models")
        if "versions" not in path.parts
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_lock_has_hashes_and_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--find-links" not in text
    pinned = re.findall(r"^[a-z0-9.-]+==.*$", text, re.M)
    assert pinned
    assert len(pinned) == len(re.findall(r"^[a-z0-9.-]+==.* \\\n    --hash=sha256:", text, re.M))


def test_lock_covers_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    )
    names = {re.split(r"[\[<>=;, ]", line)[0] for line in wanted}
    assert names <= locked


def test_every_dependency_is_imported_and_every_import_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[\[<>=;, ]", line)[0] for line in project["dependencies"]}
    owners = packages_distributions()
    used = {
        owners[module][0].lower().replace("_", "-")
        for path in _sources(*PACKAGES)
        for module in _imported(ast.parse(path.read_text(encoding="utf-8")))
        if module in owners and module not in PACKAGES
    }
    assert declared - {"plotly"} == used  # what dash brings is held to a version: it draws the pages


def _imported(tree: ast.Module) -> set[str]:
    """The top-level packages a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {item.name.split(".")[0] for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_partial_plotly_build_is_the_one_that_plotly_carries() -> None:
    from plotly.offline import get_plotlyjs_version

    named = re.search(r"^PLOTLY_BUNDLE := \S+@(\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert named
    assert named.group(1) == get_plotlyjs_version()


def test_readme_names_every_command_with_its_options() -> None:
    from typer.main import get_command

    from app.cli import cli

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [words for words in _command_words(get_command(cli), "aftershock") if words not in text]
    assert not missing


def _command_words(command: Any, path: str) -> Iterator[str]:
    """Every command as it is typed, and every option of it that help shows."""
    for option in command.params:
        if not getattr(option, "hidden", False):
            yield from [name for name in option.opts if name.startswith("--")]
    for name, inner in getattr(command, "commands", {}).items():
        if not hasattr(inner, "commands"):
            yield f"{path} {name}"
        yield from _command_words(inner, f"{path} {name}")


def test_readme_holds_the_table_of_settings_as_the_code_has_it() -> None:
    """`aftershock config table` prints it."""
    from app.settings import settings_table

    assert settings_table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_make_target_is_named_in_the_documents() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    targets = re.findall(r"^([a-z]+):.*##", makefile, re.M)
    assert not [target for target in targets if f"make {target}" not in text]


def test_no_webgl_traces() -> None:
    """A gl trace needs 'unsafe-eval'; px draws one by itself above 1,000 points."""
    pattern = re.compile(r"\bgo\.\w+gl\b|[\"']\w+gl[\"']|plotly\.express|render_mode")
    hits = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in _sources("app")
        for hit in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not hits
