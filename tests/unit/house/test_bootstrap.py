"""Setting up from bare Python: when it is due, and what it says when it cannot go on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, on a checkout of its own with one member and a `.venv` that is current."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "member").mkdir()
    (tmp_path / "member" / "pyproject.toml").write_text("[project]\nname = 'member'\n")
    (tmp_path / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = ['member']\n")
    for name in ("requirements.lock", "requirements-uv.txt"):
        (tmp_path / name).write_text("uv==1.0\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "TOOLS", tmp_path / ".tools")
    monkeypatch.setattr(module, "UV_VENV", tmp_path / ".tools" / "uv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / ".stamp")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    module.STAMP.write_text(module.stamp())
    return module


def test_what_is_current_is_left_as_it_is(bootstrap: ModuleType) -> None:
    assert bootstrap.is_current()


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-uv.txt", "member/pyproject.toml"])
def test_a_change_of_what_is_pinned_makes_it_due(bootstrap: ModuleType, file: str) -> None:
    (bootstrap.ROOT / file).write_text("uv==2.0\n")
    assert not bootstrap.is_current()


def test_an_environment_whose_python_is_gone_is_made_anew(bootstrap: ModuleType) -> None:
    python = bootstrap.VENV / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert not bootstrap.is_current()
    assert not bootstrap.is_usable()


def test_an_environment_that_its_owner_keeps_is_left_alone(bootstrap: ModuleType) -> None:
    (bootstrap.VENV / ".keep").touch()
    bootstrap.STAMP.unlink()
    assert bootstrap.is_current()


def test_a_python_that_is_too_old_is_refused_by_its_version(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(bootstrap.Failed, match=r"Python 3\.11 or newer is needed, this is 3\."):
        bootstrap.set_up(quiet=True)


def test_a_python_without_venv_is_told_with_the_package_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "No module named ensurepip")

    monkeypatch.setattr(bootstrap.subprocess, "run", fails)
    with pytest.raises(bootstrap.Failed, match="apt install python3-venv") as failed:
        bootstrap.make_venv()
    assert "No module named ensurepip" in str(failed.value)


def test_a_step_that_fails_is_told_with_its_last_words_and_without_the_retries(bootstrap: ModuleType) -> None:
    words = "import sys; sys.exit('WARNING: Retrying (Retry(total=4\\nno matching distribution')"
    with pytest.raises(bootstrap.Failed, match="could not fetch uv") as failed:
        bootstrap.run([sys.executable, "-c", words], "fetch uv")
    assert "no matching distribution" in str(failed.value)
    assert "Retrying" not in str(failed.value)
    assert "HTTPS_PROXY" in str(failed.value)
