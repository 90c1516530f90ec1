-- +goose Up

-- What stood still, and who had proven who they are, before there was a column for it follows
-- from the events: every request about data is reckoned once more, those that are over too,
-- and none is forgotten before that.
UPDATE case_file SET reckoned_by = '', keep_until = 0 WHERE type = 'data_request';
CREATE INDEX case_file_anew ON case_file (id) WHERE reckoned_by = '';
