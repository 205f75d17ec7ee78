"""What operators, agencies, supervisors and auditors do at the command line: one module a group."""
