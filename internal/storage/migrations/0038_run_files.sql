-- +goose Up

-- Files that customers gave in a flow, until a message sends them or the run is over. What
-- each is for stands in the run alone, sealed.
CREATE TABLE run_file (
    attachment_id TEXT PRIMARY KEY,
    run_id        TEXT   NOT NULL,
    added_at      BIGINT NOT NULL
);
CREATE INDEX run_file_run ON run_file (run_id);
