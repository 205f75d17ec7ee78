"""Generated from proto/reftrack/intake/v1."""
