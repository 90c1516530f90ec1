// Package product is what the operator offers its customers to choose from: plans, each
// dated and with its versions, and what others say of their own wallets, never without
// where it stands and when it was read there. Match says which plans fit what somebody
// needs and why. No figure is in any of it: what a plan costs is in the wallet's schedule
// of fees (domain/wallet/tariff), whose lines a plan names.
package product

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kefu/internal/domain/form"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds.
const (
	MaxPlans  = 12  // that are in use: a run shows all of them
	MaxClaims = 100 // that are in use
	MaxName   = 60  // characters
	MaxAbout  = 200
	MaxText   = 300
	MaxLines  = 40 // of the schedule, that a plan names
	maxCodes  = 20
	maxLine   = 64 // bytes of the id of a line
)

// HasFigure is why a text of a plan is refused that names a sum, a share or a number.
const HasFigure = "has_figure"

// The words by which people and plans are matched.
type (
	// Audience is for whom a wallet is.
	Audience string
	// Region is where somebody lives, as laws differ.
	Region string
	// Use is what somebody wants to do.
	Use string
	// Way is how money comes in.
	Way string
	// Trait is what a plan has beside, which somebody may wish for.
	Trait string
)

// The audiences.
const (
	Adult    Audience = "adult"
	Young    Audience = "young" // somebody under age
	Business Audience = "business"
)

// The regions.
const (
	EU        Region = "eu"
	UK        Region = "uk"
	US        Region = "us"
	CN        Region = "cn"
	Elsewhere Region = "elsewhere"
)

// The uses.
const (
	Shops  Use = "shops"  // paying in shops and on the net
	People Use = "people" // sending to people
	Abroad Use = "abroad" // travel and other currencies
	Income Use = "income" // wages and other regular income
	Sales  Use = "sales"  // being paid by customers
	Crypto Use = "crypto"
)

// The ways in.
const (
	Bank   Way = "bank"
	Card   Way = "card"
	Cash   Way = "cash"
	Mobile Way = "mobile_money"
)

// The traits. NoFee is none of them: it follows from the schedule.
const (
	StrongProof Trait = "strong_proof" // every payment is confirmed with a passkey or in the app
	RoundClock  Trait = "round_clock"  // people answer at any hour
	NoDocument  Trait = "no_document"  // it begins without an identity document
	Rewards     Trait = "rewards"      // points or the like for payments
	NoFee       Trait = "no_fee"       // nothing is charged for having it
)

// Audiences lists them.
func Audiences() []Audience { return []Audience{Adult, Young, Business} }

// Regions lists them.
func Regions() []Region { return []Region{EU, UK, US, CN, Elsewhere} }

// Uses lists them.
func Uses() []Use { return []Use{Shops, People, Abroad, Income, Sales, Crypto} }

// Ways lists them.
func Ways() []Way { return []Way{Bank, Card, Cash, Mobile} }

// Traits lists what a plan may say that it has.
func Traits() []Trait { return []Trait{StrongProof, RoundClock, NoDocument, Rewards} }

// Plan is one thing that customers can have. What it costs is what the schedule says under
// the lines that it names.
type Plan struct {
	Name       form.Texts `json:"name" doc:"as customers know it, in en and zh"`
	About      form.Texts `json:"about" doc:"one line, in en and zh, without any figure"`
	Order      int        `json:"order,omitempty" doc:"smaller stands further up; of two that fit alike it decides nothing"`
	From       string     `json:"from" maxLength:"10" doc:"the first day on which it can be had, in UTC, as 2006-01-02"`
	Until      string     `json:"until,omitempty" maxLength:"10" doc:"the last such day; none: no end is set"`
	For        []Audience `json:"for" nullable:"false" minItems:"1" maxItems:"3" guard:"-" doc:"adult, young, business"`
	Regions    []Region   `json:"regions,omitempty" maxItems:"5" guard:"-" doc:"where customers of it live: eu, uk, us, cn, elsewhere; none: anywhere"`
	Currencies []string   `json:"currencies" nullable:"false" minItems:"1" maxItems:"20" guard:"-" doc:"that it holds, as ISO 4217 names them"`
	Uses       []Use      `json:"uses" nullable:"false" minItems:"1" maxItems:"6" guard:"-" doc:"shops, people, abroad, income, sales, crypto"`
	PayIn      []Way      `json:"pay_in" nullable:"false" minItems:"1" maxItems:"4" guard:"-" doc:"bank, card, cash, mobile_money"`
	Traits     []Trait    `json:"traits,omitempty" maxItems:"4" guard:"-" doc:"strong_proof, round_clock, no_document, rewards"`
	Fees       []string   `json:"fees,omitempty" maxItems:"40" guard:"-" doc:"ids of the lines of the wallet's schedule of fees that count for it"`
}

// PlanKind is its definition. A change takes two people: it is what customers decide by.
func PlanKind() settings.Definition {
	return settings.Define(settings.Kind[Plan]{
		Name: "plan", Max: MaxPlans, FourEyes: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup, Check: onceAtATime,
		Said: func(_ Plan, path string) bool {
			return strings.HasPrefix(path, "name") || strings.HasPrefix(path, "about")
		},
	})
}

// Validate implements settings.Value.
func (p Plan) Validate() error {
	const op = "product.Plan.Validate"
	if err := texts(op, "name", p.Name, MaxName); err != nil {
		return err
	}
	if err := texts(op, "about", p.About, MaxAbout); err != nil {
		return err
	}
	for _, lang := range languages() {
		switch {
		case strings.ContainsFunc(p.Name[lang], money):
			return fault.InvalidFor(op, "name."+lang, HasFigure, "names a sum or a share")
		case strings.ContainsFunc(p.About[lang], figure):
			return fault.InvalidFor(op, "about."+lang, HasFigure, "names a figure")
		}
	}
	if _, _, err := p.span(); err != nil {
		return err
	}
	for _, err := range []error{
		words(op, "for", p.For, Audiences(), true), words(op, "regions", p.Regions, Regions(), false), words(op, "uses", p.Uses, Uses(), true),
		words(op, "pay_in", p.PayIn, Ways(), true), words(op, "traits", p.Traits, Traits(), false),
	} {
		if err != nil {
			return err
		}
	}
	if len(p.Currencies) == 0 {
		return fault.InvalidFor(op, "currencies", settings.Missing, "are none")
	}
	if len(p.Currencies) > maxCodes || len(p.Fees) > MaxLines {
		return fault.InvalidFor(op, "currencies", settings.TooMany, "or fees are too many")
	}
	for i, c := range p.Currencies {
		if len(c) < 3 || len(c) > 5 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || slices.Contains(p.Currencies[:i], c) {
			return fault.InvalidFor(op, "currencies", settings.Malformed, "%d is no code of a currency, or there twice", i)
		}
	}
	for i, l := range p.Fees {
		if !wallet.ValidID(l) || len(l) > maxLine || slices.Contains(p.Fees[:i], l) {
			return fault.InvalidFor(op, "fees", settings.Malformed, "%d is no id of a line, or there twice", i)
		}
	}
	return nil
}

// span is when it can be had: from the one until before the other; zero for no end.
func (p Plan) span() (from, until time.Time, err error) {
	const op = "product.span"
	if from, err = time.Parse(time.DateOnly, p.From); err != nil {
		if p.From == "" {
			return from, until, fault.InvalidFor(op, "from", settings.Missing, "there is no first day")
		}
		return from, until, fault.InvalidFor(op, "from", settings.Malformed, "is no day")
	}
	if p.Until == "" {
		return from, until, nil
	}
	if until, err = time.Parse(time.DateOnly, p.Until); err != nil || until.Before(from) {
		return from, until, fault.InvalidFor(op, "until", settings.Malformed, "is no day, or before the first")
	}
	return from, until.AddDate(0, 0, 1), nil
}

// onceAtATime refuses two plans of one name that can be had on the same day.
func onceAtATime(all *settings.Snapshot, id string, p Plan) error {
	from, until, err := p.span()
	if err != nil {
		return err
	}
	for _, other := range settings.All[Plan](all) {
		begins, ends, err := other.Value.span()
		apart := (!ends.IsZero() && !from.Before(ends)) || (!until.IsZero() && !begins.Before(until))
		if err != nil || other.ID == id || apart {
			continue
		}
		for _, lang := range languages() {
			if strings.EqualFold(other.Value.Name[lang], p.Name[lang]) {
				return fault.InvalidFor("product.onceAtATime", "name."+lang, settings.Taken, "is the name of a plan of the same days")
			}
		}
	}
	return nil
}

// languages are those in which everything is said.
func languages() []string { return []string{"en", "zh"} }

// texts wants a line in every language, and in no other.
func texts(op, path string, t form.Texts, most int) error {
	for lang := range t {
		if !slices.Contains(languages(), lang) {
			return fault.InvalidFor(op, path, settings.Unknown, "has a language in which nobody is told")
		}
	}
	for _, lang := range languages() {
		if err := settings.CheckLine(path+"."+lang, t[lang], most); err != nil {
			return err
		}
	}
	return nil
}

// words wants words of a closed set, each once.
func words[T ~string](op, path string, list, known []T, some bool) error {
	if some && len(list) == 0 {
		return fault.InvalidFor(op, path, settings.Missing, "are none")
	}
	for i, w := range list {
		if !slices.Contains(known, w) || slices.Contains(list[:i], w) {
			return fault.InvalidFor(op, path+"."+strconv.Itoa(i), settings.Unknown, "is none of the words, or there twice")
		}
	}
	return nil
}

// money tells a sign of a sum or a share.
func money(r rune) bool { return unicode.Is(unicode.Sc, r) || r == '%' || r == '％' || r == '‰' }

// figure tells a digit too, in whatever script.
func figure(r rune) bool { return money(r) || unicode.IsNumber(r) }

// Topic is what people look at in a wallet before they take it.
type Topic string

// The topics.
const (
	Security    Topic = "security"
	Convenience Topic = "convenience"
	Payments    Topic = "payments"
	Costs       Topic = "fees"
	Support     Topic = "support"
	Reviews     Topic = "reviews"
)

// Topics lists them.
func Topics() []Topic { return []Topic{Security, Convenience, Payments, Costs, Support, Reviews} }

// Claim is what somebody else says in public of their own wallet, as it was read there. It
// is told with its address and its day, and not at all once that is a year ago.
type Claim struct {
	Name    string     `json:"name" maxLength:"60" doc:"whose wallet it is about"`
	Topic   Topic      `json:"topic" enum:"security,convenience,payments,fees,support,reviews"`
	Text    form.Texts `json:"text" doc:"what stands there, in en and zh"`
	Address string     `json:"address" guard:"-" maxLength:"300" doc:"where it stands: a page of theirs, or of an authority, by https"`
	Seen    string     `json:"seen" maxLength:"10" doc:"the day on which it was read there, as 2006-01-02"`
}

// ClaimKind is its definition. A change takes two people: it is said of others.
func ClaimKind() settings.Definition {
	return settings.Define(settings.Kind[Claim]{
		Name: "sourced_claim", Max: MaxClaims, FourEyes: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup,
		Said: func(_ Claim, path string) bool { return path != "address" && path != "seen" && path != "topic" },
	})
}

// Validate implements settings.Value. Without a source there is no claim.
func (c Claim) Validate() error {
	const op = "product.Claim.Validate"
	if err := settings.CheckLine("name", c.Name, MaxName); err != nil {
		return err
	}
	if !slices.Contains(Topics(), c.Topic) {
		return fault.InvalidFor(op, "topic", settings.Unknown, "is none of the topics")
	}
	if err := texts(op, "text", c.Text, MaxText); err != nil {
		return err
	}
	if err := settings.CheckLine("address", c.Address, MaxText); err != nil {
		return err
	}
	if u, err := url.Parse(c.Address); err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil {
		return fault.InvalidFor(op, "address", settings.Malformed, "is no address by https that anybody can look at")
	}
	if c.Seen == "" {
		return fault.InvalidFor(op, "seen", settings.Missing, "there is no day")
	}
	if _, err := time.Parse(time.DateOnly, c.Seen); err != nil {
		return fault.InvalidFor(op, "seen", settings.Malformed, "is no day")
	}
	return nil
}

// claimAge is for how long a claim is told after it was read.
const claimAge = 365 * 24 * time.Hour

// Tells tells whether a claim may be told at a time: it was read, and not too long ago.
func (c Claim) Tells(now time.Time) bool {
	seen, err := time.Parse(time.DateOnly, c.Seen)
	return err == nil && !now.Before(seen) && now.Sub(seen) < claimAge
}
