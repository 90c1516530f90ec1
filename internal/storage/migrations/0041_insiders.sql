-- +goose Up

-- What members of staff looked at and did, read from the audit chain with what is needed
-- to judge it, and as it was then. Customers stand here by pseudonym alone.
CREATE TABLE staff_doing (
    seq         BIGINT NOT NULL, -- of the record in the audit chain
    nth         BIGINT NOT NULL, -- of what it tells: a record of messages tells of several
    at          BIGINT NOT NULL,
    staff_id    TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    peers       TEXT   NOT NULL, -- whose work theirs is compared with
    kind        BIGINT NOT NULL,
    action      TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    customer_id TEXT   NOT NULL,
    conversation_id TEXT NOT NULL, -- that the record names
    contact     TEXT   NOT NULL, -- by which they had to do with the customer; '' for none
    field       TEXT   NOT NULL,
    reason      TEXT   NOT NULL, -- a code
    high        BIGINT NOT NULL,
    decoy       BIGINT NOT NULL,
    new_device  BIGINT NOT NULL,
    off_shift   BIGINT NOT NULL,
    unjudged    BIGINT NOT NULL,
    destination TEXT   NOT NULL,
    approver    TEXT   NOT NULL,
    PRIMARY KEY (seq, nth)
);
CREATE INDEX staff_doing_staff ON staff_doing (staff_id, at);
CREATE INDEX staff_doing_customer ON staff_doing (customer_id, seq, nth);
CREATE INDEX staff_doing_at ON staff_doing (at);

-- How far the chain is judged, and what the judging knew at some record.
CREATE TABLE staff_watch (
    id        BIGINT PRIMARY KEY,
    begun_at  BIGINT NOT NULL, -- what is older is not judged
    seq       BIGINT NOT NULL,
    saved_seq BIGINT NOT NULL,
    body      BYTEA  NOT NULL
);

CREATE TABLE staff_finding (
    id          TEXT PRIMARY KEY,
    staff_id    TEXT    NOT NULL,
    peers       TEXT    NOT NULL,
    at          BIGINT  NOT NULL,
    day         BIGINT  NOT NULL,
    by_rule     BOOLEAN NOT NULL,
    step        BIGINT  NOT NULL,
    grade       BIGINT  NOT NULL, -- 1 is the highest
    reasons     TEXT    NOT NULL, -- JSON
    state       TEXT    NOT NULL,
    taken       BIGINT  NOT NULL, -- what was done by itself
    made_at     BIGINT  NOT NULL
);
CREATE INDEX staff_finding_made ON staff_finding (made_at, id);
CREATE INDEX staff_finding_state ON staff_finding (state, made_at, id);
CREATE INDEX staff_finding_staff ON staff_finding (staff_id, made_at);

CREATE TABLE staff_decision (
    id          TEXT PRIMARY KEY,
    finding_id  TEXT   NOT NULL,
    staff_id    TEXT   NOT NULL,
    verdict     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    made_by     TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    approval    TEXT   NOT NULL
);
CREATE INDEX staff_decision_finding ON staff_decision (finding_id, at);

-- What somebody may not do until it is lifted.
CREATE TABLE staff_restraint (
    id          TEXT PRIMARY KEY,
    staff_id    TEXT   NOT NULL,
    step        BIGINT NOT NULL,
    finding_id  TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    made_by     TEXT   NOT NULL, -- '' for a rule
    lifted_at   BIGINT NOT NULL, -- 0: it stands
    lifted_by   TEXT   NOT NULL,
    freed_at    BIGINT NOT NULL  -- when their conversations were with others; 0: not yet
);
CREATE INDEX staff_restraint_staff ON staff_restraint (staff_id) WHERE lifted_at = 0;

-- Customers who do not exist, so that nobody has a reason to look at them.
CREATE TABLE decoy (
    customer_id     TEXT PRIMARY KEY,
    conversation_id TEXT   NOT NULL,
    made_by         TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    retired_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX decoy_conversation ON decoy (conversation_id);
CREATE INDEX decoy_made ON decoy (made_at, customer_id);

-- That a session came from where its holder was not known.
ALTER TABLE staff_session ADD COLUMN fresh BOOLEAN NOT NULL DEFAULT FALSE;
