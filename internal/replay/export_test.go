package replay

import (
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"kefu/internal/target"
)

// Record is a line of a journal.
type Record = record

// Check runs the checker.
func Check(customers, agents [][]Record, rows iter.Seq2[Row, error], say func(string, ...any)) (Tally, error) {
	return check(customers, agents, rows, say)
}

// ParseColumn reads a column.
func ParseColumn(from io.Reader, column string) ([]string, error) { return parseColumn(from, column) }

// KillFor runs chaos over a command until ctx ends and gives the kills.
func KillFor(ctx context.Context, command target.Command, log io.Writer) (int64, error) {
	c := &chaos{command: command, log: log, random: rand.New(rand.NewPCG(1, 0)), lives: time.Millisecond, more: 50 * time.Millisecond}
	if err := c.start(ctx); err != nil {
		return 0, err
	}
	err := c.run(ctx)
	c.process.Stop()
	return c.kills.Load(), err
}

// PaceAt tells how many of total may be begun after the given kills.
func PaceAt(total int, least, kills int64) int {
	p := newPace(total, least, func() int64 { return kills })
	p.next, p.every = time.Time{}, 0
	n := 0
	for ; n < total && !p.early(); n++ {
		p.begun++
	}
	return n
}
