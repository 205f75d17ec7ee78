"""What is kept for questions: tables folded from pages of the history, to throw away and build again."""

from reporting.views.cases import CasesView
from reporting.views.facts import FactsView
from reporting.views.referrals import ReferralsView

VIEWS = (CasesView(), ReferralsView(), FactsView())

__all__ = ["VIEWS", "CasesView", "FactsView", "ReferralsView"]
