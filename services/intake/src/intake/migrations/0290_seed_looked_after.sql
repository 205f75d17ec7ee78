-- What intake found on Kafka when it looked last, of offices that only the reference data name: null where all of
-- it is there. Whoever was let in stands in agency_access.
CREATE TABLE seed_looked_after (
    org     text NOT NULL PRIMARY KEY,
    problem text
);
