"""Which schemas have shipped: their digests are committed and never change.

A version once shipped stays readable for ever, and means for ever what it meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from contracts.documents.schemas import Document, short_name
from contracts.upcast import STEPS

Frozen = Mapping[str, Mapping[str, str]]


def read(path: Path) -> dict[str, dict[str, str]]:
    """Form → type name → digest; empty before anything has shipped."""
    frozen: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return frozen


def freeze(path: Path, documents: Iterable[Document]) -> list[str]:
    """Add the digests of versions that are new. Returns what stands in the way; then nothing is written."""
    frozen = read(path)
    documents = list(documents)
    if wrong := list(_changed(frozen, documents)):
        return wrong
    for document in documents:
        frozen.setdefault(document.form, {})[document.type] = document.digest()
    path.write_text(json.dumps(frozen, indent=2, sort_keys=True) + "\n", "utf-8")
    return []


def complaints(frozen: Frozen, documents: Iterable[Document], proto: Path) -> Iterator[str]:
    """What is wrong and what to do: versions that changed, are new, or lost their schema or example."""
    documents = list(documents)
    yield from _changed(frozen, documents)
    for document in documents:
        if document.type not in frozen.get(document.form, {}):
            yield (
                f"{document.file_name} is new and not frozen: once it is right, "
                "run python -m contracts.generate --freeze"
            )
    for form, types in frozen.items():
        for name in types:
            yield from _lost(form, name, proto)
    known = {document.type for document in documents}
    for name in sorted(frozen.get("recorded", {}).keys() - known - STEPS.keys()):
        yield f"{name} has shipped and can no longer be read: add a Step for it to contracts/upcast.py"


def _changed(frozen: Frozen, documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        shipped = frozen.get(document.form, {}).get(document.type)
        if shipped not in (None, document.digest()):
            yield (
                f"{document.type} ({document.form}) has shipped and its schema has changed: take the "
                "change back, or give the class the next version in TYPE, keep the old schema and example "
                "files, and add a Step to contracts/upcast.py"
            )


def _lost(form: str, name: str, proto: Path) -> Iterator[str]:
    for folder in ("schemas", "examples"):
        path = proto / folder / form / f"{short_name(name)}.json"
        if not path.exists():
            yield f"{path.relative_to(proto)} is missing: {name} has shipped, bring the file back"
