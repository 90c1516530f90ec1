package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kefu/internal/target"
)

// keptFile says what a folder's store holds. It is written last: a folder without
// it was not built to the end.
const keptFile = "bench.json"

// kept is a store that other runs may use again: filling one with a million rows
// takes minutes.
type kept struct {
	Plan     Plan
	Seeded   Seeded
	Database string // the name of the PostgreSQL database; "" for SQLite

	database string // its DSN
}

// keep opens the store in a folder, or builds it there.
func (e Env) keep(ctx context.Context, dir string, plan Plan) (kept, error) {
	path := filepath.Join(dir, keptFile)
	raw, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return e.build(ctx, dir, plan)
	}
	if err != nil {
		return kept{}, fmt.Errorf("bench: %w", err)
	}
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return kept{}, fmt.Errorf("bench: %s: %w", path, err)
	}
	if k.Plan != plan || (k.Database == "") != (e.Database == "") {
		return kept{}, fmt.Errorf("bench: %s holds a store of %d conversations and %d messages (database %q), which is not the one asked for", dir, k.Plan.Conversations, k.Plan.Messages, k.Database)
	}
	if k.Database != "" {
		if k.database, err = target.DatabaseNamed(e.Database, k.Database); err != nil {
			return kept{}, err
		}
	}
	e.say("using the store in %s", dir)
	return k, nil
}

// build fills the store of an empty folder.
func (e Env) build(ctx context.Context, dir string, plan Plan) (kept, error) {
	k := kept{Plan: plan}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return k, fmt.Errorf("bench: %w", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return k, fmt.Errorf("bench: %w", err)
	}
	if len(there) > 0 {
		return k, fmt.Errorf("bench: %s is not empty and has no %s: it holds something else, or a store that was not built to the end", dir, keptFile)
	}
	drop := func() {}
	if e.Database != "" {
		if k.database, k.Database, drop, err = target.FreshDatabase(ctx, e.Database); err != nil {
			return k, err
		}
	}
	if k.Seeded, err = e.seed(ctx, dir, k.database, plan); err != nil {
		drop()
		return k, err
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return k, fmt.Errorf("bench: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, keptFile), raw, 0o600); err != nil {
		return k, fmt.Errorf("bench: %w", err)
	}
	if k.Database != "" {
		e.say("the database %s stays until somebody drops it", k.Database)
	}
	return k, nil
}
