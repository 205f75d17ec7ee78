-- Which closing and which opening again hold: an earlier one that is voided changes nothing.
ALTER TABLE cases ADD COLUMN closed_by text, ADD COLUMN reopened_by text;
