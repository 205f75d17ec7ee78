"""Kinds of field that many events share. No text may hold control characters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

OrgId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", max_length=63)]
"""An organisation of the reference data, `cap-bo-de`."""

WorkerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@:/-]{0,79}$", max_length=80)]
"""Who acted, in the words of their organisation: a staff number, never a client."""

AgencyRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$", max_length=64)]
"""An agency's own reference of a person, `LB-0042`: a file number, never a name."""

Number = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[0-9A-Z]{1,8}){1,5}$", max_length=40)]
"""The number of an introduction (GT), referral (CG) or stay (LT) that we gave, `CG-4F7K-92QX-M`."""

CommuneCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$", max_length=40)]
"""Code of a commune, ward or township in the territory of the reference data."""

EventType = Annotated[
    str, StringConstraints(pattern=r"^org\.reftrack\.[a-z0-9-]+\.v[1-9][0-9]*$", max_length=120)
]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
"""CloudEvents `id`: unique within its source."""

EventSource = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$", max_length=80)]
"""A code of the catalogue, `agency_ref_unknown`."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_PRINTABLE)]
"""Free text for those who work on the case. It names nobody: names belong in the identity only."""

FieldPath = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
"""JSON pointer of a field, `/data/commune`, or a CloudEvents attribute, `ce_time`."""

Minutes = Annotated[int, Field(ge=1, le=1440)]
AmountVnd = Annotated[int, Field(ge=0, le=100_000_000_000)]
"""Money in whole đồng."""
