"""What happens to the vault that others have to know: who looked into it, and who was not let."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.base import Label, Payload, Title
from contracts.vocabulary import IdentityField, PurposeOfUse, ReadRefusal


class IdentityRead(Payload):
    """Somebody was shown who the client is. Recorded before anything was shown.

    Who: `org`, `actor` and `entered_by` of the envelope. Why: the purpose; the reason in words may name a
    person, so it is in intake's database only, sealed, and `reftrack identity reads` shows it. The stream is
    one of its own beside the case: nothing of the case changes.
    """

    TYPE: ClassVar[str] = "org.reftrack.identity-read.v1"
    TITLE: ClassVar[Title] = Title("Xem nhân thân", "Identity read")

    purpose: Annotated[PurposeOfUse, Label.IDENTITY, Title("Mục đích", "Purpose")]
    fields: Annotated[
        tuple[IdentityField, ...], Field(max_length=9), Label.IDENTITY, Title("Mục đã xem", "Fields")
    ] = ()
    """Empty: all."""


class IdentityReadRefused(Payload):
    """Somebody asked who a client is and was refused: nothing was shown.

    Who: `org`, `actor` and `entered_by` of the envelope. Its subject is the office that asked, not the case:
    `case` is what was asked for, and whether there is such a case this does not say. The reason in words is
    kept nowhere. What one person of an office is refused for one case and cause is recorded once a day, and
    of an office no more than a hundred a day; all are counted by their code.
    """

    TYPE: ClassVar[str] = "org.reftrack.identity-read-refused.v1"
    TITLE: ClassVar[Title] = Title("Từ chối cho xem nhân thân", "Identity read refused")

    code: Annotated[ReadRefusal, Label.IDENTITY, Title("Lý do từ chối", "Why refused")]
    case: Annotated[UUID | None, Label.IDENTITY, Title("Hồ sơ được hỏi", "Case asked for")] = None
    """None: what was asked for is no id of a case."""
    purpose: Annotated[PurposeOfUse | None, Label.IDENTITY, Title("Mục đích", "Purpose")] = None
    """As asked; none where none was named, or none that there is."""
    fields: Annotated[
        tuple[IdentityField, ...], Field(max_length=9), Label.IDENTITY, Title("Mục muốn xem", "Fields")
    ] = ()
    """Empty: all."""
    last: Annotated[bool, Title("Lần cuối được ghi trong ngày", "Last one recorded that day")] = False
    """The office's hundredth of that day: what it is refused after it is counted only."""
