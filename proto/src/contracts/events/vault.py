"""What happens to the vault that others have to know: who looked into it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.base import Label, Payload, Title
from contracts.vocabulary import IdentityField, PurposeOfUse


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
