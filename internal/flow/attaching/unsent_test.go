package attaching_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

// kib is a text of a size.
func kib(n int) string { return strings.Repeat("words and words\n", n*64) }

// tight are small budgets, in KiB.
func tight(visitor, sender, network, total int64) func(*attaching.Options) {
	return func(o *attaching.Options) {
		o.Unsent = attaching.Unsent{Visitor: visitor << 10, Sender: sender << 10, Network: network << 10, Total: total << 10}
	}
}

func (s *shop) try(p identity.Principal, network string, size int) (conversation.Attachment, error) {
	s.t.Helper()
	text := kib(size)
	return s.files.Upload(s.t.Context(), p, attaching.Incoming{Name: "a.txt", Network: network, Bytes: int64(len(text)), Body: strings.NewReader(text)})
}

func waits(err error) bool {
	var limited *intake.LimitedError
	return errors.As(err, &limited) && limited.RetryAfter > 0
}

func TestWhatOneSenderLeavesUnsentIsBounded(t *testing.T) {
	s := open(t, tight(200, 400, 10_000, 10_000))
	s.p.Listen(s.files.Committed)
	for name, p := range map[string]identity.Principal{"visitor": visitor(), "customer": customer(), "agent": agent()} {
		fits := 4
		if p.Kind == identity.Visitor {
			fits = 2
		}
		for range fits {
			if _, err := s.try(p, "", 100); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.try(p, "", 100); !waits(err) {
			t.Errorf("%s: one too many: %v", name, err)
		}
		if _, err := s.try(visitor(), "", 100); err != nil {
			t.Errorf("another pays for a %s: %v", name, err)
		}
	}
	// What was sent counts no more, and what was never sent does not for ever.
	anna := customer()
	conv := s.begin(anna)
	var last conversation.Attachment
	for range 4 {
		var err error
		if last, err = s.try(anna, "", 100); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.send(anna, conv, false, last.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.try(anna, "", 100); err != nil {
		t.Errorf("after a file was sent: %v", err)
	}
	if _, err := s.try(anna, "", 100); !waits(err) {
		t.Errorf("one sent file makes room for two: %v", err)
	}
	s.d.Clock.Move(attaching.OrphanAge + time.Second)
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != 0 {
		t.Fatalf("swept, with %d bytes counted on: %v", s.files.Bytes(), err)
	}
	if _, err := s.try(anna, "", 100); err != nil {
		t.Errorf("after the sweep: %v", err)
	}
}

// An upload that comes to nothing counts for nothing, and small files are not free.
func TestWhatAnUploadCountsFor(t *testing.T) {
	s := open(t, tight(200, 400, 10_000, 10_000))
	p := visitor()
	for range 10 {
		if _, err := s.files.Upload(t.Context(), p, attaching.Incoming{Name: "a.exe", Bytes: 100 << 10, Body: strings.NewReader("MZ\x90\x00")}); fault.FieldOf(err) != "type" {
			t.Fatalf("err = %v", err)
		}
	}
	if s.files.Bytes() != 0 {
		t.Errorf("%d bytes are counted for nothing", s.files.Bytes())
	}
	for range 3 {
		if _, err := s.try(p, "", 1); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.try(p, "", 1); !waits(err) {
		t.Errorf("tiny files are free: %v", err)
	}
	if _, err := s.files.Upload(t.Context(), visitor(), attaching.Incoming{Name: "a.txt", Body: strings.NewReader("words")}); !waits(err) {
		t.Errorf("a file of unknown size is expected to be small: %v", err)
	}
}

func TestWhatANetworkLeavesUnsentIsBounded(t *testing.T) {
	s := open(t, tight(200, 200, 500, 10_000))
	for range 5 {
		if _, err := s.try(visitor(), "192.0.2.1", 100); err != nil {
			t.Fatal(err)
		}
	}
	for name, p := range map[string]identity.Principal{"visitor": visitor(), "customer": customer()} {
		if _, err := s.try(p, "192.0.2.1", 100); !waits(err) {
			t.Errorf("a %s there: %v", name, err)
		}
		if _, err := s.try(p, "192.0.2.2", 100); err != nil {
			t.Errorf("a %s elsewhere: %v", name, err)
		}
	}
	if _, err := s.try(agent(), "192.0.2.1", 100); err != nil {
		t.Errorf("staff there: %v", err)
	}
}

// When everybody together has left too much, files are refused and messages go on.
// Visitors reach that first, and leave room for those who can be told apart.
func TestAllUnsentFilesTogetherAreBounded(t *testing.T) {
	s := open(t, tight(100, 100, 100, 800))
	for i := range 4 {
		if _, err := s.try(visitor(), fmt.Sprint(i), 100); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.try(visitor(), "9", 100); !fault.Is(err, fault.Unavailable) {
		t.Errorf("visitors take more than half: %v", err)
	}
	// The next process knows what this one took in.
	s.files = s.service(s.p.Store, tight(100, 100, 100, 800))
	if err := s.files.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.try(visitor(), "9", 100); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a restart forgets: %v", err)
	}
	anna := customer()
	conv := s.begin(anna)
	kept, err := s.try(anna, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.try(customer(), "", 100); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.try(customer(), "", 100); !fault.Is(err, fault.Unavailable) {
		t.Errorf("customers take what is staff's: %v", err)
	}
	if _, err := s.try(agent(), "", 100); err != nil {
		t.Errorf("staff have no room left by customers: %v", err)
	}
	if _, err := s.try(agent(), "", 100); !fault.Is(err, fault.Unavailable) {
		t.Errorf("more than all: %v", err)
	}
	if err := s.send(anna, conv, false, kept.ID); err != nil {
		t.Errorf("messages do not go on: %v", err)
	}
}

// scarce is a store of blobs on a disk that is nearly full.
type scarce struct {
	attaching.Blobs
	free int64
}

func (s *scarce) Free() (int64, error) { return s.free, nil }

func TestFilesAreRefusedBeforeTheDiskIsFull(t *testing.T) {
	s := open(t)
	disk := &scarce{blobs{s.blobs}, 0}
	s.disk = disk
	var told []string
	s.limited = func(name string) { told = append(told, name) }
	s.files = s.service(s.p.Store, func(o *attaching.Options) { o.MinFree = 1 << 20 })
	disk.free = 1<<20 + 100<<10
	if _, err := s.try(customer(), "", 100); err != nil {
		t.Errorf("it fits: %v", err)
	}
	if _, err := s.try(customer(), "", 101); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "messages go on") {
		t.Errorf("err = %v", err)
	}
	if len(told) != 1 || told[0] != "free_space" {
		t.Errorf("told %q", told)
	}
	// What is under way needs room as well.
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.files.Upload(context.Background(), customer(), attaching.Incoming{Name: "a.txt", Bytes: 80 << 10, Body: reader})
		ended <- err
	}()
	if _, err := writer.Write([]byte("be")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.try(customer(), "", 80); !fault.Is(err, fault.Unavailable) {
		t.Errorf("two get the room of one: %v", err)
	}
	if err := errors.Join(writer.Close(), <-ended); err != nil {
		t.Fatal(err)
	}
	anna := customer()
	conv := s.begin(anna)
	disk.free = 0
	answer := make(chan intake.Said, 1)
	m := intake.Message{ConversationID: conv, ClientID: id.New(), Text: "hello"}
	if err := s.door.Send(t.Context(), anna, m, func(said intake.Said) { answer <- said }); err != nil || (<-answer).Err != nil {
		t.Errorf("messages do not go on: %v", err)
	}
	if free, err := s.blobs.Free(); err != nil || free <= 0 {
		t.Errorf("the real disk has %d bytes, %v", free, err)
	}
}

func TestNobodyTakesEveryPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := attaching.NewPlaces(attaching.Options{AtOnce: 4, StaffAtOnce: 1, NetworkAtOnce: 2})
		enter := func(p identity.Principal, network string) (func(), error) { return all.Enter(t.Context(), p, network) }
		must := func(p identity.Principal, network string) func() {
			t.Helper()
			began := time.Now()
			leave, err := enter(p, network)
			if err != nil || time.Since(began) > 0 {
				t.Fatalf("waited %v, err = %v", time.Since(began), err)
			}
			return leave
		}
		slow, second := must(visitor(), "1"), must(visitor(), "1")
		if _, err := enter(customer(), "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a network has a third place: %v", err)
		}
		others := []func(){must(visitor(), "2"), must(customer(), "3")}
		if _, err := enter(customer(), "4"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("more than there are: %v", err)
		}
		staff := must(agent(), "1")
		if _, err := enter(agent(), ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("staff have more than theirs: %v", err)
		}
		time.AfterFunc(5*time.Second, slow)
		began := time.Now()
		third, err := enter(customer(), "1")
		if err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("who waited did not get the place that came free: %v after %v", err, time.Since(began))
		}
		for _, leave := range append(others, second, third, staff) {
			leave()
		}
		if all.Lanes() != 0 {
			t.Errorf("%d networks are remembered for ever", all.Lanes())
		}
	})
}

// A claim for a message that is never stored keeps a file, and what it counts for.
func TestAFileCountsAsLongAsItIsThere(t *testing.T) {
	s := open(t)
	anna := customer()
	conv := s.begin(anna)
	kept, err := s.try(anna, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	counted := s.files.Bytes()
	s.d.Clock.Move(attaching.OrphanAge - time.Hour)
	if _, err := s.p.ClaimAttachments(t.Context(), anna, conv, false, []string{kept.ID}); err != nil {
		t.Fatal(err)
	}
	s.d.Clock.Move(2 * time.Hour)
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != counted || counted == 0 {
		t.Errorf("%d bytes count, of %d: %v", s.files.Bytes(), counted, err)
	}
	s.d.Clock.Move(attaching.OrphanAge)
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != 0 {
		t.Errorf("%d bytes count for what is gone: %v", s.files.Bytes(), err)
	}
}

// Files that are too many to be read back count on, though they are not in the list.
func TestFilesThatAreNotListedCountOn(t *testing.T) {
	s := open(t)
	for range 3 {
		if _, err := s.try(customer(), "", 100); err != nil {
			t.Fatal(err)
		}
		s.d.Clock.Move(time.Minute)
	}
	counted := s.files.Bytes()
	attaching.ReadBackAtMost(s.files, 2)
	s.d.Clock.Move(2 * time.Hour)
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != counted {
		t.Errorf("%d bytes count, of %d: %v", s.files.Bytes(), counted, err)
	}
	// What is newer than all that is listed, and not listed, is gone.
	last, err := s.try(customer(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	s.d.Clock.Move(2 * time.Hour)
	if err := s.p.ForgetAttachment(t.Context(), last.ID, s.d.Clock.Now().UnixMicro()); err != nil {
		t.Fatal(err)
	}
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != counted {
		t.Errorf("%d bytes count, of %d: %v", s.files.Bytes(), counted, err)
	}
}

// A message that is refused again and again does not keep its file for ever.
func TestRepeatingARefusedMessageKeepsNoFileForEver(t *testing.T) {
	s := open(t)
	p := visitor()
	conv := s.begin(p)
	file, err := s.try(p, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		m := intake.Message{ConversationID: conv, ClientID: id.New(), AttachmentIDs: []string{file.ID}, ReplyTo: 99}
		_ = s.door.Send(t.Context(), p, m, func(intake.Said) {}) // refused one way or the other
		s.d.Clock.Move(time.Hour)
		if err := s.files.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.files.Bytes() != 0 {
		t.Errorf("%d bytes count after 20 hours", s.files.Bytes())
	}
}

// What was given to a run of a flow keeps nobody from uploading what they want to send,
// for as long as the run has it and however often the server begins anew.
func TestWhatARunHasIsNotUnsent(t *testing.T) {
	s := open(t, tight(200, 400, 400, 10_000))
	s.p.Listen(s.files.Committed)
	anna := customer()
	run := selfservice.Record{Run: selfservice.Run{
		ID: id.New(), Flow: "FL1", Version: 1, Digest: "d", ConversationID: id.New(), CustomerID: anna.ID, Step: "ask", State: selfservice.Asking, ExpiresAt: s.d.Clock.Now().Add(selfservice.Life),
	}}
	var given []selfservice.FileFact
	for range 4 {
		file, err := s.try(anna, "office", 100)
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, selfservice.FileFact{ID: file.ID, Want: "receipt"})
	}
	if _, err := s.try(anna, "office", 100); !waits(err) {
		t.Fatalf("before they are given: %v", err)
	}
	run.Slots = map[string]selfservice.Value{"papers": {Type: selfservice.Files, Files: given}}
	if err := s.p.AddFlowRun(t.Context(), anna, run); err != nil {
		t.Fatal(err)
	}
	if s.files.Bytes() != 0 {
		t.Errorf("%d bytes count for what a run has", s.files.Bytes())
	}
	for range 3 {
		if _, err := s.try(anna, "office", 100); err != nil {
			t.Errorf("for a message: %v", err)
		}
	}
	unsent := s.files.Bytes()
	again := s.service(s.p.Store)
	if err := again.Recall(t.Context()); err != nil || again.Bytes() != unsent {
		t.Errorf("after a start %d bytes count, of %d: %v", again.Bytes(), unsent, err)
	}
	s.d.Clock.Move(2 * time.Hour)
	if err := s.files.Sweep(t.Context()); err != nil || s.files.Bytes() != unsent {
		t.Errorf("after a sweep %d bytes count, of %d: %v", s.files.Bytes(), unsent, err)
	}
	if _, err := s.p.Attachment(t.Context(), anna, given[0].ID); err != nil {
		t.Errorf("what the run has: %v", err)
	}
}
