-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER line_no_update BEFORE UPDATE ON line BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER line_no_delete BEFORE DELETE ON line BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chain_no_update BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chain_no_delete BEFORE DELETE ON chain BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER record_no_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'the books only grow'); END;
-- +goose StatementEnd
