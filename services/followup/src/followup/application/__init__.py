"""What followup does: the use cases on one screen in `decider`, the rest beside it."""
