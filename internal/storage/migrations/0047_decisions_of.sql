-- +goose Up

-- What was decided about somebody is asked for with every finding about them.
CREATE INDEX staff_decision_of ON staff_decision (staff_id, at);
