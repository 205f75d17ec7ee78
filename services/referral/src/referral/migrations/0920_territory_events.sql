-- Events of administrative units that the committed list lacks (libs/directory, units): learnt from intake's log, read
-- by every instance.
CREATE TABLE territory_events (
    event_id text  NOT NULL PRIMARY KEY,
    seq      bigint GENERATED ALWAYS AS IDENTITY,
    value    bytea NOT NULL
);
CREATE UNIQUE INDEX territory_events_seq ON territory_events (seq);
