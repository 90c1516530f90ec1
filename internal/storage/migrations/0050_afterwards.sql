-- +goose Up

-- A finding may be about one time that somebody had emergency access: about is its id then.
ALTER TABLE staff_finding ADD COLUMN about TEXT NOT NULL DEFAULT '';
