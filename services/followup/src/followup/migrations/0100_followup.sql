-- Whose case it is, learned from intake's log.
CREATE TABLE cases (
    case_id   uuid NOT NULL,
    client_id uuid NOT NULL,
    CONSTRAINT cases_pkey PRIMARY KEY (case_id)
);

-- The evaluation that each case under management comes to: the newest management's.
CREATE TABLE evaluations (
    case_id      uuid    NOT NULL,
    org          text    NOT NULL,
    due_on       date    NOT NULL,
    window_from  date    NOT NULL,
    window_until date    NOT NULL,
    evaluated    boolean NOT NULL,
    CONSTRAINT evaluations_pkey PRIMARY KEY (case_id)
);
CREATE INDEX evaluations_open ON evaluations (due_on, case_id) WHERE NOT evaluated;
