"""The one place where what went wrong becomes a gRPC status, with `google.rpc` details in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Self

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from pydantic import ValidationError

from chassis.refusal import Refusal
from chassis.rpc.auth import NotAuthenticated
from chassis.rpc.rules import NotAllowed
from chassis.store.batch import DeadlinePassed

DOMAIN = "reftrack.org"

Texts = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""The words for a code: `texts(code, detail)` → {"vi": …, "en": …}; {} if the catalogue has none."""


def no_texts(_code: str, _detail: Mapping[str, str]) -> Mapping[str, str]:
    """Know no words: the code speaks for itself."""
    return {}


class NotFound(Refusal):
    """What was asked for does not exist, or not for this caller."""


class Forbidden(Refusal):
    """The caller's role may call the method, but not for this organisation or record."""


class Conflict(Refusal):
    """Somebody else was faster, several times: try again."""

    def __init__(self, code: str = "conflict") -> None:
        super().__init__(code)


class Stale(Conflict):
    """Somebody else was faster: the version now, and what happened since the one that was expected.

    `happened`: what changed, a word each, without the service's own namespace; `state`, `moves`: as in every
    refusal; `code`: where the catalogue has other words for it than those of an aggregate's version. Of a
    version that is not reached yet (a mistyped one) it says just that.
    """

    def __init__(
        self,
        expected: int,
        version: int,
        happened: Iterable[str],
        *,
        state: str | None = None,
        moves: Iterable[str] = (),
        code: str = "stale_version",
    ) -> None:
        super().__init__(code if expected <= version else "version_not_reached")
        self.detail = {
            "expected_version": str(expected),
            "version": str(version),
            "changed": ", ".join(happened) or "–",
        }
        self.state, self.moves = state, tuple(moves)


class Busy(Refusal):
    """Too much at once: try again after `retry_after` seconds."""

    def __init__(self, code: str = "busy", *, retry_after: float = 1.0) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class TooLate(Refusal):
    """The deadline had passed before the work began: nothing was done."""

    def __init__(self, code: str = "deadline_passed") -> None:
        super().__init__(code)


class Unavailable(Refusal):
    """The service is stopping, or its database is away: try again, here or elsewhere."""

    def __init__(
        self,
        code: str = "unavailable",
        *,
        retry_after: float = 1.0,
        detail: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(code, detail=detail)
        self.retry_after = retry_after


class Violation(NamedTuple):
    """A wrong field: its path, a code of the catalogue, what fills its text, never what was sent."""

    field: str
    code: str
    detail: Mapping[str, str] = MappingProxyType({})


class InvalidInput(Refusal):
    """Input that is wrong in one field or several; each is named, none is repeated."""

    def __init__(self, violations: Iterable[Violation], code: str = "invalid_input") -> None:
        self.violations = tuple(violations)
        super().__init__(code, field=self.violations[0].field if self.violations else None)

    @classmethod
    def of(cls, error: ValidationError, *, within: str = "") -> Self:
        """Take the fields out of a pydantic error; `within` is the path of what was validated."""
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        return cls(Violation(_path(within, found["loc"]), found["type"]) for found in problems)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is told. `unforeseen`: the error belongs into the log, with the correlation id."""

    code: StatusCode
    message: str
    status: Status
    unforeseen: bool = False


_BY_KIND: tuple[tuple[type[Refusal], StatusCode], ...] = (
    (NotFound, StatusCode.NOT_FOUND),
    (InvalidInput, StatusCode.INVALID_ARGUMENT),
    (Forbidden, StatusCode.PERMISSION_DENIED),
    (Conflict, StatusCode.ABORTED),
    (Busy, StatusCode.RESOURCE_EXHAUSTED),
    (TooLate, StatusCode.DEADLINE_EXCEEDED),
    (Unavailable, StatusCode.UNAVAILABLE),
)


def code_of(refusal: Refusal) -> StatusCode:
    """Return the status of a refusal: by its class, else by what it says.

    State or moves: FAILED_PRECONDITION. Code `unknown_…`, `…_not_found`: NOT_FOUND. Field: INVALID_ARGUMENT.
    """
    for kind, code in _BY_KIND:
        if isinstance(refusal, kind):
            return code
    if refusal.state is not None or refusal.moves:
        return StatusCode.FAILED_PRECONDITION
    if refusal.code.startswith("unknown_") or refusal.code.endswith("_not_found"):
        return StatusCode.NOT_FOUND
    return StatusCode.INVALID_ARGUMENT if refusal.field else StatusCode.FAILED_PRECONDITION


def answer(error: BaseException, texts: Texts, correlation_id: str) -> Answer:
    """Say what happened. Of an error nobody foresaw the caller learns the correlation id, nothing else."""
    if isinstance(error, Refusal):
        return refused(error, texts, correlation_id)
    if isinstance(error, NotAuthenticated):
        return _plain(StatusCode.UNAUTHENTICATED, "unauthenticated", str(error), texts, correlation_id)
    if isinstance(error, NotAllowed):
        text, roles = str(error), {"role": error.role, "allowed": error.allowed}
        return _plain(StatusCode.PERMISSION_DENIED, "role_not_allowed", text, texts, correlation_id, roles)
    if isinstance(error, DecodeError):
        text = "the message is not the protobuf message that this method takes"
        return _plain(StatusCode.INVALID_ARGUMENT, "not_protobuf", text, texts, correlation_id)
    if isinstance(error, TimeoutError):
        # Of what was cut off on its way nobody knows whether it was done.
        undone = isinstance(error, DeadlinePassed)
        reason, text = (
            ("deadline_passed", "nothing was done") if undone else ("took_too_long", "it took too long")
        )
        return _plain(StatusCode.DEADLINE_EXCEEDED, reason, text, texts, correlation_id)
    return unforeseen(correlation_id)


def unforeseen(correlation_id: str) -> Answer:
    """Say that something broke, and by which id the log names it."""
    text = f"internal error; tell the operators this correlation id: {correlation_id}"
    info = details.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"correlation_id": correlation_id})
    return _answer(StatusCode.INTERNAL, text, [info], unforeseen=True)


def refused(refusal: Refusal, texts: Texts, correlation_id: str) -> Answer:
    """Say why not: reason, field, state met, moves allowed, the words in both languages."""
    words = texts(refusal.code, _filling(refusal))
    parts: list[Message] = [_info(refusal, correlation_id)]
    violations = _violations(refusal, texts)
    if violations:
        parts.append(details.BadRequest(field_violations=violations))
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        delay = Duration(seconds=int(retry_after), nanos=int(retry_after % 1 * 1e9))
        parts.append(details.RetryInfo(retry_delay=delay))
    parts.extend(_localized(_with_fields(refusal, words, texts)))
    return _answer(code_of(refusal), _message(refusal, words), parts)


def _filling(refusal: Refusal) -> Mapping[str, str]:
    """What fills the text: the detail, the state met and the moves it allows."""
    if refusal.state is None:
        return refusal.detail
    return {**refusal.detail, "state": refusal.state, "moves": ", ".join(refusal.moves)}


def _info(refusal: Refusal, correlation_id: str) -> details.ErrorInfo:
    told = {**refusal.detail, "correlation_id": correlation_id}
    if refusal.field:
        told["field"] = refusal.field
    if refusal.state is not None:
        told["state"] = refusal.state
    if refusal.state is not None or refusal.moves:
        told["moves"] = ",".join(refusal.moves)
    return details.ErrorInfo(reason=refusal.code.upper(), domain=DOMAIN, metadata=told)


def _violations(refusal: Refusal, texts: Texts) -> list[details.BadRequest.FieldViolation]:
    found: tuple[Violation, ...] = ()
    if isinstance(refusal, InvalidInput):
        found = refusal.violations
    elif refusal.field:
        found = (Violation(refusal.field, refusal.code),)
    return [
        details.BadRequest.FieldViolation(
            field=item.field,
            description=texts(item.code, {**refusal.detail, **item.detail}).get("en", item.code),
            reason=item.code.upper(),
        )
        for item in found
    ]


def _message(refusal: Refusal, words: Mapping[str, str]) -> str:
    text = words.get("en", refusal.code)
    if isinstance(refusal, InvalidInput):
        text += ": " + "; ".join(f"{item.field}: {item.code}" for item in refusal.violations)
    elif refusal.state is not None:
        text += f" (state: {refusal.state}; allowed: {', '.join(refusal.moves) or 'nothing'})"
    return text


def _with_fields(refusal: Refusal, words: Mapping[str, str], texts: Texts) -> Mapping[str, str]:
    """The words of a refusal with a line for each of its wrong fields, so that each language says all."""
    if not isinstance(refusal, InvalidInput):
        return words
    said = [(item, texts(item.code, item.detail)) for item in refusal.violations]
    return {
        locale: "\n".join([text, *(f"{item.field}: {told.get(locale, item.code)}" for item, told in said)])
        for locale, text in words.items()
    }


def _localized(words: Mapping[str, str]) -> list[Message]:
    return [details.LocalizedMessage(locale=locale, message=text) for locale, text in words.items()]


def _plain(
    code: StatusCode,
    reason: str,
    text: str,
    texts: Texts,
    correlation_id: str,
    detail: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    metadata = {**detail, "correlation_id": correlation_id}
    info = details.ErrorInfo(reason=reason.upper(), domain=DOMAIN, metadata=metadata)
    return _answer(code, text, [info, *_localized(texts(reason, detail))])


def _answer(code: StatusCode, message: str, parts: list[Message], *, unforeseen: bool = False) -> Answer:
    status = Status(code=code.value[0], message=message)
    for part in parts:
        packed = Packed()
        packed.Pack(part)
        status.details.append(packed)
    return Answer(code, message, status, unforeseen)


def _path(within: str, location: tuple[int | str, ...]) -> str:
    return ".".join([*([within] if within else []), *map(str, location)])
