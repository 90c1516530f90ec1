-- +goose Up

-- Which conversations have a tag, so that a search finds them where they are few. Of
-- the letters A to Z, and of the long s and the sign of kelvin, it is the small form.
CREATE TABLE conversation_tag (
    tag             TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    PRIMARY KEY (tag, conversation_id)
) WITHOUT ROWID;
INSERT INTO conversation_tag (tag, conversation_id) SELECT replace(replace(lower(t.value), 'ſ', 's'), 'K', 'k'), c.id FROM conversation c, json_each(c.tags) t WHERE c.tags <> '[]' ON CONFLICT DO NOTHING;
-- +goose StatementBegin
CREATE TRIGGER conversation_tagged_first AFTER INSERT ON conversation WHEN NEW.tags <> '[]' BEGIN
    INSERT INTO conversation_tag (tag, conversation_id) SELECT replace(replace(lower(t.value), 'ſ', 's'), 'K', 'k'), NEW.id FROM json_each(NEW.tags) t WHERE true ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER conversation_tagged AFTER UPDATE OF tags ON conversation WHEN OLD.tags <> NEW.tags BEGIN
    DELETE FROM conversation_tag WHERE conversation_id = OLD.id AND tag IN (SELECT replace(replace(lower(t.value), 'ſ', 's'), 'K', 'k') FROM json_each(OLD.tags) t);
    INSERT INTO conversation_tag (tag, conversation_id) SELECT replace(replace(lower(t.value), 'ſ', 's'), 'K', 'k'), NEW.id FROM json_each(NEW.tags) t WHERE true ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER conversation_tagged_last AFTER DELETE ON conversation WHEN OLD.tags <> '[]' BEGIN
    DELETE FROM conversation_tag WHERE conversation_id = OLD.id AND tag IN (SELECT replace(replace(lower(t.value), 'ſ', 's'), 'K', 'k') FROM json_each(OLD.tags) t);
END;
-- +goose StatementEnd

-- The clocks of one member of staff's conversations, in the order in which they are due.
CREATE INDEX clock_due_of ON clock (assignee_id, due_at, conversation_id, kind) WHERE ended_at = 0 AND due_at > 0;

-- What reports read, packed by hours: a month of a million facts is read at once. An
-- hour is loose while its facts have changed since it was packed; then they are read
-- one by one. part: 0 what began, 1 what was resolved, 2 what was rated then.
CREATE TABLE fact_pack (
    part BIGINT NOT NULL,
    hour BIGINT NOT NULL, -- since 1970
    body BYTEA  NOT NULL,
    PRIMARY KEY (part, hour)
);
CREATE TABLE fact_loose (
    part    BIGINT NOT NULL,
    hour    BIGINT NOT NULL,
    changes BIGINT NOT NULL DEFAULT 1, -- since then: whoever packs sees whether there was another
    PRIMARY KEY (part, hour)
);
INSERT INTO fact_loose (part, hour) SELECT DISTINCT 0, began / 3600000000 FROM fact;
INSERT INTO fact_loose (part, hour) SELECT DISTINCT 1, solved_at / 3600000000 FROM fact WHERE solved_at > 0;
INSERT INTO fact_loose (part, hour) SELECT DISTINCT 2, rated_at / 3600000000 FROM fact WHERE rated_at > 0;
-- +goose StatementBegin
CREATE TRIGGER fact_loosened_first AFTER INSERT ON fact BEGIN
    INSERT INTO fact_loose (part, hour) VALUES (0, NEW.began / 3600000000) ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 1, NEW.solved_at / 3600000000 WHERE NEW.solved_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 2, NEW.rated_at / 3600000000 WHERE NEW.rated_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fact_loosened AFTER UPDATE ON fact
    WHEN (OLD.began, OLD.channel, OLD.language, OLD.team, OLD.topic, OLD.code, OLD.tags, OLD.assignee_id, OLD.answered_by, OLD.first_wall, OLD.first_work, OLD.first_state, OLD.solved_at, OLD.solved_wall, OLD.solved_work, OLD.solved_state, OLD.reopened, OLD.score, OLD.rated_at)
    IS NOT (NEW.began, NEW.channel, NEW.language, NEW.team, NEW.topic, NEW.code, NEW.tags, NEW.assignee_id, NEW.answered_by, NEW.first_wall, NEW.first_work, NEW.first_state, NEW.solved_at, NEW.solved_wall, NEW.solved_work, NEW.solved_state, NEW.reopened, NEW.score, NEW.rated_at) BEGIN
    INSERT INTO fact_loose (part, hour) VALUES (0, OLD.began / 3600000000) ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 1, OLD.solved_at / 3600000000 WHERE OLD.solved_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 2, OLD.rated_at / 3600000000 WHERE OLD.rated_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) VALUES (0, NEW.began / 3600000000) ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 1, NEW.solved_at / 3600000000 WHERE NEW.solved_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 2, NEW.rated_at / 3600000000 WHERE NEW.rated_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fact_loosened_last AFTER DELETE ON fact BEGIN
    INSERT INTO fact_loose (part, hour) VALUES (0, OLD.began / 3600000000) ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 1, OLD.solved_at / 3600000000 WHERE OLD.solved_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    INSERT INTO fact_loose (part, hour) SELECT 2, OLD.rated_at / 3600000000 WHERE OLD.rated_at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
END;
-- +goose StatementEnd
