-- +goose Up

-- How a line of the inbox ended: lists by wrap-up code are read in order by it. What
-- has none has no line in the index.
ALTER TABLE inbox ADD COLUMN code TEXT NOT NULL DEFAULT '';
UPDATE inbox SET code = (SELECT c.wrap_up FROM conversation c WHERE c.id = inbox.conversation_id)
    WHERE EXISTS (SELECT 1 FROM conversation c WHERE c.id = inbox.conversation_id AND c.wrap_up <> '');
CREATE INDEX inbox_code ON inbox (code, status, activity DESC, conversation_id DESC) WHERE code <> '';
