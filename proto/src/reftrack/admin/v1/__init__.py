"""Generated from proto/reftrack/admin/v1."""
