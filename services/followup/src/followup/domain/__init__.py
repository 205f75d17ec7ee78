"""What followup decides: treatment, handover, management, evaluation after a year. No I/O, no clock."""

from followup.domain.evaluation import Window, window_of
from followup.domain.pathway import Pathway
from followup.domain.stays import Stay

__all__ = ["Pathway", "Stay", "Window", "window_of"]
