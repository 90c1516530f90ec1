package searchindex

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kefu/internal/domain/search"
)

// postgresVersion is the version of the tables below.
const postgresVersion = "1"

// A GIN index knows no order: asked for the newest hits of a frequent word, it
// would visit every row that has it. Therefore the keys carry, below the token,
// the block of the position: blockBits of positions share a block, a search
// asks for one block after the other, the newest first, and stops when it has
// enough. A frequent word costs at most one block's rows, a rare one a look-up
// for each block; 15 bits keep both at a few milliseconds at a
// million messages.
const (
	blockBits = 15
	keyShift  = 64 - search.TokenBits // bits of the block's number in a key
)

// firstWindow and widening say how many blocks one statement asks for: few
// while the word may be frequent, then more and more.
const (
	firstWindow = 4
	widening    = 8
	maxWindow   = 1024
)

// A word in at least one of rowsPerHit messages is frequent: reading the newest
// rows finds a page of hits sooner than any index.
const (
	rowsPerHit = 10
	maxRows    = 2000
)

// postgresSchema: rows are short, add itself merges the index's pending list and
// the server vacuums every few hours (optimize), because autovacuum would hold the
// list's lock for seconds while searches have to read the growing list.
const postgresSchema = `
CREATE TABLE IF NOT EXISTS search_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS search_doc (pos BIGINT PRIMARY KEY, tokens BIGINT[] NOT NULL) WITH (autovacuum_enabled = off);
CREATE INDEX IF NOT EXISTS search_doc_tokens ON search_doc USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 65536);`

// schemaLock is the key of the advisory lock under which processes that start
// together create the tables one after the other.
const schemaLock = 0x6b656675736561

// postgresStore is the index in two tables of the main database. It has
// connections of its own, because its settings would harm other statements.
type postgresStore struct {
	writer, readers *sql.DB
}

func openPostgres(ctx context.Context, options Options) (*postgresStore, error) {
	config, err := pgx.ParseConfig(options.DSN)
	if err != nil {
		return nil, err
	}
	// The right plan is known: the planner's estimates for arrays are not.
	for name, value := range map[string]string{
		"enable_seqscan": "off", "jit": "off", "max_parallel_workers_per_gather": "0",
		"plan_cache_mode": "force_generic_plan", "synchronous_commit": "off", "application_name": "kefu-search",
	} {
		config.RuntimeParams[name] = value
	}
	store := &postgresStore{writer: stdlib.OpenDB(*config), readers: stdlib.OpenDB(*config)}
	store.writer.SetMaxOpenConns(1)
	store.readers.SetMaxOpenConns(options.Readers)
	store.readers.SetMaxIdleConns(options.Readers)
	for _, db := range []*sql.DB{store.writer, store.readers} {
		db.SetConnMaxIdleTime(10 * time.Minute)
	}
	if err := store.prepare(ctx, options.Fingerprint); err != nil {
		_ = store.close()
		return nil, err
	}
	return store, nil
}

func (s *postgresStore) prepare(ctx context.Context, fingerprint string) error {
	return inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(schemaLock)); err != nil {
			return err
		}
		var present bool
		if err := tx.QueryRowContext(ctx, `SELECT to_regclass('search_meta') IS NOT NULL`).Scan(&present); err != nil {
			return err
		}
		wanted := postgresVersion + ":" + fingerprint
		if present {
			var kept string
			err := tx.QueryRowContext(ctx, `SELECT value FROM search_meta WHERE name = 'fingerprint'`).Scan(&kept)
			if err == nil && kept == wanted {
				return nil
			}
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		for _, statement := range []string{`DROP TABLE IF EXISTS search_doc, search_meta`, postgresSchema} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return s.setMeta(ctx, tx, "fingerprint", wanted)
	})
}

func (s *postgresStore) setMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO search_meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// add appends to the index's pending list, which is cheap, and merges the list
// right after the commit, so that searches never read more than one batch of it.
func (s *postgresStore) add(ctx context.Context, docs []Doc, emptied []int64, lowWater int64) error {
	err := inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if len(docs) > 0 {
			positions, keys := postgresDocs(docs)
			_, err := tx.ExecContext(ctx, `INSERT INTO search_doc (pos, tokens)
				SELECT pos, keys::BIGINT[] FROM unnest($1::BIGINT[], $2::TEXT[]) AS doc (pos, keys)
				ON CONFLICT (pos) DO UPDATE SET tokens = excluded.tokens`, positions, keys)
			if err != nil {
				return err
			}
		}
		if len(emptied) > 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM search_doc WHERE pos = ANY($1::BIGINT[])`, emptied); err != nil {
				return err
			}
		}
		return s.setMeta(ctx, tx, "low_water", strconv.FormatInt(lowWater, 10))
	})
	if err != nil || len(docs) == 0 {
		return err
	}
	return s.mergePending(ctx)
}

func (s *postgresStore) mergePending(ctx context.Context) error {
	_, err := s.writer.ExecContext(ctx, `SELECT gin_clean_pending_list('search_doc_tokens')`)
	return err
}

// postgresDocs gives the documents as two columns; an array of keys is written
// as PostgreSQL's text form, because arrays of different lengths cannot be
// elements of one parameter.
func postgresDocs(docs []Doc) (positions []int64, keys []string) {
	positions, keys = make([]int64, len(docs)), make([]string, len(docs))
	var text []byte
	for i, doc := range docs {
		text = append(text[:0], '{')
		for j, token := range doc.Tokens {
			if j > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, key(token, doc.Pos>>blockBits), 10)
		}
		positions[i], keys[i] = doc.Pos, string(append(text, '}'))
	}
	return positions, keys
}

// key is what the index knows a token of a block by.
func key(token search.Token, block int64) int64 {
	return int64(uint64(token)<<keyShift | uint64(block)&(1<<keyShift-1))
}

// newest reads the newest rows first, which answers for frequent words, and
// else asks the GIN index.
func (s *postgresStore) newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error) {
	var oldest, newest sql.NullInt64
	err := s.readers.QueryRowContext(ctx, `SELECT (SELECT min(pos) FROM search_doc),
		(SELECT max(pos) FROM search_doc WHERE pos < $1)`, before).Scan(&oldest, &newest)
	if err != nil || !newest.Valid {
		return nil, err
	}
	last, high := oldest.Int64>>blockBits, newest.Int64>>blockBits
	found, err := s.newestRows(ctx, tokens, before, limit, high)
	if err != nil || len(found) == limit {
		return found, err
	}
	return s.newestOfBlocks(ctx, tokens, before, limit, last, high)
}

// newestRows looks through a few rows before the position before, whose block
// is high. Rows of blocks older than the two given never match; they are older
// than all that do, so a full page is the right one.
func (s *postgresStore) newestRows(ctx context.Context, tokens []search.Token, before int64, limit int, high int64) ([]int64, error) {
	keys := blockKeys(tokens, max(high-1, 0), high)
	return collect(s.readers.QueryContext(ctx, `
		SELECT pos FROM (SELECT pos, tokens FROM search_doc WHERE pos < $1 ORDER BY pos DESC LIMIT $2) AS row
		WHERE tokens @> $3::TEXT::BIGINT[] OR tokens @> $4::TEXT::BIGINT[] ORDER BY pos DESC LIMIT $5`,
		before, min(limit*rowsPerHit, maxRows), keys[0], keys[len(keys)-1], limit))
}

// newestOfBlocks asks for the blocks in windows, each with one statement. The
// blocks of a statement come sorted, so that PostgreSQL sorts block by block
// and leaves the rest alone once it has enough (incremental sort). "pos + 0"
// keeps the planner from walking the primary key instead of asking the GIN index.
func (s *postgresStore) newestOfBlocks(ctx context.Context, tokens []search.Token, before int64, limit int, last, high int64) ([]int64, error) {
	var found []int64
	for window := int64(firstWindow); high >= last && len(found) < limit; window = min(window*widening, maxWindow) {
		low := max(high-window+1, last)
		positions, err := collect(s.readers.QueryContext(ctx, `
			SELECT hit.pos FROM (
				SELECT keys, age FROM unnest($1::TEXT[]) WITH ORDINALITY AS sent (keys, age) ORDER BY age
			) AS block CROSS JOIN LATERAL (
				SELECT pos FROM search_doc WHERE tokens @> block.keys::BIGINT[] AND pos + 0 < $2
				ORDER BY pos + 0 DESC LIMIT $3
			) AS hit
			ORDER BY block.age, hit.pos DESC LIMIT $3`, blockKeys(tokens, low, high), before, limit-len(found)))
		if err != nil {
			return nil, err
		}
		found = append(found, positions...)
		high = low - 1
	}
	return found, nil
}

// blockKeys gives the keys of the tokens for each block, the newest first, as
// array literals.
func blockKeys(tokens []search.Token, low, high int64) []string {
	blocks := make([]string, 0, high-low+1)
	var text []byte
	for block := high; block >= low; block-- {
		text = append(text[:0], '{')
		for i, token := range tokens {
			if i > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, key(token, block), 10)
		}
		blocks = append(blocks, string(append(text, '}')))
	}
	return blocks
}

func (s *postgresStore) lowWater(ctx context.Context) (int64, error) {
	var value string
	err := s.readers.QueryRowContext(ctx, `SELECT value FROM search_meta WHERE name = 'low_water'`).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(value, 10, 64)
}

func (s *postgresStore) deleteAbove(ctx context.Context, pos int64) error {
	return inTx(ctx, s.writer, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM search_doc WHERE pos > $1`, pos); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE search_meta SET value = least(value::BIGINT, $1)::TEXT WHERE name = 'low_water'`, pos)
		return err
	})
}

// optimize runs on a connection of the readers, so that writes go on.
func (s *postgresStore) optimize(ctx context.Context) error {
	if err := s.mergePending(ctx); err != nil {
		return err
	}
	_, err := s.readers.ExecContext(ctx, `VACUUM search_doc`)
	return err
}

func (s *postgresStore) close() error {
	return errors.Join(s.readers.Close(), s.writer.Close())
}
