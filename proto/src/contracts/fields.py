"""Kinds of field that many events share. No text may hold control characters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, StringConstraints

PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "printable": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
        "org_id": r"^[a-z0-9][a-z0-9-]{0,62}$",
        "worker_id": r"^[A-Za-z0-9][A-Za-z0-9._@:/-]{0,79}$",
        "agency_ref": r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$",
        "number": r"^[A-Z]{2}(-[0-9A-Z]{1,8}){1,5}$",
        "commune": r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$",
        "event_type": r"^org\.reftrack\.[a-z0-9-]+\.v[1-9][0-9]*$",
        "code": r"^[a-z][a-z0-9_]{0,79}$",
        "id_number": r"^[0-9]{9}([0-9]{3})?$",
        "phone": r"^\+?[0-9]{8,15}$",
        "key_id": r"^[0-9a-f]{16}$",
        "base64url": r"^[A-Za-z0-9_-]*$",
        "event_name": r"^[a-z]+(-[a-z]+)*$",
        "field_name": r"^[a-z_]+$",
        "mailbox": r"^[^@\s]{1,64}@[^@\s]{1,120}$",
        "decision_number": r"^[0-9A-Za-zĐđ./-]{1,60}$",
        "form_number": r"^[0-9A-Za-zĐđ][0-9A-Za-zĐđ ./_-]{0,39}$",
        "sha256": r"^[0-9a-f]{64}$",
        "question": r"^[0-9]{1,2}[a-z]?$",
        "instrument_version": r"^[0-9]{1,2}(\.[0-9]{1,2})?$",
        "unit_code": r"^([0-9]{2}|[0-9]{3}|[0-9]{5})$",
    }
)
"""What a text has to look like, by the name under which the catalogue describes it (list Form)."""

FORM_OF: Mapping[str, str] = MappingProxyType({pattern: form for form, pattern in PATTERNS.items()})

OrgId = Annotated[str, StringConstraints(pattern=PATTERNS["org_id"], max_length=63)]
"""An organisation of the reference data, `cap-bo-de`."""

WorkerId = Annotated[str, StringConstraints(pattern=PATTERNS["worker_id"], max_length=80)]
"""Who acted, in the words of their organisation: a staff number, never a client."""

AgencyRef = Annotated[str, StringConstraints(pattern=PATTERNS["agency_ref"], max_length=64)]
"""An agency's own reference of a person, `LB-0042`: a file number, never a name."""

OF_A_PERSON = (
    r"^([Cc][Mm][Nn][Dd]|[Cc][Cc][Cc][Dd]|[Cc][Mm][Tt]|[Ss][Dd][Tt]|[Tt][Ee][Ll])?[._:/-]?"
    r"([0-9]{9}([0-9]{3})?|[0-9]{3}([._-][0-9]{3}){2,3}"
    r"|(0|84)([35789][0-9]{8}|1[2689][0-9]{8}|2[0-9]{9})"
    r"|0[35789]([0-9]{2}[.-][0-9]{3}[.-][0-9]{3}|[0-9][.-][0-9]{3}[.-][0-9]{4}"
    r"|[0-9][.-][0-9]{4}[.-][0-9]{3}|[0-9]{2}([.-][0-9]{2}){3}))$"
)
"""What an agency's reference may not look like: the number of an identity card (9 or 12 digits) or of a
telephone in Viet Nam (mobile, as before September 2018, or fixed), also in groups. It travels in clear."""

Number = Annotated[str, StringConstraints(pattern=PATTERNS["number"], max_length=40)]
"""The number of an introduction (GT), referral (CG) or stay (LT) that we gave, `CG-4F7K-92QX-T6WE-M`."""

CommuneCode = Annotated[str, StringConstraints(pattern=PATTERNS["commune"], max_length=40)]
"""Code of a commune, ward or township in the territory of the reference data."""

EventType = Annotated[str, StringConstraints(pattern=PATTERNS["event_type"], max_length=120)]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PATTERNS["printable"])]
"""CloudEvents `id`: unique within its source."""

EventSource = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PATTERNS["printable"])]
Code = Annotated[str, StringConstraints(pattern=PATTERNS["code"], max_length=80)]
"""A code of the catalogue, `agency_ref_unknown`."""

IdNumber = Annotated[str, StringConstraints(pattern=PATTERNS["id_number"])]
"""Number of an identity card: 9 digits (CMND) or 12 (CCCD)."""

Phone = Annotated[str, StringConstraints(pattern=PATTERNS["phone"])]

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PATTERNS["printable"])]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=PATTERNS["printable"])]
"""Free text for those who work on the case. It names nobody: names belong in the identity only."""

FieldPath = Annotated[str, StringConstraints(max_length=200, pattern=PATTERNS["printable"])]
"""JSON pointer of a field, `/data/commune`, or a CloudEvents attribute, `ce_time`."""

Minutes = Annotated[int, Field(ge=1, le=1440)]
AmountVnd = Annotated[int, Field(ge=0, le=100_000_000_000)]
"""Money in whole đồng."""
