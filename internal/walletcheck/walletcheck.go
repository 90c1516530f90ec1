// Package walletcheck asks a wallet what Kefu will ask of it, and much that Kefu never
// would, and says in plain words what is not as the contract (api/wallet-support.yaml)
// has it. It is what `kefu connector verify` runs. It changes nothing in a wallet unless
// it is told that it may.
package walletcheck

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/walletcheck/wire"
)

// Options say which wallet is checked, and how.
type Options struct {
	URL      string // where the API begins
	Key      httpsig.Key
	Customer string // one who has transactions, an address, and at best a bit of everything
	Other    string // another one
	Leaving  string // a third, with nothing in the way of an end, who asks for one and takes it back; "": nobody does
	Write    bool   // whether the first customer may be frozen and refunded: in a test deployment
	Only     string // checks whose names begin so, beside those of the capability document; "": all
	Private  bool   // whether the wallet may be inside the own network
	Roots    *x509.CertPool
	Timeout  time.Duration // of one request; default 4 s, as Kefu has it
	Wait     time.Duration // for what is pending; default 20 s
	Clock    clock.Clock
}

// Check is one thing that a wallet has to do.
type Check struct {
	ID   string // never another one's
	What string // a wallet does
	Why  string // it matters
	run  func(*probe) error
}

// State is how a check ended.
type State string

// The states.
const (
	OK      State = "ok"
	Failed  State = "failed"
	Skipped State = "skipped" // there was nothing to try it on, or the wallet does not offer it
)

// Result is how one check ended.
type Result struct {
	ID   string `json:"id"`
	What string `json:"what"`
	Why  string `json:"why"`
	// State and what was seen.
	State State  `json:"state"`
	Said  string `json:"said,omitempty"`
}

// Report is how a wallet did.
type Report struct {
	URL     string    `json:"url"`
	Name    string    `json:"name,omitempty"`
	At      time.Time `json:"at"`
	Passed  int       `json:"passed"`
	Failed  int       `json:"failed"`
	Skipped int       `json:"skipped"`
	Results []Result  `json:"results"`
}

// Good tells whether nothing has failed.
func (r Report) Good() bool { return r.Failed == 0 && r.Passed > 0 }

// Checks lists every check, in the order in which they run.
func Checks() []Check {
	var all []Check
	for _, some := range [][]Check{
		discovery(), profiled(), customers(), lists(), transactions(), details(), matching(), requests(), dryRuns(), stepUps(), files(), freezing(), effects(), unfreezing(), refunding(), since(), recoveries(), notices(),
	} {
		all = append(all, some...)
	}
	return all
}

// Run checks a wallet. Errors: Invalid for options that make no sense. What is wrong with
// the wallet is in the report.
func Run(ctx context.Context, o Options) (Report, error) {
	const op = "walletcheck.Run"
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	switch {
	case err != nil || base.Host == "" || base.RawQuery != "":
		return Report{}, fault.InvalidField(op, "url", "is no address of an API")
	case o.Key.ID == "" || len(o.Key.Secret) < httpsig.MinSecret:
		return Report{}, fault.InvalidField(op, "key", "has no name, or a secret of fewer than %d bytes", httpsig.MinSecret)
	case !wallet.ValidID(o.Customer) || !wallet.ValidID(o.Other) || o.Customer == o.Other:
		return Report{}, fault.InvalidField(op, "customer", "and the other one must be two identifiers of the wallet's")
	case o.Leaving != "" && (!wallet.ValidID(o.Leaving) || o.Leaving == o.Customer || o.Leaving == o.Other):
		return Report{}, fault.InvalidField(op, "leaving", "is no third identifier of the wallet's")
	}
	if o.Timeout <= 0 {
		o.Timeout = 4 * time.Second
	}
	if o.Wait <= 0 {
		o.Wait = 20 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	asker := egress.New(egress.Options{Timeout: o.Timeout, MaxBytes: wire.MaxAnswer, Private: o.Private, Roots: o.Roots})
	p := &probe{ctx: ctx, o: o, wire: wire.Client{Base: base, Key: o.Key, Clock: o.Clock, HTTP: asker}}
	report := Report{URL: o.URL, At: o.Clock().UTC()}
	for _, c := range Checks() {
		if ctx.Err() != nil {
			return report, fault.Wrap(op, ctx.Err())
		}
		if !strings.HasPrefix(c.ID, o.Only) && !strings.HasPrefix(c.ID, "capabilities.") {
			continue
		}
		r := Result{ID: c.ID, What: c.What, Why: c.Why, State: OK}
		var skipped skip
		switch err := c.run(p); {
		case errors.As(err, &skipped):
			r.State, r.Said = Skipped, err.Error()
			report.Skipped++
		case err != nil:
			r.State, r.Said = Failed, err.Error()
			report.Failed++
		default:
			report.Passed++
		}
		report.Results = append(report.Results, r)
	}
	report.Name = p.can.Name
	return report, nil
}

// Text writes the report for people: what has failed with its reasons, what was skipped,
// and how many there were.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	for _, x := range r.Results {
		if x.State == Failed {
			fmt.Fprintf(&b, "BAD  %-28s A wallet %s.\n     %-28s Seen: %s.\n     %-28s Why: %s.\n", x.ID, x.What, "", x.Said, "", x.Why)
		}
	}
	for _, x := range r.Results {
		if x.State == Skipped {
			fmt.Fprintf(&b, "skip %-28s %s\n", x.ID, x.Said)
		}
	}
	fmt.Fprintf(&b, "%d checks: %d passed, %d failed, %d skipped.\n", len(r.Results), r.Passed, r.Failed, r.Skipped)
	_, err := io.WriteString(w, b.String())
	return err
}
