"""What a request says of an office, as a description; each wrong field is named as the request names it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from chassis.rpc.errors import InvalidInput, Violation
from contracts.events.agencies import AgencyChanged, AgencyDescription, AgencyRegistered
from contracts.problems import problems_of
from pydantic import ValidationError
from pydantic_core import to_json
from reference import Organisation, Policy, Territory
from reference.areas import PROGRAMME_BEGAN
from reftrack.intake.v1 import agencies_pb2 as pb

from intake.agencies.fitting import LEVELS, misfits

_PLAIN = ("org", "kind", "name_vi", "name_en", "since", "until")
D = TypeVar("D", bound=AgencyDescription)


def registered(
    request: pb.RegisterAgencyRequest, today: date, territory: Territory, policy: Policy
) -> AgencyRegistered:
    """The description that a registration gives. Raises `InvalidInput`."""
    said: dict[str, Any] = {name: getattr(request, name) or None for name in _PLAIN}
    said |= {level: getattr(request, level) or None for level in LEVELS}
    said |= {"services": list(request.services), "sealed_only": request.sealed_only}
    said |= {"may_post": _may_post(request), "contact": _contact(request.contact)}
    said["unit_on"] = today.isoformat()
    return _validated(AgencyRegistered, said, misfits(said, territory, policy))


def changed(
    request: pb.ChangeAgencyRequest,
    before: AgencyDescription,
    today: date,
    territory: Territory,
    policy: Policy,
) -> AgencyDescription:
    """The description after a change: the fields given, the others as before. Raises `InvalidInput`."""
    said = before.model_dump(mode="json", exclude={"changed", "of_reference_data"})
    for name in ("name_vi", "name_en", "since", "until", "sealed_only"):
        if request.HasField(name):
            said[name] = getattr(request, name) if name == "sealed_only" else getattr(request, name) or None
    if request.HasField("services"):
        said["services"] = list(request.services.services)
    if request.HasField("may_post") or request.may_post_all:
        said["may_post"] = None if request.may_post_all else _may_post(request)
    if request.HasField("contact"):
        said["contact"] = _contact(request.contact)
    moved = [level for level in LEVELS if request.HasField(level)]  # type: ignore[arg-type]
    if moved:
        said |= dict.fromkeys(LEVELS) | {level: getattr(request, level) for level in moved}
        said["unit_on"] = today.isoformat()
    given = {*moved, "commune"} if moved else set[str]()
    given |= {name for name in ("services", "may_post") if request.HasField(name)}
    given |= {"until"} if request.HasField("since") or request.HasField("until") else set()
    wrong = (one for one in misfits(said, territory, policy) if one.field.partition(".")[0] in given)
    return _validated(AgencyChanged, {**said, "changed": ["any"]}, wrong)


def taken_over(organisation: Organisation) -> AgencyRegistered:
    """What the reference data say of an office that the registry has no history of yet."""
    level = next((level for level in LEVELS if getattr(organisation, level)), "province")
    code = getattr(organisation, level) or organisation.policy_province
    said: dict[str, Any] = {
        "org": organisation.id,
        "kind": organisation.kind,
        "name_vi": organisation.name.vi,
        "name_en": organisation.name.en,
        level: code,
        "unit_on": (organisation.seat.on or PROGRAMME_BEGAN).isoformat(),
        "services": list(organisation.services),
        "may_post": None if organisation.may_post is None else list(organisation.may_post),
        "sealed_only": organisation.sealed_only,
        "since": organisation.since and organisation.since.isoformat(),
        "until": organisation.until and organisation.until.isoformat(),
        "of_reference_data": True,
    }
    return _validated(AgencyRegistered, said)


def _validated(model: type[D], said: Mapping[str, Any], besides: Iterable[Violation] = ()) -> D:
    """The description, where nothing is wrong with it: by the contract, and `besides`. Raises `InvalidInput`
    with all of it, each field once."""
    given = {name: value for name, value in said.items() if value is not None}
    others = list(besides)
    try:
        found = model.model_validate_json(to_json(given))
    except ValidationError as error:
        wrong = _named(error, {one.code for one in others})
    else:
        wrong = []
    fields = {_field(one) for one in wrong}
    if wrong := [*wrong, *(one for one in others if _field(one) not in fields)]:
        raise InvalidInput(wrong)
    return found


def _named(error: ValidationError, told: Container[str]) -> list[Violation]:
    """The contract's findings; those about the description as a whole only where nothing else tells them."""
    return [
        Violation((one.field or "").strip("/").replace("/", ".") or "commune", one.code, one.detail)
        for one in problems_of(error)
        if one.field or one.code not in told
    ]


def _field(one: Violation) -> str:
    return one.field if one.field.startswith("contact.") else one.field.partition(".")[0]


def _may_post(request: Any) -> list[str] | None:
    return sorted(request.may_post.events) if request.HasField("may_post") else None


def _contact(contact: pb.AgencyContact) -> dict[str, str]:
    named = {name: getattr(contact, name) for name in ("phone", "email", "address")}
    return {name: value for name, value in named.items() if value}
