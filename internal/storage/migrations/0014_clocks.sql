-- +goose Up

-- How far each follower of the log has got.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    pos  BIGINT NOT NULL
);

-- What the customer says of how it went, since it was resolved.
ALTER TABLE conversation ADD COLUMN rated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN score BIGINT NOT NULL DEFAULT 0;
