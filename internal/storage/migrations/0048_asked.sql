-- +goose Up

-- A question of Kefu's own that nobody has answered: found without opening what else its
-- customer has begun.
ALTER TABLE flow_run ADD COLUMN asked BOOLEAN NOT NULL DEFAULT FALSE;
