-- Which referrals a case has says the log itself: the first event of each stands under its case.
CREATE INDEX stored_events_of_cases ON stored_events (subject) WHERE originator_version = 1;
DROP TABLE case_referrals;
