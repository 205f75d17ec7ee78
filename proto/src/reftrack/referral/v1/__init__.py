"""Generated from proto/reftrack/referral/v1."""
