"""Organisations, territory, terms of policy and instruments: data read once at start and held in memory."""

from reference.errors import ReferenceInvalid
from reference.instruments import Instruments
from reference.loading import Reference
from reference.organisations import Organisation, Organisations
from reference.policy import Policy, Terms
from reference.territory import Living, Resolution, Step, Territory, Unit

__all__ = [
    "Instruments",
    "Living",
    "Organisation",
    "Organisations",
    "Policy",
    "Reference",
    "ReferenceInvalid",
    "Resolution",
    "Step",
    "Terms",
    "Territory",
    "Unit",
]
