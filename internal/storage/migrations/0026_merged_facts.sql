-- +goose Up

-- What goes on in another conversation is counted there: it neither began nor was
-- resolved, as reports read it. Its body keeps when it did, for an unmerge.
UPDATE fact SET began = 0, solved_at = 0 WHERE conversation_id IN (SELECT id FROM conversation WHERE status = 'merged');
