package storage_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// The environment of a child process that writes until it is killed.
const (
	crashDir   = "KEFU_CRASH_DIR"
	crashDSN   = "KEFU_CRASH_DSN"
	crashKey   = "KEFU_CRASH_KEY"
	crashConvs = "KEFU_CRASH_CONVERSATIONS"
	crashRetry = "KEFU_CRASH_RETRY" // what the child before was not answered
)

// crashCustomer writes in every conversation of the crash test.
func crashCustomer() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: "crash-test", Session: "s"}
}

// TestCrashChild is no test of its own: it is the process that
// TestKilledProcessesLoseNothing starts and kills. It writes a line before each
// message and one after its acknowledgement.
func TestCrashChild(t *testing.T) {
	if os.Getenv(crashDir) == "" {
		t.Skip("is run by TestKilledProcessesLoseNothing only")
	}
	key, err := hex.DecodeString(os.Getenv(crashKey))
	if err != nil {
		t.Fatal(err)
	}
	d := &storagetest.Deployment{Kind: engine.Of(os.Getenv(crashDSN)), Dir: os.Getenv(crashDir), DSN: os.Getenv(crashDSN), Clock: storagetest.NewClock()}
	if d.Master, err = secret.NewMaster(key); err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, Deployment: d, Process: d.Open(t)}
	var mu sync.Mutex
	say := func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(words...)
	}
	convs := strings.Fields(os.Getenv(crashConvs))
	send := func(client, conv string) int64 {
		say("trying", client, conv)
		command := sending("text of " + client)
		command.ClientID = client
		r := s.do(crashCustomer(), conv, command)
		say("stored", client, conv, r.Seq)
		return r.Seq
	}
	retry := strings.Fields(os.Getenv(crashRetry))
	for i := 0; i+1 < len(retry); i += 2 {
		send(retry[i], retry[i+1])
	}
	mei := agent()
	for w := range 6 {
		go func() {
			for i := 0; ; i++ {
				conv := convs[(w+i)%len(convs)]
				seq := send(id.New(), conv)
				switch i % 7 {
				case 2:
					s.do(crashCustomer(), conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: "edited"}})
					say("edited", conv, seq)
				case 4:
					s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
					say("redacted", conv, seq)
				case 6:
					s.do(mei, conv, setting([]conversation.Status{conversation.Resolved, conversation.Waiting}[i%2]))
				}
			}
		}()
	}
	for range time.Tick(20 * time.Millisecond) {
		s.destroyKeys()
	}
}

// message is what the parent knows of one that a child tried to send.
type message struct {
	client, conv string
	seq          int64 // 0 until it was acknowledged
	text         string
}

// journal is what the children said.
type journal struct {
	messages map[string]*message // by client id
	bySeq    map[string]*message // by conversation and number
}

func (j *journal) read(t *testing.T, line string) (acknowledged bool) {
	t.Helper()
	var client, conv string
	var seq int64
	at := func() *message { return j.bySeq[fmt.Sprint(conv, seq)] }
	switch kind, rest, _ := strings.Cut(line, " "); kind {
	case "trying":
		fmt.Sscan(rest, &client, &conv)
		if j.messages[client] == nil {
			j.messages[client] = &message{client: client, conv: conv, text: "text of " + client}
		}
	case "stored":
		fmt.Sscan(rest, &client, &conv, &seq)
		m := j.messages[client]
		if other := at(); m.seq != 0 || other != nil {
			t.Errorf("%s was stored as %d; before it was said of %+v and %+v", client, seq, m, other)
		}
		m.seq = seq
		j.bySeq[fmt.Sprint(conv, seq)] = m
		return true
	case "edited", "redacted":
		fmt.Sscan(rest, &conv, &seq)
		at().text = map[string]string{"edited": "edited"}[kind]
	}
	return false
}

// unanswered are the messages that the next process sends again.
func (j *journal) unanswered() string {
	var all []string
	for _, m := range j.messages {
		if m.seq == 0 {
			all = append(all, m.client, m.conv)
		}
	}
	return strings.Join(all, " ")
}

func TestKilledProcessesLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const rounds = 6
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		key := make([]byte, secret.KeyLen)
		for i := range key {
			key[i] = byte(rand.Uint32())
		}
		var err error
		if d.Master, err = secret.NewMaster(key); err != nil {
			t.Fatal(err)
		}
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		convs := []string{s.start(crashCustomer()).ID, s.start(crashCustomer()).ID, s.start(crashCustomer()).ID}
		a := newAuditor(t, s)
		s.Stop()
		j := &journal{messages: map[string]*message{}, bySeq: map[string]*message{}}
		for range rounds {
			child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=60s")
			child.Env = append(os.Environ(), crashDir+"="+d.Dir, crashDSN+"="+d.DSN, crashKey+"="+hex.EncodeToString(key),
				crashConvs+"="+strings.Join(convs, " "), crashRetry+"="+j.unanswered())
			runAndKill(t, child, j)
			after := &site{T: t, Deployment: d, Process: d.OpenIdle(t)}
			a.s = after
			a.sign(t)
			after.Stop()
		}
		checkJournal(t, d, j, convs)
		a.s = &site{T: t, Deployment: d, Process: d.OpenIdle(t)}
		if r := a.verify(t); !r.OK || r.Heads != rounds {
			t.Errorf("after %d kills: %+v", rounds, r)
		}
		checkConsistent(t, d)
	})
}

// runAndKill lets a child write for a moment after its first acknowledgement,
// and kills it at once and without warning.
func runAndKill(t *testing.T, child *exec.Cmd, j *journal) {
	t.Helper()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	acknowledged := 0
	var noise []string
	for lines.Scan() {
		line := lines.Text()
		if !slices.Contains([]string{"trying", "stored", "edited", "redacted"}, strings.SplitN(line, " ", 2)[0]) {
			noise = append(noise, line)
			continue
		}
		if j.read(t, line) {
			acknowledged++
		}
		if acknowledged == 1 {
			acknowledged++
			time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait()
	if acknowledged == 0 {
		t.Fatalf("the child stored nothing:\n%s", strings.Join(noise, "\n"))
	}
}

// checkJournal compares what was acknowledged with what is stored.
func checkJournal(t *testing.T, d *storagetest.Deployment, j *journal, convs []string) {
	t.Helper()
	s := &site{T: t, Deployment: d, Process: d.OpenIdle(t)}
	defer s.Stop()
	stored := map[string]conversation.Entry{}
	for e, err := range s.AllEntries(context.Background(), 0) {
		s.must(err)
		if e.Kind != conversation.KindMessage {
			continue
		}
		if twin, ok := stored[e.ClientID]; ok {
			t.Errorf("message %s is stored as %d and as %d", e.ClientID, twin.Seq, e.Seq)
		}
		stored[e.ClientID] = e
	}
	acknowledged := 0
	for client, m := range j.messages {
		e, ok := stored[client]
		if m.seq == 0 {
			continue
		}
		acknowledged++
		// The last edit or redaction may have been stored and not acknowledged.
		if !ok || e.Seq != m.seq || e.ConversationID != m.conv || (e.Content.Text != m.text && e.Content.Text != "edited" && e.Content.Text != "") {
			t.Errorf("acknowledged was %+v, stored is %+v", m, e)
		}
	}
	for client := range stored {
		if j.messages[client] == nil {
			t.Errorf("%s is stored and nobody sent it", client)
		}
	}
	t.Logf("%d messages were acknowledged, %d are stored, in %d conversations", acknowledged, len(stored), len(convs))
}
