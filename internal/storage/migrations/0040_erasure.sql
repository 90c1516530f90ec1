-- +goose Up
-- Erasures of customers that were begun: one cannot be taken back, and goes on over a
-- restart. What a reason keeps is looked at again when its time comes.
CREATE TABLE erasure (
    customer_id TEXT PRIMARY KEY,
    case_id     TEXT   NOT NULL, -- the request; '' where whoever runs the machine asked
    approval    TEXT   NOT NULL, -- under which it was begun
    state       TEXT   NOT NULL, -- running, partly, whole
    begun_at    BIGINT NOT NULL, -- what is newer is none of it
    changed_at  BIGINT NOT NULL,
    next_at     BIGINT NOT NULL, -- 0: never
    did         TEXT   NOT NULL  -- JSON: how many of each category, and digests of their ids
);
CREATE INDEX erasure_next ON erasure (next_at) WHERE next_at > 0;
-- Conversations of which every word was erased.
CREATE TABLE erased_conversation (
    conversation_id TEXT PRIMARY KEY,
    customer_id     TEXT   NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX erased_conversation_customer ON erased_conversation (customer_id);
