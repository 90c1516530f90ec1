-- +goose Up

-- What customers claim or complain of. The columns beside the log follow from it, for
-- lists, alarms and figures; they are written anew with each event.
CREATE TABLE case_file (
    id           TEXT PRIMARY KEY,
    reference    TEXT    NOT NULL, -- as customers and staff call it
    origin       TEXT    NOT NULL, -- what it was opened from, once; '' for nothing of that kind
    customer_id  TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    jurisdiction TEXT    NOT NULL, -- '': nobody has said which law counts
    stage        TEXT    NOT NULL,
    assignee_id  TEXT    NOT NULL,
    revision     BIGINT  NOT NULL, -- how many events it has
    noticed_at   BIGINT  NOT NULL,
    opened_at    BIGINT  NOT NULL,
    changed_at   BIGINT  NOT NULL,
    due_at       BIGINT  NOT NULL, -- of the earliest duty that is still to be done; 0: none
    breached     BIGINT  NOT NULL, -- duties that are over and not done
    broken       BOOLEAN NOT NULL, -- one was ever late
    outcome      TEXT    NOT NULL,
    answered_at  BIGINT  NOT NULL,
    over_at      BIGINT  NOT NULL,
    keep_until   BIGINT  NOT NULL, -- 0: it is not over
    reckoned_by  TEXT    NOT NULL  -- the digest of packs and calendars
);
CREATE UNIQUE INDEX case_file_reference ON case_file (reference);
CREATE UNIQUE INDEX case_file_origin ON case_file (origin) WHERE origin <> '';
CREATE INDEX case_file_customer ON case_file (customer_id, opened_at DESC, id DESC);
CREATE INDEX case_file_mine ON case_file (assignee_id, due_at, id) WHERE over_at = 0;
CREATE INDEX case_file_due ON case_file (due_at, id) WHERE over_at = 0;
CREATE INDEX case_file_late ON case_file (due_at, id) WHERE over_at = 0 AND breached > 0;
CREATE INDEX case_file_unconfirmed ON case_file (noticed_at, id) WHERE stage = 'reported';
CREATE INDEX case_file_over ON case_file (over_at DESC, id DESC) WHERE over_at > 0;
CREATE INDEX case_file_year ON case_file (noticed_at);
CREATE INDEX case_file_age ON case_file (keep_until) WHERE keep_until > 0;
CREATE INDEX case_file_reckoned ON case_file (reckoned_by) WHERE over_at = 0;

-- What happened to each: only ever added. What it carries is sealed.
CREATE TABLE case_event (
    case_id     TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    by_kind     BIGINT NOT NULL,
    by_id       TEXT   NOT NULL,
    body        BYTEA  NOT NULL,
    body_ref    BIGINT NOT NULL,
    PRIMARY KEY (case_id, seq)
);

-- Its legal clocks, for whoever has to be told of them.
CREATE TABLE case_clock (
    case_id TEXT   NOT NULL,
    clock   TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    due_at  BIGINT NOT NULL,
    ring_at BIGINT NOT NULL, -- 0: never
    rung_at BIGINT NOT NULL, -- up to where it has rung
    PRIMARY KEY (case_id, clock)
);
CREATE INDEX case_clock_ring ON case_clock (ring_at, due_at) WHERE ring_at > 0;

CREATE TABLE case_conversation (
    conversation_id TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    PRIMARY KEY (conversation_id, case_id)
);
CREATE INDEX case_conversation_case ON case_conversation (case_id);
