"""An event's fields as people read them, in both languages; what may not be seen is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from contracts import catalogue
from contracts.base import Contract, label_of_value, title_of
from pydantic.fields import FieldInfo
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import Reader, may_see
from reporting.indicators.period import HANOI

_YES_NO = {True: ("có", "yes"), False: ("không", "no")}


def facts_of(reader: Reader, data: Contract, path: str = "") -> Iterator[pb.Fact]:
    """The fields of a payload, those within lists by path (`items/0/service`); empty ones are left out."""
    for name, field in type(data).model_fields.items():
        yield from _fact(reader, field, f"{path}{name}", getattr(data, name))


def _fact(reader: Reader, field: FieldInfo, path: str, value: Any) -> Iterator[pb.Fact]:
    if value is None or value == () or not may_see(reader, label_of_value(field, value)):
        return
    if isinstance(value, Contract):
        yield from facts_of(reader, value, f"{path}/")
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _fact(reader, field, f"{path}/{place}", item)
    else:
        yield _leaf(field, path, value)


def _leaf(field: FieldInfo, path: str, value: Any) -> pb.Fact:
    title = title_of(field)
    return pb.Fact(
        field=path,
        title_vi=title.vi if title else path,
        title_en=title.en if title else path,
        value_json=json.dumps(value, ensure_ascii=False, default=str),
        text_vi=_text(value, "vi"),
        text_en=_text(value, "en"),
    )


def _text(value: Any, lang: str) -> str:
    match value:
        case StrEnum():
            return catalogue.name(value, lang)
        case bool():
            return _YES_NO[value][lang == "en"]
        case datetime():
            return value.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")
        case date():
            return value.strftime("%d/%m/%Y")
    return str(value)
