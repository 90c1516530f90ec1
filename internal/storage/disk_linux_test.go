package storage_test

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// limitFiles lets no file of this process grow beyond size, as a full disk does.
func limitFiles(t *testing.T, size int64) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = uint64(size)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	lift = sync.OnceFunc(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
		signal.Reset(syscall.SIGXFSZ)
	})
	t.Cleanup(lift)
	return lift
}

// FT07: no room for the database. Writes are refused and say so, reads go on,
// and all is well when there is room again.
func TestAFullDiskRefusesWritesAndRecovers(t *testing.T) {
	if os.Getenv("KEFU_FULL_DISK") == "" { // the limit must not hold for what go test writes about this process
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "KEFU_FULL_DISK=1")
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	d := storagetest.New(t, engine.SQLite)
	s := &site{T: t, Deployment: d, Process: d.Open(t)}
	p := visitor()
	conv := s.start(p).ID
	s.say(p, conv, "before")
	lift := limitFiles(t, 40<<10) // room for what readers need, not for a commit
	command := sending(strings.Repeat("没地方", 2600))
	for range 3 {
		_, err := s.Execute(context.Background(), p, conv, command)
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "disk") {
			t.Errorf("on a full disk: %v", err)
		}
		if got := s.log(identity.SystemPart("test"), conv); got != "message before" {
			t.Errorf("log: %s", got)
		}
	}
	lift()
	if r := s.do(p, conv, command); r.Seq != 2 || r.Duplicate {
		t.Errorf("when there is room again: %+v", r)
	}
	s.do(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 2, Text: "room"}})
	checkConsistent(t, d)
	verified(t, s, true)
}
