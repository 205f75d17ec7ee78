"""What every contract is made of: strict frozen models, sensitivity labels, titles in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema


class Label(StrEnum):
    """Sensitivity of a field, `Annotated[str, Label.DRUG]`: decides who may see it (`domain.md`)."""

    IDENTITY = "IDENTITY"
    DRUG = "DRUG"
    HIV = "HIV"
    OST = "OST"
    PSY = "PSY"
    TB = "TB"
    HEALTH = "HEALTH"
    LEGAL = "LEGAL"
    TRAFFICKING = "TRAFFICKING"


@dataclass(frozen=True)
class Title:
    """What people call a field or an event, in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True)
class SensitiveByValue:
    """The label follows from the value: the name of a service can itself reveal HIV status."""

    labels: Mapping[str, Label]

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.labels.items())))


@dataclass(frozen=True)
class CodeOf:
    """A field of text holds a code of that list of the catalogue, or two with `-` between: from which to
    which. What else stands there (a score) says itself."""

    list_name: str


class Contract(BaseModel):
    """A model of the contract: frozen, strict, and no field beyond those named."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            properties[name].update(_marks(field))
        return schema


class Payload(Contract):
    """The data of one event type and version; `TYPE` is its CloudEvents type."""

    TYPE: ClassVar[str]
    TITLE: ClassVar[Title]


def _marks(field: FieldInfo) -> dict[str, Any]:
    """What the JSON Schema of a field says beside its shape."""
    marks: dict[str, Any] = {}
    for mark in field.metadata:
        if isinstance(mark, Title):
            marks |= {"title": mark.en, "x-title-vi": mark.vi}
        elif isinstance(mark, Label):
            marks.setdefault("x-labels", []).append(mark.value)
        elif isinstance(mark, SensitiveByValue):
            marks["x-labels-by-value"] = {str(of): label.value for of, label in sorted(mark.labels.items())}
    return marks


def title_of(field: FieldInfo) -> Title | None:
    return next((mark for mark in field.metadata if isinstance(mark, Title)), None)


def labels_of(field: FieldInfo) -> frozenset[Label]:
    """Every label that the field can carry, whatever its value."""
    fixed = {mark for mark in field.metadata if isinstance(mark, Label)}
    by_value = [mark for mark in field.metadata if isinstance(mark, SensitiveByValue)]
    return frozenset(fixed.union(*(mark.labels.values() for mark in by_value)))


def label_of_value(field: FieldInfo, value: object) -> frozenset[Label]:
    """The labels that the field carries with this value."""
    fixed = {mark for mark in field.metadata if isinstance(mark, Label)}
    by_value = [mark for mark in field.metadata if isinstance(mark, SensitiveByValue)]
    return frozenset(fixed.union(mark.labels[str(value)] for mark in by_value if str(value) in mark.labels))
