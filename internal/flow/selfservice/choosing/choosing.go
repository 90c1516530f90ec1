// Package choosing is what flows may ask of whoever looks for a wallet: how any wallet is
// judged, which of the house's plans there are, which fit what somebody needs and why, and
// what others say of theirs, with its source. What a plan costs is read from the wallet's
// schedule of fees, and what that does not tell is not told. Nothing here needs to know who
// asks.
package choosing

import (
	"context"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/fees"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Deps are what the reads stand on beside the wallet.
type Deps struct {
	Shelf func() product.Shelf // the plans, now; nil: there are none
}

// Bounds of what one sheet shows.
const (
	mostBest  = 4
	mostNear  = 6
	mostFees  = 30
	mostSaid  = 20
	mostCodes = 10 // of countries in a note
)

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	text, always := sheet.Named{Shape: sheet.OfText}, sheet.Named{Shape: sheet.OfText, Always: true}
	choice, entry := selfservice.Given{Type: selfservice.Choice}, selfservice.Given{Type: selfservice.Entry}
	may := selfservice.Given{Type: selfservice.Choice, Optional: true}
	mayEntry := selfservice.Given{Type: selfservice.Entry, Optional: true}
	return []reads.Read{
		{
			Read: selfservice.Read{Name: "choosing_guide", With: map[string]selfservice.Given{"topic": choice}, Has: sheet.Declared{
				Figures: map[string]sheet.Named{"version": always, "published": always},
			}},
			Sheet: guide,
		},
		{
			Read: selfservice.Read{Name: "others_say", With: map[string]selfservice.Given{"topic": choice}, Has: sheet.Declared{
				Facts: map[string]sheet.Kind{"many": sheet.IsCount},
			}},
			Sheet: d.others,
		},
		{
			Read: selfservice.Read{Name: "plans", Has: sheet.Declared{
				Facts:   map[string]sheet.Kind{"many": sheet.IsCount, "coming": sheet.IsCount, "currencies": sheet.IsCount, "regions": sheet.IsYes},
				Figures: map[string]sheet.Named{"as_of": always},
			}},
			Sheet: d.plans,
		},
		{
			Read:    selfservice.Read{Name: "plan_currencies", List: true},
			Entries: d.currencies,
		},
		{
			Read: selfservice.Read{
				Name: "plan_match", With: map[string]selfservice.Given{"for": choice, "region": may, "currency": mayEntry, "use": choice, "also": choice, "pay_in": choice, "wish": choice},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"best": sheet.IsCount, "fit": sheet.IsCount, "near": sheet.IsCount, "unknown": sheet.IsYes},
					Figures: map[string]sheet.Named{"best": text, "version": text, "as_of": always},
				},
			},
			Sheet: d.match,
		},
		{
			Read:    selfservice.Read{Name: "plans_listed", List: true},
			Entries: d.listed,
		},
		{
			Read: selfservice.Read{
				Name: "plan_detail", With: map[string]selfservice.Given{"plan": entry, "region": may, "currency": mayEntry},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"priced": sheet.IsYes, "whole": sheet.IsYes, "names_fees": sheet.IsYes},
					Figures: map[string]sheet.Named{"name": always, "version": always, "since": always, "as_of": always, "list": text, "published": text},
				},
			},
			Sheet: d.detail,
		},
	}
}

// shelf is what there is now. Errors: Unavailable.
func (d Deps) shelf() (product.Shelf, error) {
	if d.Shelf == nil {
		return product.Shelf{}, fault.New(fault.Unavailable, "choosing.shelf", "there are no plans here")
	}
	return d.Shelf(), nil
}

// named is a plan's own name, or its line, as a figure.
func named(texts map[string]string) sheet.Figure { return sheet.Word(texts["en"], texts["zh"]) }

// own is a text that is told as it was written.
func own(texts map[string]string) sheet.Sentence {
	return sheet.Say("{text}", "{text}").With("text", named(texts))
}

// version says which version of a plan something is from.
func version(v product.Version) sheet.Row {
	return sheet.Line(sheet.Say("Version", "版本"), sheet.Say("{n}, set on {day}", "第 {n} 版，更新于 {day}").With("n", sheet.Number(v.Number)).With("day", sheet.Day(wallet.At(v.Changed))).Cell())
}

// plans are all that can be had, and what will be.
func (d Deps) plans(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := d.shelf()
	if err != nil {
		return sheet.Sheet{}, err
	}
	restricted := func(v product.Version) bool { return len(v.Regions) > 0 }
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{
			"many": sheet.Many(int64(len(all.Now))), "coming": sheet.Many(int64(len(all.Coming))), "currencies": sheet.Many(int64(len(all.Currencies()))),
			"regions": sheet.Is(slices.ContainsFunc(all.Now, restricted)),
		},
		Named: map[string]sheet.Figure{"as_of": sheet.Date(a.Now)},
	}
	for _, v := range all.Now {
		heading := own(v.Name)
		s.Add(&heading,
			sheet.Row{Name: own(v.About)},
			list(sheet.Say("For", "适合"), v.For, audience),
			list(sheet.Say("Used for", "用途"), v.Uses, use),
			version(v))
	}
	for _, v := range all.Coming {
		heading := own(v.Name)
		s.Add(&heading, sheet.Line(sheet.Say("Can be had from", "开始提供"), sheet.Day(dayOf(v.From)).Cell()).In(sheet.Warning), sheet.Row{Name: own(v.About)})
	}
	return s, nil
}

// dayOf is midnight of a day as it is written; its plan was validated.
func dayOf(text string) wallet.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0
	}
	return wallet.At(day)
}

// listed are the plans to choose one from.
func (d Deps) listed(context.Context, reads.Asked) ([]sheet.Entry, error) {
	all, err := d.shelf()
	if err != nil {
		return nil, err
	}
	var list []sheet.Entry
	for _, v := range all.Now {
		hint := own(v.About)
		list = append(list, sheet.Entry{ID: v.ID, Label: own(v.Name), Hint: &hint})
	}
	return list, nil
}

// currencies are those in which some plan can be used.
func (d Deps) currencies(context.Context, reads.Asked) ([]sheet.Entry, error) {
	all, err := d.shelf()
	if err != nil {
		return nil, err
	}
	var list []sheet.Entry
	for _, c := range all.Currencies() {
		list = append(list, sheet.Entry{ID: c, Label: currency(c)})
	}
	return list[:min(len(list), selfservice.Offers)], nil
}

// needs are what was answered.
func needs(a reads.Asked) product.Needs {
	word := func(slot string) string {
		if text := a.Args[slot].Text; text != "none" { // nothing in particular
			return text
		}
		return ""
	}
	n := product.Needs{
		For: product.Audience(word("for")), Region: product.Region(word("region")), Use: product.Use(word("use")), Also: product.Use(word("also")),
		PayIn: product.Way(word("pay_in")), Wish: product.Trait(word("wish")),
	}
	if chosen := a.Args["currency"]; chosen.Entry != nil {
		n.Currency = chosen.Entry.ID
	}
	return n
}

// match holds the plans against what was answered.
func (d Deps) match(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := d.shelf()
	if err != nil {
		return sheet.Sheet{}, err
	}
	asked := needs(a)
	r := product.Match(all.Now, asked, d.free(ctx, a, asked))
	unknown := func(v product.Verdict) bool {
		return slices.ContainsFunc(v.Points, func(p product.Point) bool { return p.Met == product.Unknown })
	}
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{
			"best": sheet.Many(int64(len(r.Best))), "fit": sheet.Many(int64(len(r.Best) + len(r.Also))), "near": sheet.Many(int64(len(r.Near))),
			"unknown": sheet.Is(slices.ContainsFunc(slices.Concat(r.Best, r.Also), unknown)),
		},
		Named: map[string]sheet.Figure{"as_of": sheet.Date(a.Now)},
	}
	if r.Decided() {
		s.Named["best"], s.Named["version"] = named(r.Best[0].Name), sheet.Text(number(r.Best[0].Number))
	}
	for _, v := range r.Best[:min(len(r.Best), mostBest)] {
		heading := own(v.Name)
		var rows []sheet.Row
		for _, p := range v.Points {
			rows = append(rows, pointRow(p))
		}
		s.Add(&heading, append(rows, version(v.Version))...)
	}
	var fits, near []sheet.Row
	for _, v := range slices.Concat(r.Best[min(len(r.Best), mostBest):], r.Also) {
		fits = append(fits, lacking(v))
	}
	for _, v := range r.Near[:min(len(r.Near), mostNear)] {
		near = append(near, lacking(v))
	}
	other, short := sheet.Say("Fits too, with fewer of your wishes", "也符合，但满足的要求较少"), sheet.Say("Does not fit, because", "不符合，原因")
	s.Add(&other, fits...)
	s.Add(&short, near...)
	return s, nil
}

// lacking is a plan with all that it does not have of what was asked for.
func lacking(v product.Verdict) sheet.Row {
	var en, zh []string
	for _, p := range v.Points {
		if p.Met == product.Yes || (!v.Fits() && !p.Must) {
			continue
		}
		e, z := pointWords(p)
		if p.Met == product.Unknown {
			e, z = e+" (not known)", z+"（未知）"
		}
		en, zh = append(en, e), append(zh, z)
	}
	if len(en) == 0 {
		return sheet.Row{Name: own(v.Name)}
	}
	return sheet.Row{Name: own(v.Name)}.Noted(sheet.Say("Not met: {what}", "不满足：{what}").With("what", sheet.Word(strings.Join(en, "; "), strings.Join(zh, "；"))))
}

// pointRow is one need and whether a plan meets it.
func pointRow(p product.Point) sheet.Row {
	en, zh := pointWords(p)
	row := sheet.Line(sheet.Say(capital(en), zh), sheet.Say("Yes", "满足").Status())
	switch p.Met {
	case product.Yes:
		return row.In(sheet.Good)
	case product.Unknown:
		row.Value.Sentence = new(sheet.Say("Not known now", "暂时未知"))
	default:
		row.Value.Sentence = new(sheet.Say("No", "不满足"))
	}
	return row.In(sheet.Warning)
}

// free says of a plan whether nothing is charged for having it, by the lines of the
// schedule that it names. Where it names none, or the wallet does not tell, nobody knows.
func (d Deps) free(ctx context.Context, a reads.Asked, n product.Needs) func(product.Plan) product.Met {
	var lines []tariff.Line
	if n.Wish == product.NoFee {
		if s, err := fees.Schedule(ctx, a); err == nil {
			lines = counting(s, country(ctx, a, n.Region), a.Now)
		}
	}
	return func(p product.Plan) product.Met {
		known := product.Unknown
		for _, l := range lines {
			if l.Kind != tariff.Account || !slices.Contains(p.Fees, l.ID) || (n.Currency != "" && l.Currency != "" && l.Currency != n.Currency) {
				continue
			}
			if !costless(l) {
				return product.No
			}
			known = product.Yes
		}
		return known
	}
}

// costless tells a line that charges nothing, whatever the amount.
func costless(l tariff.Line) bool {
	return len(l.Tiers) > 0 && !slices.ContainsFunc(l.Tiers, func(t tariff.Tier) bool {
		return (!t.Fixed.None() && t.Fixed.Sign() > 0) || strings.Trim(t.Percent, "0.") != ""
	})
}
