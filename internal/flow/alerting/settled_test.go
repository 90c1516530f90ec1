package alerting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/selfservice"
	"kefu/internal/storage/storagetest"
)

const day = 24 * time.Hour

// other is a notice of something else in Anna's wallet.
func (h *house) other() wallet.Notice {
	return wallet.Notice{ID: "ev-9", Type: wallet.TransactionUpdated, CustomerID: memory.Anna, Object: bistro, Sequence: 1, Position: 9, At: wallet.At(h.now())}
}

// offers counts how often stopping is offered below what Kefu said.
func (h *house) offers() (n int) {
	h.Helper()
	lines, err := h.ConversationsOf(h.Context(), h.anna, 20)
	h.must(err)
	for _, line := range lines {
		entries, _, err := h.Entries(h.Context(), identity.SystemPart("test"), line.State.ID, conversation.EntryRange{Limit: 100})
		h.must(err)
		for _, e := range entries {
			if e.Kind == conversation.KindOffer && e.Content.Offer.Flow == "FL3" {
				n++
			}
		}
	}
	return n
}

// A question goes when what it is about is settled in the wallet, after whichever notice,
// and the customer reads how; it stays where it was not them, where whoever came in could
// have ended it, where another one of its kind is open, and where they have answered.
func TestWhatIsSettledIsAskedNoMore(t *testing.T) {
	closed := func(state string) func(*house) {
		return func(h *house) { h.purse.alerts[0].State, h.purse.alerts[0].SettledAt = state, wallet.At(h.now()) }
	}
	for name, c := range map[string]struct {
		kind   wallet.AlertKind
		about  string
		change func(*house)
		goes   bool
		words  string
	}{
		"theirs":                  {wallet.AlertDevice, "d", closed("mine"), true, "It was said in your wallet that this was you"},
		"a session that is over":  {wallet.AlertLogin, "s", closed("closed"), false, "please answer the question about it"},
		"a removed device":        {wallet.AlertDevice, "d", closed("closed"), false, "please answer the question about it"},
		"a replaced factor":       {wallet.AlertFactor, "f", closed("closed"), false, "please answer the question about it"},
		"a payment that is over":  {wallet.AlertPayment, bistro, closed("closed"), true, "no question about this payment any more"},
		"a payment in dispute":    {wallet.AlertPayment, bistro, closed("not_mine"), true, "was reported as not yours"},
		"not theirs":              {wallet.AlertDevice, "d", closed("not_mine"), false, ""},
		"open":                    {wallet.AlertDevice, "d", func(*house) {}, false, ""},
		"not told of any more":    {wallet.AlertDevice, "d", func(h *house) { h.purse.alerts = nil }, false, ""},
		"a wallet without alerts": {wallet.AlertDevice, "d", func(h *house) { closed("mine")(h); h.purse.lacks = wallet.ReadAlerts }, false, ""},
		"another one of its kind": {wallet.AlertDevice, "d", func(h *house) { closed("mine")(h); h.raise(wallet.AlertDevice, "e") }, false, ""},
		"whoever left the wallet": {wallet.AlertDevice, "d", func(h *house) { closed("mine")(h); h.purse.left = true }, false, ""},
		"answered a moment before": {wallet.AlertDevice, "d", func(h *house) {
			runs, err := h.runs.List(h.Context(), h.anna)
			h.must(err)
			_, err = h.runs.Answer(h.Context(), h.anna, runs[0].Run.ID, "op-1", "", domain.Input{Do: domain.Set, Text: "not_me"})
			h.must(err)
			closed("mine")(h)
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := storagetest.New(t, "sqlite")
			h := open(t, d)
			h.must(h.flow.Took(t.Context(), h.raise(c.kind, c.about)))
			before, _, asked, _ := h.said()
			if len(asked) != 1 {
				t.Fatal(asked)
			}
			c.change(h)
			d.Clock.Move(time.Minute)
			for range 2 {
				h.must(h.flow.Took(t.Context(), h.other()))
			}
			words, _, asked, _ := h.said()
			words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(before, w) })
			told := len(words) == 1 && strings.Contains(words[0], c.words)
			if gone := len(asked) == 0; gone != c.goes || told != (c.words != "") || len(words) > 1 {
				t.Errorf("asked %q, told %q", asked, words)
			}
			if n := h.offers(); (n == 1) != c.goes || n > 1 {
				t.Errorf("stopping is offered %d times", n)
			}
		})
	}
}

// What customers began themselves is no question of Kefu's, and goes on whatever the wallet
// says of it.
func TestWhatACustomerBeganGoesOn(t *testing.T) {
	h := open(t, storagetest.New(t, "sqlite"))
	_, err := h.runs.Start(t.Context(), h.anna, selfservice.Begin{Flow: "FL19", Language: "en", Given: map[string]string{"payment": bistro}})
	h.must(err)
	h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertPayment, bistro)))
	h.purse.alerts[0].State, h.purse.alerts[0].SettledAt = "closed", wallet.At(h.now())
	h.must(h.flow.Took(t.Context(), h.other()))
	if words, _, asked, _ := h.said(); len(asked) != 1 || len(words) != 1 {
		t.Errorf("asked %q, told %q", asked, words)
	}
}

// A question stands for a week, from the newest of its kind on; then the customer reads that
// it is over, and payments can be stopped from there.
func TestAQuestionStandsForAWeek(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		after := func(pass time.Duration) (int, []string) {
			d.Clock.Move(pass)
			_, err := h.runs.Work(t.Context())
			h.must(err)
			words, _, asked, _ := h.said()
			return len(asked), words
		}
		h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "d")))
		if n, _ := after(6 * day); n != 1 {
			t.Fatalf("%d asked after six days", n)
		}
		h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "e")))
		if n, words := after(6 * day); n != 1 || len(words) != 2 {
			t.Fatalf("%d asked six days after the second, told %q", n, words)
		}
		n, words := after(day)
		if over := func(w string) bool { return strings.Contains(w, "nobody answered for a week") }; n != 0 || len(words) != 3 || !slices.ContainsFunc(words, over) || h.offers() != 1 {
			t.Errorf("%d asked after a week, told %q, %d offered", n, words, h.offers())
		}
		if n, again := after(day); n != 0 || len(again) != 3 {
			t.Errorf("%d asked later, told %q", n, again)
		}
	})
}

// Somebody who tries to come back in is asked about for as long as they may still get in,
// also where the notice comes late; the customer then reads how it ended.
func TestARecoveryIsAskedAboutWhileItRuns(t *testing.T) {
	for state, c := range map[recovery.Status]struct {
		words string
		asked int
	}{
		recovery.Stopped: {"was stopped, and nobody gets in", 0},
		recovery.Refused: {"came to its end, and nobody got in", 0},
		recovery.Done:    {"came back in to your wallet by this, and chose a new password", 1},
	} {
		t.Run(string(state), func(t *testing.T) {
			d := storagetest.New(t, "sqlite")
			h := open(t, d)
			begun := wallet.At(h.now())
			h.purse.tries = []recovery.Standing{{ID: "r-1", Kind: "document", State: recovery.Reviewing, BegunAt: begun, ChangedAt: begun}}
			n := wallet.Notice{ID: "ev-1", Type: wallet.RecoveryChanged, CustomerID: memory.Anna, Object: "r-1", Sequence: 1, Position: 1, At: begun}
			d.Clock.Move(2 * day) // nobody was there to take the notice
			h.must(h.flow.Took(t.Context(), n))
			for i := range 3 {
				_, err := h.runs.Work(t.Context())
				h.must(err)
				if words, _, asked, _ := h.said(); len(asked) != 1 || len(words) != 1 {
					t.Fatalf("after %d weeks: asked %q, told %q", i, asked, words)
				}
				d.Clock.Move(7 * day)
			}
			_, err := h.runs.Work(t.Context())
			h.must(err)
			h.purse.tries[0].State = state
			h.must(h.flow.Took(t.Context(), n))
			words, _, asked, _ := h.said()
			if len(asked) != c.asked || (c.words == "") != (len(words) == 1) || !strings.Contains(words[len(words)-1], c.words) {
				t.Errorf("asked %q, told %q", asked, words)
			}
		})
	}
}

// Whoever answered a question about somebody who tries to come back in is not asked again,
// however far that gets.
func TestAnAnswerAboutARecoveryStands(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	h := open(t, d)
	begun := wallet.At(h.now())
	h.purse.tries = []recovery.Standing{{ID: "r-1", Kind: "document", State: recovery.Reviewing, BegunAt: begun, ChangedAt: begun}}
	n := wallet.Notice{ID: "ev-1", Type: wallet.RecoveryChanged, CustomerID: memory.Anna, Object: "r-1", Sequence: 1, Position: 1, At: begun}
	h.must(h.flow.Took(t.Context(), n))
	runs, err := h.runs.List(t.Context(), h.anna)
	h.must(err)
	seen, err := h.runs.Answer(t.Context(), h.anna, runs[0].Run.ID, "op-1", "", domain.Input{Do: domain.Other})
	h.must(err)
	if seen.Run.State != domain.Ended {
		t.Fatalf("%s at %s", seen.Run.State, seen.Run.Step)
	}
	d.Clock.Move(2 * day)
	h.purse.tries[0].State, h.purse.tries[0].Until = recovery.Cooling, wallet.At(h.now().Add(day))
	h.must(h.flow.Took(t.Context(), n))
	if words, _, asked, _ := h.said(); len(asked) != 0 || len(words) != 1 {
		t.Errorf("asked %q, told %q", asked, words)
	}
}

// An attempt that another one replaced led nobody in; by the other one somebody came in,
// and that is what the customer reads.
func TestWhoCameInByALaterAttemptIsAskedAbout(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	h := open(t, d)
	begun := wallet.At(h.now())
	h.purse.tries = []recovery.Standing{{ID: "r-1", Kind: "email", State: recovery.Sent, BegunAt: begun, ChangedAt: begun}}
	n := wallet.Notice{ID: "ev-1", Type: wallet.RecoveryChanged, CustomerID: memory.Anna, Object: "r-1", Sequence: 1, Position: 1, At: begun}
	h.must(h.flow.Took(t.Context(), n))
	later := begun + wallet.Time(time.Minute.Microseconds())
	h.purse.tries[0].State = recovery.Expired
	h.purse.tries = append(h.purse.tries, recovery.Standing{ID: "r-2", Kind: "email", State: recovery.Done, BegunAt: later, ChangedAt: later})
	for range 2 { // said once
		h.must(h.flow.Took(t.Context(), n))
	}
	if words, _, asked, _ := h.said(); len(asked) != 1 || len(words) != 2 || !strings.Contains(words[1], "came back in to your wallet") {
		t.Errorf("asked %q, told %q", asked, words)
	}
}
