// Package recovery holds the checks of how a wallet lets somebody in again who cannot sign
// in any more: above all that nobody learns by it who has an account.
package recovery

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/walletcheck/further"
	"kefu/internal/walletcheck/wire"
)

// Probe asks the wallet that is checked.
type Probe interface {
	further.Probe
	Send(c wire.Call) wire.Answer
}

// Check is one thing that a wallet has to do.
type Check struct {
	ID, What, Why string
	Run           func(Probe) error
}

const (
	listing = "else whoever tries addresses finds out who is a customer"
	taken   = "whoever has a customer's mailbox for a moment has their money"
	perHour = 20 // requests for one handle, after which every wallet has locked it
)

// Checks lists them, in the order in which they run.
func Checks() []Check { return slices.Concat(asking(), beginning(), stopping()) }

// nobody is an address that nobody has, another one each time.
func nobody(p Probe) string { return p.NewKey() + "@example.invalid" }

// handle is an address or a number of a customer's that is not young.
func handle(p Probe, customer string) (kind, value string, err error) {
	var c wallet.Customer
	if err := p.Get("/customers/"+customer, &c); err != nil {
		return "", "", err
	}
	for _, h := range c.Handles {
		if (h.Kind == wallet.HandleEmail || h.Kind == wallet.HandlePhone) && !young(h) {
			return h.Kind, h.Value, nil
		}
	}
	return "", "", further.Skip("the customer has no address and no number")
}

func young(h wallet.Handle) bool { return time.Since(h.ChangedAt.Std()) < 72*time.Hour }

func ways(p Probe, key, of string) (recovery.Offer, error) {
	var o recovery.Offer
	err := p.Post("/recoveries:ways", key, recovery.Asking{Handle: of}, &o)
	if err == nil {
		err = o.Validate()
	}
	return o, err
}

func begin(p Probe, key, id, way string) (recovery.Recovery, error) {
	var r recovery.Recovery
	err := p.Post("/recoveries/"+id+"/begin", key, recovery.Begin{Way: way}, &r)
	if err == nil {
		err = r.Validate()
	}
	if err == nil && r.ID != id {
		err = fmt.Errorf("another request is told of")
	}
	return r, err
}

func stands(p Probe, id string) (recovery.Recovery, error) {
	var r recovery.Recovery
	err := p.Get("/recoveries/"+id, &r)
	if err == nil {
		err = r.Validate()
	}
	return r, err
}

func check(id, what, why string, run func(Probe) error) Check {
	return Check{"recovery." + id, what, why, func(p Probe) error {
		if err := p.Reads(wallet.ReadRecovery); err != nil {
			return err
		}
		return run(p)
	}}
}

// known are the ways of a customer, and those of nobody.
func known(p Probe) (of string, theirs, nobodys recovery.Offer, err error) {
	mine, _ := p.Customers()
	if _, of, err = handle(p, mine); err != nil {
		return
	}
	if theirs, err = ways(p, p.NewKey(), of); err != nil {
		return
	}
	nobodys, err = ways(p, p.NewKey(), nobody(p))
	return
}

func asking() []Check {
	return []Check{
		check("contract", "offers ways that are hidden but for a little, under an identifier that nobody can guess", taken, func(p Probe) error {
			_, _, _, err := known(p)
			return err
		}),
		check("nobody", "offers ways for an address that nobody has", listing, func(p Probe) error {
			_, err := ways(p, p.NewKey(), nobody(p))
			return err
		}),
		check("steady", "offers nobody the same ways each time", listing, func(p Probe) error {
			of := nobody(p)
			one, err := ways(p, p.NewKey(), of)
			if err != nil {
				return err
			}
			two, err := ways(p, p.NewKey(), of)
			if err == nil && shape(one) != shape(two) {
				return fmt.Errorf("they are others the second time")
			}
			return err
		}),
		check("quiet", "says of a request neither whose account it is nor an address or a number of theirs", listing, func(p Probe) error {
			mine, _ := p.Customers()
			_, of, err := handle(p, mine)
			if err != nil {
				return err
			}
			var c wallet.Customer
			if err := p.Get("/customers/"+mine, &c); err != nil {
				return err
			}
			var raw json.RawMessage
			if err := p.Post("/recoveries:ways", p.NewKey(), recovery.Asking{Handle: of}, &raw); err != nil {
				return err
			}
			words := []string{mine, c.Name}
			for _, h := range c.Handles {
				words = append(words, h.Value)
			}
			for _, w := range words {
				if w != "" && strings.Contains(string(raw), w) {
					return fmt.Errorf("it does")
				}
			}
			return nil
		}),
		check("again", "gives the same request for the same key, and refuses the key for another handle", "a lost answer is a second message", func(p Probe) error {
			key, of := p.NewKey(), nobody(p)
			one, err := ways(p, key, of)
			if err != nil {
				return err
			}
			two, err := ways(p, key, of)
			if err == nil && one.ID != two.ID {
				err = fmt.Errorf("it is another request")
			}
			if err != nil {
				return err
			}
			return p.RefusedPost("/recoveries:ways", key, recovery.Asking{Handle: nobody(p)}, 422, "idempotency_mismatch")
		}),
		check("young", "offers nothing that was changed in the last 72 hours", taken, unchanged),
		check("strict", "refuses a request about nothing", "what is ignored is believed to have been asked", func(p Probe) error {
			for _, of := range []string{"", " ", strings.Repeat("a", recovery.MaxHandle+1), "a\x00b"} {
				if err := p.RefusedPost("/recoveries:ways", p.NewKey(), recovery.Asking{Handle: of}, 400, "invalid"); err != nil {
					return err
				}
			}
			return nil
		}),
		check("none", "answers 404 for a request that was never made", "else requests are guessed", func(p Probe) error {
			return p.Refused("/recoveries/none-verify-000000000000000000000000", 404, "not_found")
		}),
		check("time", "takes as long for an address that nobody has as for a customer's", listing, evenly),
	}
}

// shape is what an offer looks like, without its identifiers.
func shape(o recovery.Offer) string {
	var all []string
	for _, w := range o.Ways {
		all = append(all, w.Kind+" "+w.Hint)
	}
	return strings.Join(all, "\n")
}

// unchanged wants no more ways of a kind than there are old handles of it.
func unchanged(p Probe) error {
	one, other := p.Customers()
	tried := false
	for _, customer := range []string{one, other} {
		var c wallet.Customer
		if err := p.Get("/customers/"+customer, &c); err != nil {
			return err
		}
		old, any := map[string]int{}, false
		for _, h := range c.Handles {
			if young(h) {
				any = true
			} else {
				old[h.Kind]++
			}
		}
		_, of, err := handle(p, customer)
		if err != nil || !any {
			continue
		}
		tried = true
		offered, err := ways(p, p.NewKey(), of)
		if err != nil {
			return err
		}
		for kind, as := range map[string]string{wallet.HandleEmail: recovery.Email, wallet.HandlePhone: recovery.SMS} {
			n := 0
			for _, w := range offered.Ways {
				if w.Kind == as {
					n++
				}
			}
			if n > old[kind] {
				return fmt.Errorf("a %s that was changed lately is offered", kind)
			}
		}
	}
	if !tried {
		return further.Skip("nothing of either customer was changed in the last 72 hours")
	}
	return nil
}

// How evenly a wallet has to answer: over a network the medians of few questions differ by
// themselves. Inside one process `kefu eval enumeration` measures closer.
const (
	rounds   = 9
	apart    = 0.30
	anyApart = 5 * time.Millisecond
)

func evenly(p Probe) error {
	mine, _ := p.Customers()
	_, of, err := handle(p, mine)
	if err != nil {
		return err
	}
	var took [2][]time.Duration
	for range rounds {
		for i, h := range []string{of, nobody(p)} {
			c := wire.Post("/recoveries:ways", recovery.Asking{Handle: h})
			a := p.Send(c)
			if a.Err != nil || a.Status != 200 {
				return fmt.Errorf("%s", a)
			}
			took[i] = append(took[i], a.Took)
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	there, not := took[0][rounds/2], took[1][rounds/2]
	if d := (there - not).Abs(); d > anyApart && float64(d) > apart*float64(max(there, not)) {
		return fmt.Errorf("half of the answers take %s for a customer, and %s for nobody", there.Round(time.Millisecond), not.Round(time.Millisecond))
	}
	return nil
}

// begun is a check that has something sent.
func begun(id, what, why string, run func(Probe) error) Check {
	return check(id, what, why, func(p Probe) error {
		if err := p.Writes(wallet.StopRecovery); err != nil {
			return err
		}
		return run(p)
	})
}

func beginning() []Check {
	return []Check{
		begun("begin.alike", "says the same of what it sent to a customer and of what it sent to nobody", listing, alike),
		begun("begin.again", "begins once under one key, and refuses the key for another way", "a lost answer is a second message", func(p Probe) error {
			o, err := ways(p, p.NewKey(), nobody(p))
			if err != nil {
				return err
			}
			key := p.NewKey()
			for range 2 {
				if _, err := begin(p, key, o.ID, o.Ways[0].ID); err != nil {
					return err
				}
			}
			if len(o.Ways) < 2 {
				return nil
			}
			return p.RefusedPost("/recoveries/"+o.ID+"/begin", key, recovery.Begin{Way: o.Ways[1].ID}, 422, "idempotency_mismatch")
		}),
		begun("way", "refuses a way of another request", taken, func(p Probe) error {
			one, err := ways(p, p.NewKey(), nobody(p))
			if err != nil {
				return err
			}
			two, err := ways(p, p.NewKey(), nobody(p))
			if err != nil {
				return err
			}
			return p.RefusedPost("/recoveries/"+one.ID+"/begin", p.NewKey(), recovery.Begin{Way: two.Ways[0].ID}, 400, "invalid")
		}),
		begun("replaced", "lets the request before count no more when another one is made", "an old message in a mailbox is a way in", func(p Probe) error {
			of := nobody(p)
			var ids []string
			for range 2 {
				o, err := ways(p, p.NewKey(), of)
				if err != nil {
					return err
				}
				if _, err := begin(p, p.NewKey(), o.ID, o.Ways[0].ID); err != nil {
					return err
				}
				ids = append(ids, o.ID)
			}
			r, err := stands(p, ids[0])
			if err == nil && r.State != recovery.Expired {
				return fmt.Errorf("it is %s", r.State)
			}
			return err
		}),
		begun("locked", "locks a handle of which too much is asked, whoever has it", "else a code of six digits is tried until it fits", func(p Probe) error {
			of := nobody(p)
			for range perHour {
				o, err := ways(p, p.NewKey(), of)
				if err != nil {
					return err
				}
				r, err := begin(p, p.NewKey(), o.ID, o.Ways[0].ID)
				if err != nil || r.State == recovery.Locked {
					return err
				}
			}
			return fmt.Errorf("after %d requests it is not", perHour)
		}),
	}
}

// alike compares what is told of a request for a customer with one for nobody.
func alike(p Probe) error {
	_, theirs, nobodys, err := known(p)
	if err != nil {
		return err
	}
	var keys [2][]string
	var told [2]recovery.Recovery
	for i, o := range []recovery.Offer{theirs, nobodys} {
		at := slices.IndexFunc(o.Ways, func(w recovery.Way) bool { return w.Kind == recovery.Document })
		if at < 0 {
			return fmt.Errorf("a document, which proves whoever has nothing else, is no way")
		}
		var raw map[string]json.RawMessage
		if err := p.Post("/recoveries/"+o.ID+"/begin", p.NewKey(), recovery.Begin{Way: o.Ways[at].ID}, &raw); err != nil {
			return err
		}
		keys[i] = slices.Sorted(maps.Keys(raw))
		if told[i], err = stands(p, o.ID); err != nil {
			return err
		}
	}
	if told[0].State == recovery.Locked {
		return further.Skip("too much was asked about the customer's address this hour")
	}
	left := (told[0].ExpiresAt.Std().Sub(told[1].ExpiresAt.Std())).Abs()
	if !slices.Equal(keys[0], keys[1]) || told[0].State != told[1].State || left > 10*time.Second {
		return fmt.Errorf("of one it tells %v, %s; of the other %v, %s; they expire %s apart", keys[0], told[0].State, keys[1], told[1].State, left)
	}
	if life := time.Until(told[0].ExpiresAt.Std()); life > 24*time.Hour {
		return fmt.Errorf("what is sent counts for %s", life.Round(time.Minute))
	}
	return nil
}

// standing begins a recovery of the first customer and finds it among theirs.
func standing(p Probe) (string, recovery.Offer, error) {
	if err := p.Reads(wallet.ReadRecoveries); err != nil {
		return "", recovery.Offer{}, err
	}
	mine, _ := p.Customers()
	_, of, err := handle(p, mine)
	if err != nil {
		return "", recovery.Offer{}, err
	}
	o, err := ways(p, p.NewKey(), of)
	if err != nil {
		return "", o, err
	}
	r, err := begin(p, p.NewKey(), o.ID, o.Ways[len(o.Ways)-1].ID)
	if err != nil {
		return "", o, err
	}
	if r.State != recovery.Sent {
		return "", o, further.Skip("the customer's address is " + string(r.State))
	}
	all, err := list(p, p.Mine("/recoveries"))
	for _, s := range all {
		if s.State == recovery.Sent {
			return s.ID, o, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("it is not among those of the customer")
	}
	return "", o, err
}

// Begun begins a recovery of the first customer's and gives the identifier by which it can
// be stopped. Errors: further.Skip where it cannot be.
func Begun(p Probe) (string, error) {
	id, _, err := standing(p)
	return id, err
}

func list(p Probe, path string) ([]recovery.Standing, error) {
	var told struct {
		Items []recovery.Standing `json:"items"`
	}
	if err := p.Get(path, &told); err != nil {
		return nil, err
	}
	for _, s := range told.Items {
		if err := s.Validate(); err != nil {
			return nil, err
		}
	}
	return told.Items, nil
}

func stopping() []Check {
	stop := func(p Probe, id string) (wallet.Operation, error) {
		customer, _ := p.Customers()
		o, err := p.Do(wallet.Command{Key: p.NewKey(), Act: wallet.StopRecovery, CustomerID: customer, Target: id, Reason: "verify"})
		if err == nil {
			o, err = p.Settled(o)
		}
		return o, err
	}
	return []Check{
		begun("told", "tells a customer who tries to come in as them, and nobody else", "who is not told cannot say that it is not them", func(p Probe) error {
			id, _, err := standing(p)
			if err != nil {
				return err
			}
			others, err := list(p, p.Others("/recoveries"))
			if slices.ContainsFunc(others, func(s recovery.Standing) bool { return s.ID == id }) {
				return fmt.Errorf("another customer is told too")
			}
			return err
		}),
		begun("stopped", "stops a recovery that was not the customer, and tells whoever asked for it nothing", "else the stop says that there is an account", func(p Probe) error {
			id, o, err := standing(p)
			if err != nil {
				return err
			}
			before, err := stands(p, o.ID)
			if err != nil {
				return err
			}
			if done, err := stop(p, id); err != nil || done.State != wallet.OpSucceeded {
				return fmt.Errorf("it is %s %s: %v", done.State, done.Refusal, err)
			}
			all, err := list(p, p.Mine("/recoveries"))
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(all, func(s recovery.Standing) bool { return s.ID == id && s.State == recovery.Stopped }) {
				return fmt.Errorf("it goes on")
			}
			after, err := stands(p, o.ID)
			if err == nil && after.State != before.State {
				return fmt.Errorf("whoever asked for it is told that it is %s", after.State)
			}
			return err
		}),
	}
}
