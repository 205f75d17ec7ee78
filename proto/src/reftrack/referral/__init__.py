"""Generated from proto/reftrack/referral."""
