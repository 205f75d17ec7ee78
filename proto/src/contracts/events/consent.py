"""Consent: given with its evidence, withdrawn in whole or in part, expired by the clock."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from contracts.base import Label, Payload, Title
from contracts.events.common import TellsOfCare
from contracts.events.intake import Identity
from contracts.events.sealed import Sealed, Seals, once
from contracts.fields import PATTERNS, EventId, OrgId
from contracts.vocabulary import GuardianRelation, OrgKind, PurposeOfUse

_Purposes = Annotated[tuple[PurposeOfUse, ...], Field(max_length=6), Title("Mục đích", "Purposes")]
_Kinds = Annotated[
    TellsOfCare[tuple[OrgKind, ...]], Field(max_length=14), Title("Bên nhận", "Recipient kinds")
]
_Orgs = Annotated[
    TellsOfCare[tuple[OrgId, ...]], Field(max_length=20), Title("Cơ quan nhận", "Recipient organisations")
]
_Labels = Annotated[TellsOfCare[tuple[Label, ...]], Field(max_length=9), Title("Loại dữ liệu", "Data labels")]


class ConsentGiven(Payload):
    """What a client lets go where. `by_client` false: only the guardian agreed. `represented`: a court or the
    law lets the guardian decide for an adult.

    `form_number` and `file_sha256` are the evidence: the paper form, the SHA-256 of the signed file.
    """

    TYPE: ClassVar[str] = "org.reftrack.consent-given.v1"
    TITLE: ClassVar[Title] = Title("Đồng ý chia sẻ thông tin", "Consent given")

    purposes: Annotated[
        tuple[PurposeOfUse, ...], Field(min_length=1, max_length=6), Title("Mục đích", "Purposes")
    ]
    recipients: _Kinds = ()
    recipient_orgs: _Orgs = ()
    labels: _Labels = ()
    expires_on: Annotated[date | None, Title("Hết hạn ngày", "Expires on")] = None
    by_client: Annotated[bool, Title("Khách hàng đồng ý", "Client agreed")] = True
    guardian: Annotated[GuardianRelation | None, Title("Người giám hộ đồng ý", "Guardian who agreed")] = None
    represented: Annotated[
        bool, Title("Người giám hộ quyết định thay theo luật", "Guardian decides by law")
    ] = False
    form_number: Annotated[
        str | None,
        Field(pattern=PATTERNS["form_number"]),
        Title("Số phiếu đồng ý", "Number of the form"),
    ] = None
    file_sha256: Annotated[
        str | None,
        Field(pattern=PATTERNS["sha256"]),
        Title("Mã băm tệp đã ký", "SHA-256 of the file"),
    ] = None

    @model_validator(mode="after")
    def _somebody_agreed_and_somebody_gets_it(self) -> ConsentGiven:
        if not (self.recipients or self.recipient_orgs):
            raise ValueError("consent_for_nobody")
        if not self.by_client and self.guardian is None:
            raise ValueError("consent_by_nobody")
        if self.represented and self.guardian is None:
            raise ValueError("represented_by_nobody")
        return self


class ConsentGivenPosted(ConsentGiven):
    """With who the guardian is: that goes into the vault."""

    guardian_identity: Annotated[
        Identity | None, Label.IDENTITY, Title("Nhân thân người giám hộ", "Guardian's identity")
    ] = None
    sealed_guardian_identity: Annotated[
        Sealed | None,
        Seals("guardian_identity"),
        Label.IDENTITY,
        Title("Nhân thân người giám hộ mã hóa", "Guardian's identity, sealed"),
    ] = None

    @model_validator(mode="after")
    def _identity_once(self) -> ConsentGivenPosted:
        once(self.guardian_identity, self.sealed_guardian_identity, needed=False)
        return self


class ConsentWithdrawn(Payload):
    """Takes back a consent, or only what is named of it: purposes, recipients, labels.

    `consent`: the recorded event of the consent; posted, the id that the agency gave its own event. None: all
    consents of the client.
    """

    TYPE: ClassVar[str] = "org.reftrack.consent-withdrawn.v1"
    TITLE: ClassVar[Title] = Title("Rút đồng ý", "Consent withdrawn")

    consent: Annotated[EventId | None, Title("Lần đồng ý", "Consent")] = None
    purposes: _Purposes = ()
    recipients: _Kinds = ()
    recipient_orgs: _Orgs = ()
    labels: _Labels = ()


class ConsentExpired(Payload):
    """By the clock: the last day of a consent is over."""

    TYPE: ClassVar[str] = "org.reftrack.consent-expired.v1"
    TITLE: ClassVar[Title] = Title("Hết hạn đồng ý", "Consent expired")

    consent: Annotated[EventId, Title("Lần đồng ý", "Consent")]
    expired_on: Annotated[date, Title("Ngày cuối", "Last day")]
