"""Generated from proto/reftrack/intake."""
