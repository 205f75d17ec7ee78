-- By which event an organisation was sent the client: voided, it gives no right any more. Empty: it reported
-- something itself, or was a party before this was kept.
ALTER TABLE case_parties
    ADD COLUMN event_id text NOT NULL DEFAULT '',
    DROP CONSTRAINT case_parties_pkey,
    ADD CONSTRAINT case_parties_pkey PRIMARY KEY (case_id, org, client_id, event_id);
