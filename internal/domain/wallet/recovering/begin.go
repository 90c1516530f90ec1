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
// before counts no more. Under the same key it sends once; what was refused for a lock is
// not sent yet, and is under the same key when the lock is over. Errors: NotFound; Invalid
// for a way that was not offered.
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
		sent, err := r.begin(d, &q, w, b)
		if err != nil {
			return err
		}
		told = r.told(q, d.Now())
		if !sent && told.State == recovery.Sent { // what was sent before, and not this
			told.State = recovery.Expired
		}
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

// begin begins anew, within bounds, and keeps all of it. It tells whether it was sent.
func (r *Room) begin(d Desk, q *request, w way, b recovery.Begin) (sent bool, err error) {
	now := d.Now()
	c, err := counted(d, q.Handle)
	if err != nil {
		return false, err
	}
	if q.Kind == "" {
		q.Kind = w.Kind
	}
	if len(q.Keys) >= mostKeys {
		q.Expires = min(q.Expires, now)
	}
	over := q.Proven || now >= q.Expires || (q.Stage != waiting && q.Stage != second)
	if c.Begins++; c.Begins > beginsAnHour && c.Locked == 0 {
		c.Locked = (now/micros(hour) + 1) * micros(hour)
	}
	q.Locked = c.Locked
	if over || c.Locked != 0 {
		if err := d.Put(kindCount, q.Handle, "", 0, c); err != nil {
			return false, err
		}
		return false, d.Put(kindRequest, q.ID, "", 0, *q)
	}
	if err := r.replace(d, c.Last, q.ID); err != nil {
		return false, err
	}
	c.Last = q.ID
	if err := r.note(d, q); err != nil {
		return false, err
	}
	if q.Keys == nil {
		q.Keys = map[string]string{}
	}
	code, token := fresh6(), fresh(20)
	q.Keys[b.Key], q.Kind = b.Way, w.Kind
	q.Begun, q.Stage, q.Tries, q.Browser, q.Changed = now, waiting, 0, "", now
	q.Expires = now + micros(life)
	if w.Kind == recovery.SMS {
		q.Expires = now + micros(codeLife)
	}
	q.Code, q.Token = r.name("code", q.ID, code), r.name("token", token)
	if err := r.deliver(d, q, w, code, token); err != nil {
		return false, err
	}
	for _, put := range []func() error{
		func() error { return d.Put(kindCount, q.Handle, "", 0, c) },
		func() error { return d.Put(kindToken, r.name("token", token), "", 0, q.ID) },
		func() error { return d.Put(kindToken, r.standingID(*q), "", 0, q.ID) },
		func() error { return r.keep(d, *q) },
	} {
		if err := put(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// replace makes the request before count no more, as long as nothing was proven by it.
func (r *Room) replace(d Desk, last, by string) error {
	q, found, err := get[request](d, kindRequest, last)
	if err != nil || !found || last == by || q.Proven {
		return err
	}
	q.Stage = replaced
	return r.keep(d, q)
}

// deliver sends what the customer proves themselves by, and tells them everywhere that
// somebody asked for it. Where nobody is there, nobody gets as much.
func (r *Room) deliver(d Desk, q *request, w way, code, token string) error {
	sent := Letter{Customer: q.Customer, Kind: w.Kind, To: w.To, Until: q.Expires}
	switch w.Kind {
	case recovery.Email:
		sent.What, sent.Code, sent.Token = "link", code, token
	case recovery.SMS:
		sent.What, sent.Code = "code", code
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
	return d.Changed(q.Customer, r.standingID(q))
}

// standingID names a request to its customer; what became nobody's is another one.
func (r *Room) standingID(q request) string {
	if q.Left != "" {
		return "rs-" + r.name("standing", q.ID, "left")
	}
	return "rs-" + r.name("standing", q.ID)
}

// standing is a request as its customer is told of it.
func (r *Room) standing(q request, now wallet.Time) recovery.Standing {
	s := recovery.Standing{ID: r.standingID(q), Kind: q.Kind, State: really(q, now), BegunAt: q.Begun, ChangedAt: q.Changed}
	if s.BegunAt == 0 {
		s.BegunAt = 1
	}
	if s.State == recovery.Cooling {
		s.Until = q.Until
	}
	return s
}

// really is how a request stands, for whom it is about.
func really(q request, now wallet.Time) recovery.Status {
	if end := q.ends(); end != 0 && now >= end {
		return recovery.Expired
	}
	return map[stage]recovery.Status{
		waiting: recovery.Sent, second: recovery.Sent, ready: recovery.Proven, reviewing: recovery.Reviewing, cooling: recovery.Cooling,
		in: recovery.Done, stopped: recovery.Stopped, refused: recovery.Refused, replaced: recovery.Expired, lapsed: recovery.Expired,
	}[q.Stage]
}

// ends is when a request comes to nothing by the time alone; 0 for one that does not.
func (q request) ends() wallet.Time {
	switch {
	case q.Stage == waiting || q.Stage == second:
		return q.Expires
	case q.Stage == ready && q.Until == 0: // kept before such a thing had an end
		return q.Changed + micros(choosing)
	case q.Stage == ready:
		return q.Until
	}
	return 0
}

// told is a request as whoever asked for it is told. Until something is proven it follows
// from the request and the time alone.
func (r *Room) told(q request, now wallet.Time) recovery.Recovery {
	t := recovery.Recovery{ID: q.ID, Kind: q.Kind, Link: r.link(url.Values{"r": {q.ID}}), ExpiresAt: q.Expires}
	switch {
	case q.Locked > now && !q.Proven:
		t.State, t.Until = recovery.Locked, q.Locked
	case !q.Proven && (now >= q.Expires || q.Begun == 0 || q.Stage == replaced):
		t.State = recovery.Expired
	case !q.Proven:
		t.State = recovery.Sent
	default:
		t.State = really(q, now)
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
		if err == nil && q.Kind == "" {
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

// fresh6 is a code of six digits.
func fresh6() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand ends the process instead
	}
	return fmt.Sprintf("%06d", n)
}
