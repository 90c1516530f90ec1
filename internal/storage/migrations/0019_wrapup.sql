-- +goose Up

-- The code of the newest resolution: the id of a setting, or ''.
ALTER TABLE conversation ADD COLUMN wrap_up TEXT NOT NULL DEFAULT '';

-- Reports are made by these as well. The topic is one that a form of the house has
-- given; what people write themselves is not kept in the clear.
ALTER TABLE fact ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE fact ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE fact ADD COLUMN code TEXT NOT NULL DEFAULT '';
DROP INDEX fact_began;
DROP INDEX fact_solved;
DROP INDEX fact_rated;
CREATE INDEX fact_began ON fact (began, channel, language, team, topic, code, answered_by, first_work, first_wall, first_state, reopened);
CREATE INDEX fact_solved ON fact (solved_at, channel, language, team, topic, code, assignee_id, solved_work, solved_wall, solved_state) WHERE solved_at > 0;
CREATE INDEX fact_rated ON fact (rated_at, channel, language, team, topic, code, assignee_id, score) WHERE rated_at > 0;
-- Tags may be too long for an index: those that have some are read by their rows.
CREATE INDEX fact_tagged ON fact (began) WHERE tags <> '[]';
CREATE INDEX fact_tagged_solved ON fact (solved_at) WHERE tags <> '[]' AND solved_at > 0;
CREATE INDEX fact_tagged_rated ON fact (rated_at) WHERE tags <> '[]' AND rated_at > 0;

-- The clock of a conversation that is due first, and has not ended.
ALTER TABLE clock ADD COLUMN soonest BIGINT NOT NULL DEFAULT 0;
CREATE INDEX clock_soonest ON clock (due_at, conversation_id) WHERE soonest = 1;
CREATE INDEX clock_soonest_of ON clock (assignee_id, due_at, conversation_id) WHERE soonest = 1;

-- Facts and clocks are folded anew from the log, with what is new in them.
DELETE FROM fact;
DELETE FROM backlog;
DELETE FROM clock;
DELETE FROM follower WHERE name = 'clocks';
