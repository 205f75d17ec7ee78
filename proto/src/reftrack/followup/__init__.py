"""Generated from proto/reftrack/followup."""
