-- Keyed hashes by which people like one another are found (intake.likeness.keys). No name, no part of one.
CREATE TABLE likeness_keys (
    key    bigint NOT NULL,
    person uuid   NOT NULL,
    PRIMARY KEY (key, person)
);
CREATE INDEX likeness_keys_person ON likeness_keys (person);
