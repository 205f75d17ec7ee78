"""Generated from proto/reftrack/followup/v1."""
