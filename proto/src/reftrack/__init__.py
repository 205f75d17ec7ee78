"""Generated from proto/reftrack."""
