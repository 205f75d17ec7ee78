"""Generated from proto/reftrack/common."""
