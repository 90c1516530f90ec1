-- +goose Up

-- What lies outside the database and belongs to it carries the same name, so that
-- another database's files are not taken for its own.
CREATE TABLE deployment (
    id   BIGINT PRIMARY KEY,
    name TEXT   NOT NULL
);
