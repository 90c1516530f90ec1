package action

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/condition"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Facts are what the policy may ask about.
type Facts struct {
	Act          string  `cel:"act"`
	Amount       float64 `cel:"amount"`   // in whole units of the currency: to compare with a bound, never to reckon with
	Currency     string  `cel:"currency"` // "" where the act has no sum
	Reason       string  `cel:"reason"`
	Actor        string  `cel:"actor"`   // customer, staff, system
	Channel      string  `cel:"channel"` // of the conversation
	Level        int64   `cel:"level"`   // the assurance of the customer's session or latest proof
	FactorHours  int64   `cel:"factor_hours"`
	NewDevice    bool    `cel:"new_device"`    // the customer's device was seen first within the cool-down
	Restricted   bool    `cel:"restricted"`    // the wallet stops something of theirs at present
	PlacedBy     string  `cel:"placed_by"`     // who placed the restriction that is to go: customer, support, wallet, authority
	Disputed     bool    `cel:"disputed"`      // the payment is disputed already
	DayCount     int64   `cel:"day_count"`     // of the same act for the same customer in 24 h
	DayTotal     float64 `cel:"day_total"`     // of the sums of those that are in the same currency
	StaffTotal   float64 `cel:"staff_total"`   // of the sums in that currency that the same member of staff moved in 24 h
	StaffHour    int64   `cel:"staff_hour"`    // of acts that only make safe, that the same member of staff wanted in an hour, for whomever
	StaffDay     int64   `cel:"staff_day"`     // the same in 24 h
	Vulnerable   bool    `cel:"vulnerable"`    // the wallet marks the customer so
	Hour         int64   `cel:"hour"`          // 0 to 23, where the house is
	WithinWindow bool    `cel:"within_window"` // somebody is on duty
}

// Verdict is what the policy says of an action.
type Verdict struct {
	Allow    bool
	Level    identity.Level // that is needed
	FourEyes bool
	Code     string // why not; or the rule that allowed it
	Version  int64  // of the policy
}

// Policy is the rules in their order: the first that fits decides, and where none fits
// the answer is no. Operators write it; a change needs a second person.
type Policy struct {
	Rules []PolicyRule `json:"rules" nullable:"false" minItems:"1" maxItems:"100" doc:"in their order: the first that fits decides, and where none fits the answer is no"`
}

// PolicyRule is one line of a policy.
type PolicyRule struct {
	ID       string       `json:"id" maxLength:"60" doc:"what the rule is called"`
	Acts     []wallet.Act `json:"acts" nullable:"false" minItems:"1" maxItems:"27" enum:"freeze,unfreeze,refund,refund_cancel,dispute,dispute_evidence,provisional_credit,hold_release,recall,instrument_block,sessions_revoke,device_revoke,notify,inspect,instrument_default,instrument_remove,mandate_cancel,recovery_stop,retrieval,withdraw,closure,closure_cancel,points_claim,points_redeem,goodwill,consent_give,consent_withdraw" doc:"which it is about"`
	If       string       `json:"if,omitempty" maxLength:"2000" doc:"a condition in CEL over facts; none: always"`
	Allow    bool         `json:"allow"`
	Level    int          `json:"level,omitempty" minimum:"1" maximum:"3" doc:"of assurance that what is allowed needs; no policy goes below the least of an act"`
	FourEyes bool         `json:"four_eyes,omitempty" doc:"a second person has to agree"`
	Code     string       `json:"code,omitempty" maxLength:"60" doc:"of what is not allowed: why not"`
}

// Bounds of a policy.
const (
	MaxRules = 100
	maxID    = 60
)

// Validate refuses a policy with a rule that cannot be worked out, or that lets
// something through for too little. Errors: Invalid, with the path of the field.
func (p Policy) Validate() error {
	const op = "action.Policy"
	if len(p.Rules) == 0 || len(p.Rules) > MaxRules {
		return fault.InvalidFor(op, "rules", settings.OutOfRange, "are none, or more than %d", MaxRules)
	}
	lang, err := language()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, r := range p.Rules {
		at := func(field string) string { return "rules." + strconv.Itoa(i) + "." + field }
		if r.ID == "" || len(r.ID) > maxID || seen[r.ID] {
			return fault.InvalidFor(op, at("id"), settings.Taken, "is missing, too long, or that of another rule")
		}
		seen[r.ID] = true
		if len(r.Acts) == 0 || slices.ContainsFunc(r.Acts, func(a wallet.Act) bool { return !a.Known() }) {
			return fault.InvalidFor(op, at("acts"), settings.Malformed, "name nothing that can be done")
		}
		if _, err := lang.Compile(r.If); err != nil {
			return fault.InvalidFor(op, at("if"), fault.ReasonOf(err), "%s", err)
		}
		if err := r.check(op, at); err != nil {
			return err
		}
	}
	return nil
}

func (r PolicyRule) check(op string, at func(string) string) error {
	if !r.Allow {
		if r.Code == "" || len(r.Code) > maxID || r.Level != 0 || r.FourEyes {
			return fault.InvalidFor(op, at("code"), settings.Missing, "says why not; a rule that refuses needs nothing else")
		}
		return nil
	}
	if r.Level < int(identity.AL1) || r.Level > int(identity.AL3) {
		return fault.InvalidFor(op, at("level"), settings.OutOfRange, "is not 1, 2 or 3")
	}
	for _, a := range r.Acts {
		if least := Least(a); r.Level < int(least) {
			return fault.InvalidFor(op, at("level"), settings.OutOfRange, "is below %d, the least for %s", least, a)
		}
	}
	return nil
}

// Least is the assurance that no policy may go below: what moves money, or takes a
// way for money away, needs a proof for exactly that; to unfreeze, and to end it all, needs
// the best there is.
func Least(a wallet.Act) identity.Level {
	switch {
	case a.OfHouse(): // the customer proves nothing for what they are given
		return identity.AL1
	case a == wallet.Unfreeze || a == wallet.Close:
		return identity.AL3
	case a.MovesMoney() || a == wallet.RemoveInstrument:
		return identity.AL2
	default:
		return identity.AL1
	}
}

// Definition makes the policy a setting.
func Definition() settings.Definition {
	return settings.Define(settings.Kind[Policy]{
		Name: "action_policy", Singleton: true, FourEyes: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup, Default: Default(),
	})
}

// Default is the policy that a new house begins with.
func Default() Policy {
	return Policy{Rules: []PolicyRule{
		{ID: "slow down", Acts: wallet.Acts(), If: `facts.day_count >= 20`, Code: "too_many"},
		{ID: "too much by one of us", Acts: safe(), If: `facts.staff_hour >= 30 || facts.staff_day >= 100`, Code: "too_many_by_staff"},
		{ID: "much by one of us", Acts: safe(), If: `facts.staff_hour >= 10 || facts.staff_day >= 40`, Allow: true, Level: 1, FourEyes: true},
		{ID: "make safe", Acts: safe(), Allow: true, Level: 1},
		{ID: "held by others", Acts: []wallet.Act{wallet.Unfreeze, wallet.ReleaseHold}, If: `facts.placed_by == "authority"`, Code: "held_by_authority"},
		{ID: "unfreeze after a change", Acts: []wallet.Act{wallet.Unfreeze}, If: `facts.factor_hours < 72 || facts.new_device`, Code: "factor_too_young"},
		{ID: "unfreeze what the customer froze", Acts: []wallet.Act{wallet.Unfreeze}, If: `facts.placed_by == "customer"`, Allow: true, Level: 3},
		{ID: "unfreeze", Acts: []wallet.Act{wallet.Unfreeze}, Allow: true, Level: 3, FourEyes: true},
		{ID: "refund what is disputed", Acts: []wallet.Act{wallet.RequestRefund}, If: `facts.disputed`, Code: "disputed"},
		{ID: "large refunds of a day", Acts: []wallet.Act{wallet.RequestRefund}, If: large(), Allow: true, Level: 2, FourEyes: true},
		{ID: "refund", Acts: []wallet.Act{wallet.RequestRefund}, Allow: true, Level: 2},
		{ID: "credit", Acts: []wallet.Act{wallet.GrantCredit}, Allow: true, Level: 2, FourEyes: true},
		{ID: "release", Acts: []wallet.Act{wallet.ReleaseHold}, Allow: true, Level: 2, FourEyes: true},
		{ID: "recall", Acts: []wallet.Act{wallet.Recall}, Allow: true, Level: 2},
		{ID: "bring back a transfer", Acts: []wallet.Act{wallet.RequestRetrieval}, Allow: true, Level: 2},
		{ID: "remove a card", Acts: []wallet.Act{wallet.RemoveInstrument}, Allow: true, Level: 2},
		{ID: "leave after a change", Acts: []wallet.Act{wallet.Withdraw, wallet.Close}, If: `facts.factor_hours < 72 || facts.new_device`, Code: "factor_too_young"},
		{ID: "withdraw", Acts: []wallet.Act{wallet.Withdraw}, Allow: true, Level: 2},
		{ID: "end the account", Acts: []wallet.Act{wallet.Close}, Allow: true, Level: 3},
		{ID: "keep the account", Acts: []wallet.Act{wallet.KeepOpen}, Allow: true, Level: 1},
		{ID: "redeem after a change", Acts: []wallet.Act{wallet.RedeemPoints}, If: `facts.factor_hours < 72 || facts.new_device`, Allow: true, Level: 2},
		{ID: "redeem many points", Acts: []wallet.Act{wallet.RedeemPoints}, If: `facts.amount + facts.day_total > 1000.0`, Allow: true, Level: 2},
		{ID: "redeem points", Acts: []wallet.Act{wallet.RedeemPoints}, Allow: true, Level: 1},
		{ID: "goodwill", Acts: []wallet.Act{wallet.GiveGoodwill}, If: `facts.actor == "staff"`, Allow: true, Level: 1},
		{ID: "agree", Acts: []wallet.Act{wallet.GiveConsent, wallet.WithdrawConsent}, Allow: true, Level: 1},
		{ID: "report", Acts: []wallet.Act{
			wallet.OpenDispute, wallet.AddEvidence, wallet.CancelRefund, wallet.NotifyCustomer, wallet.RequestInspection, wallet.SetDefault, wallet.CancelMandate, wallet.ClaimPoints,
		}, Allow: true, Level: 1},
	}}
}

// safe are the acts that only make safe.
func safe() []wallet.Act {
	return slices.DeleteFunc(wallet.Acts(), func(a wallet.Act) bool { return !a.Cautious() })
}

// bounds are what a new house refunds to one customer in a day without a second
// person, by currency, in whole units. Their worth differs too much for one number.
func bounds() []struct {
	currencies string
	most       string
} {
	return []struct {
		currencies string
		most       string
	}{
		{`"EUR", "USD", "GBP", "CHF", "SGD", "AUD", "CAD"`, "1000.0"},
		{`"CNY", "HKD"`, "7000.0"},
		{`"JPY"`, "150000.0"},
	}
}

// large is the condition of what needs a second person: more than the bound of its
// currency, one of which nobody has set a bound, or many on one day.
func large() string {
	var within []string
	for _, b := range bounds() {
		within = append(within, "facts.currency in ["+b.currencies+"] && facts.amount + facts.day_total <= "+b.most)
	}
	return "facts.day_count >= 5 || !(" + strings.Join(within, " || ") + ")"
}

func language() (*condition.Language, error) {
	return condition.New(condition.Facts{"facts": Facts{}})
}

// Judge is a policy that is ready to be asked. It is safe for concurrent use.
type Judge struct {
	version int64
	rules   []judged
}

type judged struct {
	PolicyRule
	condition condition.Condition
}

// NewJudge makes a judge of a policy of a revision. Errors: Invalid.
func NewJudge(p Policy, version int64) (*Judge, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	lang, err := language()
	if err != nil {
		return nil, err
	}
	j := &Judge{version: version}
	for _, r := range p.Rules {
		c, err := lang.Compile(r.If)
		if err != nil {
			return nil, err
		}
		j.rules = append(j.rules, judged{r, c})
	}
	return j, nil
}

// Why not, where no rule of the policy refuses.
const (
	NoRule  = "no_rule"  // none fits
	NotTold = "not_told" // one that refuses asks about a fact that nobody told
)

// Say gives the policy's verdict. A rule that cannot be worked out on these facts
// refuses: what cannot be judged is not done. Untold are the facts, by their names, that
// nobody told: a rule whose answer depends on one of them permits nothing. If it would
// refuse, it does; if it would permit, what a later rule permits needs what this one would
// have asked for as well, and a second person.
func (j *Judge) Say(ctx context.Context, f Facts, untold ...string) Verdict {
	without := make([]condition.Unknown, len(untold))
	for i, name := range untold {
		without[i] = condition.Unknown{Fact: "facts", Field: name}
	}
	var doubt Verdict
	for _, r := range j.rules {
		if !slices.Contains(r.Acts, wallet.Act(f.Act)) {
			continue
		}
		holds, known, err := r.condition.HoldsWithout(ctx, map[string]any{"facts": &f}, without...)
		switch {
		case err != nil:
			return Verdict{Code: "cannot_be_judged", Version: j.version}
		case !known && !r.Allow:
			return Verdict{Code: NotTold, Version: j.version}
		case !known:
			doubt.FourEyes, doubt.Level = true, max(doubt.Level, identity.Level(r.Level))
			continue
		case !holds:
			continue
		}
		if !r.Allow {
			return Verdict{Code: r.Code, Version: j.version}
		}
		level := max(identity.Level(r.Level), Least(wallet.Act(f.Act)), doubt.Level)
		return Verdict{Allow: true, Level: level, FourEyes: r.FourEyes || doubt.FourEyes, Code: r.ID, Version: j.version}
	}
	return Verdict{Code: NoRule, Version: j.version}
}
