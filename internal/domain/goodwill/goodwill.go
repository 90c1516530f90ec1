// Package goodwill is what the house gives its customers of its own, and how far: for which
// reasons, how much at once, to one customer, by one person, one team and the house, when a
// second person has to agree, and what looks like somebody who collects gifts. It decides;
// sums are told to it, and kept elsewhere.
package goodwill

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// GiftReason is why something is given.
type GiftReason struct {
	Code   string    `json:"code" maxLength:"40" pattern:"^[a-z][a-z0-9_]*$" doc:"as the wallet is told it"`
	Name   GiftWords `json:"name" doc:"as staff choose it"`
	Said   GiftWords `json:"said" doc:"as the customer reads it, behind the sum: a sentence"`
	Unused bool      `json:"unused,omitempty" doc:"it is offered no more"`
}

// GiftWords are the same in both languages.
type GiftWords struct {
	En string `json:"en" maxLength:"300"`
	Zh string `json:"zh" maxLength:"300"`
}

// In gives words in a language; English stands in.
func (w GiftWords) In(language string) string {
	if len(language) >= 2 && (language[:2] == "zh" || language[:2] == "ZH") {
		return w.Zh
	}
	return w.En
}

// GiftBound is how far gifts go in one currency. Sums are decimal texts in whole units.
type GiftBound struct {
	Currency string `json:"currency" minLength:"3" maxLength:"3"`
	Alone    string `json:"alone" maxLength:"12" doc:"the most that one person gives, with what the customer was given before, without a second"`
	Gift     string `json:"gift" maxLength:"12" doc:"the most of one gift"`
	Customer string `json:"customer" maxLength:"12" doc:"to one customer within ninety days"`
	Person   string `json:"person" maxLength:"12" doc:"by one member of staff within a day"`
	Team     string `json:"team" maxLength:"12" doc:"by the members of one team in a calendar month"`
	House    string `json:"house" maxLength:"12" doc:"by everybody in a calendar month"`
}

// HouseRules are how the house gives.
type HouseRules struct {
	Reasons []GiftReason `json:"reasons" nullable:"false" maxItems:"30"`
	Bounds  []GiftBound  `json:"bounds" nullable:"false" maxItems:"20" doc:"in a currency that is not here nothing is given"`
	Linked  int          `json:"linked" minimum:"1" maximum:"20" doc:"gifts within thirty days to customers who used one device, from which on nothing more is given to them"`
	Repeat  int          `json:"repeat" minimum:"1" maximum:"20" doc:"gifts within ninety days by one person to one customer, from which on a second person has to agree"`
}

// The times over which is summed up.
const (
	CustomerTime = 90 * 24 * time.Hour
	PersonTime   = 24 * time.Hour
	LinkedTime   = 30 * 24 * time.Hour
)

// Month is when the calendar month of a time began, where the house is.
func Month(now time.Time, zone *time.Location) time.Time {
	at := now.In(zone)
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, zone)
}

// maxScale is the finest that gifts are counted: ten-thousandths of a whole unit.
const maxScale = 4

// Units are a sum in ten-thousandths of a whole unit. Errors: Invalid for one that is finer,
// or too much to be a gift.
func Units(m wallet.Money) (int64, error) {
	const op = "goodwill.Units"
	if m.None() || m.Scale() > maxScale {
		return 0, fault.InvalidField(op, "amount", "is no money that is given by hand")
	}
	n := new(big.Int).Set(m.Smallest())
	for range maxScale - m.Scale() {
		n.Mul(n, big.NewInt(10))
	}
	if !n.IsInt64() || n.Sign() <= 0 || n.Int64() > most {
		return 0, fault.InvalidField(op, "amount", "is nothing, or too much")
	}
	return n.Int64(), nil
}

// most is what no bound and no gift goes beyond, so that no sum of them overflows.
const most = 1_000_000_000 * 10_000

func decimal() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?$`) }

// units reads a bound. Errors: Invalid.
func units(text string) (int64, error) {
	if !decimal().MatchString(text) {
		return 0, fault.InvalidField("goodwill.units", "bound", "is no sum")
	}
	f, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fault.InvalidField("goodwill.units", "bound", "is no sum")
	}
	return new(big.Int).Quo(new(big.Int).Mul(f.Num(), big.NewInt(10_000)), f.Denom()).Int64(), nil
}

// Text is a sum of units as a decimal text, with two digits behind the point where it has any.
func Text(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n%10_000 == 0 {
		return sign + strconv.FormatInt(n/10_000, 10)
	}
	cents := strconv.FormatInt(n%10_000/100, 10)
	if len(cents) < 2 {
		cents = "0" + cents
	}
	return sign + strconv.FormatInt(n/10_000, 10) + "." + cents
}

// Validate refuses rules that say nothing clear. Errors: Invalid, with the path of the field.
func (r HouseRules) Validate() error {
	const op = "goodwill.HouseRules"
	code := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	if len(r.Reasons) > 30 || len(r.Bounds) > 20 {
		return fault.InvalidFor(op, "reasons", settings.OutOfRange, "are too many")
	}
	for i, one := range r.Reasons {
		at := "reasons." + strconv.Itoa(i)
		if !code.MatchString(one.Code) || slices.ContainsFunc(r.Reasons[:i], func(o GiftReason) bool { return o.Code == one.Code }) {
			return fault.InvalidFor(op, at+".code", settings.Taken, "is no code, or that of another reason")
		}
		for path, text := range map[string]string{".name.en": one.Name.En, ".name.zh": one.Name.Zh, ".said.en": one.Said.En, ".said.zh": one.Said.Zh} {
			if text == "" || utf8.RuneCountInString(text) > 300 {
				return fault.InvalidFor(op, at+path, settings.Missing, "is missing, or too long")
			}
		}
	}
	for i, b := range r.Bounds {
		if err := b.validate(op, "bounds."+strconv.Itoa(i)); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Bounds[:i], func(o GiftBound) bool { return o.Currency == b.Currency }) {
			return fault.InvalidFor(op, "bounds."+strconv.Itoa(i)+".currency", settings.Taken, "is there already")
		}
	}
	if r.Linked < 1 || r.Linked > 20 {
		return fault.InvalidFor(op, "linked", settings.OutOfRange, "is not 1 to 20")
	}
	if r.Repeat < 1 || r.Repeat > 20 {
		return fault.InvalidFor(op, "repeat", settings.OutOfRange, "is not 1 to 20")
	}
	return nil
}

// validate: each bound is at least as wide as the one before it.
func (b GiftBound) validate(op, at string) error {
	if !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(b.Currency) {
		return fault.InvalidFor(op, at+".currency", settings.Malformed, "is no currency")
	}
	last := int64(0)
	for _, one := range []struct{ name, text string }{{"alone", b.Alone}, {"gift", b.Gift}, {"customer", b.Customer}, {"person", b.Person}, {"team", b.Team}, {"house", b.House}} {
		n, err := units(one.text)
		switch {
		case err != nil:
			return fault.InvalidFor(op, at+"."+one.name, settings.Malformed, "is no sum")
		case n < last && one.name != "person":
			return fault.InvalidFor(op, at+"."+one.name, settings.OutOfRange, "is less than the bound before it")
		}
		last = n
	}
	return nil
}

// Kind makes the rules a setting, which two have to agree to.
func Kind() settings.Definition {
	return settings.Define(settings.Kind[HouseRules]{
		Name: "goodwill", Singleton: true, FourEyes: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup, Default: Default(),
		Said: func(_ HouseRules, path string) bool { return regexp.MustCompile(`\.said\.`).MatchString(path) },
	})
}

// Default is how a new house gives: little, for four reasons.
func Default() HouseRules {
	r := HouseRules{Linked: 2, Repeat: 2, Reasons: []GiftReason{
		{Code: "long_wait", Name: GiftWords{"A long wait", "等待过久"}, Said: GiftWords{"because you waited for us longer than you should have", "因为让您等待得太久"}},
		{Code: "our_mistake", Name: GiftWords{"Our mistake", "我们的失误"}, Said: GiftWords{"because we made a mistake", "因为我们出现了失误"}},
		{Code: "outage", Name: GiftWords{"Something did not work", "服务故障"}, Said: GiftWords{"because something of ours did not work when you needed it", "因为您需要时我们的服务未能正常使用"}},
		{Code: "extra_trouble", Name: GiftWords{"Extra trouble", "额外麻烦"}, Said: GiftWords{"for the trouble that you had", "因为给您带来了额外的麻烦"}},
	}}
	for _, currency := range []string{"EUR", "USD", "GBP"} {
		r.Bounds = append(r.Bounds, GiftBound{currency, "10", "50", "100", "100", "1000", "5000"})
	}
	r.Bounds = append(r.Bounds, GiftBound{"CNY", "50", "300", "600", "600", "6000", "30000"})
	return r
}

// Bound finds that of a currency.
func (r HouseRules) Bound(currency string) (GiftBound, bool) {
	i := slices.IndexFunc(r.Bounds, func(b GiftBound) bool { return b.Currency == currency })
	if i < 0 {
		return GiftBound{}, false
	}
	return r.Bounds[i], true
}

// Reason finds one that is in use.
func (r HouseRules) Reason(code string) (GiftReason, bool) {
	i := slices.IndexFunc(r.Reasons, func(o GiftReason) bool { return o.Code == code && !o.Unused })
	if i < 0 {
		return GiftReason{}, false
	}
	return r.Reasons[i], true
}

// Sums are what counts already, in units of one currency: what was given and what is about
// to be.
type Sums struct {
	Customer, Person, Team, House int64
	Repeat                        int  // gifts by the same person to the same customer
	Linked                        int  // gifts to other customers who used one of their devices
	Own                           bool // the customer is the member of staff themselves, as far as can be told
}

// Why something is not given.
const (
	NoReason     = "goodwill_reason"
	NoCurrency   = "goodwill_currency"
	TooMuch      = "goodwill_gift"
	CustomerFull = "goodwill_customer"
	PersonFull   = "goodwill_person"
	TeamFull     = "goodwill_team"
	HouseFull    = "goodwill_house"
	LinkedFull   = "goodwill_linked"
	OwnAccount   = "goodwill_own"
)

// Refusals lists every one.
func Refusals() []string {
	return []string{NoReason, NoCurrency, TooMuch, CustomerFull, PersonFull, TeamFull, HouseFull, LinkedFull, OwnAccount}
}

// Verdict is what becomes of a gift.
type Verdict struct {
	Why      string // it is refused; "": it may be given
	FourEyes bool   // once a second person has agreed
}

// Judge says whether something may be given, beside what counts already. Whatever cannot be
// reckoned is refused.
func (r HouseRules) Judge(m wallet.Money, reason string, s Sums) Verdict {
	b, ok := r.Bound(m.Currency())
	if !ok {
		return Verdict{Why: NoCurrency}
	}
	n, err := Units(m)
	if err != nil {
		return Verdict{Why: TooMuch}
	}
	left, err := b.Left(s)
	if _, known := r.Reason(reason); !known {
		return Verdict{Why: NoReason}
	}
	switch {
	case s.Own:
		return Verdict{Why: OwnAccount}
	case err != nil || n > left.Gift:
		return Verdict{Why: TooMuch}
	case n > left.Customer:
		return Verdict{Why: CustomerFull}
	case s.Linked >= r.Linked:
		return Verdict{Why: LinkedFull}
	case n > left.Person:
		return Verdict{Why: PersonFull}
	case n > left.Team:
		return Verdict{Why: TeamFull}
	case n > left.House:
		return Verdict{Why: HouseFull}
	}
	return Verdict{FourEyes: n > left.Alone || s.Repeat >= r.Repeat}
}

// Left is what may still be given, in units; below nothing is nothing.
type Left struct{ Alone, Gift, Customer, Person, Team, House int64 }

// Left is what a bound leaves beside what counts already. Errors: Invalid.
func (b GiftBound) Left(s Sums) (Left, error) {
	var n [6]int64
	for i, text := range []string{b.Alone, b.Gift, b.Customer, b.Person, b.Team, b.House} {
		var err error
		if n[i], err = units(text); err != nil {
			return Left{}, err
		}
	}
	rest := func(all, used int64) int64 { return max(all-used, 0) }
	return Left{rest(n[0], s.Customer), n[1], rest(n[2], s.Customer), rest(n[3], s.Person), rest(n[4], s.Team), rest(n[5], s.House)}, nil
}

// Most is the most that one person could give now, a second one agreeing.
func (l Left) Most() int64 { return min(l.Gift, l.Customer, l.Person, l.Team, l.House) }

// Standing is how things stand for one customer and whoever would give.
type Standing struct {
	Currency string
	Left     Left
	Sums     Sums
}

// Gift is one as it is kept.
type Gift struct {
	Act, Customer, Staff, Team, Currency, Reason, Approver string
	Conversation                                           string
	Units                                                  int64
	At, Given                                              int64 // microseconds; Given 0: it is about to be
}

// Used is what was given of a budget in a month.
type Used struct {
	Currency, Team string // Team "": the house's
	Units          int64
	Gifts          int64
}

// Book is what was given: the budgets of the month, and the newest gifts.
type Book struct {
	Since int64 // when the month began, in microseconds
	Used  []Used
	Gifts []Gift
}
