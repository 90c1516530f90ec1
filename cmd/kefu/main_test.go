package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said runs do and gives what it wrote to standard error.
func said(t *testing.T, do func() int) (status int, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stderr
	os.Stderr = w
	defer func() { os.Stderr = was }()
	all := make(chan []byte, 1)
	go func() {
		read, _ := io.ReadAll(r)
		all <- read
	}()
	status = do()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return status, string(<-all)
}

func TestACommandThatWasInterruptedSaysSo(t *testing.T) {
	data := t.TempDir()
	for _, args := range []string{"migrate --data " + data, "user list --data " + data, "jobs retry --data " + data} {
		if status := dispatch(t.Context(), strings.Fields(args)); status != 0 {
			t.Fatalf("kefu %s ends with %d", args, status)
		}
	}
	cases := filepath.Join(data, "cases.jsonl")
	if err := os.WriteFile(cases, []byte(`{"text":"hello","lang":"en","spans":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, args := range []string{
		"migrate --data " + data, "audit verify --data " + data, "audit verify --json --data " + data,
		"user disable --data " + data + " a@x", "eval guard --test " + cases,
	} {
		status, text := said(t, func() int { return dispatch(stopped, strings.Fields(args)) })
		if status != 130 || !strings.Contains(text, "interrupted") {
			t.Errorf("kefu %s ends with %d and says %q", args, status, text)
		}
	}
}

func TestAServerThatIsStoppedEndsWell(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	stopped := errors.Join(nil, context.Canceled)
	if status, text := said(t, func() int { return failServing(logger, stopped) }); status != 0 || text != "" || log.Len() > 0 {
		t.Errorf("%d, %q, %s", status, text, log.String())
	}
	status, text := said(t, func() int { return failServing(logger, errors.Join(context.Canceled, errors.New("boom"))) })
	if status != 1 || !strings.Contains(text, "boom") || !strings.Contains(log.String(), "boom") {
		t.Errorf("%d, %q, %s", status, text, log.String())
	}
}

func TestEveryCommandRefusesWhatItHasNoUseFor(t *testing.T) {
	data := t.TempDir()
	for _, args := range []string{
		"serve x", "demo x", "migrate x", "doctor x", "user list x", "keys check x", "jobs retry x", "audit verify x", "eval guard --test f x", "version x",
		"bench chat x", "bench idle x", "bench inbox x", "bench search x", "bench start x", "replay a.csv b.csv",
	} {
		all := strings.Fields(args)
		if all[0] != "eval" && all[0] != "version" && all[0] != "bench" && all[0] != "replay" {
			all = append(all, "--data", data)
		}
		if status, text := said(t, func() int { return dispatch(t.Context(), all) }); status != 2 {
			t.Errorf("kefu %s ends with %d and says %q", args, status, text)
		}
	}
}
