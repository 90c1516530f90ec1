package access_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/selfservice/access"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// house is a wallet in memory, by the rules of the real one.
type house struct {
	*recovering.Room
	at      time.Time
	records map[string]string
	factors []recovering.Factor
	links   int
	asked   int // for ways
}

func (h *house) Commit(_ context.Context, fn func(recovering.Desk) error) error { return fn(h) }
func (h *house) Standings(context.Context, string, int) ([]recovery.Standing, error) {
	return nil, nil
}
func (h *house) Now() wallet.Time { return wallet.At(h.at) }
func (h *house) Get(kind, id string, into any) error {
	text, ok := h.records[kind+id]
	if !ok {
		return fault.New(fault.NotFound, "test", "none")
	}
	return json.Unmarshal([]byte(text), into)
}
func (h *house) Put(kind, id, _ string, _ wallet.Time, v any) error {
	text, err := json.Marshal(v)
	h.records[kind+id] = string(text)
	return err
}
func (h *house) Whose(handle string) (string, error) {
	return map[string]string{"anna@example.com": "anna"}[handle], nil
}
func (h *house) Known(string) ([]recovering.Factor, error) { return h.factors, nil }
func (h *house) Proves(_, _, _ string) (bool, error)       { return false, nil }
func (h *house) Send(l recovering.Letter) error {
	if l.What == "link" {
		h.links++
	}
	return nil
}
func (h *house) Changed(string, string) error    { return nil }
func (h *house) In(string, wallet.Time) error    { return nil }
func (h *house) Later(string, wallet.Time) error { return nil }

func (h *house) Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error) {
	h.asked++
	return h.Room.Ways(ctx, by, a)
}

// Of and the others implement reads.Wallet.
func (h *house) Of() any                                    { return h }
func (h *house) Reads(context.Context, wallet.Reading) bool { return true }

type purse struct{ *house }

func (p purse) In(context.Context) (wallet.Actor, string, error) { return wallet.Actor{}, "", nil }

// run is one run of the flow: what it was told stays in it.
type run struct {
	t      *testing.T
	h      *house
	all    *reads.Registry
	handle string
	way    *sheet.Entry
	begun  *sheet.Sheet
}

func start(t *testing.T) *run {
	t.Helper()
	h := &house{at: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), records: map[string]string{}, factors: []recovering.Factor{{Kind: recovery.Email, Value: "anna@example.com"}, {Kind: recovery.SMS, Value: "+49 151 12345678"}}}
	room, err := recovering.New(h, recovering.Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Link: "https://wallet.example"})
	if err != nil {
		t.Fatal(err)
	}
	h.Room = room
	all, err := reads.New(access.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	return &run{t: t, h: h, all: all, handle: "anna@example.com"}
}

func (r *run) args() reads.Asked {
	a := reads.Asked{Run: "run-1", Now: wallet.At(r.h.at), Wallet: purse{r.h}, Args: map[string]selfservice.Value{"handle": {Type: selfservice.Text, Text: r.handle}}}
	if r.begun != nil {
		v := selfservice.Value{Type: selfservice.Sheet, Sheet: r.begun}
		a.Args["before"], a.Args["begun"] = v, v
	}
	if r.way != nil {
		a.Args["way"] = selfservice.Value{Type: selfservice.Entry, Entry: r.way}
	}
	return a
}

// choose lists the ways, and takes one by a link.
func (r *run) choose() {
	r.t.Helper()
	list, err := r.all.List(r.t.Context(), "recovery_ways", r.args())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, v := range list {
		if v.Entry.Facts["kind"].Word == recovery.Email {
			r.way = v.Entry
			return
		}
	}
	r.t.Fatal("no link is offered")
}

func (r *run) begin(want recovery.Status) sheet.Sheet {
	r.t.Helper()
	v, err := r.all.Call(r.t.Context(), "recovery_begin", r.args())
	if err != nil {
		r.t.Fatal(err)
	}
	if got := v.Sheet.Facts["state"].Word; got != string(want) {
		r.t.Fatalf("it is %s and not %s", got, want)
	}
	return *v.Sheet
}

func (r *run) state(want recovery.Status) {
	r.t.Helper()
	asked, records := r.h.asked, len(r.h.records)
	v, err := r.all.Call(r.t.Context(), "recovery_state", r.args())
	if err != nil {
		r.t.Fatal(err)
	}
	if got := v.Sheet.Facts["state"].Word; got != string(want) {
		r.t.Fatalf("it stands at %s and not %s", got, want)
	}
	if r.h.asked != asked || len(r.h.records) != records {
		r.t.Error("looking how it stands began something")
	}
}

// Once more, another way and a new try send, however long it took and however often what was
// sent ran out in between: and what is said of it is what the wallet did.
func TestOnceMoreIsSent(t *testing.T) {
	for _, handle := range []string{"anna@example.com", "none@example.com"} {
		r := start(t)
		r.handle = handle
		r.choose()
		for n := range 12 {
			before := r.h.links
			s := r.begin(recovery.Sent)
			r.begin(recovery.Sent) // the same after a crash
			if sent := r.h.links - before; sent != 1 {
				t.Fatalf("%s, %d: %d links were sent", handle, n, sent)
			}
			r.begun = &s
			r.state(recovery.Sent)
			r.h.at = r.h.at.Add(20 * time.Minute)
			r.state(recovery.Sent)
			if n%2 == 0 { // what is out of time
				r.h.at = r.h.at.Add(20 * time.Minute)
				r.state(recovery.Expired)
			}
			if n%3 == 0 { // another way, and the same one again
				r.choose()
			}
		}
	}
}

// What a lock refused is sent when it is over.
func TestTryAgainAfterALock(t *testing.T) {
	r := start(t)
	r.choose()
	for range 5 {
		s := r.begin(recovery.Sent)
		r.begun = &s
	}
	s := r.begin(recovery.Locked)
	r.begun = &s
	r.state(recovery.Locked)
	links := r.h.links
	r.h.at = r.h.at.Add(61 * time.Minute)
	r.state(recovery.Expired)
	r.choose()
	s = r.begin(recovery.Sent)
	r.begun = &s
	r.state(recovery.Sent)
	if r.h.links != links+1 {
		t.Error("nothing was sent")
	}
}

// A way leads to an address: to another one of the same kind is another way.
func TestAWayIsToAnAddress(t *testing.T) {
	r := start(t)
	r.choose()
	s := r.begin(recovery.Sent)
	r.begun = &s
	r.h.at = r.h.at.Add(40 * time.Minute)
	r.h.factors[0].Value = "zoe@elsewhere.org"
	links := r.h.links
	if _, err := r.all.Call(t.Context(), "recovery_begin", r.args()); !fault.Is(err, fault.NotFound) || r.h.links != links {
		t.Errorf("%v, %d links more", err, r.h.links-links)
	}
}

// What was typed anew has requests of its own.
func TestAnotherHandleIsAnotherRequest(t *testing.T) {
	r := start(t)
	r.choose()
	s := r.begin(recovery.Sent)
	first := s.Facts["request"].Word
	r.begun, r.handle = &s, "none@example.com"
	r.choose()
	s = r.begin(recovery.Sent)
	if s.Facts["request"].Word == first {
		t.Error("it is the request of another handle")
	}
	r.begun, r.handle = &s, "anna@example.com"
	r.choose()
	if s = r.begin(recovery.Sent); s.Facts["request"].Word != first {
		t.Error("the first handle has another request now")
	}
}
