"""What referral decides: who may ask whom for which service, and what may follow what. No I/O, no clock."""

from referral.domain.referral import Referral
from referral.domain.requesting import CaseAsKnown, Consent, consent_for, may_request
from referral.domain.turned_away import TurnedAway

__all__ = ["CaseAsKnown", "Consent", "Referral", "TurnedAway", "consent_for", "may_request"]
