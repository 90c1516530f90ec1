// Package safety is the adversary of what Kefu does in the wallet: random sequences of
// wishes, yeses, proofs, decisions, replays, races, crashes and forgeries against the
// real rules and flows (domain/action, domain/assurance, domain/policy, domain/approval,
// domain/ledger, flow/acting, flow/verification), over stores and a wallet in memory
// that keep the same contracts. The wallet trusts Kefu with what Kefu has to see to, and
// writes down every effect; an oracle with rules of its own judges them afterwards. Any
// one check can be switched off, by something put between the code and its stores, and
// the oracle has to notice.
package safety

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/safety/script"
)

// Check is something that keeps a wrong thing from being done.
type Check = script.Check

// The checks that can be switched off.
const (
	NoCheck     Check = ""
	Ownership   Check = "ownership"
	Assurance   Check = "assurance"
	Binding     Check = "assertion-binding"
	Signature   Check = "assertion-signature"
	SingleUse   Check = "assertion-single-use"
	Confirmed   Check = "confirmation-hash"
	Expiry      Check = "expiry"
	FourEyes    Check = "four-eyes"
	Approver    Check = "approver-not-maker"
	Idempotency Check = "idempotency"
	Policy      Check = "policy"
	Refunds     Check = "refund-sum"
	Balance     Check = "balance"
	Postings    Check = "postings"
	Files       Check = "file-ownership"
	PointsProof Check = "points-proof"
	PointsFloor Check = "points-floor"
	OwnWord     Check = "consent-own-word"
)

// Checks lists them.
func Checks() []Check {
	all := []Check{Ownership, Assurance, Binding, Signature, SingleUse, Confirmed, Expiry, FourEyes, Approver, Idempotency, Policy, Refunds, Balance, Postings, Files, PointsProof, PointsFloor, OwnWord}
	return append(all, further()...)
}

// Rule is one of the oracle's.
type Rule = script.Rule

// The rules.
const (
	NotTheirs   Rule = "unauthorised: whoever it belongs to did not want it"
	NotProven   Rule = "unauthorised: the proof is missing, too weak or old"
	NotBound    Rule = "unauthorised: the assertion is not of the wallet, or of something else"
	Reused      Rule = "unauthorised: one assertion was used twice"
	NotAgreed   Rule = "unauthorised: what happened is not what was said yes to"
	TooLate     Rule = "unauthorised: it happened after its time"
	NoSecond    Rule = "unauthorised: the second person is missing, or is the first"
	Disallowed  Rule = "unauthorised: the policy does not allow it"
	ForeignFile Rule = "unauthorised: a file of somebody else, or another than was agreed to, is evidence"
	Spoken      Rule = "consent: somebody else than the customer wanted it"
	Twice       Rule = "double: it happened more often than somebody said yes"
	BelowZero        = script.BelowZero
	TooMuch     Rule = "more was refunded than was paid"
	Unbalanced       = script.Unbalanced
	ToldWrongly Rule = "what is told is not what happened"
	Unsettled   Rule = "nobody knows what became of it, though the wallet answers"
	Broken           = script.Broken
)

// Shows is the rule that has to be broken when a check is off.
func Shows(c Check) Rule {
	switch c {
	case Ownership:
		return NotTheirs
	case Assurance, PointsProof:
		return NotProven
	case Binding, Signature:
		return NotBound
	case SingleUse:
		return Reused
	case Confirmed:
		return NotAgreed
	case Expiry:
		return TooLate
	case FourEyes, Approver:
		return NoSecond
	case Idempotency:
		return Twice
	case Policy:
		return Disallowed
	case OwnWord:
		return Spoken
	case Files:
		return ForeignFile
	case Refunds:
		return TooMuch
	case Balance, PointsFloor:
		return BelowZero
	case Postings:
		return Unbalanced
	default:
		return shownElsewhere(c)
	}
}

// LeastLegitimate is the share of runs in which something that was allowed has to
// happen: an adversary that is always refused proves nothing.
const LeastLegitimate = 0.20

// MaxShown bounds the violations of one rule that are shown with their steps.
const MaxShown = 3

// Options are what an evaluation is asked for.
type Options struct {
	Seed    uint64
	Runs    uint64
	Only    bool   // one run alone
	Run     uint64 // that one
	Disable Check
	Codes   fs.FS          // content/failures: in which codes the rails of the demo's wallet speak
	Wish    wallet.Act     // nothing else is wished for; "": anything
	Workers int            // 0: as many as there are processors
	Until   Rule           // stop when it was broken once; "": go on to the end
	Tell    func(n uint64) // told now and then how many runs there were; may be nil
}

// Violation is a rule that was broken, with the shortest run that shows it.
type Violation = script.Violation

// Result is what an evaluation found.
type Result struct {
	Seed            uint64            `json:"seed"`
	Runs            uint64            `json:"runs"`
	Disabled        Check             `json:"disabled,omitempty"`
	Seconds         float64           `json:"seconds"`
	Workers         int               `json:"workers"`
	Legitimate      uint64            `json:"legitimate_runs"` // in which something happened that was allowed
	LegitimateShare float64           `json:"legitimate_share"`
	LegitimateLeast float64           `json:"legitimate_share_least"`
	Steps           uint64            `json:"steps"`
	ByScene         map[string]uint64 `json:"legitimate_runs_by_scene"`
	Effects         uint64            `json:"effects"`
	Refused         uint64            `json:"refused"` // calls that were answered with an error or a refusal
	ByAct           map[string]uint64 `json:"effects_by_act"`
	Broken          map[Rule]uint64   `json:"violations"`
	Limit           uint64            `json:"violations_limit"` // of all rules together
	First           uint64            `json:"first_violation_run,omitempty"`
	Shown           []Violation       `json:"shown,omitempty"`
	Met             bool              `json:"met"`
}

// Run evaluates. Errors: only those of ctx.
func Run(ctx context.Context, o Options) (Result, error) {
	began := time.Now()
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	first := uint64(0)
	if o.Only {
		first, o.Runs, o.Workers = o.Run, 1, 1
	}
	sum := &tally{limit: MaxShown}
	var next atomic.Uint64
	var stop atomic.Bool
	var wait sync.WaitGroup
	for range o.Workers {
		wait.Go(func() {
			w := newWorkshop(o)
			mine := counts{byAct: map[string]uint64{}, byScene: map[string]uint64{}, broken: map[Rule]uint64{}}
			for !stop.Load() && ctx.Err() == nil {
				n := next.Add(1) - 1
				if n >= o.Runs {
					break
				}
				if o.Tell != nil && n > 0 && n%50_000 == 0 {
					o.Tell(n)
				}
				run := w.generate(o.Seed, first+n)
				got := w.play(run)
				mine.add(run.scene, got)
				for _, v := range got.violations {
					if sum.wants(v.Rule) {
						sum.show(w.shrink(run, v, first+n))
					}
					if v.Rule == o.Until {
						stop.Store(true)
					}
				}
			}
			sum.join(mine)
		})
	}
	wait.Wait()
	return sum.result(o, time.Since(began)), ctx.Err()
}

// counts are what runs came to.
type counts struct {
	runs, legitimate, steps, effects, refused uint64

	byAct   map[string]uint64
	byScene map[string]uint64 // of those that were legitimate
	broken  map[Rule]uint64
}

func (c *counts) add(scene string, p played) {
	c.runs++
	c.steps += p.steps
	c.refused += p.refused
	if len(p.violations) == 0 && len(p.effects) > 0 {
		c.legitimate++
		c.byScene[scene]++
	}
	for _, e := range p.effects {
		c.effects++
		c.byAct[e]++
	}
	for _, v := range p.violations {
		c.broken[v.Rule]++
	}
}

// tally is what all workers found.
type tally struct {
	mu    sync.Mutex
	limit int
	asked map[Rule]int
	shown []Violation
	all   counts
}

// wants tells whether a violation is still to be shown, and takes the place.
func (t *tally) wants(r Rule) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked == nil {
		t.asked = map[Rule]int{}
	}
	t.asked[r]++
	return t.asked[r] <= t.limit
}

func (t *tally) show(v Violation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = append(t.shown, v)
}

func (t *tally) join(c counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.runs += c.runs
	t.all.legitimate += c.legitimate
	t.all.steps += c.steps
	t.all.effects += c.effects
	t.all.refused += c.refused
	if t.all.byAct == nil {
		t.all.byAct, t.all.byScene, t.all.broken = map[string]uint64{}, map[string]uint64{}, map[Rule]uint64{}
	}
	for k, n := range c.byScene {
		t.all.byScene[k] += n
	}
	for k, n := range c.byAct {
		t.all.byAct[k] += n
	}
	for k, n := range c.broken {
		t.all.broken[k] += n
	}
}

func (t *tally) result(o Options, took time.Duration) Result {
	r := Result{
		Seed: o.Seed, Runs: t.all.runs, Disabled: o.Disable, Seconds: took.Seconds(), Workers: o.Workers, Legitimate: t.all.legitimate, LegitimateLeast: LeastLegitimate,
		Steps: t.all.steps, Effects: t.all.effects, Refused: t.all.refused, ByAct: t.all.byAct, ByScene: t.all.byScene, Broken: t.all.broken, Shown: t.shown,
	}
	if r.Runs > 0 {
		r.LegitimateShare = float64(r.Legitimate) / float64(r.Runs)
	}
	slices.SortFunc(r.Shown, func(a, b Violation) int { return int(int64(a.Run) - int64(b.Run)) })
	if len(r.Shown) > 0 {
		r.First = r.Shown[0].Run
	}
	switch {
	case o.Disable != NoCheck:
		r.Met = r.Broken[Shows(o.Disable)] > 0
	default:
		r.Met = len(r.Broken) == 0 && (o.Only || r.LegitimateShare >= LeastLegitimate)
	}
	return r
}

// Report writes what was found in words. Errors: those of w.
func (r Result) Report(w io.Writer) error {
	off := ""
	if r.Disabled != NoCheck {
		off = fmt.Sprintf(", without the check %q", r.Disabled)
	}
	_, err := fmt.Fprintf(w, "seed %d%s: %d runs of %d steps in %.1f s; %.1f %% did something that was allowed (at least %.0f %%), %d effects, %d refusals\n",
		r.Seed, off, r.Runs, r.Steps, r.Seconds, 100*r.LegitimateShare, 100*LeastLegitimate, r.Effects, r.Refused)
	for _, v := range r.Shown {
		if err == nil {
			_, err = fmt.Fprintf(w, "\nrun %d: %s\n  %s\n  again: --seed %d --run %d\n", v.Run, v.Rule, v.Why, r.Seed, v.Run)
		}
		for _, s := range v.Steps {
			if err == nil {
				_, err = fmt.Fprintf(w, "  - %s\n", s)
			}
		}
	}
	return err
}
