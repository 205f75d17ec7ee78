"""What a person is told when a service refuses, or does not answer."""

from __future__ import annotations

import io
import json
from typing import Any

import grpc
import pytest
from chassis.rpc.errors import Answer, InvalidInput, NotFound, Stale, Violation, refused
from contracts.catalogue import remedy
from reftrack_cli import refusals
from rich.console import Console


class Refused(grpc.RpcError, grpc.Call):
    """A call that ended as a server would have ended it; without an answer, nobody listened."""

    def __init__(self, answer: Answer | None) -> None:
        self._answer = answer

    def code(self) -> grpc.StatusCode:
        return self._answer.code if self._answer else grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return self._answer.message if self._answer else "failed to connect to all addresses"

    def trailing_metadata(self) -> Any:
        if self._answer is None:
            return ()
        return (("grpc-status-details-bin", self._answer.status.SerializeToString()),)

    initial_metadata = trailing_metadata

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float:
        return 0.0

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Any) -> bool:
        return False


def told(answer: Answer | None, lang: str, *, as_json: bool = False) -> str:
    written = io.StringIO()
    refusals.tell(Console(file=written, width=200), Refused(answer), "reporting", lang, json=as_json)
    return written.getvalue()


def wrong_fields() -> Answer:
    violations = [
        Violation("period_from", "wrong_type", {"expected": "date"}),
        Violation("service", "not_in_list", {"expected": "loan, housing"}),
    ]
    return refused(InvalidInput(violations), remedy, "c-1")


def test_each_wrong_field_is_named_with_what_it_has_to_be() -> None:
    assert told(wrong_fields(), "en").splitlines() == [
        "The request has fields that are not valid. Mend those named.",
        'period_from: Wrong kind of value. It has to be: a day as "YYYY-MM-DD".',
        "service: This value is not in the list. Use one of loan, housing.",
        "(INVALID_ARGUMENT invalid_input c-1)",
    ]


def test_it_is_told_in_the_language_asked_for() -> None:
    assert "period_from: Sai kiểu dữ liệu. Cần: ngày dạng" in told(wrong_fields(), "vi")
    assert told(refused(NotFound("case_unknown"), remedy, "c-2"), "vi").startswith("Không có hồ sơ này")


def test_as_json_it_has_status_reason_fields_and_both_languages() -> None:
    error = json.loads(told(wrong_fields(), "en", as_json=True))["error"]
    assert (error["status"], error["reason"]) == ("INVALID_ARGUMENT", "invalid_input")
    assert error["fields"] == {"period_from": "wrong_type", "service": "not_in_list"}
    assert error["message"].keys() == {"vi", "en"}


def test_where_nobody_answers_it_says_how_to_look_and_how_to_begin() -> None:
    assert "reporting does not answer" in told(None, "en")
    assert "`reftrack up`" in told(None, "vi")


@pytest.mark.parametrize(
    ("expected", "lang", "words"),
    [
        (9, "en", "There is no version 9 yet: it is version 4 now."),
        (9, "vi", "Chưa có phiên bản 9: nay là phiên bản 4."),
        (3, "en", "from version 3 it has come to 4"),
        (3, "vi", "từ phiên bản 3 nay là 4"),
    ],
)
def test_who_expects_a_version_that_is_not_there_yet_is_told_so(expected: int, lang: str, words: str) -> None:
    answer = refused(Stale(expected, 4, ["client-moved"] if expected < 4 else []), remedy, "c-1")
    assert answer.code is grpc.StatusCode.ABORTED
    assert words in told(answer, lang)
    assert "–" not in told(answer, lang)
