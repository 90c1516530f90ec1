-- +goose Up

-- A draft of a note must come back as a note, and never as words to the customer.
ALTER TABLE draft ADD COLUMN note BOOLEAN NOT NULL DEFAULT FALSE;
