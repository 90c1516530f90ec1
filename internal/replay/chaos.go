package replay

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"kefu/internal/target"
)

const (
	killAfterMin = 1 * time.Second
	killAfterMax = 5 * time.Second
	startTimeout = 2 * time.Minute
)

// chaos owns the server's process and kills it again and again.
type chaos struct {
	command target.Command
	log     io.Writer
	random  *rand.Rand
	lives   time.Duration // a server lives at least this long,
	more    time.Duration // and at most this much longer
	process *target.Process
	kills   atomic.Int64
}

func (c *chaos) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	process, err := target.Start(ctx, c.command, c.log)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	c.process = process
	return nil
}

// run kills the server one to five seconds after each start, with SIGKILL, and
// starts it again, until ctx ends; then the server is running.
func (c *chaos) run(ctx context.Context) error {
	for {
		wait := c.lives + time.Duration(c.random.Int64N(int64(c.more)))
		select {
		case <-ctx.Done():
			return nil
		case <-c.process.Ended():
			return fmt.Errorf("replay: the server ended by itself after %d kills", c.kills.Load())
		case <-time.After(wait):
		}
		c.process.Kill()
		c.kills.Add(1)
		// The restart is finished even when the run is over: what it leaves is read.
		if err := c.start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
}

// pace lets messages through one by one: at a rate, and never so many that
// fewer than the wanted kills fall between the first and the last.
type pace struct {
	every time.Duration // between messages; 0: as fast as they come
	total int64
	kills func() int64 // nil: nobody kills
	least int64
	turn  chan struct{} // capacity 1: whose turn it is to wait
	next  time.Time
	begun int64
}

const paceStep = 5 * time.Millisecond

func newPace(total int, least int64, kills func() int64) *pace {
	p := &pace{total: int64(total), least: least, kills: kills, turn: make(chan struct{}, 1)}
	if kills != nil {
		const meanLife = (killAfterMin + killAfterMax) / 2
		p.every = time.Duration(least) * meanLife / time.Duration(total)
	}
	return p
}

func (p *pace) wait(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	for p.early() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(paceStep):
		}
	}
	p.begun++
	p.next = p.next.Add(p.every)
	if late := time.Now(); p.next.Before(late.Add(-time.Second)) {
		p.next = late // a second behind is not made up for in a burst
	}
	return nil
}

// early tells whether the next message has to wait: share k+1 of least+1 may be
// sent once k kills have happened.
func (p *pace) early() bool {
	if p.kills == nil {
		return false
	}
	return time.Now().Before(p.next) || p.begun >= p.total*(p.kills()+1)/(p.least+1)
}
