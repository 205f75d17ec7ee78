"""Generated from proto/reftrack/reporting/v1."""
