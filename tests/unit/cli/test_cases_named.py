"""A case is named in one way after every command: by its id, or by what `case find` finds it by."""

from __future__ import annotations

from typing import Any, get_args

import grpc
import pytest
from chassis.rpc.errors import Answer, InvalidInput, NotFound, Violation, refused
from contracts.catalogue import answer
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack_cli import helping, main
from reftrack_cli.operators.cases_named import Case, found, is_id
from typer.main import get_command

from tests.unit.cli.test_refusals import Refused

COMMANDS = dict(helping.walk(get_command(main.app)))
ID = "8dbf705a-05ce-4ab2-83fa-f43109d4c969"


@pytest.mark.parametrize("text", [ID, ID.upper()])
def test_an_id_is_taken_as_it_is(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "LB-0042", "GT-4F7K-92QX-T6WE-M", ID.replace("-", ""), f"{{{ID}}}"])
def test_anything_else_is_looked_up_also_a_reference_of_hexadecimal_digits(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    "path",
    [
        *("case show", "case timeline", "case history", "case close", "case reopen", "case move"),
        *("case acknowledge", "case revise", "case decline"),
        *("consents list", "clients merges", "identity show", "identity reads"),
    ],
)
def test_every_command_about_a_case_takes_all_that_names_one(path: str) -> None:
    command = next(one for name, one in COMMANDS.items() if name.split()[-2:] == path.split())
    (named,) = (one for one in command.params if one.param_type_name == "argument" and one.name == "case")
    assert named.help == get_args(Case)[1].help


NO_NUMBER = refused(InvalidInput([Violation("introduction", "number_form")]), answer, "c-1")
UNKNOWN = refused(NotFound("case_unknown"), answer, "c-2")


class Asked:
    """Answers FindCase: by number and by reference with what each is given, none: nobody listens any more."""

    def __init__(self, number: Answer | None, reference: Answer | pb.Case | None) -> None:
        self._number, self._reference = number, reference

    def FindCase(self, request: pb.FindCaseRequest) -> pb.FindCaseResponse:  # noqa: N802
        told = self._reference if request.WhichOneof("by") == "agency_ref" else self._number
        if isinstance(told, pb.Case):
            return pb.FindCaseResponse(case=told)
        raise Refused(told)


def finding(number: Answer | None, reference: Answer | pb.Case | None) -> pb.Case:
    asked: Any = Asked(number, reference)
    return found(asked, "CG-17")


def test_what_looks_like_a_number_and_is_none_is_looked_for_as_a_reference() -> None:
    assert finding(NO_NUMBER, pb.Case(case_id=ID)).case_id == ID
    assert finding(UNKNOWN, pb.Case(case_id=ID)).case_id == ID


def test_what_is_neither_is_refused_as_the_number_that_it_looks_like() -> None:
    with pytest.raises(Refused) as refusal:
        finding(NO_NUMBER, UNKNOWN)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_service_that_stops_answering_in_between_is_told_and_not_an_unknown_number() -> None:
    with pytest.raises(Refused) as refusal:
        finding(UNKNOWN, None)
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(Refused) as refusal:
        finding(None, pb.Case(case_id=ID))
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
