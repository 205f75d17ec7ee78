"""Generated from proto/reftrack/admin."""
