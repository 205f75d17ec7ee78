"""An event's fields as people read them, in both languages; what may not be seen is left out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from contracts import catalogue
from contracts.base import CodeOf, Contract, Label, Payload, labels_of, title_of
from contracts.events.common import AgencyEventDeferred
from contracts.fields import PATTERNS
from contracts.registry import POSTABLE
from pydantic import StringConstraints, ValidationError
from pydantic.fields import FieldInfo
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import TOLD_BY_THE_EVENT, Reader, may_see
from reporting.indicators.period import HANOI
from reporting.rpc import answers

_EVENT_TYPE = PATTERNS["event_type"]
_YES_NO = {True: ("có", "yes"), False: ("không", "no")}


def facts_of(
    reader: Reader, data: Payload, only: Collection[str] | None = None, but: Collection[str] = ()
) -> Iterator[pb.Fact]:
    """The fields of a payload that the reader may see, those within lists by path (`items/0/score`).

    Empty ones are left out. A field goes by all the labels that it can carry, whatever its value: what is
    left out for one value and not for another tells the value. `only`: no other fields than these; `but`: not
    these.
    """
    told = TOLD_BY_THE_EVENT.get(data.TYPE, ())
    shown = {
        name: field
        for name, field in type(data).model_fields.items()
        if (only is None or name in only)
        and name not in but
        and (name in told or may_see(reader, labels_of(field)))
    }
    for name, field in shown.items():
        value = getattr(data, name)
        if isinstance(data, AgencyEventDeferred) and name == "data":
            yield from _routed(reader, field, data, but)
            continue
        for fact in _facts(reader, field, name, value):
            yield _answered(data, fact, shown)


def _routed(
    reader: Reader, field: FieldInfo, told: AgencyEventDeferred, but: Collection[str]
) -> Iterator[pb.Fact]:
    """The data of the agency's event by the titles of its own fields; only those that the reader may see."""
    event = _event(told)
    if event is None:
        yield from _facts(reader, field, "data", told.data)
        return
    inner = list(facts_of(reader, event, but=but))
    names = {one.field.partition("/")[0] for one in inner}
    for fact in _facts(reader, field, "data", {name: told.data[name] for name in told.data if name in names}):
        fact.text_vi = ", ".join(f"{one.title_vi}: {one.text_vi}" for one in inner)
        fact.text_en = ", ".join(f"{one.title_en}: {one.text_en}" for one in inner)
        yield fact


def _event(told: AgencyEventDeferred) -> Payload | None:
    """None for data of an event that is not posted any more."""
    known = POSTABLE.get(told.type)
    try:
        return None if known is None else known.model.model_validate_json(json.dumps(told.data))
    except ValidationError:
        return None


def _answered(data: Payload, fact: pb.Fact, shown: Collection[str]) -> pb.Fact:
    value = json.loads(fact.value_json)
    fact.text_vi = answers.in_words(data, fact.field, value, shown, "vi") or fact.text_vi
    fact.text_en = answers.in_words(data, fact.field, value, shown, "en") or fact.text_en
    return fact


def _facts(reader: Reader, field: FieldInfo, path: str, value: Any) -> Iterator[pb.Fact]:
    if value is None or value in ((), {}):
        return
    if isinstance(value, Contract):
        yield from _inner_facts(reader, value, path)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _facts(reader, field, f"{path}/{place}", item)
    else:
        yield _leaf(field, path, value)


def _inner_facts(reader: Reader, item: Contract, path: str) -> Iterator[pb.Fact]:
    """All fields of an item of a list, or none: half of one would tell that there is another half."""
    if may_see(reader, labels_within(type(item))):
        for name, field in type(item).model_fields.items():
            yield from _facts(reader, field, f"{path}/{name}", getattr(item, name))


def labels_within(model: type[Contract]) -> frozenset[Label]:
    """Every label that a field of the model can carry."""
    return frozenset().union(*map(labels_of, model.model_fields.values()))


def _leaf(field: FieldInfo, path: str, value: Any) -> pb.Fact:
    title = title_of(field)
    return pb.Fact(
        field=path,
        title_vi=title.vi if title else path,
        title_en=title.en if title else path,
        value_json=json.dumps(value, ensure_ascii=False, default=str),
        text_vi=_text(field, value, "vi"),
        text_en=_text(field, value, "en"),
    )


def _text(field: FieldInfo, value: Any, lang: str) -> str:
    if (codes := next((one for one in field.metadata if isinstance(one, CodeOf)), None)) is not None:
        return catalogue.in_words(codes.list_name, str(value), lang)
    if any(isinstance(one, StringConstraints) and one.pattern == _EVENT_TYPE for one in field.metadata):
        return catalogue.event_title(str(value), lang)
    match value:
        case StrEnum():
            return catalogue.name(value, lang)
        case bool():
            return _YES_NO[value][lang == "en"]
        case datetime():
            return value.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")
        case date():
            return value.strftime("%d/%m/%Y")
        case dict():
            return ", ".join(f"{key}: {each}" for key, each in value.items() if each is not None)
    return str(value)
