package replay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"kefu/internal/target"
)

// served is the server that is played through.
type served struct {
	window, desk   string
	data, database string
	demo           *target.Demo
	chaos          *chaos // nil for a server that is not ours
	undo           []func()
	once           sync.Once
}

func (s *served) restarts() int64 {
	if s.chaos == nil {
		return 0
	}
	return s.chaos.kills.Load()
}

// quiesce stops a server of ours, so that the database is read at rest.
func (s *served) quiesce() {
	s.once.Do(func() {
		if s.chaos != nil && s.chaos.process != nil {
			s.chaos.process.Stop()
		}
	})
}

func (s *served) close() {
	s.quiesce()
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
}

// serve reaches the running server or starts one; what it gives is closed by
// the caller in any case.
func (e Env) serve(ctx context.Context, o options) (*served, error) {
	s := &served{window: o.url, desk: o.url, data: o.data, database: e.Database}
	var err error
	if o.url == "" {
		if err = e.launch(ctx, s, o); err != nil {
			return s, err
		}
	}
	s.demo, err = target.Load(s.data, e.Issuer)
	return s, err
}

func (e Env) launch(ctx context.Context, s *served, o options) error {
	dir, err := os.MkdirTemp("", "kefu-replay-server-")
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	s.data = dir
	s.undo = append(s.undo, func() { _ = os.RemoveAll(dir) })
	if e.Database != "" {
		database, _, drop, err := target.FreshDatabase(ctx, e.Database)
		if err != nil {
			return err
		}
		s.database = database
		s.undo = append(s.undo, drop)
	}
	listen, err := target.FreeAddress()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "replay-server.log"))
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	s.undo = append(s.undo, func() { _ = log.Close() })
	command := e.Server(dir, listen, s.database)
	s.window, s.desk = command.Window, command.Desk
	s.chaos = &chaos{
		command: command, log: log, random: rand.New(rand.NewPCG(o.seed, 0)),
		lives: killAfterMin, more: killAfterMax - killAfterMin,
	}
	if err := s.chaos.start(ctx); err != nil {
		if output, readErr := os.ReadFile(log.Name()); readErr == nil {
			_, _ = e.Stderr.Write(output[max(0, len(output)-4<<10):])
		}
		return err
	}
	return nil
}
