-- +goose Up

-- More rights than somebody's role has, for a short time. Rows are only ever added and ended.
CREATE TABLE emergency (
    id        TEXT   NOT NULL PRIMARY KEY,
    staff_id  TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    asked_by  TEXT   NOT NULL,
    approval  TEXT   NOT NULL, -- '' where an owner opened it
    began_at  BIGINT NOT NULL,
    until_at  BIGINT NOT NULL,
    ended_at  BIGINT NOT NULL, -- 0 while nobody closed it and nothing found it over
    ended_by  TEXT   NOT NULL
);
-- One at a time of one person; and each session asks for it.
CREATE UNIQUE INDEX emergency_open ON emergency (staff_id) WHERE ended_at = 0;
CREATE INDEX emergency_began ON emergency (began_at);
