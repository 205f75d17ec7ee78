"""What an agency posts: whom it is about, who did it, and the data of the event.

```json
{"about": {"agency_ref": "LB-0042"}, "by": "nv-07", "legal_basis": null, "occurred_on": null, "data": {…}}
```
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, Generic, TypeVar, cast

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import SchemaValidator

from contracts.base import Contract, Label, Payload, Title
from contracts.fields import OF_A_PERSON, AgencyRef, EventId, Number, ShortText, WorkerId
from contracts.problems import Problem, Unreadable, is_utf8, problems_of
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind

P = TypeVar("P", bound=Payload, covariant=True)

EARLIEST = date(1900, 1, 1)
"""No day before this is meant: it has no first instant in UTC, or is a slip of the pen."""

_OF_A_PERSON = re.compile(OF_A_PERSON)


def _names_no_person(reference: str | None) -> str | None:
    """An ID number or telephone would stand in clear on topics and in logs, for as long as they are kept."""
    if reference is not None and _OF_A_PERSON.match(reference):
        raise ValueError("agency_ref_personal")
    return reference


class About(Contract):
    """Whom an event is about: the agency's own reference, or one number that it was sent, or both.

    Both together bind the reference to the client that the number belongs to.
    """

    agency_ref: Annotated[
        AgencyRef | None,
        Title("Mã của cơ quan", "Agency's reference"),
        AfterValidator(_names_no_person),
        Field(json_schema_extra={"not": {"type": "string", "pattern": OF_A_PERSON}}),
    ] = None
    introduction: Annotated[Number | None, Title("Số giấy giới thiệu", "Introduction number")] = None
    referral: Annotated[Number | None, Title("Số chuyển gửi", "Referral number")] = None
    stay: Annotated[Number | None, Title("Số lần ở cơ sở", "Stay number")] = None

    @model_validator(mode="after")
    def _names_somebody_once(self) -> About:
        numbers = (self.introduction, self.referral, self.stay).count(None)
        if numbers < 2:
            raise ValueError("about_two_numbers")
        if numbers == 3 and self.agency_ref is None:
            raise ValueError("about_nobody")
        return self

    @property
    def number(self) -> tuple[NumberKind, str] | None:
        """The number named, with its kind."""
        if self.introduction is not None:
            return NumberKind.INTRODUCTION, self.introduction
        if self.referral is not None:
            return NumberKind.REFERRAL, self.referral
        return None if self.stay is None else (NumberKind.STAY, self.stay)


class Posted(Contract, Generic[P]):
    """The value of an agency's event. `occurred_on`: only the day is known; it stands before `ce_time`.

    `corrects`: the id of an earlier event of the same type and source, about the same person, that was wrong:
    that one is voided, and this one stands in its place.
    """

    about: Annotated[About, Title("Về ai", "About")]
    by: Annotated[WorkerId, Title("Người thực hiện", "Done by")]
    legal_basis: Annotated[ShortText | None, Label.LEGAL, Title("Căn cứ pháp lý", "Legal basis")] = None
    occurred_on: Annotated[date | None, Title("Ngày xảy ra", "Occurred on")] = None
    corrects: Annotated[EventId | None, Title("Sửa cho sự kiện", "Corrects event")] = None
    data: Annotated[P, Title("Nội dung", "Data")]


def parse_posted(type_name: str, value: bytes) -> Posted[Payload]:
    """The posted event of this type.

    Raises Unreadable: `type_unknown` or `version_unknown` (field `ce_type`), `not_utf8`, `not_json`,
    `nested_too_deep`, or one problem a field with its JSON pointer.
    """
    if type_name not in POSTABLE:
        raise Unreadable([_unknown(type_name)])
    validator = _validator(type_name)
    try:
        posted: Posted[Payload] = validator.validate_json(value)
    except ValidationError as error:
        raise Unreadable(_problems(error, value)) from None
    if posted.occurred_on is not None and posted.occurred_on < EARLIEST:
        raise Unreadable([Problem("time_too_early", "/occurred_on", {"earliest": EARLIEST.isoformat()})])
    return posted


def _problems(error: ValidationError, value: bytes) -> list[Problem]:
    problems = problems_of(error)
    if problems[0].code == "not_json" and not is_utf8(value):
        return [Problem("not_utf8")]
    return problems


@cache
def _validator(type_name: str) -> SchemaValidator:
    """Made when a type is first posted, in a millisecond; of types that we know, so they are few."""
    model = cast(type[Posted[Payload]], Posted.__class_getitem__(POSTABLE[type_name].model))
    return cast(SchemaValidator, model.__pydantic_validator__)


def _unknown(type_name: str) -> Problem:
    stem, _, _version = type_name.rpartition(".v")
    known = sorted(name for name in POSTABLE if stem and name.startswith(f"{stem}.v"))
    if known:
        return Problem("version_unknown", "ce_type", {"known": ", ".join(known)})
    return Problem("type_unknown", "ce_type")
