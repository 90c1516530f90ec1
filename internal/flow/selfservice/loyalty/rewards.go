package loyalty

import (
	"context"
	"slices"
	"strconv"

	"kefu/internal/domain/form"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/reads"
)

// refusals are the redemptions that came to nothing: refused, or not used in time.
func refusals(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	for _, r := range now.Redemptions {
		hint := sheet.Say("Not redeemed", "未兑换成功")
		switch r.State {
		case "lapsed":
			hint = sheet.Say("Not used in time", "未在期限内使用")
		case "refused":
		default:
			continue
		}
		if len(list) < selfservice.Offers {
			list = append(list, entry(r.ID, r.Name, hint, r.At))
		}
	}
	return list, err
}

// refusal is why one came to nothing.
func (d Deps) refusal(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	if err := d.there(); err != nil {
		return sheet.Sheet{}, err
	}
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	i := slices.IndexFunc(now.Redemptions, func(r points.Redemption) bool { return r.ID == ref(a) })
	if i < 0 {
		return sheet.Sheet{}, absent("redemption")
	}
	r := now.Redemptions[i]
	code := r.Why
	if r.State == "lapsed" {
		code = points.VoucherLapsed
	}
	s := sheet.Sheet{Named: map[string]sheet.Figure{"name": sheet.Text(r.Name), "at": sheet.At(r.At)}, Facts: map[string]sheet.Fact{"code": sheet.Code(string(code))}}
	d.say(&s, rewarding.Redemption, code)
	took := many("Points taken", "已扣积分", 0)
	if r.State == "lapsed" {
		took = many("Points taken", "已扣积分", r.Points)
	}
	heading := sheet.Sentence{Text: form.Texts{"en": "{name}", "zh": "{name}"}}.With("name", sheet.Text(r.Name))
	s.Add(&heading, sheet.Line(sheet.Say("Tried", "兑换时间"), sheet.At(r.At).Cell()), many("Costs", "所需积分", r.Points), took)
	d.next(&s, rewarding.Redemption, code)
	return s, nil
}

// rewards are what points can be redeemed for: what is open first.
func (d Deps) rewards(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	slices.SortStableFunc(now.Rewards, func(a, b points.Reward) int {
		if (a.State == points.Open) != (b.State == points.Open) {
			if a.State == points.Open {
				return -1
			}
			return 1
		}
		return int(max(-1, min(1, a.Points-b.Points)))
	})
	for _, r := range now.Rewards {
		if len(list) == selfservice.Offers {
			break
		}
		hint := sheet.Say("{n} points", "{n} 积分").With("n", count(r.Points))
		if r.State != points.Open {
			hint = sheet.Say("{n} points: {why}", "{n} 积分：{why}").With("n", count(r.Points)).With("why", sheet.Figure{Texts: d.Words.Say(rewarding.Redemption, r.Why).Title})
		}
		e := entry(r.ID, r.Name, hint, 0)
		e.Amount = &r.Value
		list = append(list, e)
	}
	return list, err
}

// reward is one of them, with what it costs and whether it can be had.
func (d Deps) reward(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	if err := d.there(); err != nil {
		return sheet.Sheet{}, err
	}
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	r, ok := now.Reward(ref(a))
	if !ok {
		return sheet.Sheet{}, absent("reward")
	}
	cost, err := r.Cost(now.Unit)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{
		Named: map[string]sheet.Figure{"name": sheet.Text(r.Name), "cost": sheet.Money(cost), "costs": count(r.Points), "value": sheet.Money(r.Value), "left": count(now.Balance - r.Points)},
		Facts: map[string]sheet.Fact{"state": sheet.Code(r.State), "kind": sheet.Code(r.Kind), "why": sheet.Code(string(r.Why))},
	}
	if r.Lasts > 0 {
		s.Named["lasts"] = sheet.Text(strconv.Itoa(r.Lasts))
	}
	if r.Until != 0 {
		s.Named["until"] = sheet.At(r.Until)
	}
	if r.Why != "" {
		d.say(&s, rewarding.Redemption, r.Why)
		heading := sheet.Sentence{Text: form.Texts{"en": "{name}", "zh": "{name}"}}.With("name", sheet.Text(r.Name))
		s.Add(&heading, many("Costs", "所需积分", r.Points), many("You can spend", "可用积分", now.Balance), many("On their way", "待生效积分", now.Pending))
		d.next(&s, rewarding.Redemption, r.Why)
	}
	return s, nil
}

// offers are what was offered to a customer, what is going on first.
func offers(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	rank := []string{"joined", "waiting", "open", "missed", "credited"}
	slices.SortStableFunc(now.Offers, func(a, b points.Offer) int { return slices.Index(rank, a.State) - slices.Index(rank, b.State) })
	list := []sheet.Entry{}
	for _, o := range now.Offers {
		if len(list) < selfservice.Offers {
			list = append(list, entry(o.ID, o.Name, stateOf(o.State), 0))
		}
	}
	return list, err
}

func stateOf(state string) sheet.Sentence {
	switch state {
	case "joined":
		return sheet.Say("You take part", "已报名")
	case "waiting":
		return sheet.Say("Met: not credited yet", "已达标，待入账")
	case "credited":
		return sheet.Say("Credited", "已入账")
	case "missed":
		return sheet.Say("Over, nothing counted", "已结束，未达标")
	default:
		return sheet.Say("You have not joined", "未报名")
	}
}

// offer is one of them: what it asks for, and how it judged what the customer bought.
func (d Deps) offer(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	if err := d.there(); err != nil {
		return sheet.Sheet{}, err
	}
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	o, ok := now.Offer(ref(a))
	if !ok {
		return sheet.Sheet{}, absent("offer")
	}
	s := sheet.Sheet{Named: map[string]sheet.Figure{"name": sheet.Text(o.Name)}, Facts: map[string]sheet.Fact{
		"state": sheet.Code(o.State), "gives": sheet.Code(o.Gives), "tries": sheet.Many(int64(len(o.Tries))), "late": sheet.Is(o.State == "waiting" && o.CreditBy < a.Now), "over": sheet.Is(o.Until <= a.Now),
	}}
	for name, at := range map[string]wallet.Time{"until": o.Until, "credit_by": o.CreditBy, "credited_at": o.CreditedAt} {
		if at != 0 {
			s.Named[name] = sheet.At(at)
		}
	}
	heading := sheet.Sentence{Text: form.Texts{"en": "{name}", "zh": "{name}"}}.With("name", sheet.Text(o.Name))
	s.Add(&heading, append([]sheet.Row{
		sheet.Line(sheet.Say("State", "状态"), stateOf(o.State).Status()),
		sheet.Line(sheet.Say("Gives", "奖励"), gives(o)),
		sheet.Line(sheet.Say("Counts", "活动时间"), sheet.Say("{from} to {until}", "{from} 至 {until}").With("from", sheet.Day(o.From)).With("until", sheet.Day(o.Until)).Cell()),
	}, conditions(o)...)...)
	var rows []sheet.Row
	for _, t := range o.Tries[:min(len(o.Tries), 8)] {
		row := sheet.Line(sheet.Say("{name}, {day}", "{name}，{day}").With("name", sheet.Text(or(t.Name, t.Transaction))).With("day", sheet.Day(t.At)), sheet.Money(t.Amount).Cell())
		if t.Why == "" {
			rows = append(rows, row.Noted(sheet.Say("Counts", "计入活动")).In(sheet.Good))
			continue
		}
		rows = append(rows, row.Noted(sheet.Sentence{Text: d.Words.Say(rewarding.Offer, t.Why).Title}))
		if s.Named["title"].None() {
			d.say(&s, rewarding.Offer, t.Why)
		}
	}
	bought := sheet.Say("What you bought", "您的消费")
	s.Add(&bought, rows...)
	return s, nil
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func gives(o points.Offer) sheet.Cell {
	switch {
	case o.Gives == "points":
		return sheet.Say("{n} points", "{n} 积分").With("n", sheet.Number(o.Points)).Cell()
	case o.Percent != "":
		return sheet.Say("{share} of it, up to {most}", "返 {share}，最高 {most}").With("share", sheet.Percent(o.Percent)).With("most", sheet.Money(o.Amount)).Cell()
	default:
		return sheet.Money(o.Amount).Cell()
	}
}

// conditions are what an offer asks for.
func conditions(o points.Offer) []sheet.Row {
	var rows []sheet.Row
	for _, c := range o.Conditions {
		switch c.Kind {
		case "join":
			rows = append(rows, sheet.Row{Name: sheet.Say("Join before you buy", "须先报名再消费")})
		case "minimum":
			rows = append(rows, sheet.Line(sheet.Say("At least, in one purchase", "单笔最低消费"), sheet.Money(c.Amount).Cell()))
		case "once":
			rows = append(rows, sheet.Row{Name: sheet.Say("One purchase counts", "仅计一笔消费")})
		case "shop":
			rows = append(rows, sheet.Line(sheet.Say("At", "限商户"), sheet.Text(c.Name).Cell()))
		default: // category, method
			rows = append(rows, sheet.Line(sheet.Say("Only", "仅限"), sheet.Text(or(c.Name, c.Kind)).Cell()))
		}
	}
	return rows
}
