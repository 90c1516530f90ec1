// Package proposing says which help a customer's recent payments make likely, before they
// type anything: the rules (content/flows/proposals), and what they say of payments. Whose
// payments may be looked at is not its business.
package proposing

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/condition"
	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Proposal is help that is proposed before anything is typed: a flow, and the payment
// that it would be about.
type Proposal struct {
	ID      string
	Flow    *selfservice.Definition
	Title   form.Texts
	Figures map[string]selfservice.Figure
	Given   map[string]string
}

// Rules say which payments make which help likely (content/flows/proposals).
type Rules struct{ all []rule }

type rule struct {
	ID     string     `yaml:"id"`
	Flow   string     `yaml:"flow"`
	If     string     `yaml:"if"`     // over payment and before
	Weight int        `yaml:"weight"` // the likelier first
	Title  form.Texts `yaml:"title"`  // may name {payment.party}, {payment.amount}, {payment.begun}

	condition condition.Condition
}

// beforeFact is what is known of the customer's other payments.
type beforeFact struct {
	Party  int64   `cel:"party"`  // earlier payments to or from the same party
	Most   float64 `cel:"most"`   // the largest of those, in whole units, of the same currency
	Twins  int64   `cel:"twins"`  // others of the same sum to the same party within an hour that were taken
	Solved bool    `cel:"solved"` // a later one of the same sum to the same party went through
}

const mostRules = 40

// Most is how much is proposed at once.
const Most = 2

// Load reads the rules. Errors: Invalid, naming the rule and what is wrong.
func Load(files fs.FS, flows *selfservice.Flows) (*Rules, error) {
	const op = "proposing.Load"
	text, err := fs.ReadFile(files, "rules.yaml")
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "there are no rules")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	r := &Rules{}
	if err := decoder.Decode(&r.all); err != nil {
		return nil, fault.New(fault.Invalid, op, "%s", err)
	}
	language, err := condition.New(condition.Facts{"payment": selfservice.PaymentFact{}, "before": beforeFact{}})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range r.all {
		one := &r.all[i]
		d, err := flows.Get(one.Flow)
		if err != nil || d.Slots["payment"].Type != selfservice.Payment || one.ID == "" || seen[one.ID] {
			return nil, fault.InvalidField(op, one.ID, "names no flow about a payment, or is there twice")
		}
		seen[one.ID] = true
		if one.condition, err = language.Compile(one.If); err != nil || one.If == "" {
			return nil, fault.InvalidField(op, one.ID, "the condition %q: %v", one.If, err)
		}
		for _, lang := range []string{"en", "zh"} {
			names := selfservice.Names(one.Title[lang])
			if one.Title[lang] == "" || !slices.Equal(names, selfservice.Names(one.Title["en"])) {
				return nil, fault.InvalidField(op, one.ID, "the title is not whole in %s", lang)
			}
			for _, name := range names {
				if !slices.Contains([]string{"payment.party", "payment.amount", "payment.begun"}, name) {
					return nil, fault.InvalidField(op, one.ID, "says {%s}, which there is not", name)
				}
			}
		}
	}
	if len(r.all) > mostRules {
		return nil, fault.New(fault.Invalid, op, "there are more than %d rules", mostRules)
	}
	slices.SortStableFunc(r.all, func(a, b rule) int { return cmp.Compare(b.Weight, a.Weight) })
	return r, nil
}

// Likely picks what the rules say of payments, the newest first, each payment once. What a
// run is about already is proposed no more.
func (r *Rules) Likely(ctx context.Context, payments []selfservice.Value, open []selfservice.Record, flows []*selfservice.Definition) []Proposal {
	var list []Proposal
	taken := map[string]bool{}
	for _, rec := range open {
		for _, v := range rec.Slots {
			taken[v.Ref()] = true
		}
	}
	for _, by := range r.all {
		at := slices.IndexFunc(flows, func(d *selfservice.Definition) bool { return d.ID == by.Flow })
		if at < 0 {
			continue
		}
		for i, v := range payments {
			if taken[v.Ref()] {
				continue
			}
			made, whole := proposalOf(by, flows[at], v)
			if !whole {
				continue
			}
			fits, err := by.condition.Holds(ctx, map[string]any{"payment": v.Payment, "before": before(payments, i)})
			if err != nil || !fits {
				continue
			}
			taken[v.Ref()] = true
			list = append(list, made)
			break
		}
		if len(list) == Most {
			break
		}
	}
	return list
}

// proposalOf makes a proposal; it is not whole where the wallet does not tell what its
// title names.
func proposalOf(by rule, d *selfservice.Definition, v selfservice.Value) (made Proposal, whole bool) {
	out := Proposal{ID: by.ID + ":" + v.Ref(), Flow: d, Title: by.Title, Figures: map[string]selfservice.Figure{}, Given: map[string]string{"payment": v.Ref()}}
	for _, name := range selfservice.Names(by.Title["en"]) {
		f, there := v.Figure(strings.TrimPrefix(name, "payment."))
		if !there {
			return out, false
		}
		out.Figures[name] = f
	}
	return out, true
}

// before is what is known of the payments around one; they stand the newest first.
func before(payments []selfservice.Value, at int) *beforeFact {
	f := &beforeFact{}
	one := payments[at].Payment
	for i, v := range payments {
		o := v.Payment
		if i == at || o.Party != one.Party || one.Party == "" {
			continue
		}
		if i > at {
			f.Party++
			if o.Currency == one.Currency && o.Where == "arrived" {
				f.Most = max(f.Most, o.Sum)
			}
		}
		same := o.Direction == one.Direction && o.Amount.Like(one.Amount) && o.Amount.Cmp(one.Amount) == 0
		taken := o.Where == "arrived" || o.Where == "underway" || o.Where == "underway_by"
		if hour := wallet.Time(3600 * 1_000_000); same && taken && !o.Refunding && !o.Disputed && max(o.Begun-one.Begun, one.Begun-o.Begun) < hour {
			f.Twins++
		}
		f.Solved = f.Solved || (same && i < at && taken)
	}
	return f
}
