package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"kefu/client"
)

// limitFiles lets no file of a process grow beyond size, as a full disk would.
func limitFiles(t *testing.T, pid int, size uint64) {
	t.Helper()
	limit := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskRefusesWritesAndReadsGoOn(t *testing.T) {
	t.Parallel()
	s := newServer(t, "")
	s.start()
	k := s.customer("full-disk", client.WebSocket)
	conv := k.begin()
	var ids []string
	for i := range 3 {
		ids = append(ids, k.say(conv, fmt.Sprint("before ", i)).ClientMsgID)
	}
	token := s.desk("agent").Token
	at := "/v1/conversations/" + conv
	wal, err := os.Stat(filepath.Join(s.dir, "kefu.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	limitFiles(t, s.process.PID(), uint64(wal.Size())+4096)
	write := func() reply {
		return s.call(http.MethodPost, at+"/messages", token, map[string]any{"client_msg_id": messageID(t), "text": strings.Repeat("long ", 1500), "note": true}, nil)
	}
	refused := write()
	for range 5 { // what was open of the log may hold one or two
		if refused.status == http.StatusServiceUnavailable {
			break
		}
		refused = write()
	}
	if refused.status != http.StatusServiceUnavailable || !strings.Contains(string(refused.body), "unavailable") {
		t.Fatalf("a write on a full disk: status %d: %s", refused.status, refused.body)
	}
	waiting := k.send(client.Outgoing{Conv: conv, Text: strings.Repeat("held back ", 700)})
	if read := s.call(http.MethodGet, at+"/entries?after=0", token, nil, nil); read.status != http.StatusOK || !strings.Contains(string(read.body), "before 2") {
		t.Errorf("a read on a full disk: status %d: %s", read.status, read.body)
	}
	if log := s.logged(); !strings.Contains(log, "the disk of the database is full or broken") {
		t.Error("the log does not say that the disk is full")
	}
	limitFiles(t, s.process.PID(), unix.RLIM_INFINITY)
	k.until("the message that had to wait", func() bool { return k.stored[waiting] != nil })
	ids = append(ids, waiting, k.say(conv, "after").ClientMsgID)
	k.mu.Lock()
	var got []string
	for _, e := range k.of(conv) {
		if e.ClientMsgID != "" {
			got = append(got, e.ClientMsgID)
		}
	}
	k.mu.Unlock()
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("the log holds %v, not %v", got, ids)
	}
	s.stop()
	if v := s.verify(); !v.OK {
		t.Errorf("the audit chain after a full disk: %+v", v)
	}
}
