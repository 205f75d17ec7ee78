-- Who was registered or corrected, and is to be looked for among those known (intake.application.likely).
CREATE TABLE likeness_due (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person   uuid   NOT NULL,
    case_id  uuid   NOT NULL,
    event_id text   NOT NULL
);

-- Two records that may be of one person: what was proposed, and what somebody decided. No identity.
CREATE TABLE matches (
    match_id    uuid        PRIMARY KEY,
    one         uuid        NOT NULL,
    other       uuid        NOT NULL,
    ground      text        NOT NULL,
    likely      int         NOT NULL,
    reasons     text[]      NOT NULL,
    state       text        NOT NULL CHECK (state IN ('open', 'same', 'distinct')),
    version     int         NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by  text,
    decided_at  timestamptz
);
CREATE INDEX matches_by_state ON matches (state, proposed_at DESC, match_id);
CREATE INDEX matches_one ON matches (one);
CREATE INDEX matches_other ON matches (other);

-- The work list asks which organisations have a reference for a client.
CREATE INDEX claims_references_of ON claims (holder) WHERE kind = 'ref';
