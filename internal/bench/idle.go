package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	settleEvery = 500 * time.Millisecond
	settleTime  = 15 * time.Second
)

// Idle is `kefu bench idle`: how much the server's resident memory grows for
// each connection that has said hello as a signed-in customer and is silent.
func Idle(args []string, env Env) int {
	flags := flag.NewFlagSet("kefu bench idle", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	connections := flags.Int("connections", 9000, "how many")
	flags.Bool("json", true, "print the result as JSON on the last line (always so)")
	if !env.parsed(flags, args) {
		return 2
	}
	if *connections < 1 {
		return env.fail(errors.New("connections must be positive"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := raiseFileLimit(); err != nil {
		return env.fail(err)
	}
	perConnection, err := env.idle(ctx, *connections)
	if err != nil {
		return env.fail(err)
	}
	return env.report(struct {
		Bytes float64 `json:"bytes_per_connection"`
	}{perConnection})
}

func (e Env) idle(ctx context.Context, connections int) (float64, error) {
	p, _, err := e.open(ctx, remote{}, Plan{})
	if err != nil {
		return 0, err
	}
	defer p.close()
	before, err := p.settledRSS(ctx)
	if err != nil {
		return 0, err
	}
	l := &load{window: p.command.Window, desk: p.command.Desk, visitors: connections, token: p.tokens("idle"), silent: true}
	defer l.close()
	if err := l.connect(ctx); err != nil {
		return 0, err
	}
	stopPings := l.keepAlive()
	defer stopPings()
	after, err := p.settledRSS(ctx)
	if err != nil {
		return 0, err
	}
	if err := l.failed(); err != nil {
		return 0, err
	}
	e.say("%d connections: resident memory went from %.1f to %.1f MB", connections, float64(before)/1e6, float64(after)/1e6)
	return float64(after-before) / float64(connections), nil
}

// settledRSS waits for 15 s, in which the child gives back what it needed for a
// moment, and gives its memory then.
func (p *product) settledRSS(ctx context.Context) (int64, error) {
	for end := time.Now().Add(settleTime); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(settleEvery):
		}
	}
	return p.process.RSS()
}

// raiseFileLimit lets this process, and its children, open as many files as the
// machine allows.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("bench: reading the limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("bench: raising the limit of open files: %w", err)
	}
	return nil
}
