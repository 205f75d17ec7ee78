-- Whose case it is stands in case_clients, which holds all of these (0400).
DROP TABLE cases;
