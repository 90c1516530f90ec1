-- +goose Up

-- How far each follower of the log has got.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    pos  BIGINT NOT NULL
);
