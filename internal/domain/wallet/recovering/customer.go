package recovering

import (
	"context"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
)

// kindOwner is the kind of what is kept of all recoveries of one customer.
const kindOwner = "recovery_owner"

// owned is what is kept of all recoveries of one customer, by whichever handle they were
// asked for.
type owned struct {
	Open []string    `json:"open,omitempty"` // requests of which something may still come, the oldest first
	Held wallet.Time `json:"held,omitempty"` // until when nothing is sent
}

// owner names whose requests it is one of; those for a handle that nobody has are together.
func (r *Room) owner(q request) string {
	if q.Customer == "" {
		return "nobody:" + q.Handle
	}
	return q.Customer
}

func (s stage) open() bool {
	return slices.Contains([]stage{waiting, second, ready, reviewing, cooling}, s)
}

// note notes that a request of a customer begins. Where they have just said of one that it
// was not them, it becomes nobody's: whoever asks is told the same, and nothing is sent.
func (r *Room) note(d Desk, q *request) error {
	id := r.owner(*q)
	o, _, err := get[owned](d, kindOwner, id)
	if err != nil {
		return err
	}
	var still []string
	for _, other := range o.Open {
		p, found, err := get[request](d, kindRequest, other)
		if err != nil {
			return err
		}
		if found && other != q.ID && p.LeftAs == "" && really(p, d.Now()).Open() {
			still = append(still, other)
		}
	}
	for len(still) >= mostStandings {
		if err := r.end(d, still[0]); err != nil {
			return err
		}
		still = still[1:]
	}
	o.Open = append(still, q.ID)
	if o.Held > d.Now() {
		o.Open = still
		if err := r.leave(d, q, replaced); err != nil {
			return err
		}
	}
	return d.Put(kindOwner, id, "", 0, o)
}

// leave ends a request for its customer. For whoever asked it goes on, as nobody's: by its
// end alone they would learn that there is an account.
func (r *Room) leave(d Desk, q *request, as stage) error {
	if q.Customer == "" {
		return nil
	}
	if q.Begun != 0 {
		ended := *q
		ended.Stage, ended.Changed, ended.Until = as, d.Now(), 0
		s := r.standing(ended, d.Now())
		if err := d.Put(KindStanding, s.ID, q.Customer, s.BegunAt, s); err != nil {
			return err
		}
	}
	q.Left, q.LeftAs, q.Customer = q.Customer, as, ""
	q.Code, q.Token = "", ""
	return nil
}

// secret tells whether who asked knows of a request nothing but what they would know of
// nobody's: they have proven nothing yet, and a document that people still look at proves
// nothing either.
func (q request) secret() bool { return q.Stage == waiting || q.Stage == reviewing }

// end ends one of a customer's requests, for another one let them in. Whoever asked for it
// learns that no earlier than of nobody's.
func (r *Room) end(d Desk, id string) error {
	q, found, err := get[request](d, kindRequest, id)
	if err != nil || !found || !q.Stage.open() || q.Begun == 0 || q.LeftAs != "" {
		return err
	}
	customer, standing := q.Customer, r.standingID(q)
	if q.secret() {
		err = r.leave(d, &q, replaced)
	} else {
		q.Stage, q.Changed, q.Until, q.Code, q.Token = replaced, d.Now(), 0, "", ""
	}
	if err != nil {
		return err
	}
	if err := r.keep(d, q); err != nil {
		return err
	}
	return d.Changed(customer, standing)
}

// endOthers ends all other requests of a customer who is in again, whatever was proven by
// them: who proved something before could come in after the customer otherwise.
func (r *Room) endOthers(d Desk, q request) error {
	o, _, err := get[owned](d, kindOwner, r.owner(q))
	if err != nil {
		return err
	}
	for _, id := range o.Open {
		if id == q.ID {
			continue
		}
		if err := r.end(d, id); err != nil {
			return err
		}
	}
	o.Open = nil
	return d.Put(kindOwner, r.owner(q), "", 0, o)
}

// stop ends a request of which its customer says that it was not them, and has nothing sent
// for a while. Before something was proven whoever asked is told nothing of it, and neither while
// people look at a document: it ends for them as one does that proves nothing.
func (r *Room) stop(d Desk, q *request) (bool, error) {
	if q.LeftAs != "" || !really(*q, d.Now()).Open() {
		return false, nil
	}
	o, _, err := get[owned](d, kindOwner, r.owner(*q))
	if err != nil {
		return false, err
	}
	o.Held = d.Now() + micros(hold)
	if err := d.Put(kindOwner, r.owner(*q), "", 0, o); err != nil {
		return false, err
	}
	ended := *q
	ended.Stage, ended.Changed, ended.Until = stopped, d.Now(), 0
	if !q.secret() {
		*q = ended
		err = r.keep(d, *q)
	} else if err = r.leave(d, q, stopped); err == nil {
		err = r.keep(d, *q)
	}
	if err != nil {
		return false, err
	}
	return true, r.tell(d, ended, "stopped")
}

// Recoveries are those of a customer's account, whoever asked for them, as they stand now:
// what nobody went on with has expired. Errors: NotFound, Unavailable.
func (r *Room) Recoveries(ctx context.Context, customer string) ([]recovery.Standing, error) {
	list, err := r.books.Standings(ctx, customer, mostStandings)
	if err != nil || !slices.ContainsFunc(list, func(s recovery.Standing) bool { return s.State.Open() }) {
		return list, err
	}
	err = r.books.Commit(ctx, func(d Desk) error {
		for i, s := range list {
			if !s.State.Open() {
				continue
			}
			id, _, err := get[string](d, kindToken, s.ID)
			if err != nil {
				return err
			}
			q, found, err := get[request](d, kindRequest, id)
			if err != nil {
				return err
			}
			if !found || q.Customer != customer {
				continue
			}
			if err := r.step(d, &q); err != nil {
				return err
			}
			list[i] = r.standing(q, d.Now())
		}
		return nil
	})
	return list, err
}
