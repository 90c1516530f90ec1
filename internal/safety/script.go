package safety

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// op is what a step does.
type op uint8

const (
	opWish      op = iota // somebody wants something done
	opPush                // its owner goes through with it, as far as it goes
	opSecond              // a second person agrees, and Kefu goes on
	opYes                 // somebody says yes to something, perhaps to something else
	opProve               // somebody has the proof asked for
	opAnswer              // the customer answers in the app; or something that looks like it arrives
	opExecute             // somebody has it done
	opApprove             // somebody decides as the second person
	opReject              //
	opCancel              //
	opRead                // somebody looks at it
	opReconcile           // Kefu carries on with what is due
	opWait                // time passes
	opNet                 // what becomes of the next command
	opDown                // the wallet does not answer, or does again
	opReplay              // a command that was sent arrives once more
	opWorld               // something happens in the wallet without Kefu
	opPolicy              // the house has another policy
	opCrash               // the process ends in the middle of the next step
)

func (o op) String() string {
	return [...]string{
		"wish", "go through with", "second person for", "yes to", "ask proof of", "answer", "execute", "approve", "reject", "cancel", "read", "reconcile", "wait", "network", "wallet down or up",
		"replay", "world", "policy", "crash in the next step",
	}[o]
}

// step is one of a run. Its numbers are taken modulo what there is to choose from, so
// that every part of a run is a run.
type step struct {
	op          op
	who         int // 0: whose it is
	what, else_ int
	arg         int
	inner       *step // that happens while this one is under way
	at          int   // before which of its writes
}

func (s step) String() string {
	text := fmt.Sprintf("%s (who %d, what %d, other %d, arg %d)", s.op, s.who, s.what, s.else_, s.arg)
	if s.op == opWait {
		text = "wait " + waits()[s.arg%len(waits())].String()
	}
	if s.inner != nil {
		text += fmt.Sprintf("; before its write %d: %s", s.at, s.inner)
	}
	return text
}

func waits() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 30 * time.Second, 61 * time.Second, 3 * time.Minute, 8 * time.Minute, 10 * time.Minute, 12 * time.Minute, time.Hour, 23 * time.Hour, 25 * time.Hour,
	}
}

// odd is how often a step comes.
type odd struct {
	op   op
	part int
}

// odds are how often each step comes.
func odds() []odd {
	return []odd{
		{opWish, 20}, {opPush, 22}, {opSecond, 8}, {opYes, 6}, {opProve, 4}, {opAnswer, 8}, {opExecute, 6}, {opApprove, 4}, {opReject, 1}, {opCancel, 2}, {opRead, 2}, {opReconcile, 6}, {opWait, 8},
		{opNet, 8}, {opDown, 2}, {opReplay, 3}, {opWorld, 8}, {opPolicy, 2}, {opCrash, 3},
	}
}

// Bounds of a run's length.
const (
	fewestSteps = 6
	mostSteps   = 16
)

// run is what happens in one scene.
type run struct {
	scene string
	steps []step
}

// generate makes the run of a number: the same one every time.
func (shop *workshop) generate(seed, number uint64) run {
	r := rand.New(rand.NewPCG(seed, number))
	made := run{scene: shop.scene(rand.New(rand.NewPCG(^seed, number)).IntN(1000))}
	all := shop.odds(made.scene)
	total := 0
	for _, o := range all {
		total += o.part
	}
	pick := func() op {
		n := r.IntN(total)
		for _, o := range all {
			if n -= o.part; n < 0 {
				return o.op
			}
		}
		return all[0].op
	}
	draw := func() step {
		s := step{op: pick(), what: r.IntN(1 << 16), else_: r.IntN(1 << 16), arg: r.IntN(1 << 16)}
		if r.IntN(3) == 0 { // somebody whose it is not, mostly
			s.who = 1 + r.IntN(1<<10)
		}
		if made.scene == actsScene && s.op == opWait && r.IntN(3) > 0 {
			s.arg %= 6 // short ones, mostly
		}
		return s
	}
	made.steps = []step{{op: all[0].op, what: r.IntN(1 << 16), else_: r.IntN(1 << 16), arg: r.IntN(1 << 16)}}
	for range fewestSteps + r.IntN(mostSteps-fewestSteps+1) - 1 {
		s := draw()
		if r.IntN(5) == 0 {
			inner := draw()
			s.inner, s.at = &inner, 1+r.IntN(6)
		}
		made.steps = append(made.steps, s)
	}
	return made
}

// shrink looks for the shortest run that breaks the same rule, in a bounded number of
// tries.
func (w *workshop) shrink(of run, v Violation, number uint64) Violation {
	const tries = 2000
	left, steps := tries, of.steps
	breaks := func(some []step) bool {
		left--
		for _, x := range w.play(run{of.scene, some}).violations {
			if x.Rule == v.Rule {
				v.Why = x.Why
				return true
			}
		}
		return false
	}
	for shorter := true; shorter && left > 0; {
		shorter = false
		for size := max(len(steps)/2, 1); size >= 1; size /= 2 {
			for from := 0; from+size <= len(steps) && left > 0; {
				rest := append(append([]step(nil), steps[:from]...), steps[from+size:]...)
				if breaks(rest) {
					steps, shorter = rest, true
					continue
				}
				from++
			}
		}
		for i := range steps {
			if steps[i].inner == nil || left <= 0 {
				continue
			}
			rest := append([]step(nil), steps...)
			rest[i].inner = nil
			if breaks(rest) {
				steps, shorter = rest, true
			}
		}
	}
	v.Run = number
	v.Steps = w.tell(run{of.scene, steps})
	return v
}
