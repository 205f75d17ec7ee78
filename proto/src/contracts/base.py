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
    LEGAL = "LEGAL"
    TRAFFICKING = "TRAFFICKING"

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        return {**schema, "x-labels": [*schema.get("x-labels", []), self.value]}


@dataclass(frozen=True)
class Title:
    """What people call a field or an event, in Vietnamese and English."""

    vi: str
    en: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "title": self.en, "x-title-vi": self.vi}


@dataclass(frozen=True)
class SensitiveByValue:
    """The label follows from the value: the name of a service can itself reveal HIV status."""

    labels: Mapping[str, Label]

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.labels.items())))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        by_value = {str(value): label.value for value, label in sorted(self.labels.items())}
        return {**handler(core), "x-labels-by-value": by_value}


class Contract(BaseModel):
    """A model of the contract: frozen, strict, and no field beyond those named."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Payload(Contract):
    """The data of one event type and version; `TYPE` is its CloudEvents type."""

    TYPE: ClassVar[str]
    TITLE: ClassVar[Title]


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
