// Package loyalty has the reads about points and offers: what there is and when it expires,
// why a purchase brought none, why points were taken back or not redeemed, what they can be
// redeemed for, and how far an offer has come. The words of each reason are data
// (rewarding); what must not be told the wallet does not tell.
package loyalty

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Deps are what the reads stand on beside the wallet.
type Deps struct {
	// Words are what is said of each code; nil makes the reads unavailable.
	Words *rewarding.Table
}

// collects is the part of the wallet that tells of points.
type collects interface {
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
	Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error)
}

// How long back and ahead is looked for what is told with a balance.
const (
	ahead = wallet.Time(30 * 24 * time.Hour / time.Microsecond)
	back  = wallet.Time(90 * 24 * time.Hour / time.Microsecond)
)

// Reads are the reads of this package.
func Reads(d Deps) []reads.Read {
	always, text, at := sheet.Named{Shape: sheet.OfText, Always: true}, sheet.Named{Shape: sheet.OfText}, sheet.Named{Shape: sheet.OfTime}
	entry := map[string]selfservice.Given{"of": {Type: selfservice.Entry}}
	named := sheet.Declared{Figures: map[string]sheet.Named{"label": always}}
	return []reads.Read{
		{Read: selfservice.Read{Name: "points", Has: sheet.Declared{
			Facts: map[string]sheet.Kind{
				"member": sheet.IsYes, "balance": sheet.IsCount, "pending": sheet.IsCount, "owed": sheet.IsCount, "soon": sheet.IsCount, "expired": sheet.IsCount, "taken": sheet.IsCount,
				"refused": sheet.IsCount, "rewards": sheet.IsCount, "offers": sheet.IsCount, "claims": sheet.IsCount,
			},
			Figures: map[string]sheet.Named{"have": always, "to_come": always, "owing": text, "soon": text, "soon_at": at, "ready_at": at},
		}}, Sheet: standing},
		{Read: selfservice.Read{Name: "points_of", With: map[string]selfservice.Given{"payment": {Type: selfservice.Payment}}, Has: sheet.Declared{
			Facts:   map[string]sheet.Kind{"state": sheet.IsWord, "why": sheet.IsWord, "claim": sheet.IsWord, "claimable": sheet.IsYes, "in_shop": sheet.IsYes, "late": sheet.IsYes},
			Figures: map[string]sheet.Named{"points": always, "due_by": at, "ready_at": at, "expires_at": at, "claim_by": at, "decide_by": at, "late_since": at, "title": text, "because": text, "claim_because": text},
		}}, Sheet: d.purchase},
		{Read: selfservice.Read{Name: "points_taken", List: true, Has: named}, Entries: takenBack},
		{Read: selfservice.Read{Name: "points_taken_one", With: entry, Has: sheet.Declared{
			Facts: map[string]sheet.Kind{"owing": sheet.IsCount, "still": sheet.IsCount, "whole": sheet.IsYes}, Figures: map[string]sheet.Named{"name": always, "back": always, "gone": text, "owed": text, "at": at},
		}}, Sheet: taken},
		{Read: selfservice.Read{Name: "points_gone", Has: sheet.Declared{Facts: map[string]sheet.Kind{"redeemed": sheet.IsCount, "expired": sheet.IsCount}}}, Sheet: gone},
		{Read: selfservice.Read{Name: "points_refused", List: true, Has: named}, Entries: refusals},
		{Read: selfservice.Read{Name: "points_refusal", With: entry, Has: sheet.Declared{
			Facts: map[string]sheet.Kind{"code": sheet.IsWord}, Figures: map[string]sheet.Named{"name": always, "title": always, "because": always, "at": at},
		}}, Sheet: d.refusal},
		{Read: selfservice.Read{Name: "rewards", List: true, Has: named}, Entries: d.rewards},
		{Read: selfservice.Read{Name: "reward", With: entry, Has: sheet.Declared{
			Facts: map[string]sheet.Kind{"state": sheet.IsWord, "kind": sheet.IsWord, "why": sheet.IsWord},
			Figures: map[string]sheet.Named{
				"name": always, "cost": {Shape: sheet.OfMoney, Always: true}, "costs": always, "value": {Shape: sheet.OfMoney, Always: true}, "left": always, "lasts": text, "until": at, "title": text, "because": text,
			},
		}}, Sheet: d.reward},
		{Read: selfservice.Read{Name: "offers", List: true, Has: named}, Entries: offers},
		{Read: selfservice.Read{Name: "offer", With: entry, Has: sheet.Declared{
			Facts:   map[string]sheet.Kind{"state": sheet.IsWord, "gives": sheet.IsWord, "tries": sheet.IsCount, "late": sheet.IsYes, "over": sheet.IsYes},
			Figures: map[string]sheet.Named{"name": always, "until": at, "credit_by": at, "credited_at": at, "title": text, "because": text},
		}}, Sheet: d.offer},
	}
}

func ask(ctx context.Context, a reads.Asked) (points.Standing, error) {
	return reads.Ask(ctx, a, wallet.ReadPoints, collects.Points)
}

func absent(what string) error {
	return fault.New(fault.NotFound, "loyalty.find", "there is no such %s of this customer", what)
}

// count is a number of points as sentences of a flow name it: in groups of three, as both
// languages write it and as cards show it.
func count(n int64) sheet.Figure {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sheet.Text(text)
}

func many(en, zh string, n int64) sheet.Row {
	return sheet.Line(sheet.Say(en, zh), sheet.Number(n).Cell())
}

// standing is what a customer has, and what came and goes of it.
func standing(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	soon, at := now.Soon()
	if at == 0 || at > a.Now+ahead {
		soon, at = 0, 0
	}
	var expired, taken, ready wallet.Time
	var gone, returned int64
	for _, l := range now.Lots {
		if l.Expired > 0 && l.EndedAt > a.Now-back {
			gone, expired = gone+l.Expired, max(expired, l.EndedAt)
		}
		if l.Back() > 0 && l.TakenAt > a.Now-back {
			returned, taken = returned+l.Back(), max(taken, l.TakenAt)
		}
		if l.State == points.Pending && (ready == 0 || l.ReadyAt < ready) {
			ready = l.ReadyAt
		}
	}
	refused := len(slices.DeleteFunc(slices.Clone(now.Redemptions), func(r points.Redemption) bool { return r.State != "refused" && r.State != "lapsed" }))
	open := len(slices.DeleteFunc(slices.Clone(now.Rewards), func(r points.Reward) bool { return r.State != points.Open }))
	claims := len(slices.DeleteFunc(slices.Clone(now.Claims), func(c points.Claim) bool { return c.State != "open" }))
	s := sheet.Sheet{
		Named: map[string]sheet.Figure{"have": count(now.Balance), "to_come": count(now.Pending)},
		Facts: map[string]sheet.Fact{
			"member": sheet.Is(now.Member), "balance": sheet.Many(now.Balance), "pending": sheet.Many(now.Pending), "owed": sheet.Many(now.Owed), "soon": sheet.Many(soon), "expired": sheet.Many(gone),
			"taken": sheet.Many(returned), "refused": sheet.Many(int64(refused)), "rewards": sheet.Many(int64(open)), "offers": sheet.Many(int64(len(now.Offers))), "claims": sheet.Many(int64(claims)),
		},
	}
	rows := []sheet.Row{many("You can spend", "可用积分", now.Balance)}
	if now.Balance < 0 {
		rows[0] = rows[0].In(sheet.Warning)
	}
	if now.Pending > 0 {
		row := many("On their way", "待生效积分", now.Pending)
		if ready != 0 {
			s.Named["ready_at"] = sheet.At(ready)
			row = row.Noted(sheet.Say("The first from {day}", "最早 {day} 起可用").With("day", sheet.Day(ready)))
		}
		rows = append(rows, row)
	}
	if soon > 0 {
		s.Named["soon"], s.Named["soon_at"] = count(soon), sheet.At(at)
		rows = append(rows, many("Expire next", "即将过期", soon).Noted(sheet.Say("on {day}", "{day} 过期").With("day", sheet.Day(at))).In(sheet.Warning))
	}
	if gone > 0 {
		rows = append(rows, many("Expired", "已过期", gone).Noted(sheet.Say("the last on {day}", "最近一次：{day}").With("day", sheet.Day(expired))))
	}
	if returned > 0 {
		rows = append(rows, many("Taken back", "已收回", returned).Noted(sheet.Say("the last on {day}", "最近一次：{day}").With("day", sheet.Day(taken))))
	}
	if now.Owed > 0 {
		s.Named["owing"] = count(now.Owed)
		rows = append(rows, many("Still owed", "待补积分", now.Owed).In(sheet.Warning))
	}
	heading := sheet.Say("Your points", "您的积分")
	s.Add(&heading, rows...)
	ruled(&s, now.Rule)
	return s, nil
}

// ruled says how points are earned.
func ruled(s *sheet.Sheet, r points.Rule) {
	if r.Points == 0 {
		return
	}
	heading := sheet.Say("How it works", "积分规则")
	rows := []sheet.Row{
		sheet.Line(sheet.Say("Earned", "获得"), sheet.Say("{n} for each full {sum}", "每满 {sum} 得 {n} 分").With("n", sheet.Number(r.Points)).With("sum", sheet.Money(r.Each)).Cell()),
		sheet.Line(sheet.Say("Can be spent", "生效"), sheet.Say("{n} days after the purchase", "消费后 {n} 天").With("n", sheet.Number(int64(r.Waits))).Cell()),
	}
	if r.Lasts > 0 {
		rows = append(rows, sheet.Line(sheet.Say("Last", "有效期"), sheet.Say("{n} days", "{n} 天").With("n", sheet.Number(int64(r.Lasts))).Cell()))
	}
	s.Add(&heading, rows...)
}

// say puts the words of a code into a sheet: a title and a text that sentences may name.
func (d Deps) say(s *sheet.Sheet, of rewarding.Subject, c points.Code) {
	w := d.Words.Say(of, c)
	s.Named["title"], s.Named["because"] = sheet.Figure{Texts: w.Title}, sheet.Figure{Texts: w.Text}
}

// next are the things that can be done about a code.
func (d Deps) next(s *sheet.Sheet, of rewarding.Subject, c points.Code) {
	var rows []sheet.Row
	for _, step := range d.Words.Say(of, c).Next {
		rows = append(rows, sheet.Row{Name: sheet.Sentence{Text: step}})
	}
	heading := sheet.Say("What helps", "您可以")
	s.Add(&heading, rows...)
}

func (d Deps) there() error {
	if d.Words == nil {
		return fault.New(fault.Unavailable, "loyalty.there", "there are no words for codes")
	}
	return nil
}

// purchase is what is known of the points of one purchase.
func (d Deps) purchase(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	if err := d.there(); err != nil {
		return sheet.Sheet{}, err
	}
	p := a.Args["payment"]
	e, err := reads.Ask(ctx, a, wallet.ReadPoints, func(w collects, ctx context.Context, by wallet.Actor, customer string) (points.Earning, error) {
		return w.Earning(ctx, by, customer, p.Ref())
	})
	if err != nil {
		return sheet.Sheet{}, err
	}
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{Named: map[string]sheet.Figure{"points": count(e.Points)}, Facts: map[string]sheet.Fact{
		"state": sheet.Code(e.State), "why": sheet.Code(string(e.Why)), "claimable": sheet.Is(e.Claimable), "in_shop": sheet.Is(p.Payment != nil && p.Payment.Kind == string(wallet.KindInStore)),
	}}
	put := func(name string, at wallet.Time) {
		if at != 0 {
			s.Named[name] = sheet.At(at)
		}
	}
	put("due_by", e.DueBy)
	since := e.DueBy
	if e.State != "due" {
		since = 0
	}
	if e.Claimable {
		put("claim_by", e.ClaimBy)
	}
	if l, ok := now.Lot(e.Lot); ok {
		put("ready_at", l.ReadyAt)
		put("expires_at", l.ExpiresAt)
		parts(&s, l)
	}
	if e.Why != "" {
		d.say(&s, rewarding.Earning, e.Why)
	}
	if i := slices.IndexFunc(now.Claims, func(c points.Claim) bool { return c.ID == e.Claim && e.Claim != "" }); i >= 0 {
		c := now.Claims[i]
		s.Facts["claim"] = sheet.Code(c.State)
		put("decide_by", c.DecideBy)
		if c.State == "open" {
			since = c.DecideBy
		}
		if c.Why != "" {
			s.Named["claim_because"] = sheet.Figure{Texts: d.Words.Say(rewarding.Earning, c.Why).Text}
		}
	}
	late := since != 0 && since <= a.Now
	if s.Facts["late"] = sheet.Is(late); late {
		put("late_since", since)
	}
	return s, nil
}

// parts are what became of the points of a lot.
func parts(s *sheet.Sheet, l points.Lot) {
	rows := []sheet.Row{many("Earned", "获得", l.Earned)}
	left := many("Can be spent", "可用", l.Left)
	if l.State == points.Pending {
		left = many("On their way", "待生效", l.Left).Noted(sheet.Say("from {day}", "{day} 起可用").With("day", sheet.Day(l.ReadyAt)))
	} else if l.ExpiresAt != 0 && l.Left > 0 {
		left = left.Noted(sheet.Say("until {day}", "有效期至 {day}").With("day", sheet.Day(l.ExpiresAt)))
	}
	if l.Left > 0 {
		rows = append(rows, left)
	}
	for _, p := range []struct {
		en, zh string
		n      int64
	}{{"Redeemed", "已兑换", l.Spent}, {"Settled what was owed", "已用于抵扣待补积分", l.Settled}, {"Expired", "已过期", l.Expired}, {"Taken back", "已收回", l.Taken}, {"Taken back after it was used", "使用后被收回", l.Owing}} {
		if p.n > 0 {
			rows = append(rows, many(p.en, p.zh, p.n))
		}
	}
	heading := sheet.Say("These points", "这笔积分")
	s.Add(&heading, rows...)
}

func entry(id, name string, hint sheet.Sentence, at wallet.Time) sheet.Entry {
	return sheet.Entry{ID: id, Label: sheet.Say("{name}", "{name}").With("name", sheet.Text(name)), Hint: &hint, At: at, Named: map[string]sheet.Figure{"label": sheet.Text(name)}}
}

func ref(a reads.Asked) string { return a.Args["of"].Ref() }

// takenBack are the purchases whose points were taken back, the latest first.
func takenBack(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	slices.SortStableFunc(now.Lots, func(a, b points.Lot) int { return int(max(-1, min(1, b.TakenAt-a.TakenAt))) })
	for _, l := range now.Lots {
		if l.Back() > 0 && len(list) < selfservice.Offers {
			list = append(list, entry(l.ID, l.Name, sheet.Say("{n} points taken back", "收回 {n} 分").With("n", count(l.Back())), l.TakenAt))
		}
	}
	return list, err
}

// taken is why and how points of one purchase were taken back.
func taken(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	l, ok := now.Lot(ref(a))
	if !ok || l.Back() == 0 {
		return sheet.Sheet{}, absent("lot")
	}
	s := sheet.Sheet{
		Named: map[string]sheet.Figure{"name": sheet.Text(l.Name), "back": count(l.Back()), "gone": count(l.Owing), "owed": count(now.Owed), "at": sheet.At(l.TakenAt)},
		Facts: map[string]sheet.Fact{"owing": sheet.Many(l.Owing), "still": sheet.Many(stillOwed(now, l.ID)), "whole": sheet.Is(l.Back() == l.Earned)},
	}
	parts(&s, l)
	return s, nil
}
