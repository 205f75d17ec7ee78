-- As in referral and followup (libs/answering, deadlines); moves have timers of their own and never ring here.
ALTER TABLE deadlines ADD COLUMN rings boolean NOT NULL DEFAULT false;
