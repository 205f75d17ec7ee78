"""The .proto files → Python stubs with types, in `proto/src/reftrack`; called by `contracts.generate`.

Needs the development tools (grpcio-tools, mypy-protobuf); the services need only what is generated.
"""

from __future__ import annotations

import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "reftrack"


def generate(into: Path) -> None:
    """Write the package `reftrack` into a folder. Raises SystemExit; protoc says on standard error why."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # a development tool only

    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "reftrack").rglob("*.proto"))
    arguments = [
        "protoc",
        f"-I{ROOT}",
        f"-I{files('grpc_tools') / '_proto'}",
        *_plugin("mypy", into),
        *_plugin("mypy_grpc", into),
        f"--python_out={into}",
        f"--grpc_python_out={into}",
    ]
    if protoc.main([*arguments, *sources]) != 0:
        raise SystemExit("protoc failed; its messages stand above")
    for folder in (into / "reftrack", *(path for path in (into / "reftrack").rglob("*") if path.is_dir())):
        (folder / "__init__.py").write_text(f'"""Generated from proto/{folder.relative_to(into)}."""\n')
    (into / "reftrack" / "py.typed").touch()


def _plugin(name: str, into: Path) -> Iterator[str]:
    program = Path(sysconfig.get_path("scripts")) / f"protoc-gen-{name}"
    yield f"--plugin=protoc-gen-{name}={program}"
    yield f"--{name}_out=quiet:{into}"


def stale() -> list[str]:
    """Names of generated files that are missing, different or left over."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh, kept = _contents(Path(folder) / "reftrack"), _contents(PACKAGE)
    return sorted(name for name in fresh.keys() | kept.keys() if fresh.get(name) != kept.get(name))


def _contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
