-- +goose Up

ALTER TABLE conversation ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN skills TEXT NOT NULL DEFAULT '[]'; -- JSON array of strings

-- What members of staff are routed by.
CREATE TABLE duty (
    staff_id    TEXT PRIMARY KEY,
    teams       TEXT   NOT NULL, -- JSON array of setting ids
    skills      TEXT   NOT NULL, -- JSON array of strings
    languages   TEXT   NOT NULL, -- JSON array of tags
    slots       TEXT   NOT NULL, -- JSON object: channel → how many conversations at once
    changed_at  BIGINT NOT NULL
);

-- Whether agents took offers, from when until when. until_at 0: so it is now.
CREATE TABLE presence (
    staff_id    TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    PRIMARY KEY (staff_id, since)
);
CREATE INDEX presence_since ON presence (since, staff_id);

-- What was promised to those who waited, and how it ended.
CREATE TABLE wait_promise (
    conversation_id TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    channel     TEXT   NOT NULL,
    team        TEXT   NOT NULL,
    place       BIGINT NOT NULL,
    p50         BIGINT NOT NULL, -- microseconds from made_at
    p80         BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL, -- 0: still waiting
    outcome     TEXT   NOT NULL, -- '', served, left
    PRIMARY KEY (conversation_id, made_at)
);
CREATE INDEX wait_promise_ended ON wait_promise (ended_at);

-- What the forecast of waits has learned, in a form of its own.
CREATE TABLE routing_learned (
    id          TEXT PRIMARY KEY,
    body        TEXT   NOT NULL,
    at          BIGINT NOT NULL
);
