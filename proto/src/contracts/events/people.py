"""Who is who: identities put right, matches proposed, people merged and unmerged.

No value of an identity stands here: that a field changed, or that two records look alike, is all that history
tells. Merges are edges between clients; facts keep the client they were recorded for.
"""

from __future__ import annotations

import operator
from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, model_validator

from contracts.base import Contract, Label, Payload, Title
from contracts.events.sealed import Sealed, Seals, once
from contracts.fields import Code, IdNumber, Phone, ShortText
from contracts.vocabulary import IdentityCorrection, IdentityField, MatchGround, MergeGround, Sex

_Cleared = Annotated[
    tuple[IdentityField, ...],
    Field(max_length=9, exclude_if=operator.not_),
    Label.IDENTITY,
    Title("Mục xóa bỏ", "Fields cleared"),
]


class IdentityCorrected(Payload):
    """Which fields were put right; `birth_year` and `sex` where they are among them. `cleared`: fields of
    which everything told before is wrong and nothing right is known."""

    TYPE: ClassVar[str] = "org.reftrack.identity-corrected.v1"
    TITLE: ClassVar[Title] = Title("Sửa nhân thân", "Identity corrected")

    reason: Annotated[IdentityCorrection, Title("Lý do", "Reason")]
    fields: Annotated[
        tuple[IdentityField, ...], Field(max_length=9), Label.IDENTITY, Title("Mục đã sửa", "Fields")
    ] = ()
    birth_year: Annotated[Annotated[int, Field(ge=1900, le=2100)] | None, Title("Năm sinh", "Birth year")] = (
        None
    )
    sex: Annotated[Sex | None, Title("Giới tính", "Sex")] = None
    cleared: _Cleared = ()


class IdentityParts(Contract):
    """What is right of an identity; what is left out is left as it was."""

    full_name: Annotated[ShortText | None, Label.IDENTITY, Title("Họ và tên", "Full name")] = None
    birth_date: Annotated[date | None, Label.IDENTITY, Title("Ngày sinh", "Birth date")] = None
    id_number: Annotated[IdNumber | None, Label.IDENTITY, Title("Số CMND, CCCD", "ID number")] = None
    phone: Annotated[Phone | None, Label.IDENTITY, Title("Số điện thoại", "Phone")] = None
    address: Annotated[ShortText | None, Label.IDENTITY, Title("Địa chỉ", "Address")] = None
    aliases: Annotated[
        tuple[ShortText, ...], Field(max_length=5), Label.IDENTITY, Title("Tên gọi khác", "Also known as")
    ] = ()
    guardian_name: Annotated[
        ShortText | None, Label.IDENTITY, Title("Họ tên người giám hộ", "Guardian's name")
    ] = None
    guardian_phone: Annotated[
        Phone | None, Label.IDENTITY, Title("Số điện thoại người giám hộ", "Guardian's phone")
    ] = None


class IdentityCorrectedPosted(Payload):
    """What is right; what is left out is left as it was. `cleared` takes away what is wrong where nothing
    right is known: that field counts as if it had never been told."""

    TYPE: ClassVar[str] = IdentityCorrected.TYPE
    TITLE: ClassVar[Title] = IdentityCorrected.TITLE

    reason: Annotated[IdentityCorrection, Title("Lý do", "Reason")]
    identity: Annotated[IdentityParts | None, Label.IDENTITY, Title("Nhân thân", "Identity")] = None
    sealed_identity: Annotated[
        Sealed | None, Seals("identity"), Label.IDENTITY, Title("Nhân thân mã hóa", "Sealed identity")
    ] = None
    birth_year: Annotated[Annotated[int, Field(ge=1900, le=2100)] | None, Title("Năm sinh", "Birth year")] = (
        None
    )
    sex: Annotated[Sex | None, Title("Giới tính", "Sex")] = None
    cleared: _Cleared = ()

    @model_validator(mode="after")
    def _something_is_right(self) -> IdentityCorrectedPosted:
        once(self.identity, self.sealed_identity, needed=False)
        told = (self.sealed_identity, self.birth_year, self.sex, self.cleared or None)
        if all(one is None for one in told) and self.identity in (None, IdentityParts()):
            raise ValueError("nothing_corrected")
        return self


class MatchCandidate(Contract):
    """A record that may be of the same person: how likely in percent, and the codes of the reasons."""

    client: Annotated[UUID, Title("Mã khách hàng", "Client")]
    case: Annotated[UUID, Title("Mã hồ sơ", "Case")]
    likely: Annotated[int, Field(ge=0, le=100), Title("Khả năng (%)", "Likely (%)")]
    reasons: Annotated[tuple[Code, ...], Field(max_length=20), Title("Dấu hiệu", "Reasons")] = ()


class MatchesProposed(Payload):
    """This client may be known already: a person decides. `id_number`: the number is exactly the same, but
    other fields are in conflict. A stream of its own beside the case: nothing of the case changes."""

    TYPE: ClassVar[str] = "org.reftrack.matches-proposed.v1"
    TITLE: ClassVar[Title] = Title("Đề nghị đối chiếu", "Matches proposed")

    ground: Annotated[MatchGround, Title("Cách tìm", "Ground")]
    candidates: Annotated[
        tuple[MatchCandidate, ...],
        Field(min_length=1, max_length=10),
        Label.IDENTITY,
        Title("Hồ sơ có thể trùng", "Candidates"),
    ]


class ClientsMerged(Payload):
    """Two clients are one person. The same event stands in each case concerned; `merge` names the edge."""

    TYPE: ClassVar[str] = "org.reftrack.clients-merged.v1"
    TITLE: ClassVar[Title] = Title("Gộp hồ sơ", "Clients merged")

    merge: Annotated[UUID, Title("Mã lần gộp", "Merge")]
    survivor: Annotated[UUID, Label.IDENTITY, Title("Khách hàng giữ lại", "Survivor")]
    merged: Annotated[UUID, Label.IDENTITY, Title("Khách hàng được gộp", "Merged")]
    survivor_case: Annotated[UUID, Label.IDENTITY, Title("Hồ sơ giữ lại", "Survivor's case")]
    merged_case: Annotated[UUID, Label.IDENTITY, Title("Hồ sơ được gộp", "Merged case")]
    ground: Annotated[MergeGround, Label.IDENTITY, Title("Căn cứ vào", "Ground")]


class ClientsUnmerged(Payload):
    """A merge was wrong: its edge counts no more. The same event stands in each case concerned."""

    TYPE: ClassVar[str] = "org.reftrack.clients-unmerged.v1"
    TITLE: ClassVar[Title] = Title("Tách hồ sơ", "Clients unmerged")

    merge: Annotated[UUID, Title("Mã lần gộp", "Merge")]
    survivor: Annotated[UUID, Label.IDENTITY, Title("Khách hàng giữ lại", "Survivor")]
    merged: Annotated[UUID, Label.IDENTITY, Title("Khách hàng được tách", "Unmerged")]
    ground: Annotated[MergeGround, Label.IDENTITY, Title("Căn cứ vào", "Ground")]


class ClientsDistinguished(Payload):
    """Somebody decided that two clients are not one person: the pair is not proposed again."""

    TYPE: ClassVar[str] = "org.reftrack.clients-distinguished.v1"
    TITLE: ClassVar[Title] = Title("Xác định không trùng", "Clients distinguished")

    one: Annotated[UUID, Label.IDENTITY, Title("Khách hàng", "Client")]
    other: Annotated[UUID, Label.IDENTITY, Title("Khách hàng kia", "Other client")]
    ground: Annotated[MergeGround, Label.IDENTITY, Title("Căn cứ vào", "Ground")]
