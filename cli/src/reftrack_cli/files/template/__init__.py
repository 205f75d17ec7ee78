"""Empty files to fill in: `reftrack template intake.xlsx` (or .csv, .jsonl)."""
