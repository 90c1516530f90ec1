-- +goose Up

-- How far each follower of the log has got.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    pos  BIGINT NOT NULL
);

-- What the customer says of how it went, since it was resolved.
ALTER TABLE conversation ADD COLUMN rated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN score BIGINT NOT NULL DEFAULT 0;

-- One row for each conversation, folded from its log: what reports read, and in
-- body what the next entry is folded into.
CREATE TABLE fact (
    conversation_id TEXT PRIMARY KEY,
    began       BIGINT  NOT NULL,
    channel     TEXT    NOT NULL,
    language    TEXT    NOT NULL,
    tags        TEXT    NOT NULL, -- JSON
    assignee_id TEXT    NOT NULL,
    answered_by TEXT    NOT NULL,
    first_wall  BIGINT  NOT NULL, -- seconds; -1: not yet
    first_work  BIGINT  NOT NULL,
    first_state TEXT    NOT NULL,
    solved_at   BIGINT  NOT NULL, -- 0: not yet
    solved_wall BIGINT  NOT NULL,
    solved_work BIGINT  NOT NULL,
    solved_state TEXT   NOT NULL,
    reopened    BIGINT  NOT NULL,
    customer_messages BIGINT NOT NULL,
    agent_messages    BIGINT NOT NULL,
    hand_overs  BIGINT  NOT NULL,
    score       BIGINT  NOT NULL,
    rated_at    BIGINT  NOT NULL,
    live        BIGINT  NOT NULL, -- 1: in the backlog
    body        TEXT    NOT NULL
);
-- They hold all that a report reads, so that it touches no row.
CREATE INDEX fact_began ON fact (began, channel, language, answered_by, first_work, first_wall, first_state, reopened);
CREATE INDEX fact_solved ON fact (solved_at, channel, language, assignee_id, solved_work, solved_wall, solved_state) WHERE solved_at > 0;
CREATE INDEX fact_rated ON fact (rated_at, channel, language, assignee_id, score) WHERE rated_at > 0;
CREATE INDEX fact_live ON fact (conversation_id) WHERE live = 1;

-- How many conversations came into the backlog and left it, by quarters of an
-- hour, which every time zone is made of.
CREATE TABLE backlog (
    quarter BIGINT NOT NULL, -- since 1970
    channel TEXT   NOT NULL,
    delta   BIGINT NOT NULL,
    PRIMARY KEY (quarter, channel)
);

-- The newest clock of each kind of each conversation.
CREATE TABLE clock (
    conversation_id TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    target_id       TEXT   NOT NULL,
    target_revision BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    due_at          BIGINT NOT NULL, -- 0: it stands still
    ended_at        BIGINT NOT NULL, -- 0: it has not
    state           TEXT   NOT NULL,
    level           BIGINT NOT NULL, -- percent that was told of
    next_at         BIGINT NOT NULL, -- when to tell again; 0: never
    next_level      BIGINT NOT NULL,
    assignee_id     TEXT   NOT NULL, -- of the conversation
    PRIMARY KEY (conversation_id, kind)
);
CREATE INDEX clock_next ON clock (next_at) WHERE next_at > 0;
CREATE INDEX clock_due ON clock (due_at, conversation_id, kind) WHERE ended_at = 0 AND due_at > 0;
