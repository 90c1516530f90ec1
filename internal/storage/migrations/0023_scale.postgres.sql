-- +goose Up

-- Which conversations have a tag, so that a search finds them where they are few. Of
-- the letters A to Z, and of the long s and the sign of kelvin, it is the small form.
CREATE TABLE conversation_tag (
    tag             TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    PRIMARY KEY (tag, conversation_id)
);
INSERT INTO conversation_tag (tag, conversation_id) SELECT translate(t.value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZſK', 'abcdefghijklmnopqrstuvwxyzsk'), c.id FROM conversation c CROSS JOIN LATERAL jsonb_array_elements_text(c.tags::JSONB) t WHERE c.tags <> '[]' ON CONFLICT DO NOTHING;

-- +goose StatementBegin
CREATE FUNCTION conversation_tags_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM conversation_tag WHERE conversation_id = OLD.id AND tag IN (SELECT translate(t.value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZſK', 'abcdefghijklmnopqrstuvwxyzsk') FROM jsonb_array_elements_text(OLD.tags::JSONB) t);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO conversation_tag (tag, conversation_id) SELECT translate(t.value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZſK', 'abcdefghijklmnopqrstuvwxyzsk'), NEW.id FROM jsonb_array_elements_text(NEW.tags::JSONB) t ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER conversation_tagged_first AFTER INSERT ON conversation FOR EACH ROW WHEN (NEW.tags <> '[]') EXECUTE FUNCTION conversation_tags_change();
CREATE TRIGGER conversation_tagged AFTER UPDATE OF tags ON conversation FOR EACH ROW WHEN (OLD.tags <> NEW.tags) EXECUTE FUNCTION conversation_tags_change();
CREATE TRIGGER conversation_tagged_last AFTER DELETE ON conversation FOR EACH ROW WHEN (OLD.tags <> '[]') EXECUTE FUNCTION conversation_tags_change();

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
CREATE FUNCTION fact_loosen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO fact_loose (part, hour) SELECT v.part, v.at / 3600000000 FROM (VALUES (0, OLD.began), (1, OLD.solved_at), (2, OLD.rated_at)) v (part, at) WHERE v.part = 0 OR v.at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO fact_loose (part, hour) SELECT v.part, v.at / 3600000000 FROM (VALUES (0, NEW.began), (1, NEW.solved_at), (2, NEW.rated_at)) v (part, at) WHERE v.part = 0 OR v.at > 0 ON CONFLICT (part, hour) DO UPDATE SET changes = fact_loose.changes + 1;
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER fact_loosened_first AFTER INSERT ON fact FOR EACH ROW EXECUTE FUNCTION fact_loosen();
CREATE TRIGGER fact_loosened AFTER UPDATE ON fact FOR EACH ROW
    WHEN ((OLD.began, OLD.channel, OLD.language, OLD.team, OLD.topic, OLD.code, OLD.tags, OLD.assignee_id, OLD.answered_by, OLD.first_wall, OLD.first_work, OLD.first_state, OLD.solved_at, OLD.solved_wall, OLD.solved_work, OLD.solved_state, OLD.reopened, OLD.score, OLD.rated_at)
    IS DISTINCT FROM (NEW.began, NEW.channel, NEW.language, NEW.team, NEW.topic, NEW.code, NEW.tags, NEW.assignee_id, NEW.answered_by, NEW.first_wall, NEW.first_work, NEW.first_state, NEW.solved_at, NEW.solved_wall, NEW.solved_work, NEW.solved_state, NEW.reopened, NEW.score, NEW.rated_at))
    EXECUTE FUNCTION fact_loosen();
CREATE TRIGGER fact_loosened_last AFTER DELETE ON fact FOR EACH ROW EXECUTE FUNCTION fact_loosen();
