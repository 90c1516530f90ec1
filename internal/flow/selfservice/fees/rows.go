package fees

import (
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
)

// rowsOf are a line of the schedule, with what is announced in its place.
func rowsOf(l tariff.Line, currency bool, next *tariff.Line) []sheet.Row {
	rows := named(nameOf(l, currency), l)
	if last := &rows[len(rows)-1]; next != nil {
		note := sheet.Say("Changes on {day}", "{day} 起调整").With("day", sheet.Day(next.From))
		if last.Note == nil {
			last.Note = &note
		} else {
			rows = append(rows, sheet.Row{Name: note})
		}
		rows[len(rows)-1].Tone = sheet.Warning
	}
	return rows
}

// Rows are a line of the schedule under its name, for whoever shows some lines of it;
// currency tells whether its currency is named.
func Rows(l tariff.Line, currency bool) []sheet.Row { return named(nameOf(l, currency), l) }

// named are what a line charges under a name: a row for each tier.
func named(name sheet.Sentence, l tariff.Line) []sheet.Row {
	if len(l.Tiers) < 2 {
		row := sheet.Line(name, chargeOf(l))
		if note, ok := noteOf(l); ok {
			row = row.Noted(note)
		}
		return []sheet.Row{row}
	}
	var rows []sheet.Row
	for i, t := range l.Tiers {
		tier := suffixed(name, ", up to {bound}", "，{bound} 以内").With("bound", sheet.Money(t.UpTo))
		if t.UpTo.None() {
			tier = suffixed(name, ", above {bound}", "，超过 {bound}").With("bound", sheet.Money(l.Tiers[i-1].UpTo))
		}
		rows = append(rows, sheet.Line(tier, tierOf(t, l.Period)))
	}
	if note, ok := noteOf(l); ok {
		rows[len(rows)-1] = rows[len(rows)-1].Noted(note)
	}
	return rows
}

func suffixed(s sheet.Sentence, en, zh string) sheet.Sentence {
	return sheet.Say(s.Text["en"]+en, s.Text["zh"]+zh)
}

// chargeOf is what a line of one tier or none charges.
func chargeOf(l tariff.Line) sheet.Cell {
	switch {
	case l.PassedOn:
		return sheet.Say("As high as it is then; we pass it on", "按当时实际金额代收").Cell()
	case l.Margin != "":
		return sheet.Say("{margin} over the reference rate", "参考汇率加 {margin}").With("margin", sheet.Percent(l.Margin)).Cell()
	case len(l.Tiers) == 1:
		return tierOf(l.Tiers[0], l.Period)
	default:
		return sheet.Say("Depends on the amount", "视金额而定").Cell()
	}
}

// tierOf is a fixed sum and a share, or that it is free.
func tierOf(t tariff.Tier, period string) sheet.Cell {
	fixed, share := !t.Fixed.None() && t.Fixed.Sign() > 0, t.Percent != "" && zero(t.Percent) == ""
	en, zh := periodOf(period)
	switch {
	case fixed && share:
		return sheet.Say("{fixed} and {share}"+en, zh+"{fixed} 加 {share}").With("fixed", sheet.Money(t.Fixed)).With("share", sheet.Percent(t.Percent)).Cell()
	case fixed && period != "":
		return sheet.Say("{fixed}"+en, zh+"{fixed}").With("fixed", sheet.Money(t.Fixed)).Cell()
	case fixed:
		return sheet.Money(t.Fixed).Cell()
	case share:
		return sheet.Percent(t.Percent).Cell()
	default:
		return sheet.Say("Free", "免费").Cell()
	}
}

// zero is a share that is nothing, such as 0.00, and "" for any other.
func zero(percent string) string {
	for _, c := range percent {
		if c != '0' && c != '.' {
			return ""
		}
	}
	return percent
}

// noteOf is the least, the most, where a rate can be looked up, and when nothing is
// charged.
func noteOf(l tariff.Line) (sheet.Sentence, bool) {
	switch {
	case !l.Min.None() && !l.Max.None():
		return sheet.Say("At least {least}, at most {most}", "最低 {least}，最高 {most}").With("least", sheet.Money(l.Min)).With("most", sheet.Money(l.Max)), true
	case !l.Min.None():
		return sheet.Say("At least {least}", "最低 {least}").With("least", sheet.Money(l.Min)), true
	case !l.Max.None():
		return sheet.Say("At most {most}", "最高 {most}").With("most", sheet.Money(l.Max)), true
	case l.Reference != "":
		return sheet.Say("The reference rate: {rate}", "参考汇率：{rate}").With("rate", reference(l.Reference)), true
	default:
		return waived(l.Waived)
	}
}

// sumRow is a sum under a name.
func sumRow(en, zh string, m wallet.Money) sheet.Row {
	return sheet.Line(sheet.Say(en, zh), sheet.Money(m).Cell())
}
