"""Generated from proto/reftrack/common/v1."""
