"""The rules of the house, run where the tests run: one command says all, the same on a desk as in CI."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "core", "widgets", "tests")
TOP = {
    ".ci", ".gitignore", "ARCHITECTURE.md", "LICENSE", "README.md", "app", "core", "main.py", "pyproject.toml",
    "resources", "shaders", "tests", "widgets",
}  # fmt: skip
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "ruff", "format", "--check"],
        ["-m", "ruff", "check"],
        ["-m", "mypy"],
        ["-c", LINT_IMPORTS, "--no-cache"],
    ],
    ids=["format", "lint", "types", "imports"],
)
def test_tools_find_nothing(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def tracked() -> list[str]:
    """Files that git keeps, or nothing outside of a clone."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    return listing.stdout.splitlines()


def test_every_folder_of_code_is_a_package() -> None:
    assert [str(path.parent) for path in modules() if not (path.parent / "__init__.py").exists()] == []


def test_no_module_is_named_for_nothing() -> None:
    assert [str(path) for path in modules() if re.search(r"util|helper|manager|misc|common", path.stem)] == []


def test_the_top_of_the_tree_is_as_designed() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP


def test_no_lock_file_and_no_registry_address() -> None:
    assert [name for name in tracked() if name.endswith((".lock", "requirements.txt"))] == []
    assert "index" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"].get("uv", {})
    for name in ("pyproject.toml", "README.md", ".ci/run"):
        assert not re.search(r"index-url|extra-index", (ROOT / name).read_text(encoding="utf-8"))


def test_what_runs_is_what_is_shipped() -> None:
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert facts["project"]["scripts"] == {"volteface": "app.command_line:main"}
    assert "PySide6-Essentials==6.11.3" in facts["project"]["dependencies"]
    shipped = facts["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(shipped) == {"app", "core", "widgets", "shaders", "resources"}
    assert all((ROOT / name).is_dir() for name in shipped)


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]


def test_the_readme_commands_are_the_promised_ones() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install uv && uv run main.py" in readme
    assert "pip install uv && uv run pytest" in readme
