package recovering_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

const (
	anna  = "anna@example.com"
	nora  = "nora@example.com" // with a second factor
	none  = "none@example.com"
	right = "a long and unusual phrase"
)

// house is a wallet in memory that notes how much it did.
type house struct {
	mu      sync.Mutex
	at      time.Time
	records map[string]string
	owners  map[string]string // of standings
	letters []recovering.Letter
	work    []string
	in      []string
	told    []string
}

func (h *house) Commit(_ context.Context, fn func(recovering.Desk) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := maps.Clone(h.records)
	err := fn(h)
	if err != nil {
		h.records = before
	}
	return err
}

func (h *house) Standings(_ context.Context, customer string, limit int) ([]recovery.Standing, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []recovery.Standing
	for id, owner := range h.owners {
		var s recovery.Standing
		if err := json.Unmarshal([]byte(h.records[id]), &s); err != nil {
			return nil, err
		}
		if owner == customer {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b recovery.Standing) int { return cmp.Compare(b.BegunAt, a.BegunAt) })
	return list[:min(len(list), limit)], nil
}

func (h *house) did(format string, args ...any) {
	h.work = append(h.work, fmt.Sprintf(format, args...))
}

func (h *house) Now() wallet.Time { return wallet.At(h.at) }

func (h *house) Get(kind, id string, into any) error {
	h.did("get %s", kind)
	text, ok := h.records[kind+id]
	if !ok {
		return fault.New(fault.NotFound, "test", "none")
	}
	return json.Unmarshal([]byte(text), into)
}

func (h *house) Put(kind, id, owner string, _ wallet.Time, v any) error {
	h.did("put %s", kind)
	if kind == recovering.KindStanding {
		h.owners[kind+id] = owner
	}
	text, err := json.Marshal(v)
	h.records[kind+id] = string(text)
	return err
}

func (h *house) Whose(handle string) (string, error) {
	h.did("whose")
	return map[string]string{anna: "anna", nora: "nora", "4915112345678": "anna", "two@example.com": "two", "other@elsewhere.org": "two", "4915177777777": "two"}[recovering.Plain(handle)], nil
}

func (h *house) Known(customer string) ([]recovering.Factor, error) {
	h.did("known")
	list := []recovering.Factor{{Kind: recovery.Email, Value: customer + "@example.com"}, {Kind: recovery.SMS, Value: "+49 151 12345678"}}
	if customer == "two" {
		list = append(list, recovering.Factor{Kind: recovery.Email, Value: "other@elsewhere.org"})
	}
	if customer == "nora" {
		list = append(list, recovering.Factor{Kind: recovering.Second}, recovering.Factor{Kind: recovery.Code})
	}
	return list, nil
}

func (h *house) Proves(customer, kind, code string) (bool, error) {
	h.did("proves %s", kind)
	return customer != "" && code == map[string]string{recovering.Second: "424242", recovery.Code: "kept-1"}[kind], nil
}

func (h *house) Send(l recovering.Letter) error {
	h.did("send %s %s", l.Kind, l.What)
	if l.Customer != "" {
		h.letters = append(h.letters, l)
	}
	return nil
}

func (h *house) Changed(customer, _ string) error {
	h.did("changed")
	h.told = append(h.told, customer)
	return nil
}

func (h *house) In(customer string, _ wallet.Time) error {
	h.in = append(h.in, customer)
	return nil
}

func (h *house) Later(string, wallet.Time) error { return nil }

// last is the newest letter of a kind.
func (h *house) last(t *testing.T, what string) recovering.Letter {
	t.Helper()
	for i := len(h.letters) - 1; i >= 0; i-- {
		if h.letters[i].What == what {
			return h.letters[i]
		}
	}
	t.Fatalf("there is no letter about %s", what)
	return recovering.Letter{}
}

type world struct {
	*house
	room *recovering.Room
	n    int
}

func open(t *testing.T) *world {
	t.Helper()
	h := &house{at: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), records: map[string]string{}, owners: map[string]string{}}
	room, err := recovering.New(h, recovering.Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Link: "https://wallet.example"})
	if err != nil {
		t.Fatal(err)
	}
	return &world{house: h, room: room}
}

func (w *world) key() string { w.n++; return fmt.Sprintf("key-%d", w.n) }

// begun asks for a handle and begins by a kind of way; 0: the first.
func (w *world) begun(t *testing.T, handle, kind string) (recovery.Offer, recovery.Recovery) {
	t.Helper()
	by := wallet.Actor{Kind: "customer", ID: "visitor"}
	o, err := w.room.Ways(t.Context(), by, recovery.Asking{Key: w.key(), Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range o.Ways {
		if way.Kind == kind {
			r, err := w.room.Begin(t.Context(), by, o.ID, recovery.Begin{Key: w.key(), Way: way.ID})
			if err != nil {
				t.Fatal(err)
			}
			return o, r
		}
	}
	t.Fatalf("%s is no way of %s: %v", kind, handle, o.Ways)
	return recovery.Offer{}, recovery.Recovery{}
}

func (w *world) give(t *testing.T, g recovering.Given) recovering.Page {
	t.Helper()
	p, err := w.room.Give(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) state(t *testing.T, id string) recovery.Status {
	t.Helper()
	r, err := w.room.Recovery(t.Context(), wallet.Actor{}, id)
	if err != nil || r.Validate() != nil {
		t.Fatal(err, r.Validate())
	}
	return r.State
}

// Whether or not there is an account, the same is done, in the same order, and the same is
// told at every moment until something is proven.
func TestNobodyIsToldWhoHasAnAccount(t *testing.T) {
	var told [2][]recovery.Recovery
	var work [2][]string
	for i, handle := range []string{anna, none} {
		w := open(t)
		o, r := w.begun(t, handle, recovery.Document)
		if err := o.Validate(); err != nil {
			t.Error(handle, err)
		}
		note := func(r recovery.Recovery) {
			r.ID, r.Link = "", ""
			told[i] = append(told[i], r)
		}
		note(r)
		if i == 0 { // the customer says that it was not them: nobody else learns it
			if was, err := w.room.Stop(t.Context(), w.last(t, "begun").Token); !was || err != nil {
				t.Error(was, err)
			}
		} else {
			w.work = append(w.work, "stop")
		}
		work[i] = w.work
		for range 4 {
			w.at = w.at.Add(10 * time.Minute)
			r, err := w.room.Recovery(t.Context(), wallet.Actor{}, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			note(r)
		}
	}
	if !reflect.DeepEqual(told[0], told[1]) {
		t.Errorf("of somebody %v\nof nobody  %v", told[0], told[1])
	}
	n := len(work[1]) - 1
	if !reflect.DeepEqual(work[0][:n], work[1][:n]) {
		t.Errorf("for somebody %v\nfor nobody  %v", work[0][:n], work[1][:n])
	}
}

func TestWhatWasChangedLatelyIsNoWay(t *testing.T) {
	w := open(t)
	w.at = time.UnixMicro(0).Add(71 * time.Hour) // the factors were changed then
	o, err := w.room.Ways(t.Context(), wallet.Actor{}, recovery.Asking{Key: "k", Handle: anna})
	if err != nil || len(o.Ways) != 1 || o.Ways[0].Kind != recovery.Document {
		t.Errorf("%v %v", o.Ways, err)
	}
}

// A link is for the one who presses the button, once; opening it changes nothing.
func TestALinkIsPressedAndNotOpened(t *testing.T) {
	w := open(t)
	o, _ := w.begun(t, anna, recovery.Email)
	token := w.last(t, "link").Token
	for range 3 { // scanners of mailboxes
		p, err := w.room.Opened(t.Context(), "", token, "")
		if err != nil || p.Stage != "confirm" {
			t.Fatalf("%+v %v", p, err)
		}
	}
	if w.state(t, o.ID) != recovery.Sent {
		t.Error("opening it did something")
	}
	if p := w.give(t, recovering.Given{Token: token, Browser: "mine"}); p.Stage != "password" {
		t.Fatalf("%+v", p)
	}
	for name, g := range map[string]recovering.Given{
		"the link again, elsewhere": {Token: token, Browser: "other"}, "a password from elsewhere": {ID: o.ID, Browser: "other", Password: right},
		"a password from nowhere": {ID: o.ID, Password: right}, "a weak one": {ID: o.ID, Browser: "mine", Password: "password1"},
	} {
		if p := w.give(t, g); p.Stage == "done" || len(w.in) != 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Password: right}); p.Stage != "done" || len(w.in) != 1 {
		t.Errorf("%+v", p)
	}
	w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Password: right})
	if r, err := w.room.Recovery(t.Context(), wallet.Actor{}, o.ID); err != nil || r.State != recovery.Done || r.LimitedUntil != wallet.At(w.at.Add(24*time.Hour)) || len(w.in) != 1 {
		t.Errorf("%+v %v, %d times", r, err, len(w.in))
	}
}

// Codes are tried five times, and at one handle twenty times a day, by whomever: a thousand
// guesses do not find one.
func TestAThousandGuesses(t *testing.T) {
	for _, handle := range []string{"+49 151 12345678", "+49 151 99999999"} {
		w := open(t)
		locked, tried := 0, 0
		for range 200 {
			by := wallet.Actor{Kind: "customer", ID: w.key()}
			o, err := w.room.Ways(t.Context(), by, recovery.Asking{Key: w.key(), Handle: handle})
			if fault.Is(err, fault.TooMany) {
				w.at = w.at.Add(time.Hour)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.room.Begin(t.Context(), by, o.ID, recovery.Begin{Key: w.key(), Way: o.Ways[0].ID})
			if err != nil {
				t.Fatal(err)
			}
			if r.State == recovery.Locked {
				locked++
			}
			for n := range 5 {
				p := w.give(t, recovering.Given{ID: o.ID, Browser: "b", Code: fmt.Sprintf("%06d", n)})
				if p.Wrong {
					tried++
				}
				if p.Stage == "password" {
					t.Fatal("it was guessed")
				}
			}
		}
		if locked < 150 || tried > 40 {
			t.Errorf("%s: locked %d times, and %d guesses were looked at", handle, locked, tried)
		}
	}
}

func TestOldAndReplacedCodesCountNoMore(t *testing.T) {
	w := open(t)
	first, _ := w.begun(t, anna, recovery.SMS)
	code := w.last(t, "code").Code
	second, _ := w.begun(t, anna, recovery.SMS)
	if p := w.give(t, recovering.Given{ID: first.ID, Browser: "b", Code: code}); p.Stage != "over" {
		t.Errorf("that of the request before: %+v", p)
	}
	if w.state(t, first.ID) != recovery.Expired {
		t.Error("the request before is not over")
	}
	newest := w.last(t, "code").Code
	w.at = w.at.Add(10 * time.Minute)
	if p := w.give(t, recovering.Given{ID: second.ID, Browser: "b", Code: newest}); p.Stage != "over" || w.state(t, second.ID) != recovery.Expired {
		t.Errorf("after ten minutes: %+v", p)
	}
}

// One code lets one in, however many bring it at a time.
func TestParallelAnswers(t *testing.T) {
	w := open(t)
	o, _ := w.begun(t, anna, recovery.SMS)
	code := w.last(t, "code").Code
	var all sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for n := range 20 {
		all.Go(func() {
			p, err := w.room.Give(context.Background(), recovering.Given{ID: o.ID, Browser: fmt.Sprint("browser ", n), Code: code})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && p.Stage == "password" {
				in++
			}
		})
	}
	all.Wait()
	if in != 1 {
		t.Errorf("%d came in by one code", in)
	}
}

// A mailbox alone is no way round the second factor; a document is, after a day in which
// the customer may stop it.
func TestTheSecondFactor(t *testing.T) {
	w := open(t)
	o, _ := w.begun(t, nora, recovery.Email)
	mine := recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"}
	if p := w.give(t, mine); p.Stage != "second" || w.state(t, o.ID) != recovery.Sent {
		t.Fatalf("%+v", p)
	}
	mine = recovering.Given{ID: o.ID, Browser: "mine", Password: right}
	if p := w.give(t, mine); p.Stage != "second" || len(w.in) != 0 {
		t.Fatalf("it was gone round: %+v", p)
	}
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Without: true}); p.Stage != "document" {
		t.Fatalf("%+v", p)
	}
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Document: true}); p.Stage != "reviewing" || w.state(t, o.ID) != recovery.Reviewing {
		t.Fatalf("%+v", p)
	}
	w.at = w.at.Add(25 * time.Hour)
	if got := w.state(t, o.ID); got != recovery.Cooling {
		t.Fatal(got)
	}
	if p := w.give(t, mine); p.Stage != "cooling" || len(w.in) != 0 {
		t.Fatalf("%+v", p)
	}
	stop := w.last(t, "cooling").Token
	w.at = w.at.Add(24 * time.Hour)
	if got := w.state(t, o.ID); got != recovery.Proven {
		t.Fatal(got)
	}
	if was, err := w.room.Stop(t.Context(), stop); !was || err != nil {
		t.Fatal(was, err)
	}
	if p := w.give(t, mine); p.Stage != "over" || len(w.in) != 0 || w.state(t, o.ID) != recovery.Stopped {
		t.Fatalf("%+v", p)
	}
	if len(w.told) < 4 {
		t.Errorf("Kefu was told %d times", len(w.told))
	}
}

// A code that was kept proves the first factor, and the authenticator's does not stand in
// for it, nor it for the authenticator's.
func TestACodeThatWasKept(t *testing.T) {
	w := open(t)
	o, _ := w.begun(t, nora, recovery.Code)
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Code: "424242"}); !p.Wrong || p.Stage != "code" {
		t.Fatalf("that of the authenticator: %+v", p)
	}
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Code: "kept-1"}); p.Wrong || p.Stage != "second" {
		t.Fatalf("%+v", p)
	}
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Code: "kept-1"}); !p.Wrong || p.Stage != "second" {
		t.Fatalf("it went round the second factor: %+v", p)
	}
	w.at = w.at.Add(31 * time.Minute)
	if p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Code: "424242"}); p.Stage != "over" || len(w.in) != 0 {
		t.Errorf("the first factor counts for ever: %+v", p)
	}
}

// A document of nobody proves nothing, and is looked at as long.
func TestADocumentOfNobody(t *testing.T) {
	w := open(t)
	o, _ := w.begun(t, none, recovery.Document)
	p := w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Document: true})
	if p.Stage != "reviewing" || p.Until != wallet.At(w.at.Add(24*time.Hour)) {
		t.Fatalf("%+v", p)
	}
	w.at = w.at.Add(200 * time.Hour)
	if got := w.state(t, o.ID); got != recovery.Refused || len(w.in) != 0 {
		t.Error(got)
	}
}

func TestHints(t *testing.T) {
	for value, want := range map[string]string{
		"email anna.schmidt@example.com": "a•••@e•••.com", "email x@mail.example.museum": "x•••@m•••", "email 李@例子.cn": "李•••@例•••.cn", "sms +49 151 12345678": "•••• 78", "email broken": "b•••@•••",
	} {
		kind, of, _ := cut(value)
		got := recovery.Hint(kind, of)
		if got != want {
			t.Errorf("%s: %s", value, got)
		}
		if err := (recovery.Way{ID: "w", Kind: kind, Hint: got}).Validate(); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func cut(s string) (string, string, bool) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
