"""Every event has its titles, its owner and its labels; what agencies post fits what is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from uuid import UUID

import pytest
from contracts.base import Label, Payload, label_of_value, labels_of, title_of
from contracts.events.consent import ConsentGiven
from contracts.events.intake import PlanItem
from contracts.events.referral import ReferralRequested
from contracts.fields import FORM_OF
from contracts.posted import About, Posted
from contracts.receipt import Receipt
from contracts.registry import PAYLOADS, POSTABLE, RECORDED_BY
from contracts.states import MOVES, Party
from contracts.vocabulary import SERVICE_LABELS, OrgKind, Service
from pydantic import BaseModel
from pydantic.fields import FieldInfo

EVENTS = list(PAYLOADS.values()) + [postable.model for postable in POSTABLE.values()]


def fields_within(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield name, field
        for inner in models_in(field.annotation):
            yield from fields_within(inner)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from models_in(argument)


def patterns_in(schema: object) -> Iterator[str]:
    """What texts have to look like; what they may not look like (`not`) left out."""
    if isinstance(schema, dict):
        if isinstance(form := schema.get("pattern"), str):
            yield form
        for name, inner in schema.items():
            yield from () if name == "not" else patterns_in(inner)
    for inner in schema if isinstance(schema, list) else ():
        yield from patterns_in(inner)


def leaves(annotation: object) -> Iterator[type]:
    """The types at the ends of an annotation, those of models left out: their fields come by themselves."""
    arguments = [one for one in getattr(annotation, "__args__", ()) if one not in (type(None), ...)]
    if isinstance(annotation, type) and not arguments and not issubclass(annotation, BaseModel):
        yield annotation
    for argument in arguments:
        yield from leaves(argument)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_and_field_has_a_title_in_both_languages(event: type[Payload]) -> None:
    titles = [event.TITLE, *(title_of(field) for _, field in fields_within(event))]
    assert all(title is not None and title.vi and title.en for title in titles)


def test_every_form_that_a_contract_demands_of_a_text_has_a_name_for_the_remedy() -> None:
    models: list[type[BaseModel]] = [*EVENTS, About, Posted, Receipt]
    schemas = [model.model_json_schema() for model in models]
    demanded = {pattern for schema in schemas for pattern in patterns_in(schema)}
    assert len(demanded) > 15
    assert demanded <= FORM_OF.keys()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_type_name_is_the_class_name_in_kebab_case_with_its_version(event: type[Payload]) -> None:
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", event.__name__.removesuffix("Posted")).lower()
    assert re.fullmatch(rf"org\.reftrack\.{kebab}\.v[1-9]", event.TYPE)


@pytest.mark.parametrize("event", list(PAYLOADS.values()), ids=lambda event: event.__name__)
def test_what_is_recorded_of_an_identity_is_a_pseudonym_or_a_code_never_a_text(event: type[Payload]) -> None:
    for name, field in fields_within(event):
        if Label.IDENTITY in labels_of(field):
            kinds = set(leaves(field.annotation))
            assert all(kind is UUID or issubclass(kind, StrEnum) for kind in kinds), name


def test_identity_is_posted_with_what_goes_into_the_vault_and_nowhere_else() -> None:
    holders = {
        postable.model.TYPE
        for postable in POSTABLE.values()
        if any(Label.IDENTITY in labels_of(field) for _, field in fields_within(postable.model))
    }
    assert holders == {
        "org.reftrack.client-registered.v1",
        "org.reftrack.identity-corrected.v1",
        "org.reftrack.consent-given.v1",
    }


def test_the_owner_of_a_posted_event_records_it() -> None:
    for name, postable in POSTABLE.items():
        assert PAYLOADS[name] in RECORDED_BY[postable.owner]
        assert postable.by


def test_an_auditor_posts_nothing() -> None:
    assert not [name for name, postable in POSTABLE.items() if OrgKind.AUDITOR in postable.by]


def test_every_move_of_a_referral_that_people_make_can_be_posted_and_no_other() -> None:
    for move in MOVES.values():
        assert (move.records.TYPE in POSTABLE) is (move.who is not Party.SYSTEM)


def test_the_name_of_a_service_carries_the_label_of_the_service() -> None:
    service = PlanItem.model_fields["service"]
    assert label_of_value(service, Service.HIV_TEST) == {Label.HIV}
    assert label_of_value(service, "methadone") == {Label.OST}
    assert label_of_value(service, Service.LOAN) == frozenset()
    assert labels_of(service) >= {Label.HIV, Label.OST, Label.PSY, Label.TB, Label.LEGAL, Label.TRAFFICKING}


def test_what_was_consented_to_tells_of_what_care_it_is_for() -> None:
    for name in ("labels", "recipients"):
        assert labels_of(ConsentGiven.model_fields[name]) == frozenset(Label) - {Label.IDENTITY}


def test_every_field_of_a_plan_tells_of_the_services_in_it() -> None:
    services = labels_of(PlanItem.model_fields["service"])
    assert services <= labels_of(PlanItem.model_fields["due_on"])
    assert services <= labels_of(ReferralRequested.model_fields["plan_item"])
    assert services <= labels_of(ReferralRequested.model_fields["provider"])


def test_every_service_of_health_carries_a_label() -> None:
    unlabelled = {str(service) for service in Service if service not in SERVICE_LABELS}
    assert unlabelled == {
        "health_insurance_card",
        "identity_papers",
        "vocational_training",
        "job_placement",
        "loan",
        "housing",
        "livelihood",
    }
