package replay_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kefu/client/clienttest"
	"kefu/internal/replay"
	"kefu/internal/target"
)

// TestMain lets the test binary stand for a server that can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "mortal-process" {
		http.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
		panic(http.ListenAndServe(os.Args[2], nil))
	}
	goleak.VerifyTestMain(m)
}

func files(t *testing.T, rows int) (data, csv string) {
	t.Helper()
	data = t.TempDir()
	demo := map[string]any{
		"staff": []map[string]string{{"role": "agent", "email": "a@example.org", "password": "p", "totp_secret": "JBSWY3DPEHPK3PXP"}},
		"issuer": map[string]any{"kid": "k", "private_key": map[string]string{
			"kty": "OKP", "crv": "Ed25519", "d": base64.RawURLEncoding.EncodeToString(make([]byte, ed25519.SeedSize)),
		}},
	}
	raw, err := json.Marshal(demo)
	if err != nil {
		t.Fatal(err)
	}
	csv = filepath.Join(data, "words.csv")
	words := "text,category\n"
	for i := range rows {
		words += fmt.Sprintf("\"Where is my transfer %d, please?\",x\n", i)
	}
	for name, content := range map[string]string{filepath.Join(data, "demo.json"): string(raw), csv: words} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return data, csv
}

func reader(server *clienttest.Server) func(context.Context, string, string) iter.Seq2[replay.Row, error] {
	return func(context.Context, string, string) iter.Seq2[replay.Row, error] {
		return func(yield func(replay.Row, error) bool) {
			for _, conv := range server.Conversations() {
				for _, e := range server.Log(conv) {
					author, _ := e.Author["kind"].(string)
					text, _ := e.Payload["text"].(string)
					if !yield(replay.Row{Conv: conv, Seq: e.Seq, ClientMsgID: e.ClientMsgID, Author: author, Text: text}, nil) {
						return
					}
				}
			}
		}
	}
}

func play(t *testing.T, server *clienttest.Server, rows int, more ...string) (replay.Tally, string) {
	t.Helper()
	data, csv := files(t, rows)
	var out, prose bytes.Buffer
	env := replay.Env{Stdout: &out, Stderr: &prose, Read: reader(server)}
	args := append([]string{"--url", server.URL, "--data", data, "--column", "text", "--json", csv, "--agents", "2", "--customers", "4"}, more...)
	if code := replay.Command(args, env); code != 0 {
		t.Fatalf("exit %d\n%s", code, &prose)
	}
	var tally replay.Tally
	if err := json.Unmarshal(bytes.TrimSpace(out.Bytes()), &tally); err != nil {
		t.Fatal(err)
	}
	return tally, prose.String()
}

func TestReplayIsCleanOverACleanServerThatCutsConnections(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	server.Misbehave(clienttest.Faults{
		DropStored:  func(string) bool { return rand.Float64() < 0.05 },
		DropEvent:   func(string, int64) bool { return rand.Float64() < 0.05 },
		RepeatEvent: func(string, int64) bool { return rand.Float64() < 0.1 },
		Rewrite:     func(s string) string { return strings.ReplaceAll(s, "transfer 7", "‹removed›") },
	})
	// Dropped events are found by the next one of the conversation; the last
	// ones of each are dropped no more once all lines have come.
	const rows = 33
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		for seen := 0; seen < rows; {
			time.Sleep(5 * time.Millisecond)
			seen = 0
			for _, conv := range server.Conversations() {
				for _, e := range server.Log(conv) {
					if e.Author["kind"] == "customer" {
						seen++
					}
				}
			}
		}
		server.Misbehave(clienttest.Faults{})
		for _, conv := range server.Conversations() {
			server.Append(conv, "status", map[string]any{"status": "open"})
		}
	}()
	tally, prose := play(t, server, rows)
	<-settled
	if tally.Lost+tally.Duplicated+tally.OutOfOrder != 0 || tally.Sent != rows || tally.Stored != rows ||
		tally.Delivered != rows || tally.Answered != 7 {
		t.Errorf("%+v\n%s", tally, prose)
	}
}

func TestReplayFindsWhatABadServerDoes(t *testing.T) {
	once := func() func(string) bool {
		n := 0
		return func(string) bool { n++; return n == 5 }
	}
	for _, test := range []struct {
		name   string
		faults clienttest.Faults
		found  func(replay.Tally) bool
	}{
		{"a message forgotten after its acknowledgement", clienttest.Faults{Forget: once()}, func(t replay.Tally) bool { return t.Lost > 0 }},
		{"a message stored twice", clienttest.Faults{StoreTwice: once()}, func(t replay.Tally) bool { return t.Duplicated == 1 }},
		{"a message refused for good", clienttest.Faults{Refuse: func() func(string) (string, int64) {
			n := 0
			return func(string) (string, int64) {
				if n++; n == 4 {
					return "invalid", 0
				}
				return "", 0
			}
		}()}, func(t replay.Tally) bool { return t.Lost == 1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := clienttest.New()
			defer server.Close()
			server.Misbehave(test.faults)
			tally, prose := play(t, server, 10, "--patience", "500ms", "--limit", "1s")
			if !test.found(tally) {
				t.Errorf("%+v\n%s", tally, prose)
			}
		})
	}
}

func TestChaosKillsAndRestarts(t *testing.T) {
	listen, err := target.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 600*time.Millisecond)
	defer cancel()
	command := target.Command{Argv: []string{os.Args[0], "mortal-process", listen}, Health: "http://" + listen + "/healthz"}
	kills, err := replay.KillFor(ctx, command, nil)
	if err != nil || kills < 1 {
		t.Errorf("%d kills, %v", kills, err)
	}
}

func TestPaceKeepsTheWantedKillsInsideTheRun(t *testing.T) {
	for _, total := range []int{1, 30, 9978} {
		if n := replay.PaceAt(total, 30, 29); n >= total {
			t.Errorf("all %d may be sent after 29 kills", total)
		}
		if n := replay.PaceAt(total, 30, 30); n != total {
			t.Errorf("%d of %d may be sent after 30 kills", n, total)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--chaos"}, {"--url", "http://x", "f.csv"}, {"--chaos", "--url", "http://x", "--data", "d", "f.csv"},
		{"a.csv", "b.csv"}, {"--lines", "0", "a.csv"}, {"--transport", "pigeon", "a.csv"}, {"--nonsense"},
	} {
		var out, prose bytes.Buffer
		if code := replay.Command(args, replay.Env{Stdout: &out, Stderr: &prose}); code != 2 || prose.Len() == 0 || out.Len() != 0 {
			t.Errorf("%q: exit %d, %q", args, code, &prose)
		}
	}
}
