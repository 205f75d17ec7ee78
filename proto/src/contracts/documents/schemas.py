"""JSON Schemas of what agencies post, of what services record, and of receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel

from contracts.base import Contract
from contracts.envelope import Recorded
from contracts.posted import Posted
from contracts.receipt import Receipt
from contracts.registry import PAYLOADS, POSTABLE

Form = Literal["posted", "recorded"]
Schema = dict[str, Any]
_SITE = "https://reftrack.org/schemas"
_WORDING = frozenset({"title", "description", "x-title-vi", "examples", "$id"})


@dataclass(frozen=True)
class Document:
    """The schema of one version of one event, in one form."""

    form: Form
    type: str
    schema: Schema

    @property
    def file_name(self) -> str:
        return f"{self.form}/{short_name(self.type)}.json"

    def demands(self) -> Schema:
        """What the schema demands; wording (titles, descriptions) may be mended later."""
        bare: Schema = _without_wording(self.schema)
        return bare


def short_name(type_name: str) -> str:
    """`org.reftrack.client-contacted.v1` → `client-contacted.v1`."""
    return type_name.removeprefix("org.reftrack.")


def documents() -> Iterator[Document]:
    """Every schema of this version of the software, posted first, each in the order of the registry."""
    for name, postable in POSTABLE.items():
        yield _document("posted", name, _of(Posted, postable.model), postable.model.TITLE.en)
    for name, payload in PAYLOADS.items():
        yield _document("recorded", name, _of(Recorded, payload), payload.TITLE.en)
    yield _document("recorded", Receipt.TYPE, Receipt, Receipt.TITLE.en)


def _of(frame: type[Contract], payload: type[Contract]) -> type[BaseModel]:
    return cast(type[BaseModel], frame.__class_getitem__(payload))


def _document(form: Form, type_name: str, model: type[BaseModel], title: str) -> Document:
    head: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{_SITE}/{form}/{short_name(type_name)}.json",
    }
    return Document(form, type_name, {**head, **model.model_json_schema(), "title": title})


def _without_wording(part: Any) -> Any:
    if isinstance(part, dict):
        kept = ((key, value) for key, value in part.items() if key not in _WORDING or isinstance(value, dict))
        return {key: _without_wording(value) for key, value in kept}
    return [_without_wording(value) for value in part] if isinstance(part, list) else part
