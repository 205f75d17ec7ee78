-- What intake tells of whom a case is shown to: who met, registered or was sent its client, and where it
-- belongs. A voided event takes its rows with it. Cases told before this was kept have none: of those nobody is
-- told more than its own doing until something is told of them again.
CREATE TABLE case_sights (
    case_id uuid NOT NULL,
    event_id text NOT NULL,
    org text NOT NULL,
    tie text NOT NULL,
    client_id uuid NOT NULL,
    commune text NOT NULL,
    by_residence boolean NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, event_id, org)
);
CREATE INDEX case_sights_of_clients ON case_sights (client_id)
    WHERE client_id <> '00000000-0000-0000-0000-000000000000';
