"""Which schemas have shipped: what they demand is committed, and never narrowed.

A version once shipped stays readable for ever, and means for ever what it meant; it may grow (`growth`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from contracts.documents.growth import Schema, narrowings
from contracts.documents.schemas import Document, short_name
from contracts.upcast import STEPS

Frozen = Mapping[str, Mapping[str, Schema]]


def read(path: Path) -> dict[str, dict[str, Schema]]:
    """Form → type name → what its schema demands; empty before anything has shipped."""
    frozen: dict[str, dict[str, Schema]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return frozen


def freeze(path: Path, documents: Iterable[Document]) -> list[str]:
    """Add the versions that are new and what others grew by. Returns what stands in the way; then nothing is
    written."""
    frozen = read(path)
    documents = list(documents)
    if wrong := list(_changed(frozen, documents)):
        return wrong
    for document in documents:
        frozen.setdefault(document.form, {})[document.type] = document.demands()
    path.write_text(_lines(frozen), "utf-8")
    return []


def _lines(frozen: Frozen) -> str:
    """One line a version, so that a change shows which."""
    forms = []
    for form, types in sorted(frozen.items()):
        lines = (f"    {json.dumps(name)}: {_line(types[name])}" for name in sorted(types))
        forms.append(f"  {json.dumps(form)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(forms) + "\n}\n"


def _line(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def complaints(frozen: Frozen, documents: Iterable[Document], proto: Path) -> Iterator[str]:
    """What is wrong and what to do: versions that changed, are new, or lost their schema or example."""
    documents = list(documents)
    yield from _changed(frozen, documents)
    for document in documents:
        shipped = frozen.get(document.form, {}).get(document.type)
        if shipped is None or (shipped != document.demands() and not narrowings(shipped, document.demands())):
            yield (
                f"{document.file_name} is {'new' if shipped is None else 'grown'} and not frozen: once it is "
                "right, run python -m contracts.generate --freeze"
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
        where = [] if shipped is None else narrowings(shipped, document.demands())
        if where:
            yield (
                f"{document.type} ({document.form}) has shipped and its schema takes less or means another "
                f"thing ({', '.join(where)}): take the change back, or give the class the next version in "
                "TYPE, keep the old schema and example files, and add a Step to contracts/upcast.py"
            )


def _lost(form: str, name: str, proto: Path) -> Iterator[str]:
    for folder in ("schemas", "examples"):
        path = proto / folder / form / f"{short_name(name)}.json"
        if not path.exists():
            yield f"{path.relative_to(proto)} is missing: {name} has shipped, bring the file back"
