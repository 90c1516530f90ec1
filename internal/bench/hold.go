package bench

import (
	"context"
	"errors"
	"flag"
	"os/signal"
	"syscall"
)

// Hold is `kefu bench hold`: a server over a seeded store that serves until it is
// interrupted, for what is measured in a browser. It prints where the server, its
// folder and its metrics are, as one line of JSON, once it answers.
func Hold(args []string, env Env) int {
	flags := flag.NewFlagSet("kefu bench hold", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	conversations := flags.Int("conversations", 100_000, "conversations in the store")
	messages := flags.Int("messages", 0, "messages in the store; without it as many as conversations")
	keep := flags.String("data", "", "a folder in which the store is kept for other runs, and built where it is not there")
	if !env.parsed(flags, args) {
		return 2
	}
	if *conversations < 1 || *messages < 0 {
		return env.fail(errors.New("conversations and messages must be positive"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	p := &product{}
	defer p.close()
	folder, _, err := env.launch(ctx, p, Plan{Conversations: *conversations, Messages: max(*messages, *conversations)}, *keep)
	if err != nil {
		return env.fail(err)
	}
	code := env.report(struct {
		URL     string `json:"url"`
		Folder  string `json:"folder"`
		Metrics string `json:"metrics"`
	}{p.command.Desk, folder, p.command.Metrics})
	select {
	case <-ctx.Done():
	case <-p.process.Ended():
		return env.fail(errors.New("the server ended"))
	}
	return code
}
