package searchindex

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strconv"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// sqliteVersion is the PRAGMA user_version of the file's schema.
const sqliteVersion = 1

// mergeStep is how many pages one step of optimize writes, about 10 ms of work.
const mergeStep = 200

// maxMergeSteps bounds one optimize; the next one goes on.
const maxMergeSteps = 5000

// sqliteSchema keeps positions only: no text, no columns, no places of words
// (detail=none). FTS5 knows tokens as words of digits and lower-case letters.
// columnsize stays on, because contentless_delete needs it.
const sqliteSchema = `
CREATE VIRTUAL TABLE search_doc USING fts5(
	tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');
CREATE TABLE search_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;`

// sqliteStore is the index in a file of its own. The file can be rebuilt, so it
// is not synchronised on every commit: after a power cut the latest commits may
// be missing together with their low water mark, and are added again.
type sqliteStore struct {
	writer, readers *sql.DB
	search          *sql.Stmt
}

// openSQLite opens the file, and replaces one that is damaged.
func openSQLite(ctx context.Context, options Options) (*sqliteStore, error) {
	if options.Path == "" {
		return nil, fault.New(fault.Invalid, "searchindex.openSQLite", "the index has no path")
	}
	store, err := openSQLiteFile(ctx, options)
	if !damaged(err) {
		return store, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(options.Path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return openSQLiteFile(ctx, options)
}

// damaged tells an error that says the file is no sound database.
func damaged(err error) bool {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return false
	}
	primary := failure.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}

func openSQLiteFile(ctx context.Context, options Options) (*sqliteStore, error) {
	if err := engine.Private(options.Path); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", sqliteURI(options.Path, "_txlock=immediate",
		"_pragma=journal_mode(WAL)", "_pragma=cache_size(-16384)"))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := sql.Open("sqlite", sqliteURI(options.Path, "_pragma=query_only(1)", "_pragma=cache_size(-8192)"))
	if err != nil {
		_ = writer.Close()
		return nil, err
	}
	readers.SetMaxOpenConns(options.Readers)
	readers.SetMaxIdleConns(options.Readers)
	store := &sqliteStore{writer: writer, readers: readers}
	if err := store.prepare(ctx, options.Fingerprint); err != nil {
		_ = store.close()
		return nil, err
	}
	store.search, err = readers.PrepareContext(ctx,
		`SELECT rowid FROM search_doc WHERE search_doc MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`)
	if err != nil {
		_ = store.close()
		return nil, err
	}
	return store, nil
}

func sqliteURI(path string, parameters ...string) string {
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() +
		"?_pragma=busy_timeout(10000)&_pragma=synchronous(NORMAL)"
	for _, parameter := range parameters {
		uri += "&" + parameter
	}
	return uri
}

func (s *sqliteStore) prepare(ctx context.Context, fingerprint string) error {
	var version int
	if err := s.writer.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version == sqliteVersion {
		var kept string
		err := s.writer.QueryRowContext(ctx, `SELECT value FROM search_meta WHERE name = 'fingerprint'`).Scan(&kept)
		if err == nil && kept == fingerprint {
			return nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return inTx(ctx, s.writer, func(tx *sql.Tx) error {
		for _, statement := range []string{`DROP TABLE IF EXISTS search_doc`, `DROP TABLE IF EXISTS search_meta`, sqliteSchema} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return s.setMeta(ctx, tx, "fingerprint", fingerprint)
	})
}

func (s *sqliteStore) setMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO search_meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

func (s *sqliteStore) add(ctx context.Context, docs []Doc, emptied []int64, lowWater int64) error {
	return inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if len(docs) > 0 {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO search_doc (rowid, tokens)
				SELECT CAST(key AS INTEGER), value FROM json_each(?)`, sqliteDocs(docs))
			if err != nil {
				return err
			}
		}
		if err := s.removeIn(ctx, tx, emptied); err != nil {
			return err
		}
		return s.setMeta(ctx, tx, "low_water", strconv.FormatInt(lowWater, 10))
	})
}

// sqliteDocs writes documents as one JSON object: {"17":"token token"}.
func sqliteDocs(docs []Doc) string {
	size := 2
	for i := range docs {
		size += 25 + len(docs[i].Tokens)*(tokenChars+1)
	}
	text := append(make([]byte, 0, size), '{')
	for i, doc := range docs {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(strconv.AppendInt(append(text, '"'), doc.Pos, 10), `":"`...)
		text = append(appendWords(text, doc.Tokens), '"')
	}
	return string(append(text, '}'))
}

// tokenChars is the length of a token as a word: five bits a character.
const tokenChars = search.TokenBits / 5

// appendWords writes tokens as words of digits and lower-case letters, which
// FTS5's tokenizer leaves as they are.
func appendWords(text []byte, tokens []search.Token) []byte {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	for i, token := range tokens {
		if i > 0 {
			text = append(text, ' ')
		}
		for shift := 5 * (tokenChars - 1); shift >= 0; shift -= 5 {
			text = append(text, alphabet[token>>shift&31])
		}
	}
	return text
}

func (s *sqliteStore) removeIn(ctx context.Context, tx *sql.Tx, positions []int64) error {
	if len(positions) == 0 {
		return nil
	}
	list := []byte{'['}
	for i, pos := range positions {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, pos, 10)
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM search_doc WHERE rowid IN (SELECT value FROM json_each(?))`,
		string(append(list, ']')))
	return err
}

// newest relies on FTS5 walking its lists backwards: the cost is that of the
// hits returned, not of all there are.
func (s *sqliteStore) newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error) {
	return collect(s.search.QueryContext(ctx, string(appendWords(nil, tokens)), before, limit))
}

func (s *sqliteStore) lowWater(ctx context.Context) (int64, error) {
	var pos int64
	err := s.readers.QueryRowContext(ctx, `SELECT CAST(value AS INTEGER) FROM search_meta WHERE name = 'low_water'`).Scan(&pos)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return pos, err
}

func (s *sqliteStore) deleteAbove(ctx context.Context, pos int64) error {
	return inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM search_doc WHERE rowid > ?`, pos); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE search_meta SET value = CAST(min(CAST(value AS INTEGER), ?) AS TEXT)
			WHERE name = 'low_water'`, pos)
		return err
	})
}

// optimize merges segments step by step. A step that changes fewer than two
// rows had nothing left to merge (FTS5 documentation, section 6.8).
func (s *sqliteStore) optimize(ctx context.Context) error {
	for step := range maxMergeSteps {
		pages := mergeStep
		if step == 0 {
			pages = -mergeStep
		}
		done, err := s.mergeOnce(ctx, pages)
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	_, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	return err
}

// mergeOnce merges about that many pages; a negative number begins a merge of
// everything.
func (s *sqliteStore) mergeOnce(ctx context.Context, pages int) (done bool, err error) {
	var before, after int64
	err = inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&before); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO search_doc (search_doc, rank) VALUES ('merge', ?)`, pages); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&after)
	})
	return after-before < 2, err
}

func (s *sqliteStore) close() error {
	if s.search != nil {
		_ = s.search.Close()
	}
	return errors.Join(s.readers.Close(), s.writer.Close())
}
