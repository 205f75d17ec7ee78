"""Organisations, territory and terms of policy: reference data, read once at start and held in memory."""

from reference.errors import ReferenceInvalid
from reference.loading import Reference
from reference.organisations import Organisation, Organisations
from reference.policy import Policy, Terms
from reference.territory import Territory, Unit

__all__ = [
    "Organisation",
    "Organisations",
    "Policy",
    "Reference",
    "ReferenceInvalid",
    "Terms",
    "Territory",
    "Unit",
]
