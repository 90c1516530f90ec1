-- +goose Up

-- The acts in the wallet that cases rest on: each in one case.
CREATE TABLE case_act (
    act_id  TEXT PRIMARY KEY,
    case_id TEXT NOT NULL
);
CREATE INDEX case_act_case ON case_act (case_id);
