"""Indicators: definitions as data, the counting of facts, and figures as people read them."""
