package keep

import (
	"context"
	"math"
	"slices"
	"strconv"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// counted is where a count has got.
type counted struct {
	N int64 `json:"n"`
}

// Count gives the next number of a count, which has no gaps: what is not committed did
// not count.
func (d *Desk) Count(name string) (int64, error) {
	c, err := Get[counted](d, KindCounter, name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	c.N++
	return c.N, Put(d, KindCounter, name, "", 0, c)
}

// Tell writes a notice in the commit of what it is about.
func (d *Desk) Tell(what wallet.NoticeType, customer, object string) error {
	if d.Silent {
		return nil
	}
	position, err := d.Count("notices")
	if err != nil {
		return err
	}
	sequence, err := d.Count("of:" + object)
	if err != nil {
		return err
	}
	n := wallet.Notice{
		ID: "ev-" + strconv.FormatInt(position, 10), Type: what, CustomerID: customer, Object: object, Sequence: sequence, Position: position, At: d.At,
	}
	d.told = true
	return Put(d, KindNotice, n.ID, "", wallet.Time(position), n)
}

// Lowest is an id before any that a record has.
const Lowest = "!"

// Notices gives what changed after a position, the oldest first. Positions have no
// gaps, so that a page is cut out of the list from its end. Errors: Invalid,
// Unavailable.
func (s Store) Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error) {
	if after < 0 || after > math.MaxInt64/2 || limit < 1 || limit > wallet.MaxNotices {
		return wallet.Notices{}, fault.InvalidField("keep.Notices", "limit", "is not one of 1 to %d, or the position is none", wallet.MaxNotices)
	}
	page := wallet.Notices{Items: []wallet.Notice{}}
	records, err := s.Records(ctx, KindNotice, "", ledger.Before{Sort: after + int64(limit) + 2, ID: Lowest}, limit+1)
	if err != nil {
		return page, err
	}
	for _, r := range slices.Backward(records) {
		n, err := Parse[wallet.Notice](r)
		switch {
		case err != nil:
			return page, err
		case n.Position <= after:
			continue
		case len(page.Items) == limit:
			page.More = true
		default:
			page.Items = append(page.Items, n)
		}
	}
	return page, nil
}

// Outbox is a wallet as whoever delivers its notices sees it.
type Outbox struct{ Store }

// takenTo is the count of the position up to which notices were taken.
const takenTo = "delivered"

// Delivered is the position up to which everything was taken; nothing was at first.
// Errors: Unavailable.
func (o Outbox) Delivered(ctx context.Context) (int64, error) {
	c, err := Read[counted](ctx, o.Store, KindCounter, "", takenTo)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return c.N, err
}

// SetDelivered keeps it, where it is still what it was. Errors: Conflict when it is not;
// Unavailable.
func (o Outbox) SetDelivered(ctx context.Context, from, to int64) error {
	return o.Commit(ctx, func(d *Desk) error {
		c, err := Get[counted](d, KindCounter, takenTo)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if c.N != from {
			return fault.New(fault.Conflict, "keep.SetDelivered", "it got to %d meanwhile", c.N)
		}
		return Put(d, KindCounter, takenTo, "", 0, counted{N: to})
	})
}

// Told gets something after a commit that told of something.
func (o Outbox) Told() <-chan struct{} { return o.Woken }
