package recovering

import (
	"context"
	"crypto/subtle"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

// Page is what the wallet's own page shows of a recovery.
type Page struct {
	ID    string
	Kind  string
	Hint  string
	Stage string // code: one is to be typed; confirm: the link of a letter is to be pressed; second, document, password, reviewing, cooling, done, over, locked, elsewhere
	Wrong bool   // what was typed
	Weak  string // why the password is not taken
	Left  int    // tries
	Until wallet.Time
}

// Opened is where a page stands when somebody opens it: by the request, or by the token of
// a letter. Opening changes nothing, for the scanners of mailboxes open links as well.
// Errors: NotFound for what was never given.
func (r *Room) Opened(ctx context.Context, id, token, browser string) (Page, error) {
	var page Page
	err := r.books.Commit(ctx, func(d Desk) error {
		q, err := r.named(d, id, token)
		if err != nil {
			return err
		}
		if err := r.step(d, &q); err != nil {
			return err
		}
		page = r.page(q, token, browser, d.Now())
		return nil
	})
	return page, err
}

// named finds a request by itself or by the token of its letter.
func (r *Room) named(d Desk, id, token string) (request, error) {
	if token != "" {
		var err error
		if id, _, err = get[string](d, kindToken, r.name("token", token)); err != nil {
			return request{}, err
		}
	}
	return r.request(d, id)
}

// page is how a request looks to a browser.
func (r *Room) page(q request, token, browser string, now wallet.Time) Page {
	p := Page{ID: q.ID, Kind: q.Kind, Until: q.Until, Left: max(0, triesOfCode-q.Tries)}
	for _, w := range q.Ways {
		if w.Kind == q.Kind {
			p.Hint = w.Hint
		}
	}
	mine := q.Browser != "" && browser != "" && same(q.Browser, r.name("browser", browser))
	switch {
	case q.Begun == 0:
		p.Stage = "over"
	case q.Browser != "" && !mine:
		p.Stage = "elsewhere"
	case q.Stage == waiting && (now >= q.Expires || q.Tries >= triesOfCode):
		p.Stage = "over"
	case q.Stage == waiting && token != "" && same(q.Token, r.name("token", token)):
		p.Stage = "confirm"
	case q.Stage == waiting && token != "":
		p.Stage = "over"
	case q.Stage == waiting && q.Kind == recovery.Document:
		p.Stage = "document"
	case q.Stage == waiting:
		p.Stage = "code"
	default:
		p.Stage = map[stage]string{second: "second", ready: "password", reviewing: "reviewing", cooling: "cooling", in: "done"}[q.Stage]
		if p.Stage == "" {
			p.Stage = "over"
		}
	}
	return p
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Given is what somebody does on the page.
type Given struct {
	ID, Token string
	Browser   string // what this browser holds alone
	Code      string // that was sent, was kept, or is shown by the authenticator
	Document  bool   // a document and a picture were given
	Without   bool   // the second factor is lost
	Password  string
}

// Give takes it. Errors: NotFound, Unavailable.
func (r *Room) Give(ctx context.Context, g Given) (Page, error) {
	var page Page
	err := r.books.Commit(ctx, func(d Desk) error {
		q, err := r.named(d, g.ID, g.Token)
		if err != nil {
			return err
		}
		if err := r.step(d, &q); err != nil {
			return err
		}
		c, err := counted(d, q.Handle)
		if err != nil {
			return err
		}
		page = r.page(q, g.Token, g.Browser, d.Now())
		if c.Locked > 0 && !q.Proven {
			page.Stage, page.Until = "locked", c.Locked
			return nil
		}
		before := page.Stage
		wrong, weak, err := r.take(d, &q, before, g)
		if err != nil {
			return err
		}
		if wrong {
			q.Tries++
			if c.Wrong++; c.Wrong >= wrongADay {
				c.Locked = d.Now() + micros(day)
			}
		}
		if err := d.Put(kindCount, q.Handle, "", 0, c); err != nil {
			return err
		}
		if err := r.keep(d, q); err != nil {
			return err
		}
		page = r.page(q, "", g.Browser, d.Now())
		page.Wrong, page.Weak = wrong, weak
		return nil
	})
	return page, err
}

// take does what was given, where the request stands at it.
func (r *Room) take(d Desk, q *request, at string, g Given) (wrong bool, weak string, err error) {
	now := d.Now()
	mine := r.name("browser", g.Browser)
	switch {
	case g.Browser == "" || at == "elsewhere" || at == "over" || at == "locked":
		return false, "", nil
	case at == "confirm":
		q.Token, q.Browser = "", mine
		return false, "", r.first(d, q)
	case at == "code" && q.Kind == recovery.Code:
		ok, err := d.Proves(q.Customer, recovery.Code, g.Code)
		if err != nil || !ok || q.Customer == "" {
			return true, "", err
		}
		q.Browser = mine
		return false, "", r.first(d, q)
	case at == "code":
		ok := q.Code != "" && same(q.Code, r.name("code", q.ID, g.Code)) && q.Customer != ""
		if !ok {
			return true, "", nil
		}
		q.Code, q.Browser = "", mine
		return false, "", r.first(d, q)
	case at == "second" && g.Without:
		q.Kind, q.Stage, q.Proven, q.Expires = recovery.Document, waiting, false, now+micros(life)
		return false, "", nil
	case at == "second":
		ok, err := d.Proves(q.Customer, Second, g.Code)
		if err != nil || !ok {
			if q.Tries+1 >= triesOfCode { // the first factor alone is worth nothing then
				q.Stage = waiting
			}
			return true, "", err
		}
		q.Stage, q.Proven, q.Changed, q.Until = ready, true, now, now+micros(life)
		return false, "", r.tell(d, *q, "proven")
	case at == "document" && g.Document:
		return false, "", r.look(d, q, mine)
	case at == "password":
		if weak := r.o.Policy.Check(g.Password, q.Customer); weak != "" {
			return false, string(weak), nil
		}
		q.Stage, q.Changed, q.Until = in, now, now+micros(limited)
		if err := d.In(q.Customer, q.Until); err != nil {
			return false, "", err
		}
		if err := r.endOthers(d, *q); err != nil {
			return false, "", err
		}
		return false, "", r.tell(d, *q, "done")
	}
	return false, "", nil
}

// first is what follows the first factor: the second one, where the customer has it.
func (r *Room) first(d Desk, q *request) error {
	known, err := d.Known(q.Customer)
	if err != nil {
		return err
	}
	q.Changed, q.Tries = d.Now(), 0
	for _, f := range known {
		if f.Kind == Second {
			q.Stage, q.Expires = second, d.Now()+micros(life)
			return nil
		}
	}
	q.Stage, q.Proven, q.Until = ready, true, d.Now()+micros(life)
	return r.tell(d, *q, "proven")
}

// look puts a document before people. Where there is no such account, they find that it
// proves nothing, as for somebody else's.
func (r *Room) look(d Desk, q *request, browser string) error {
	q.Browser, q.Stage, q.Proven, q.Changed = browser, reviewing, true, d.Now()
	q.Until = d.Now() + micros(r.o.Review)
	if err := d.Later(q.ID, q.Until); err != nil {
		return err
	}
	return r.tell(d, *q, "document")
}

// keep keeps a request and how its customer is told of it.
func (r *Room) keep(d Desk, q request) error {
	if err := d.Put(kindRequest, q.ID, "", 0, q); err != nil {
		return err
	}
	s := r.standing(q, d.Now())
	return d.Put(KindStanding, s.ID, q.Customer, s.BegunAt, s)
}

// step lets what comes by the time alone come: the end of a review and of a cool-down, and of
// what nobody went on with.
func (r *Room) step(d Desk, q *request) error {
	before := q.Stage
	for now := d.Now(); (q.Stage == reviewing || q.Stage == cooling) && now >= q.Until; {
		switch {
		case q.Stage == cooling:
			q.Stage, q.Changed, q.Until = ready, q.Until, q.Until+micros(choosing)
		case q.Customer == "":
			q.Stage, q.Changed, q.Until = refused, q.Until, 0
		default:
			q.Stage, q.Changed, q.Until = cooling, q.Until, q.Until+micros(r.o.Cooling)
		}
	}
	if end := q.ends(); q.Begun != 0 && end != 0 && d.Now() >= end {
		q.Stage, q.Changed, q.Until = lapsed, end, 0
		if err := d.Changed(q.Customer, r.standingID(*q)); err != nil {
			return err
		}
		return r.keep(d, *q)
	}
	if q.Stage == before {
		return nil
	}
	what := map[stage]string{cooling: "cooling", ready: "ready", refused: "refused"}[q.Stage]
	if err := r.tell(d, *q, what); err != nil {
		return err
	}
	if q.Stage == cooling {
		if err := d.Later(q.ID, q.Until); err != nil {
			return err
		}
	}
	return r.keep(d, *q)
}

// Step does what step does, at the time that Later was told. Errors: NotFound.
func (r *Room) Step(d Desk, id string) error {
	q, err := r.request(d, id)
	if err != nil {
		return err
	}
	return r.step(d, &q)
}

// Stop ends what a token of a letter says that it was not the customer. Errors: NotFound.
func (r *Room) Stop(ctx context.Context, token string) (bool, error) {
	was := false
	err := r.books.Commit(ctx, func(d Desk) error {
		id, found, err := get[string](d, kindToken, r.name("stop", token))
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "recovering.Stop", "there is no such recovery")
		}
		q, err := r.request(d, id)
		if err != nil {
			return err
		}
		was, err = r.stop(d, &q)
		return err
	})
	return was, err
}

// Find is a recovery by how its customer is told of it, inside a commit. Errors: NotFound,
// also for somebody else's.
func (r *Room) Find(d Desk, customer, standing string) (recovery.Status, string, error) {
	id, found, err := get[string](d, kindToken, standing)
	if err != nil {
		return "", "", err
	}
	q, err := r.request(d, id)
	if err == nil && q.Left == customer && customer != "" && q.LeftAs != "" {
		q.Stage = q.LeftAs
		return really(q, d.Now()), id, nil
	}
	if err == nil && (!found || q.Customer != customer || customer == "") {
		err = fault.New(fault.NotFound, "recovering.Find", "there is no such recovery of this customer")
	}
	return really(q, d.Now()), id, err
}

// End stops a recovery that Find found. It tells whether there was anything to stop.
func (r *Room) End(d Desk, id string) (bool, error) {
	q, err := r.request(d, id)
	if err != nil {
		return false, err
	}
	return r.stop(d, &q)
}
