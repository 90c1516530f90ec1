// Package deliver posts a wallet's notices to Kefu: signed, in the order of their
// positions, at least once, and again with growing pauses. What is not delivered is not
// lost, for Kefu asks for notices by itself now and then; a notice that is posted twice
// does nothing twice, for Kefu takes each once.
package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

// Outbox is a wallet that tells of what changed, and keeps how far that was delivered.
// Errors of all beside those that are named: Unavailable.
type Outbox interface {
	// Notices gives what changed after a position, the oldest first.
	Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error)
	// Delivered is the position up to which everything was taken.
	Delivered(ctx context.Context) (int64, error)
	// SetDelivered keeps it, where it is still what whoever changes it saw. Errors:
	// Conflict when it is not.
	SetDelivered(ctx context.Context, from, to int64) error
	// Told gets something after a commit that tells of something.
	Told() <-chan struct{}
}

// Options say where notices go and how they are signed.
type Options struct {
	URL     string             // of Kefu's address for notices
	Signer  func() httpsig.Key // asked for each notice, for keys change while both sides run
	Private bool               // Kefu is on this machine or in a private network
	Every   time.Duration      // between two looks where nothing woke it; default 5 s
	Clock   clock.Clock
	Log     *slog.Logger
}

// Bounds of the delivery.
const (
	atOnce    = 100              // notices of one look, after which the position is kept
	postTime  = 10 * time.Second // that Kefu has to take one
	saveTime  = 3 * time.Second  // to keep the position when the process ends
	firstWait = time.Second      // after a failure; doubles
	maxWait   = time.Minute
	passOver  = 24 * time.Hour // after which nobody posts a notice any more
	maxAnswer = 64 << 10
	// replayTries is how often a replay is tried while a look keeps where it has got.
	replayTries = 5
)

// Deliverer delivers the notices of one wallet. Run it once at a time.
type Deliverer struct {
	out  Outbox
	to   *url.URL
	http *egress.Client
	o    Options
}

// New makes a Deliverer. Errors: Invalid for an address that is none.
func New(out Outbox, o Options) (*Deliverer, error) {
	to, err := url.Parse(o.URL)
	if err != nil || to.Host == "" {
		return nil, fault.InvalidField("deliver.New", "url", "is no web address")
	}
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	client := egress.New(egress.Options{Private: o.Private, Timeout: postTime, MaxBytes: maxAnswer})
	return &Deliverer{out: out, to: to, http: client, o: o}, nil
}

// Run delivers until ctx ends. What fails is logged and tried again.
func (d *Deliverer) Run(ctx context.Context) error {
	wait := firstWait
	for ctx.Err() == nil {
		rest, woken := d.o.Every, d.out.Told()
		more, err := d.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			d.o.Log.Warn("a notice was not taken", "error", err, "again_in", wait)
			rest, wait, woken = wait, min(2*wait, maxWait), nil // what is down is not tried for every notice
		case more:
			wait = firstWait
			continue
		default:
			wait = firstWait
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-woken:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// Look delivers what has not been delivered, up to a bound, and tells whether there may be
// more. It keeps how far it got, also when it fails on the way, but not over a replay that
// was asked for meanwhile. Errors: Unavailable when
// Kefu or the wallet's books do not answer.
func (d *Deliverer) Look(ctx context.Context) (more bool, err error) {
	from, err := d.out.Delivered(ctx)
	if err != nil {
		return false, err
	}
	page, err := d.out.Notices(ctx, from, atOnce)
	if err != nil {
		return false, err
	}
	at := from
	for _, n := range page.Items {
		if err = d.deliver(ctx, n); err != nil {
			break
		}
		at = n.Position
	}
	if at != from {
		keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		kept := d.out.SetDelivered(keeping, from, at)
		if fault.Is(kept, fault.Conflict) { // somebody wants it again from elsewhere: that counts, and is there to be done
			return true, err
		}
		err = errors.Join(err, kept)
	}
	return page.More, err
}

// Replay has everything after a position delivered again, from the next look on. Errors:
// Invalid, Unavailable; Conflict when it was delivered on all the while: ask again.
func (d *Deliverer) Replay(ctx context.Context, after int64) error {
	const op = "deliver.Replay"
	for tries := 1; ; tries++ {
		at, err := d.out.Delivered(ctx)
		if err != nil {
			return err
		}
		if after < 0 || after > at {
			return fault.InvalidField(op, "after", "is not one of 0 to %d, which is how far was delivered", at)
		}
		if err = d.out.SetDelivered(ctx, at, after); !fault.Is(err, fault.Conflict) || tries == replayTries {
			return err
		}
	}
}

// deliver posts one notice, unless it is too old to be of use. One that Kefu can make
// nothing of is passed over: it would hold up all that come after it.
func (d *Deliverer) deliver(ctx context.Context, n wallet.Notice) error {
	if d.o.Clock().Sub(n.At.Std()) > passOver {
		return nil
	}
	status, err := d.post(ctx, n)
	switch {
	case err != nil:
		return err
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity:
		d.o.Log.Error("Kefu can make nothing of a notice, which is passed over", "event", n.ID, "type", string(n.Type), "status", status)
		return nil
	default:
		return fault.New(fault.Unavailable, "deliver.deliver", "%s answered %d %s", d.to.Host, status, http.StatusText(status))
	}
}

// post signs one notice over the bytes that are sent, and posts it.
func (d *Deliverer) post(ctx context.Context, n wallet.Notice) (status int, err error) {
	body, err := json.Marshal(n)
	if err != nil {
		return 0, fault.Wrap("deliver.post", err)
	}
	signed := httpsig.Sign(httpsig.Request{Method: http.MethodPost, Authority: d.to.Host, Path: d.to.EscapedPath(), Query: d.to.RawQuery, Body: body}, d.o.Signer(), d.o.Clock())
	answer, err := d.http.Do(ctx, egress.Request{Method: http.MethodPost, Address: d.to.String(), Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "Content-Digest": {signed.ContentDigest}, "Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature},
	}})
	return answer.Status, err
}
