package recovering_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
)

// sent is how many letters of a kind there are.
func (h *house) sent(what string) int {
	n := 0
	for _, l := range h.letters {
		if l.What == what {
			n++
		}
	}
	return n
}

// What a lock refused was not sent, and is not said to be on its way when the lock is over:
// under the same key it is sent then, or said to be out of time.
func TestWhatALockRefusedIsNotOnItsWay(t *testing.T) {
	for _, handle := range []string{anna, none} {
		w := open(t)
		w.at = w.at.Add(50 * time.Minute)
		for range 5 {
			w.begun(t, handle, recovery.Email)
		}
		o, err := w.room.Ways(t.Context(), wallet.Actor{}, recovery.Asking{Key: "locked", Handle: handle})
		if err != nil {
			t.Fatal(err)
		}
		begin := func() recovery.Recovery {
			r, err := w.room.Begin(t.Context(), wallet.Actor{}, o.ID, recovery.Begin{Key: "same", Way: o.Ways[0].ID})
			if err != nil || r.Validate() != nil {
				t.Fatal(err, r.Validate())
			}
			return r
		}
		before := len(w.letters)
		if r := begin(); r.State != recovery.Locked || len(w.letters) != before {
			t.Fatalf("%s: %+v", handle, r)
		}
		for range 3 {
			if r := begin(); r.State != recovery.Locked {
				t.Fatalf("%s, once more: %+v", handle, r)
			}
		}
		w.at = w.at.Add(10 * time.Minute)
		if got := w.state(t, o.ID); got != recovery.Expired {
			t.Errorf("%s: nothing was sent, and it is %s", handle, got)
		}
		if r := begin(); r.State != recovery.Sent || (handle == anna) != (len(w.letters) > before) {
			t.Errorf("%s, after the lock: %+v, %d letters", handle, r, len(w.letters)-before)
		}
		again := len(w.letters)
		if r := begin(); r.State != recovery.Sent || len(w.letters) != again {
			t.Errorf("%s: the same key sent twice", handle)
		}
		w.at = w.at.Add(31 * time.Minute)
		if r, err := w.room.Begin(t.Context(), wallet.Actor{}, o.ID, recovery.Begin{Key: "late", Way: o.Ways[0].ID}); err != nil || r.State != recovery.Expired || len(w.letters) != again {
			t.Errorf("%s, when it is over: %+v %v", handle, r, err)
		}
	}
}

// What the customer said was not them is over: its link, its code, and one more try by
// whoever asked, who is told the same at every moment as of somebody who is not there.
func TestItWasNotMeHolds(t *testing.T) {
	for _, kind := range []string{recovery.Email, recovery.SMS, recovery.Document} {
		var told [2][]recovery.Recovery
		var pages [2][]recovering.Page
		for i, handle := range []string{"+49 151 12345678", "+49 151 99999996"} {
			w := open(t)
			o, _ := w.begun(t, handle, kind)
			if i == 0 {
				if was, err := w.room.Stop(t.Context(), w.last(t, "begun").Token); !was || err != nil {
					t.Fatal(was, err)
				}
				if was, err := w.room.Stop(t.Context(), w.last(t, "begun").Token); was || err != nil {
					t.Errorf("it was stopped twice: %v", err)
				}
			}
			before := len(w.letters)
			note := func(r recovery.Recovery, err error) {
				if err != nil {
					t.Fatal(err)
				}
				r.ID, r.Link = "", ""
				told[i] = append(told[i], r)
			}
			again := func(o recovery.Offer) {
				for _, way := range o.Ways {
					if way.Kind == kind {
						note(w.room.Begin(t.Context(), wallet.Actor{}, o.ID, recovery.Begin{Key: w.key(), Way: way.ID}))
					}
				}
			}
			again(o)
			note(w.room.Recovery(t.Context(), wallet.Actor{}, o.ID))
			p := w.give(t, recovering.Given{ID: o.ID, Browser: "theirs", Code: "000000", Document: true})
			p.ID, p.Hint = "", ""
			pages[i] = append(pages[i], p)
			other, r := w.begun(t, handle, kind)
			note(r, nil)
			w.at = w.at.Add(20 * time.Minute)
			again(other)
			w.at = w.at.Add(200 * time.Hour)
			note(w.room.Recovery(t.Context(), wallet.Actor{}, o.ID))
			note(w.room.Recovery(t.Context(), wallet.Actor{}, other.ID))
			if len(w.letters) != before || len(w.in) != 0 {
				t.Errorf("%s: after the stop there were %d letters", kind, len(w.letters)-before)
			}
		}
		if !reflect.DeepEqual(told[0], told[1]) {
			t.Errorf("%s: of somebody %v\nof nobody  %v", kind, told[0], told[1])
		}
		if !reflect.DeepEqual(pages[0], pages[1]) {
			t.Errorf("%s: the page of somebody %+v\nof nobody %+v", kind, pages[0], pages[1])
		}
	}
}

// A document that people still look at proves nothing: whoever gave one is told the same at
// every moment, whether nobody is there, or the customer says that it was not them, or is in
// again by another way.
func TestADocumentThatIsLookedAtTellsNothing(t *testing.T) {
	ends := []string{"nobody", "stopped by a letter", "stopped in the wallet", "in by another way"}
	told, pages := make([][]recovery.Recovery, len(ends)), make([][]recovering.Page, len(ends))
	for i, end := range ends {
		w := open(t)
		handle := anna
		if i == 0 {
			handle = none
		}
		o, _ := w.begun(t, handle, recovery.Document)
		given := recovering.Given{ID: o.ID, Browser: "theirs", Document: true}
		look := func(p recovering.Page) {
			r, err := w.room.Recovery(t.Context(), wallet.Actor{}, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			r.ID, r.Link, p.ID, p.Hint = "", "", "", ""
			told[i], pages[i] = append(told[i], r), append(pages[i], p)
		}
		look(w.give(t, given))
		switch end {
		case "stopped by a letter":
			if was, err := w.room.Stop(t.Context(), w.last(t, "document").Token); !was || err != nil {
				t.Fatal(was, err)
			}
		case "stopped in the wallet":
			all, err := w.room.Recoveries(t.Context(), "anna")
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			err = w.Commit(t.Context(), func(d recovering.Desk) error {
				_, id, err := w.room.Find(d, "anna", all[0].ID)
				if err != nil {
					return err
				}
				was, err := w.room.End(d, id)
				if !was {
					t.Error("there was nothing to stop")
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		case "in by another way":
			mine, _ := w.begun(t, anna, recovery.Email)
			w.give(t, recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"})
			if p := w.give(t, recovering.Given{ID: mine.ID, Browser: "mine", Password: right}); p.Stage != "done" {
				t.Fatalf("%+v", p)
			}
		}
		for range 6 {
			look(w.give(t, given))
			w.at = w.at.Add(6 * time.Hour)
		}
		look(w.give(t, recovering.Given{ID: o.ID, Browser: "theirs", Password: right}))
		all, err := w.room.Recoveries(t.Context(), "anna")
		want := map[string]recovery.Status{"stopped by a letter": recovery.Stopped, "stopped in the wallet": recovery.Stopped, "in by another way": recovery.Expired}[end]
		if err != nil || i > 0 && !slices.ContainsFunc(all, func(s recovery.Standing) bool { return s.Kind == recovery.Document && s.State == want }) {
			t.Errorf("%s: the customer is told %+v %v", end, all, err)
		}
		if got := told[i][len(told[i])-1].State; got != recovery.Refused {
			t.Errorf("%s: it ends as %s", end, got)
		}
	}
	for i, end := range ends[1:] {
		if !reflect.DeepEqual(told[i+1], told[0]) {
			t.Errorf("%s: told\n%+v\nof nobody\n%+v", end, told[i+1], told[0])
		}
		if !reflect.DeepEqual(pages[i+1], pages[0]) {
			t.Errorf("%s: the page\n%+v\nof nobody\n%+v", end, pages[i+1], pages[0])
		}
	}
}

// After a while the customer can come in again themselves.
func TestAStopHoldsForAWhile(t *testing.T) {
	w := open(t)
	w.begun(t, anna, recovery.Email)
	if was, err := w.room.Stop(t.Context(), w.last(t, "begun").Token); !was || err != nil {
		t.Fatal(was, err)
	}
	before := w.sent("link")
	w.at = w.at.Add(time.Hour)
	w.begun(t, anna, recovery.Email)
	if w.sent("link") != before+1 {
		t.Error("nothing was sent after an hour")
	}
	if p := w.give(t, recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"}); p.Stage != "password" {
		t.Errorf("%+v", p)
	}
	all, err := w.room.Recoveries(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	var states []recovery.Status
	for _, s := range all {
		states = append(states, s.State)
	}
	if !reflect.DeepEqual(states, []recovery.Status{recovery.Proven, recovery.Stopped}) {
		t.Errorf("the customer is told %v", states)
	}
}

// Whoever proved something before comes in no more once the customer is in again, by
// whichever handle they asked.
func TestWhoIsInEndsAllOthers(t *testing.T) {
	w := open(t)
	thief, _ := w.begun(t, "+49 151 12345678", recovery.SMS)
	if p := w.give(t, recovering.Given{ID: thief.ID, Browser: "theirs", Code: w.last(t, "code").Code}); p.Stage != "password" {
		t.Fatalf("%+v", p)
	}
	papers, _ := w.begun(t, "+49 151 12345678", recovery.Document)
	w.give(t, recovering.Given{ID: papers.ID, Browser: "theirs", Document: true})
	waits, _ := w.begun(t, "+49 151 12345678", recovery.SMS)
	code := w.last(t, "code").Code
	mine, _ := w.begun(t, anna, recovery.Email)
	w.give(t, recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"})
	if p := w.give(t, recovering.Given{ID: mine.ID, Browser: "mine", Password: right}); p.Stage != "done" {
		t.Fatalf("%+v", p)
	}
	for name, g := range map[string]recovering.Given{
		"with what was proven": {ID: thief.ID, Browser: "theirs", Password: right}, "with a code": {ID: waits.ID, Browser: "theirs", Code: code},
	} {
		if p := w.give(t, g); (p.Stage != "over" && !p.Wrong) || len(w.in) != 1 {
			t.Errorf("%s: %+v, %d came in", name, p, len(w.in))
		}
	}
	w.at = w.at.Add(100 * time.Hour)
	for want, o := range map[recovery.Status][]recovery.Offer{recovery.Expired: {thief, waits}, recovery.Refused: {papers}} { // as of nobody
		for _, o := range o {
			if got := w.state(t, o.ID); got != want {
				t.Errorf("it is %s, not %s", got, want)
			}
		}
	}
	all, err := w.room.Recoveries(t.Context(), "anna")
	if err != nil || slices.ContainsFunc(all, func(s recovery.Standing) bool { return s.State.Open() }) {
		t.Errorf("the customer is told of something that runs: %+v %v", all, err)
	}
	if p := w.give(t, recovering.Given{ID: papers.ID, Browser: "theirs", Password: right}); p.Stage != "over" || len(w.in) != 1 {
		t.Errorf("with a document: %+v", p)
	}
}

// What nobody goes on with comes to an end by itself: the second factor, the new password at
// once and the one after a cool-down. The customer is not told for ever that somebody tries.
func TestWhatNobodyGoesOnWithEnds(t *testing.T) {
	open1 := func(t *testing.T, w *world, customer string, want recovery.Status) {
		t.Helper()
		all, err := w.room.Recoveries(t.Context(), customer)
		if err != nil || len(all) != 1 || all[0].State != want || all[0].Validate() != nil {
			t.Errorf("the customer is told %+v %v, not %s", all, err, want)
		}
	}
	for name, c := range map[string]struct {
		handle, kind, customer string
		go_                    func(*world, recovery.Offer) recovering.Given
		before                 recovery.Status
		ends                   time.Duration
	}{
		"a link": {anna, recovery.Email, "anna", func(w *world, o recovery.Offer) recovering.Given { return recovering.Given{ID: o.ID} }, recovery.Sent, 30 * time.Minute},
		"a second factor": {nora, recovery.Email, "nora", func(w *world, o recovery.Offer) recovering.Given {
			w.give(t, recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"})
			return recovering.Given{ID: o.ID, Browser: "mine", Code: "424242"}
		}, recovery.Sent, 30 * time.Minute},
		"a password": {anna, recovery.Email, "anna", func(w *world, o recovery.Offer) recovering.Given {
			w.give(t, recovering.Given{Token: w.last(t, "link").Token, Browser: "mine"})
			return recovering.Given{ID: o.ID, Browser: "mine", Password: right}
		}, recovery.Proven, 30 * time.Minute},
		"a password after a document": {anna, recovery.Document, "anna", func(w *world, o recovery.Offer) recovering.Given {
			w.give(t, recovering.Given{ID: o.ID, Browser: "mine", Document: true})
			w.at = w.at.Add(48 * time.Hour)
			return recovering.Given{ID: o.ID, Browser: "mine", Password: right}
		}, recovery.Proven, 72 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			o, _ := w.begun(t, c.handle, c.kind)
			g := c.go_(w, o)
			open1(t, w, c.customer, c.before)
			w.at = w.at.Add(c.ends - time.Second)
			open1(t, w, c.customer, c.before)
			w.at = w.at.Add(time.Second)
			open1(t, w, c.customer, recovery.Expired)
			if p := w.give(t, g); p.Stage != "over" || len(w.in) != 0 {
				t.Errorf("%+v", p)
			}
			if got := w.state(t, o.ID); got != recovery.Expired {
				t.Error(got)
			}
		})
	}
}

// What a lock refused is nothing of which the customer has to be told.
func TestWhatWasRefusedIsNoStanding(t *testing.T) {
	w := open(t)
	for range 8 {
		w.begun(t, anna, recovery.Email)
		w.at = w.at.Add(time.Second)
	}
	all, err := w.room.Recoveries(t.Context(), "anna")
	if err != nil || len(all) != 5 {
		t.Fatalf("%d of 5, %v", len(all), err)
	}
	for i, s := range all {
		if (s.State == recovery.Sent) != (i == 0) {
			t.Errorf("%d: %s", i, s.State)
		}
	}
}

// Nobody has two ways of a kind, so nobody who has an account is offered two either.
func TestOneWayOfEachKind(t *testing.T) {
	for handle, hint := range map[string]string{"two@example.com": "t•••@e•••.com", "other@elsewhere.org": "o•••@e•••.org", "+49 151 77777777": "t•••@e•••.com"} {
		w := open(t)
		o, err := w.room.Ways(t.Context(), wallet.Actor{}, recovery.Asking{Key: "k", Handle: handle})
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]string{}
		for _, way := range o.Ways {
			if _, twice := kinds[way.Kind]; twice {
				t.Errorf("%s: %s is there twice", handle, way.Kind)
			}
			kinds[way.Kind] = way.Hint
		}
		if kinds[recovery.Email] != hint {
			t.Errorf("%s: %s", handle, kinds[recovery.Email])
		}
	}
}
