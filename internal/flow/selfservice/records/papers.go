package records

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

func statements(ctx context.Context, a reads.Asked) ([]statement.Statement, error) {
	return reads.Ask(ctx, a, wallet.ReadStatements, papers.Statements)
}

func nameOf(s statement.Statement) sheet.Sentence {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	switch s.Kind {
	case "month":
		return sheet.Sentence{Text: monthName(s.From, zone)}
	case "year":
		return sheet.Say("Year {year}", "{year}年").With("year", sheet.Text(s.From.Std().In(zone).Format("2006")))
	default:
		return sheet.Say("Quarter from {from}", "{from}起的一个季度").With("from", sheet.Day(s.From))
	}
}

func factsOfPaper(s statement.Statement) map[string]sheet.Fact {
	return map[string]sheet.Fact{"ready": sheet.Is(s.State == statement.Ready), "kept": sheet.Is(len(s.Forms) > 0)}
}

func statementList(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	all, err := statements(ctx, a)
	if err != nil {
		return nil, err
	}
	list := []sheet.Entry{}
	for _, s := range all[:min(len(all), offers)] {
		hint := sheet.Say("Goes on until the period ends", "本期尚未结束")
		if s.State == statement.Ready {
			hint = sheet.Say("Complete", "已出账")
		}
		list = append(list, sheet.Entry{ID: s.ID, Label: nameOf(s), Hint: &hint, State: s.State, Facts: factsOfPaper(s)})
	}
	return list, nil
}

func statementTold(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := statements(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	id := a.Args["statement"].Ref()
	i := slices.IndexFunc(all, func(s statement.Statement) bool { return s.ID == id })
	if i < 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "records.statementTold", "there is no such statement")
	}
	one := all[i]
	heading := nameOf(one)
	out := sheet.Sheet{Heading: &heading, Facts: factsOfPaper(one)}
	quiet := true
	for _, f := range one.Figures[:min(len(one.Figures), 8)] {
		if f.Count == 0 && f.Closing.Sign() == 0 {
			continue
		}
		quiet = quiet && f.Count == 0
		part := sheet.Say("{currency}", "{currency}").With("currency", sheet.Text(f.Closing.Currency()))
		out.Add(&part,
			sheet.Line(sheet.Say("At the beginning", "期初余额"), sheet.Money(f.Opening).Cell()), sheet.Line(sheet.Say("Came in", "收入"), sheet.Money(f.In).Cell()),
			sheet.Line(sheet.Say("Left, with fees", "支出（含手续费）"), sheet.Money(f.Out).Cell()), sheet.Line(sheet.Say("At the end", "期末余额"), sheet.Money(f.Closing).Cell()),
			sheet.Line(sheet.Say("Transactions", "笔数"), sheet.Number(int64(f.Count)).Cell()),
		)
	}
	out.Facts["quiet"] = sheet.Is(quiet)
	out.Add(nil, kept(ctx, a, one)...)
	return out, nil
}

// kept is where its customer gets a statement from the wallet itself. One that the wallet
// gives in another way is got in the wallet.
func kept(ctx context.Context, a reads.Asked, s statement.Statement) (rows []sheet.Row) {
	for _, form := range s.Forms {
		d, err := reads.Ask(ctx, a, wallet.ReadStatements, func(w papers, ctx context.Context, by wallet.Actor, customer string) (statement.Document, error) {
			return w.Document(ctx, by, customer, s.ID, form)
		})
		if err == nil && d.Link != "" {
			name := map[string]sheet.Sentence{statement.PDF: sheet.Say("Download as PDF", "下载 PDF"), statement.CSV: sheet.Say("Download as a table", "下载表格")}[form]
			rows = append(rows, sheet.Row{Name: name, Link: d.Link})
		}
	}
	return rows
}

// spending is what was spent in a month, and in the one before.
func spending(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	h, err := look(ctx, a, 130*24*time.Hour)
	if err != nil {
		return sheet.Sheet{}, err
	}
	back := map[string]int{"this": 0, "last": 1}[a.Words["month"]]
	now, before := statement.Month(a.Now, h.zone, back), statement.Month(a.Now, h.zone, back+1)
	heading := sheet.Say("{now}, and {before} beside it", "{now}，对比{before}").With("now", sheet.Figure{Texts: monthName(now.From, h.zone)}).With("before", sheet.Figure{Texts: monthName(before.From, h.zone)})
	s := sheet.Sheet{Heading: &heading, Facts: map[string]sheet.Fact{"spent": sheet.Is(false), "more": sheet.Is(false), "cut": sheet.Is(h.cut)}}
	all := statement.Compare(h.all, now, before)
	s.Facts["currencies"] = sheet.Many(int64(len(all)))
	for _, of := range all[:min(len(all), 4)] {
		if of.Now.Sign() != 0 || of.Before.Sign() != 0 {
			s.Facts["spent"] = sheet.Is(true)
		}
		if of.Now.Cmp(of.Before) > 0 {
			s.Facts["more"] = sheet.Is(true)
		}
		rows := []sheet.Row{compared(sheet.Say("Altogether", "合计"), of.Now, of.Before)}
		for _, c := range of.Of[:min(len(of.Of), 12)] {
			rows = append(rows, compared(categories()[c.Category], c.Now, c.Before))
		}
		part := sheet.Say("{currency}", "{currency}").With("currency", sheet.Text(of.Currency))
		s.Add(&part, rows...)
	}
	return s, nil
}

// compared is a sum with that of the month before below it.
func compared(name sheet.Sentence, now, before wallet.Money) sheet.Row {
	row := sheet.Line(name, sheet.Money(now).Cell())
	note := sheet.Say("{before} before", "上期 {before}").With("before", sheet.Money(before))
	row.Note = &note
	return row
}
