"""What is generated is current, and what has shipped does not change unseen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from contracts import generate
from contracts.documents import frozen
from contracts.documents.schemas import Document
from contracts.generate import PROTO

DOCUMENT = Document(
    "recorded",
    "org.reftrack.case-opened.v1",
    {"title": "Case opened", "properties": {"n": {"type": "integer"}, "title": {"type": "string"}}},
)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A `proto` folder in which DOCUMENT has shipped."""
    for folder in ("schemas", "examples"):
        (tmp_path / folder / "recorded").mkdir(parents=True)
        (tmp_path / folder / DOCUMENT.file_name).touch()
    assert frozen.freeze(tmp_path / "frozen.json", [DOCUMENT]) == []
    return tmp_path


def complain(proto: Path, *documents: Document) -> list[str]:
    return list(frozen.complaints(frozen.read(proto / "frozen.json"), documents, proto))


def changed(**parts: Any) -> Document:
    return replace(DOCUMENT, schema={**DOCUMENT.schema, **parts})


def test_schemas_documents_and_stubs_are_current_and_nothing_shipped_has_changed() -> None:
    assert list(generate.complaints()) == []


def test_a_shipped_schema_that_changed_is_refused_with_what_to_do(shipped: Path) -> None:
    wider = changed(properties={"n": {"type": "number"}, "title": {"type": "string"}})
    (told,) = complain(shipped, wider)
    assert "org.reftrack.case-opened.v1 (recorded) has shipped" in told
    assert "next version" in told
    assert "contracts/upcast.py" in told
    assert frozen.freeze(shipped / "frozen.json", [wider]) == [told]
    assert complain(shipped, DOCUMENT) == []


def test_the_wording_of_a_shipped_schema_may_be_mended(shipped: Path) -> None:
    assert complain(shipped, changed(title="Opening of a case", description="…")) == []


def test_a_field_called_title_is_no_wording(shipped: Path) -> None:
    assert complain(shipped, changed(properties={"n": {"type": "integer"}, "title": {"type": "null"}})) != []
    assert complain(shipped, changed(properties={"n": {"type": "integer"}})) != []


def test_a_new_version_asks_to_be_frozen(shipped: Path) -> None:
    second = replace(DOCUMENT, type="org.reftrack.case-opened.v2")
    (told,) = complain(shipped, DOCUMENT, second)
    assert "--freeze" in told
    (shipped / "schemas" / second.file_name).touch()
    (shipped / "examples" / second.file_name).touch()
    assert frozen.freeze(shipped / "frozen.json", [DOCUMENT, second]) == []
    assert complain(shipped, DOCUMENT, second) == []


@pytest.mark.parametrize("folder", ["schemas", "examples"])
def test_the_files_of_a_shipped_version_are_kept(shipped: Path, folder: str) -> None:
    (shipped / folder / DOCUMENT.file_name).unlink()
    (told,) = complain(shipped, DOCUMENT)
    assert f"{folder}/recorded/case-opened.v1.json is missing" in told


def test_a_shipped_version_that_nothing_reads_any_more_is_named(tmp_path: Path) -> None:
    (told,) = [
        told
        for told in frozen.complaints({"recorded": {"org.reftrack.gone.v1": {}}}, [], tmp_path)
        if "upcast" in told
    ]
    assert "org.reftrack.gone.v1" in told


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = yaml.safe_load((PROTO / "asyncapi.yaml").read_text("utf-8"))
    found = list(references(document))
    assert found
    for reference in found:
        assert leads_somewhere(document, reference), reference


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in references(value)]
    return [found for value in part for found in references(value)] if isinstance(part, list) else []


def leads_somewhere(document: Any, reference: str) -> bool:
    if reference.startswith("./"):
        return (PROTO / reference).exists()
    for step in reference.removeprefix("#/").split("/"):
        document = document.get(step, {})
    return bool(document)


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is generated, in a folder where a test may change it."""
    monkeypatch.setattr(generate, "PROTO", tmp_path / "proto")
    monkeypatch.setattr(generate, "DOCS", tmp_path / "docs")
    for path, text in generate.files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_a_file_changed_by_hand_or_taken_away_is_found_with_what_to_do(generated: Path) -> None:
    assert list(generate.stale()) == []
    (generated / "docs" / "events.md").write_text("by hand", "utf-8")
    (generated / "proto" / "schemas" / "posted" / "plan-agreed.v1.json").unlink()
    assert list(generate.stale()) == [
        "proto/schemas/posted/plan-agreed.v1.json is stale: run python -m contracts.generate",
        "docs/events.md is stale: run python -m contracts.generate",
    ]
