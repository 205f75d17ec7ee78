"""What every contract is made of: strict frozen models, sensitivity labels, titles in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Label(StrEnum):
    """Sensitivity of a field: who may see it is decided by label (`domain.md`, Labels and who may see)."""

    IDENTITY = "IDENTITY"
    DRUG = "DRUG"
    HIV = "HIV"
    OST = "OST"
    PSY = "PSY"
    TB = "TB"
    LEGAL = "LEGAL"
    TRAFFICKING = "TRAFFICKING"


@dataclass(frozen=True)
class Title:
    """What people call a field or an event, in Vietnamese and English."""

    vi: str
    en: str


class Contract(BaseModel):
    """A model of the contract: frozen, strict, and no field beyond those named."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Payload(Contract):
    """The data of one event type and version; `TYPE` is its CloudEvents type."""

    TYPE: ClassVar[str]
    TITLE: ClassVar[Title]
