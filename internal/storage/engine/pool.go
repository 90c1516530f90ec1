package engine

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds the statements that a Pool keeps. The store's texts are far
// fewer.
const maxPrepared = 256

// Pool is the connections for reading. On SQLite it keeps every statement
// prepared, for parsing one takes as long as answering it; PostgreSQL's driver
// does so by itself.
type Pool struct {
	*sql.DB
	keeps bool

	mu       sync.RWMutex
	prepared map[string]*sql.Stmt
}

func newPool(db *sql.DB, kind Kind) *Pool {
	return &Pool{DB: db, keeps: kind == SQLite, prepared: map[string]*sql.Stmt{}}
}

// QueryContext is sql.DB's.
func (p *Pool) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := p.statement(ctx, text); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, text, args...)
}

// QueryRowContext is sql.DB's.
func (p *Pool) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := p.statement(ctx, text); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.DB.QueryRowContext(ctx, text, args...)
}

// statement gives a text's prepared statement, or nil where there is none: then
// the text is run as it is, which also tells what is wrong with it.
func (p *Pool) statement(ctx context.Context, text string) *sql.Stmt {
	if !p.keeps {
		return nil
	}
	p.mu.RLock()
	s, full := p.prepared[text], len(p.prepared) >= maxPrepared
	p.mu.RUnlock()
	if s != nil || full {
		return s
	}
	made, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.prepared[text]; s != nil {
		_ = made.Close() // somebody else was quicker
		return s
	}
	p.prepared[text] = made
	return made
}
