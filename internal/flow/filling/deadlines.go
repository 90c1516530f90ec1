package filling

import (
	"fmt"

	"kefu/internal/domain/jurisdiction"
)

// deadlines are what a customer may count on for a kind of case, by country: until when they
// can report it, and by when they hear. What nobody has checked, and what depends on more
// than that they told us, is no promise and is left out.
func (f *Filling) deadlines(of jurisdiction.Type) (t Table) {
	if f.sources.Laws == nil {
		return t
	}
	now := f.sources.Clock().UnixMicro()
	seen := map[string]bool{}
	for _, p := range f.sources.Laws.Packs() {
		if seen[p.ID] || (f.pack != "" && p.ID != f.pack) {
			continue
		}
		seen[p.ID] = true
		pack, ok := f.sources.Laws.At(p.ID, now)
		if !ok {
			continue
		}
		where := pack.Title.In(f.lang)
		for _, l := range pack.Types[of].Limits {
			if l.Checked.Promisable() {
				t.Rows = append(t.Rows, []string{where, f.say("You can report it", "可提出的期限"), f.length(l.Period) + f.since(l.From), l.Source})
			}
		}
		for _, c := range pack.Types[of].Clocks {
			if told(c) {
				t.Rows = append(t.Rows, []string{where, c.Promise.In(f.lang), f.within(c.Period), c.Source})
			}
		}
	}
	t.Caption = f.say("By when", "期限")
	t.Head = []string{f.say("Where", "地区"), f.say("What", "内容"), f.say("Time", "时间"), f.say("Source", "依据")}
	t.Note = f.say("Which of them counts depends on where you live. Your own case says its day.", "具体适用哪一项取决于您所在的地区，您的案件里会写明日期。")
	return t
}

func told(c jurisdiction.Clock) bool {
	return len(c.Promise) > 0 && c.Checked.Promisable() && c.Starts == jurisdiction.Noticed && len(c.If) == 0 && c.After == "" && c.Does == "" && !c.Again
}

func (f *Filling) within(p jurisdiction.Period) string {
	return f.say("within ", "") + f.length(p) + f.say("", "内")
}

// length writes a time as the law does: its unit is part of it.
func (f *Filling) length(p jurisdiction.Period) string {
	units := map[jurisdiction.Unit][3]string{
		jurisdiction.BusinessDays: {"business day", "business days", "个工作日"},
		jurisdiction.CalendarDays: {"calendar day", "calendar days", "个自然日"},
		jurisdiction.Hours:        {"hour", "hours", "小时"},
		jurisdiction.Months:       {"month", "months", "个月"},
	}
	u := units[p.Unit]
	if p.Amount == 1 {
		return fmt.Sprintf(f.say("%d "+u[0], "%d "+u[2]), p.Amount)
	}
	return fmt.Sprintf(f.say("%d "+u[1], "%d "+u[2]), p.Amount)
}

func (f *Filling) since(from string) string {
	froms := map[string][2]string{
		"payment": {" after the payment", "（自付款之日起）"}, "statement": {" after the statement", "（自账单之日起）"}, "last_payment": {" after the last payment", "（自最后一笔付款之日起）"},
	}
	w, ok := froms[from]
	if !ok {
		return ""
	}
	return f.say(w[0], w[1])
}
