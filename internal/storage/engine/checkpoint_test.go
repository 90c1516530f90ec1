package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"kefu/internal/storage/engine"
)

const logMoves, logRestarts = 128 << 10, 512 << 10

// ledger is a database that is written to all the time.
type ledger struct {
	t       *testing.T
	db      *engine.DB
	dir     string
	written atomic.Int64 // bytes
}

func openLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{t: t, dir: t.TempDir()}
	var err error
	if l.db, err = engine.Open("", l.dir); err != nil {
		t.Fatal(err)
	}
	l.db.MoveLogAt(logMoves, logRestarts)
	t.Cleanup(func() {
		if err := l.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := l.db.Writer.Exec("CREATE TABLE t (x INTEGER PRIMARY KEY, y BLOB)"); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *ledger) commit() {
	const size = 32 << 10
	if _, err := l.db.Writer.Exec("INSERT OR REPLACE INTO t VALUES (ABS(RANDOM()) % 100, ZEROBLOB($1))", size); err != nil {
		l.t.Error(err)
	}
	l.written.Add(size)
}

// checkpoint makes a checkpoint and gives the size of the log after it.
func (l *ledger) checkpoint() int64 {
	l.t.Helper()
	if err := l.db.Checkpoint(context.Background()); err != nil {
		l.t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(l.dir, engine.File+"-wal"))
	if err != nil {
		l.t.Fatal(err)
	}
	return info.Size()
}

// Commits that never pause must not keep the log from being begun anew, or it
// grows until the disk is full.
func TestTheLogDoesNotGrowForEverUnderLoad(t *testing.T) {
	l := openLedger(t)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				l.commit()
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	for l.written.Load() < 32*logRestarts {
		if size := l.checkpoint(); size > 8*logRestarts {
			t.Fatalf("after %d bytes were written the log has grown to %d and was never begun anew", l.written.Load(), size)
		}
	}
}

// Who reads for long keeps the log from being begun anew. That is no error, and
// it is not tried again before the log has doubled.
func TestALongReadOnlyDelaysTheLog(t *testing.T) {
	l := openLedger(t)
	grow := func(to int64) {
		for start := l.written.Load(); l.written.Load() < start+to; {
			l.commit()
		}
	}
	grow(logMoves)
	read, err := l.db.Reader.Query("SELECT x FROM t")
	if err != nil || !read.Next() {
		t.Fatal(err)
	}
	grow(2 * logRestarts)
	before := l.checkpoint()
	if before < 2*logRestarts {
		t.Fatalf("the log was begun anew at %d bytes although somebody reads it", before)
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	if size := l.checkpoint(); size != before {
		t.Errorf("it was tried again at once: %d bytes, before %d", size, before)
	}
	grow(2 * before)
	if size := l.checkpoint(); size >= before {
		t.Errorf("the log has %d bytes, before %d", size, before)
	}
}
