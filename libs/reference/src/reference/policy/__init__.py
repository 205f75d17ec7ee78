"""Policy packs: what the law and the programme lay down, by day and province, with its source."""

from reference.policy.book import Policy
from reference.policy.holding import Holding, Row
from reference.policy.pack import Pack, latest_day
from reference.policy.statements import LegalBasis, Terms
from reference.policy.workdays import WorkingDays

__all__ = ["Holding", "LegalBasis", "Pack", "Policy", "Row", "Terms", "WorkingDays", "latest_day"]
