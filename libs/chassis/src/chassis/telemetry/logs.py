"""Structured logs: one JSON object a line on stdout, made only of what is known to be safe.

An event has a snake_case name; a key that is not on the allow-list is dropped and counted; an exception is
named by type, module and line, never by its text, unless its class was declared safe; a library's line is
given without the values it was to be filled with.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

from chassis.telemetry.exceptions import described, safe_text
from chassis.telemetry.metrics import LOG_KEYS_DROPPED

__all__ = ["allow_keys", "configure", "get_logger", "safe_text"]

_EVENT = re.compile(r"^[a-z][a-z0-9_]{0,79}$")
_LONGEST = 300
_TRUSTED = {"chassis.librdkafka"}
_ALLOWED = set(
    """
    event level timestamp service instance version error part logger template module line topic
    topics pattern partition partitions offset position stored first last missed after to log group
    view seq generation records items events rows count size seconds attempt retry_in code field
    reason state kind type name method role org correlation_id request_id event_id case_id stream_id
    parked_id verdict host port path signal pid migration active differences dropped_keys status
    table instances
    """.split()  # noqa: SIM905
)

Event = MutableMapping[str, Any]


def allow_keys(*keys: str) -> None:
    """Let further keys into log lines. Only for keys whose values can never tell of a person."""
    _ALLOWED.update(keys)


def get_logger(part: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of one part of the process (`relay`, `consumer`)."""
    return cast(structlog.typing.FilteringBoundLogger, structlog.get_logger(part=part))


def configure(*, service: str, instance: str, level: str = "INFO", out: TextIO | None = None) -> None:
    """Set logging up for the process: own lines, libraries' lines, warnings and uncaught exceptions alike."""
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _of(service, instance),
            _name_exception,
            _only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=out or sys.stdout),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[LibraryLines()], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


class LibraryLines(logging.Handler):
    """Takes what libraries log: logger, place and template; never the values, never an exception's text.

    Only libraries that cannot see into a record are quoted in full.
    """

    def emit(self, record: logging.LogRecord) -> None:
        template = record.msg if record.args and isinstance(record.msg, str) else None
        exc_info = record.exc_info if record.exc_info and record.exc_info[1] else None
        if record.name in _TRUSTED:
            template = record.getMessage()
        line = get_logger("library").bind(
            logger=record.name, module=record.module, line=record.lineno, template=template
        )
        line.log(record.levelno, "library_line", exc_info=exc_info)


def _of(service: str, instance: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: Event) -> Event:
        event["service"], event["instance"] = service, instance
        return event

    return add


def _name_exception(_logger: Any, _method: str, event: Event) -> Event:
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["error"] = described(error)
    return event


def _only_allowed(_logger: Any, _method: str, event: Event) -> Event:
    if not _EVENT.match(str(event.get("event"))):
        event["event"] = "unnamed_event"
    unknown = event.keys() - _ALLOWED
    if unknown:
        LOG_KEYS_DROPPED.inc(len(unknown))
    return {key: _plain(value) for key, value in event.items() if key not in unknown}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return described(value)
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    text = str(value) if isinstance(value, str) else _simple(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _simple(value: object) -> str:
    """Ids, paths and instants are given as text; of anything else only the type is told."""
    return (
        str(value)
        if type(value).__module__ in ("uuid", "pathlib", "datetime")
        else f"<{type(value).__name__}>"
    )


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger("process").critical("uncaught_exception", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
