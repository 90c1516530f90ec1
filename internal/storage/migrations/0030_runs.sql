-- +goose Up

-- Somebody on the way through a flow. What was told and entered is in the body alone.
CREATE TABLE flow_run (
    id              TEXT PRIMARY KEY,
    customer_id     TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL, -- that it belongs to, or that is kept free for it
    flow            TEXT   NOT NULL,
    digest          TEXT   NOT NULL, -- of the flow's text
    state           TEXT   NOT NULL,
    revision        BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    over_at         BIGINT NOT NULL, -- 0: it goes on
    due_at          BIGINT NOT NULL, -- when somebody has to look at it; 0: never
    news            BOOLEAN NOT NULL, -- it ended while nobody was there, and was not looked at since
    body            BYTEA  NOT NULL, -- sealed
    body_ref        BIGINT NOT NULL
);
CREATE INDEX flow_run_customer ON flow_run (customer_id, started_at DESC, id DESC);
CREATE INDEX flow_run_conversation ON flow_run (conversation_id, started_at DESC, id DESC);
CREATE INDEX flow_run_due ON flow_run (due_at) WHERE due_at > 0;
CREATE INDEX flow_run_over ON flow_run (over_at) WHERE over_at > 0;

-- The text of every version that a run began with.
CREATE TABLE flow_text (
    digest   TEXT PRIMARY KEY,
    flow     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    text     TEXT   NOT NULL,
    added_at BIGINT NOT NULL
);
