// Package tariff is what a wallet charges for, as data: lines with the days from which and
// until which they count, for which countries, in tiers with a least and a most. What
// something costs is worked out from it exactly. It is the only place that fees may be
// quoted from.
package tariff

import (
	"cmp"
	"math/big"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Kind is what a fee is for.
type Kind string

// The kinds of fees.
const (
	Account     Kind = "account" // to have the wallet, each period
	Inactivity  Kind = "inactivity"
	Transfer    Kind = "transfer"
	Payment     Kind = "payment"
	TopUp       Kind = "top_up"
	Withdrawal  Kind = "withdrawal"
	Cash        Kind = "cash"     // from a machine
	Exchange    Kind = "exchange" // a margin over a rate that can be looked up
	Network     Kind = "network"  // of a chain: passed on, and another one each time
	Card        Kind = "card"
	Replacement Kind = "replacement" // of a card
	Statement   Kind = "statement"   // on paper
	Closure     Kind = "closure"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Account, Inactivity, Transfer, Payment, TopUp, Withdrawal, Cash, Exchange, Network, Card, Replacement, Statement, Closure}
}

// Schedule is all that a wallet charges for, past, present and announced.
type Schedule struct {
	Version     string      `json:"version"`
	PublishedAt wallet.Time `json:"published_at"`
	Lines       []Line      `json:"lines"`
}

// Line is one fee.
type Line struct {
	ID            string       `json:"id"`
	Kind          Kind         `json:"kind"`
	Rail          string       `json:"rail,omitempty"`          // of transfers and the like; none: of every rail
	Jurisdictions []string     `json:"jurisdictions,omitempty"` // ISO 3166-1 alpha-2; none: wherever no other line says
	Currency      string       `json:"currency,omitempty"`      // of its sums; none: it has none, such as a margin
	From          wallet.Time  `json:"from"`
	Until         wallet.Time  `json:"until"`            // null: no end is known
	AnnouncedAt   wallet.Time  `json:"announced_at"`     // when customers were told of it
	Period        string       `json:"period,omitempty"` // month, year: of what is charged again and again
	Tiers         []Tier       `json:"tiers,omitempty"`  // the first that an amount fits is that of the whole amount
	Min           wallet.Money `json:"min"`              // null: none
	Max           wallet.Money `json:"max"`
	Margin        string       `json:"margin,omitempty"`    // of an exchange, in percent over the reference
	Reference     string       `json:"reference,omitempty"` // a code of where the rate can be looked up, such as ecb
	PassedOn      bool         `json:"passed_on,omitempty"` // somebody else's fee, as high as it is then
	Waived        []string     `json:"waived,omitempty"`    // codes of when nothing is charged
}

// Tier is what is charged for amounts up to a bound: a fixed sum and a share.
type Tier struct {
	UpTo    wallet.Money `json:"up_to"`             // with it; null: without bound
	Fixed   wallet.Money `json:"fixed"`             // null: none
	Percent string       `json:"percent,omitempty"` // decimal text; none: no share
}

// Bounds of a schedule.
const (
	MaxLines = 300
	MaxTiers = 12
)

// percentScale is how many decimals a share may have.
const percentScale = 6

// Validate refuses what is not of the contract, and two lines that say different things of
// the same at the same time. Errors: Invalid.
func (s Schedule) Validate() error {
	const op = "tariff.Schedule"
	if s.Version == "" || s.PublishedAt == 0 || s.Lines == nil || len(s.Lines) > MaxLines {
		return fault.InvalidField(op, "version", "or the day is missing, or the lines are missing or too many")
	}
	seen := map[string]bool{}
	for i, l := range s.Lines {
		if err := l.Validate(); err != nil {
			return err
		}
		if seen[l.ID] {
			return fault.InvalidField(op, "lines", "have an id twice")
		}
		seen[l.ID] = true
		for _, o := range s.Lines[:i] {
			if l.clashes(o) {
				return fault.InvalidField(op, "lines", "say two things of the same fee at one time")
			}
		}
	}
	return check.Code(op, "version", s.Version)
}

// clashes tells whether two lines are of the same fee, country and currency at one time.
func (l Line) clashes(o Line) bool {
	apart := (l.Until != 0 && l.Until <= o.From) || (o.Until != 0 && o.Until <= l.From)
	if apart || l.Kind != o.Kind || l.Rail != o.Rail || l.Currency != o.Currency || l.Period != o.Period {
		return false
	}
	if len(l.Jurisdictions) == 0 || len(o.Jurisdictions) == 0 { // the one that names a country goes first
		return len(l.Jurisdictions) == len(o.Jurisdictions)
	}
	return slices.ContainsFunc(l.Jurisdictions, func(j string) bool { return slices.Contains(o.Jurisdictions, j) })
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (l Line) Validate() error {
	const op = "tariff.Line"
	if l.From == 0 || (l.Until != 0 && l.Until <= l.From) || (l.AnnouncedAt != 0 && l.AnnouncedAt > l.From) {
		return fault.InvalidField(op, "from", "is missing, not before until, or before it was announced")
	}
	if len(l.Tiers) > MaxTiers || len(l.Jurisdictions) > check.MaxList*8 {
		return fault.InvalidField(op, "tiers", "or jurisdictions are too many")
	}
	if (len(l.Tiers) > 0) == (l.Margin != "" || l.PassedOn) {
		return fault.InvalidField(op, "tiers", "are missing, or there beside a margin or a fee that is passed on")
	}
	for _, j := range l.Jurisdictions {
		if len(j) != 2 || j[0] < 'A' || j[0] > 'Z' || j[1] < 'A' || j[1] > 'Z' {
			return fault.InvalidField(op, "jurisdictions", "hold what is no country")
		}
	}
	if err := l.checkSums(op); err != nil {
		return err
	}
	return check.First(
		check.ID(op, "id", l.ID, true), check.Word(op, "kind", l.Kind, Kinds()...), check.Code(op, "rail", l.Rail), check.Word(op, "period", l.Period, "", "month", "year"),
		check.Code(op, "reference", l.Reference), check.Codes(op, "waived", l.Waived),
	)
}

func (l Line) checkSums(op string) error {
	own := func(m wallet.Money) bool { return m.None() || (m.Currency() == l.Currency && m.Sign() >= 0) }
	if !own(l.Min) || !own(l.Max) || (!l.Min.None() && !l.Max.None() && l.Min.Cmp(l.Max) > 0) {
		return fault.InvalidField(op, "min", "or max is of another currency or below nothing, or the least is above the most")
	}
	if _, err := share(l.Margin); err != nil {
		return fault.InvalidField(op, "margin", "is no decimal number of at most %d decimals", percentScale)
	}
	for i, t := range l.Tiers {
		_, err := share(t.Percent)
		switch {
		case err != nil:
			return fault.InvalidField(op, "percent", "is no decimal number of at most %d decimals", percentScale)
		case !own(t.UpTo) || !own(t.Fixed) || (t.Fixed.None() && t.Percent == ""):
			return fault.InvalidField(op, "fixed", "is of another currency or below nothing, or a tier charges nothing at all")
		case (i == len(l.Tiers)-1) != t.UpTo.None():
			return fault.InvalidField(op, "up_to", "is missing in a tier before the last, or there in the last")
		case i > 0 && !t.UpTo.None() && t.UpTo.Cmp(l.Tiers[i-1].UpTo) <= 0:
			return fault.InvalidField(op, "up_to", "does not grow from tier to tier")
		}
	}
	return nil
}

// share reads a number of percent; "" is none.
func share(text string) (*big.Rat, error) {
	if text == "" {
		return new(big.Rat), nil
	}
	m, err := wallet.Parse(text, "PCT", percentScale)
	if err != nil || m.Sign() < 0 {
		return nil, fault.New(fault.Invalid, "tariff.share", "it is no share")
	}
	r, _ := new(big.Rat).SetString(m.Amount()) // it is a decimal number
	return r, nil
}

// Cost is what a line charges for an amount: by the tier that the amount is in, rounded
// half up to the smallest unit, not below Min and not above Max. Errors: Invalid for an
// amount of another currency, and for a line whose sum nobody knows before: a margin, or a
// fee that is passed on.
func (l Line) Cost(amount wallet.Money) (wallet.Money, error) {
	const op = "tariff.Cost"
	if len(l.Tiers) == 0 || amount.None() || amount.Currency() != l.Currency || amount.Sign() < 0 {
		return wallet.Money{}, fault.InvalidField(op, "amount", "is of another currency, or nobody knows the fee before")
	}
	at := slices.IndexFunc(l.Tiers, func(t Tier) bool { return t.UpTo.None() || amount.Cmp(t.UpTo) <= 0 })
	t := l.Tiers[at]
	percent, err := share(t.Percent)
	if err != nil {
		return wallet.Money{}, err
	}
	part := new(big.Rat).Mul(new(big.Rat).SetInt(amount.Smallest()), percent)
	part.Quo(part, big.NewRat(100, 1))
	if !t.Fixed.None() {
		part.Add(part, units(t.Fixed, amount.Scale()))
	}
	for _, bound := range []struct {
		of    wallet.Money
		fails func(*big.Rat) bool
	}{
		{l.Min, func(b *big.Rat) bool { return part.Cmp(b) < 0 }}, {l.Max, func(b *big.Rat) bool { return part.Cmp(b) > 0 }},
	} {
		if b := units(bound.of, amount.Scale()); !bound.of.None() && bound.fails(b) {
			part = b
		}
	}
	return wallet.Units(rounded(part), amount.Currency(), amount.Scale())
}

// units is a sum in smallest units of a scale.
func units(m wallet.Money, scale int) *big.Rat {
	r := new(big.Rat).SetInt(m.Smallest())
	ten := big.NewInt(10)
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(int64(scale)), nil)))
	return r.Quo(r, new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(int64(m.Scale())), nil)))
}

// rounded is a number that is not below nothing as a whole one, half up.
func rounded(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(r.Num(), big.NewInt(2))
	return twice.Add(twice, r.Denom()).Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
}

// At lists the lines that count for customers of a country at a time: where a line names
// the country, those that name none give way.
func (s Schedule) At(country string, at wallet.Time) []Line {
	return s.pick(country, func(l Line) (wallet.Time, bool) { return at, l.counts(at) })
}

// Changes lists the lines for customers of a country that were announced by a time and do
// not count yet, the soonest first.
func (s Schedule) Changes(country string, at wallet.Time) []Line {
	list := s.pick(country, func(l Line) (wallet.Time, bool) {
		return l.From, l.From > at && l.AnnouncedAt != 0 && l.AnnouncedAt <= at
	})
	slices.SortStableFunc(list, func(a, b Line) int { return cmp.Compare(a.From, b.From) })
	return list
}

func (l Line) counts(at wallet.Time) bool { return l.From <= at && (l.Until == 0 || at < l.Until) }

// pick lists the lines of a country that are wanted, each looked at as of a time.
func (s Schedule) pick(country string, wanted func(Line) (wallet.Time, bool)) []Line {
	var list []Line
	for _, l := range s.Lines {
		when, is := wanted(l)
		own := func(o Line) bool { return slices.Contains(o.Jurisdictions, country) && o.sameFee(l) && o.counts(when) }
		if is && (slices.Contains(l.Jurisdictions, country) || (len(l.Jurisdictions) == 0 && !slices.ContainsFunc(s.Lines, own))) {
			list = append(list, l)
		}
	}
	slices.SortStableFunc(list, func(a, b Line) int { return cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)) })
	return list
}

// sameFee tells whether two lines are about the same.
func (l Line) sameFee(o Line) bool {
	return l.Kind == o.Kind && l.Rail == o.Rail && l.Period == o.Period && l.Currency == o.Currency
}

// Of finds the fee of a kind, rail and currency among lines: that of the rail, or the one
// of every rail.
func Of(lines []Line, kind Kind, rail, currency string) (Line, bool) {
	for _, r := range []string{rail, ""} {
		for _, l := range lines {
			if l.Kind == kind && l.Rail == r && (l.Currency == currency || l.Currency == "") {
				return l, true
			}
		}
	}
	return Line{}, false
}
