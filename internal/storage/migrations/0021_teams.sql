-- +goose Up

-- Of which team a line of the inbox is: the lists of teams are read in order by it.
-- What is nobody's team's has no line in the index.
ALTER TABLE inbox ADD COLUMN team TEXT NOT NULL DEFAULT '';
UPDATE inbox SET team = (SELECT c.team FROM conversation c WHERE c.id = inbox.conversation_id)
    WHERE EXISTS (SELECT 1 FROM conversation c WHERE c.id = inbox.conversation_id AND c.team <> '');
CREATE INDEX inbox_team ON inbox (team, status, activity DESC, conversation_id DESC) WHERE team <> '';

-- Duties grow with each change; whoever changes them says which they saw.
ALTER TABLE duty ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- What somebody who is invited will be routed by: JSON, or '' for nothing.
ALTER TABLE staff_invitation ADD COLUMN duties TEXT NOT NULL DEFAULT '';
