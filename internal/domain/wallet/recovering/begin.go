package recovering

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/url"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

// Begin goes one of the ways: it sends a link or a code, or waits on its page. The one
// before counts no more. Errors: NotFound; Invalid for a way that was not offered.
func (r *Room) Begin(ctx context.Context, _ wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error) {
	if err := b.Validate(); err != nil {
		return recovery.Recovery{}, err
	}
	var told recovery.Recovery
	err := r.books.Commit(ctx, func(d Desk) error {
		q, err := r.request(d, id)
		if err != nil {
			return err
		}
		w, err := q.way(b.Way)
		if err != nil {
			return err
		}
		if before, ok := q.Keys[b.Key]; ok {
			if before != b.Way {
				return &fault.Error{Code: fault.Conflict, Op: "recovering.Begin", Reason: "idempotency_mismatch", Message: "the key is of another way"}
			}
			told = r.told(q, d.Now())
			return nil
		}
		if err := r.begin(d, &q, w, b); err != nil {
			return err
		}
		told = r.told(q, d.Now())
		return nil
	})
	return told, err
}

func (r *Room) request(d Desk, id string) (request, error) {
	q, found, err := get[request](d, kindRequest, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "recovering.request", "there is no such request")
	}
	return q, err
}

func (q request) way(id string) (way, error) {
	for _, w := range q.Ways {
		if w.ID == id {
			return w, nil
		}
	}
	return way{}, fault.InvalidField("recovering.way", "way", "is none that was offered")
}

// begin begins anew, within bounds, and keeps all of it.
func (r *Room) begin(d Desk, q *request, w way, b recovery.Begin) error {
	now := d.Now()
	c, err := counted(d, q.Handle)
	if err != nil {
		return err
	}
	if q.Keys == nil {
		q.Keys = map[string]string{}
	}
	q.Keys[b.Key], q.Kind = b.Way, w.Kind
	over := q.Proven || now >= q.Expires || q.Stage == replaced || len(q.Keys) > beginsAnHour
	if c.Begins++; c.Begins > beginsAnHour && c.Locked == 0 {
		c.Locked = (now/micros(hour) + 1) * micros(hour)
	}
	q.Locked = c.Locked
	code, token := fresh6(), fresh(20)
	if !over && c.Locked == 0 {
		if err := r.replace(d, c.Last, q.ID); err != nil {
			return err
		}
		c.Last = q.ID
		q.Begun, q.Stage, q.Tries, q.Browser, q.Changed = now, waiting, 0, "", now
		q.Expires, q.CodeEnds = now+micros(life), now+micros(codeLife)
		q.Code, q.Token = r.name("code", q.ID, code), r.name("token", token)
		if err := r.deliver(d, q, w, code, token); err != nil {
			return err
		}
	}
	standing := r.standing(*q)
	for _, put := range []func() error{
		func() error { return d.Put(kindCount, q.Handle, "", 0, c) },
		func() error { return d.Put(kindToken, r.name("token", token), "", 0, q.ID) },
		func() error { return d.Put(kindToken, standing.ID, "", 0, q.ID) },
		func() error { return d.Put(kindRequest, q.ID, "", 0, *q) },
		func() error { return d.Put(KindStanding, standing.ID, q.Customer, now, standing) },
	} {
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// replace makes the request before count no more, as long as nothing was proven by it.
func (r *Room) replace(d Desk, last, by string) error {
	q, found, err := get[request](d, kindRequest, last)
	if err != nil || !found || last == by || q.Proven {
		return err
	}
	q.Stage = replaced
	return d.Put(kindRequest, q.ID, "", 0, q)
}

// deliver sends what the customer proves themselves by, and tells them everywhere that
// somebody asked for it. Where nobody is there, nobody gets as much.
func (r *Room) deliver(d Desk, q *request, w way, code, token string) error {
	sent := Letter{Customer: q.Customer, Kind: w.Kind, To: w.To, Until: q.Expires}
	switch w.Kind {
	case recovery.Email:
		sent.What, sent.Code, sent.Token = "link", code, token
	case recovery.SMS:
		sent.What, sent.Code, sent.Until = "code", code, q.CodeEnds
	default:
		sent.Kind, sent.What = "app", "begun"
	}
	if err := d.Send(sent); err != nil {
		return err
	}
	return r.tell(d, *q, "begun")
}

// tell tells the customer on every channel what became of a recovery, with a link by which
// they stop it; and Kefu.
func (r *Room) tell(d Desk, q request, what string) error {
	known, err := d.Known(q.Customer)
	if err != nil {
		return err
	}
	stop := fresh(20)
	letters := []Letter{{Kind: "app"}}
	for _, f := range known {
		if f.Kind == recovery.Email || f.Kind == recovery.SMS {
			letters = append(letters, Letter{Kind: f.Kind, To: f.Value})
		}
	}
	for _, l := range letters {
		l.Customer, l.What, l.Until, l.Token = q.Customer, what, q.Until, stop
		if err := d.Send(l); err != nil {
			return err
		}
	}
	if err := d.Put(kindToken, r.name("stop", stop), "", 0, q.ID); err != nil {
		return err
	}
	return d.Changed(q.Customer, r.standing(q).ID)
}

// standing is a request as its customer is told of it.
func (r *Room) standing(q request) recovery.Standing {
	s := recovery.Standing{ID: "rs-" + r.name("standing", q.ID), Kind: q.Kind, State: r.really(q), BegunAt: q.Begun, ChangedAt: q.Changed}
	if s.BegunAt == 0 {
		s.BegunAt = 1
	}
	if s.State == recovery.Cooling {
		s.Until = q.Until
	}
	return s
}

// really is how a request stands, for whom it is about.
func (r *Room) really(q request) recovery.Status {
	return map[stage]recovery.Status{
		waiting: recovery.Sent, second: recovery.Sent, ready: recovery.Proven, reviewing: recovery.Reviewing, cooling: recovery.Cooling,
		in: recovery.Done, stopped: recovery.Stopped, refused: recovery.Refused, replaced: recovery.Expired,
	}[q.Stage]
}

// told is a request as whoever asked for it is told. Until something is proven it follows
// from the request and the time alone.
func (r *Room) told(q request, now wallet.Time) recovery.Recovery {
	t := recovery.Recovery{ID: q.ID, Kind: q.Kind, Link: r.link(url.Values{"r": {q.ID}}), ExpiresAt: q.Expires}
	switch {
	case q.Locked > now && !q.Proven:
		t.State, t.Until = recovery.Locked, q.Locked
	case !q.Proven && (now >= q.Expires || q.Stage == replaced):
		t.State = recovery.Expired
	case !q.Proven:
		t.State = recovery.Sent
	default:
		t.State = r.really(q)
		switch t.State {
		case recovery.Reviewing:
			t.AnswerBy = q.Until
		case recovery.Cooling:
			t.Until = q.Until
		case recovery.Done:
			t.LimitedUntil = q.Until
		}
	}
	return t
}

func (r *Room) link(query url.Values) string {
	if r.o.Link == "" {
		return ""
	}
	return strings.TrimSuffix(r.o.Link, "/") + "/recover?" + query.Encode()
}

// Letter gives the link of a letter: where it is opened, or where a recovery is stopped.
func (r *Room) Letter(l Letter) string {
	if l.What == "link" {
		return r.link(url.Values{"t": {l.Token}})
	}
	return r.link(url.Values{"stop": {l.Token}})
}

// Recovery tells how far a request has got. Errors: NotFound.
func (r *Room) Recovery(ctx context.Context, _ wallet.Actor, id string) (recovery.Recovery, error) {
	var told recovery.Recovery
	err := r.books.Commit(ctx, func(d Desk) error {
		q, err := r.request(d, id)
		if err == nil && len(q.Keys) == 0 {
			err = fault.New(fault.NotFound, "recovering.Recovery", "nothing was begun")
		}
		if err != nil {
			return err
		}
		if err := r.step(d, &q); err != nil {
			return err
		}
		told = r.told(q, d.Now())
		return nil
	})
	return told, err
}

// Recoveries are those of a customer's account, whoever asked for them. Errors: NotFound.
func (r *Room) Recoveries(ctx context.Context, customer string) ([]recovery.Standing, error) {
	return r.books.Standings(ctx, customer, mostStandings)
}

// fresh6 is a code of six digits.
func fresh6() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand ends the process instead
	}
	return fmt.Sprintf("%06d", n)
}
