"""What a log line may hold. The canaries are strings that must never appear."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from chassis.telemetry import allow_keys, configure, get_logger, metrics, safe_text
from chassis.telemetry.logs import _ALLOWED

CANARY = "Nguyễn Thị Canary 001099012345"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines logged so far; logging is as it was afterwards."""
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    configure(service="intake", instance="2", level="INFO", out=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers, sys.excepthook, threading.excepthook = before[0], before[2], before[3]
    root.setLevel(before[1])
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_a_line_is_json_with_service_instance_part_level_and_time(lines: Lines) -> None:
    case = uuid.uuid4()
    get_logger("relay").warning("page_aborted", topic="intake.events.v1", partition=3, case_id=case)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "page_aborted",
        "level": "warning",
        "service": "intake",
        "instance": "2",
        "part": "relay",
        "topic": "intake.events.v1",
        "partition": 3,
        "case_id": str(case),
    }


def test_a_key_that_is_not_allowed_is_dropped_and_counted(lines: Lines) -> None:
    before = metrics.LOG_KEYS_DROPPED._value.get()
    get_logger("relay").info("something", full_name=CANARY, payload={"name": CANARY}, topic="t")
    (line,) = lines()
    assert CANARY not in str(line)
    assert line["topic"] == "t"
    assert metrics.LOG_KEYS_DROPPED._value.get() == before + 2


def test_a_key_is_allowed_by_saying_so(lines: Lines) -> None:
    allow_keys("queue_length")
    get_logger("relay").info("something", queue_length=7)
    _ALLOWED.discard("queue_length")
    assert lines()[0]["queue_length"] == 7


def test_an_event_that_was_written_as_a_sentence_about_somebody_is_not_logged(lines: Lines) -> None:
    get_logger("intake").info(f"cannot match {CANARY}")
    assert lines()[0]["event"] == "unnamed_event"
    assert CANARY not in str(lines())


def test_an_exception_is_named_by_type_and_place_and_never_by_its_text(lines: Lines) -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as cause:
            raise ValueError(f"no such person: {CANARY}") from cause
    except ValueError as error:
        get_logger("writer").error("failed", exc_info=error)
        get_logger("writer").exception("failed_too")
        get_logger("writer").info("passed_as_value", reason=error)
    first, second, third = lines()
    assert CANARY not in str(lines())
    assert first["error"]["type"] == "builtins.ValueError"
    assert first["error"]["causes"] == ["KeyError"]
    assert first["error"]["at"][-1].startswith("test_logs.py:")
    assert second["error"] == first["error"]
    assert third["reason"]["type"] == "builtins.ValueError"


def test_the_text_of_an_exception_is_given_if_its_class_was_declared_safe(lines: Lines) -> None:
    @safe_text
    class TopicMissing(Exception):
        pass

    class OfSomebody(TopicMissing):
        pass

    get_logger("relay").error("failed", exc_info=TopicMissing("topic x is missing"))
    get_logger("relay").error("failed", exc_info=OfSomebody(CANARY))
    safe, heir = lines()
    assert safe["error"]["text"] == "topic x is missing"
    assert "text" not in heir["error"], "a subclass is not safe because its parent is"


def test_an_object_is_told_only_by_its_type(lines: Lines) -> None:
    class Person:
        def __str__(self) -> str:
            return CANARY

    get_logger("intake").info("something", reason=Person(), items=[Person()], count={"a": Person()})
    assert CANARY not in str(lines())
    assert lines()[0]["reason"] == "<Person>"


def test_a_text_is_cut_where_it_is_too_long(lines: Lines) -> None:
    get_logger("intake").info("something", reason="x" * 5_000)
    assert len(lines()[0]["reason"]) < 400


def test_what_a_library_logs_comes_without_the_values_it_was_filled_with(lines: Lines) -> None:
    library = logging.getLogger("some.library")
    library.error("cannot store %s", CANARY)
    library.error(f"cannot store {CANARY}")
    try:
        raise RuntimeError(CANARY)
    except RuntimeError:
        library.exception("failed for %s", CANARY)
    assert CANARY not in str(lines())
    first, second, third = lines()
    assert first["template"] == "cannot store %s"
    assert first["logger"] == "some.library"
    assert second["template"] is None
    assert third["error"]["type"] == "builtins.RuntimeError"


def test_a_warning_is_told_without_its_text(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, stacklevel=1)
    assert lines()[0]["logger"] == "py.warnings"
    assert CANARY not in str(lines())


def test_uncaught_exceptions_are_told_without_their_texts(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert [line["event"] for line in lines()] == ["uncaught_exception"] * 2
    assert CANARY not in str(lines()) + capsys.readouterr().err


def test_a_task_that_failed_unseen_is_told_without_its_text(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail() -> None:
        raise ValueError(CANARY)

    async def main() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    assert lines()[0]["logger"] == "asyncio"
    assert lines()[0]["error"]["type"] == "builtins.ValueError"
    assert CANARY not in str(lines()) + capsys.readouterr().err
