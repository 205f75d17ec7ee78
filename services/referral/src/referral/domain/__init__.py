"""What referral decides: who may ask whom for which service, and what may follow what. No I/O, no clock."""

from referral.domain.put_off import PutOff
from referral.domain.referral import Referral
from referral.domain.requesting import CaseAsKnown, may_request
from referral.domain.turned_away import TurnedAway

__all__ = ["CaseAsKnown", "PutOff", "Referral", "TurnedAway", "may_request"]
