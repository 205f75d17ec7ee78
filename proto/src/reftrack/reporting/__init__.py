"""Generated from proto/reftrack/reporting."""
