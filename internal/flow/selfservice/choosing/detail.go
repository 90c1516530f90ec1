package choosing

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/fees"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// knowing is the part of a wallet that knows its customers.
type knowing interface {
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// detail is everything that is set of one plan, and what the schedule says that it costs.
// Errors: NotFound when it cannot be had any more.
func (d Deps) detail(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := d.shelf()
	if err != nil {
		return sheet.Sheet{}, err
	}
	v, there := all.Find(a.Args["plan"].Ref())
	if !there {
		return sheet.Sheet{}, fault.New(fault.NotFound, "choosing.detail", "there is no such plan at present")
	}
	heading, about := own(v.Name), sheet.Say("What it is", "方案内容")
	s := sheet.Sheet{
		Heading: &heading,
		Facts:   map[string]sheet.Fact{"priced": sheet.Is(false), "whole": sheet.Is(true), "names_fees": sheet.Is(len(v.Fees) > 0)},
		Named: map[string]sheet.Figure{
			"name": named(v.Name), "version": sheet.Text(number(v.Number)), "since": sheet.Date(wallet.At(v.Changed)), "as_of": sheet.Date(a.Now),
		},
	}
	rows := []sheet.Row{{Name: own(v.About)}, list(sheet.Say("For", "适合"), v.For, audience)}
	if len(v.Regions) > 0 {
		rows = append(rows, list(sheet.Say("For whoever lives in", "适用地区"), v.Regions, region))
	}
	rows = append(rows, list(sheet.Say("Used for", "用途"), v.Uses, use), list(sheet.Say("Money comes in by", "充值方式"), v.PayIn, way),
		list(sheet.Say("Currencies", "支持的货币"), v.Currencies, func(code string) (en, zh string) { return code, code }))
	if len(v.Traits) > 0 {
		rows = append(rows, list(sheet.Say("It also has", "另外"), v.Traits, trait))
	}
	rows = append(rows, sheet.Line(sheet.Say("Can be had since", "提供日期"), sheet.Day(dayOf(v.From)).Cell()))
	if v.Until != "" {
		rows = append(rows, sheet.Line(sheet.Say("Can be had until", "提供至"), sheet.Day(dayOf(v.Until)).Cell()).In(sheet.Warning))
	}
	s.Add(&about, append(rows, version(v))...)
	if len(v.Fees) > 0 {
		prices(ctx, a, v, &s)
	}
	return s, nil
}

// prices adds what the schedule says under the lines that a plan names. Where the wallet
// does not tell it, nothing is added: no figure is kept anywhere else.
func prices(ctx context.Context, a reads.Asked, v product.Version, s *sheet.Sheet) {
	schedule, err := fees.Schedule(ctx, a)
	if err != nil {
		return
	}
	n := needs(a)
	counts := counting(schedule, country(ctx, a, n.Region), a.Now)
	var rows []sheet.Row
	whole := true
	for _, l := range counts {
		if !slices.Contains(v.Fees, l.ID) || (n.Currency != "" && l.Currency != "" && l.Currency != n.Currency) {
			continue
		}
		made := fees.Rows(l, n.Currency == "")
		if len(l.Jurisdictions) > 0 {
			made = append(made, sheet.Row{Name: sheet.Say("The line above counts for customers in {countries}", "上一项仅适用于以下国家或地区的客户：{countries}").With("countries", countries(l.Jurisdictions))})
		}
		if whole = whole && len(rows)+len(made) <= mostFees; whole {
			rows = append(rows, made...)
		}
	}
	for _, id := range v.Fees { // a line that the schedule does not have any more, or not yet
		whole = whole && slices.ContainsFunc(schedule.Lines, func(l tariff.Line) bool { return l.ID == id })
	}
	heading := sheet.Say("What it costs", "收费")
	s.Add(&heading, rows...)
	s.Facts["priced"], s.Facts["whole"] = sheet.Is(len(rows) > 0), sheet.Is(whole)
	s.Named["list"], s.Named["published"] = sheet.Text(schedule.Version), sheet.Date(schedule.PublishedAt)
}

// country is where somebody is taken to live: as the wallet knows it of its own customer,
// unless they said another region, or as the region says where that is one country; "" where
// it is not known.
func country(ctx context.Context, a reads.Asked, r product.Region) string {
	if c, err := reads.Ask(ctx, a, wallet.ReadCustomer, knowing.Customer); err == nil && (r == "" || r == regionOf(c.Jurisdiction)) {
		return c.Jurisdiction
	}
	return map[product.Region]string{product.UK: "GB", product.US: "US", product.CN: "CN"}[r]
}

// regionOf is the region of a country.
func regionOf(country string) product.Region {
	union := []string{
		"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
	}
	switch {
	case slices.Contains(union, country):
		return product.EU
	case country == "GB":
		return product.UK
	case country == "US":
		return product.US
	case country == "CN":
		return product.CN
	default:
		return product.Elsewhere
	}
}

// counting are the lines that count in a country; where that is not known all that count
// anywhere, each of which says where.
func counting(s tariff.Schedule, country string, now wallet.Time) []tariff.Line {
	if country != "" {
		return s.At(country, now)
	}
	return slices.DeleteFunc(slices.Clone(s.Lines), func(l tariff.Line) bool { return l.From > now || (l.Until != 0 && l.Until <= now) })
}

func countries(codes []string) sheet.Figure {
	if len(codes) > mostCodes {
		codes = append(slices.Clone(codes[:mostCodes]), "…")
	}
	return sheet.Word(strings.Join(codes, ", "), strings.Join(codes, "、"))
}

// others are what others say of their own wallets about a topic: with the address, and the
// day on which it was read there.
func (d Deps) others(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := d.shelf()
	if err != nil {
		return sheet.Sheet{}, err
	}
	var rows []sheet.Row
	for _, c := range all.Claims {
		if string(c.Topic) != a.Args["topic"].Text || len(rows) == mostSaid {
			continue
		}
		source := sheet.Say("It says so at {address}, read there on {day}", "来源：{address}，查看日期：{day}").With("address", sheet.Text(c.Address)).With("day", sheet.Day(dayOf(c.Seen)))
		rows = append(rows, sheet.Line(sheet.Say("{name}", "{name}").With("name", sheet.Text(c.Name)), own(c.Text).Cell()).Noted(source))
	}
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"many": sheet.Many(int64(len(rows)))}}
	heading := sheet.Say("What others say of themselves", "其他钱包的公开说明")
	s.Add(&heading, rows...)
	return s, nil
}
