package loyalty

import (
	"context"
	"slices"

	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/reads"
)

// mostGone bounds the rows of each list of what went; more than these are summed up.
const mostGone = 12

// gone is where points went that were not taken back: what was redeemed and what expired, each
// with its day, as far back as the wallet tells.
func gone(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	redeemed := slices.DeleteFunc(slices.Clone(now.Redemptions), func(r points.Redemption) bool { return r.State == "refused" })
	slices.SortStableFunc(redeemed, func(a, b points.Redemption) int { return int(max(-1, min(1, b.At-a.At))) })
	expired := slices.DeleteFunc(slices.Clone(now.Lots), func(l points.Lot) bool { return l.Expired == 0 })
	slices.SortStableFunc(expired, func(a, b points.Lot) int { return int(max(-1, min(1, b.EndedAt-a.EndedAt))) })
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"redeemed": sheet.Many(int64(len(redeemed))), "expired": sheet.Many(int64(len(expired)))}}
	var spent, lapsed []went
	for _, r := range redeemed {
		spent = append(spent, went{sheet.Say("{name}, {day}", "{name}，{day}").With("name", sheet.Text(r.Name)).With("day", sheet.Day(r.At)), r.Points})
	}
	for _, l := range expired {
		name := sheet.Word("Points", "积分")
		if l.Name != "" {
			name = sheet.Text(l.Name)
		}
		day := l.EndedAt
		if day == 0 {
			day = l.ExpiresAt
		}
		lapsed = append(lapsed, went{sheet.Say("{name}, {day}", "{name}，{day}").With("name", name).With("day", sheet.Day(day)), l.Expired})
	}
	list(&s, sheet.Say("Redeemed", "已兑换"), sheet.Say("None", "无"), spent)
	list(&s, sheet.Say("Expired", "已过期"), sheet.Say("None", "无"), lapsed)
	return s, nil
}

// went are points that went on one day.
type went struct {
	what sheet.Sentence
	n    int64
}

// list is what went, the latest first, and in one row what is too long ago for rows of its own.
func list(s *sheet.Sheet, heading, none sheet.Sentence, of []went) {
	var rows []sheet.Row
	var rest int64
	for i, w := range of {
		if i < mostGone {
			rows = append(rows, sheet.Line(w.what, sheet.Number(w.n).Cell()))
		} else {
			rest += w.n
		}
	}
	if rest > 0 {
		rows = append(rows, many("Before that", "更早", rest))
	}
	if len(rows) == 0 {
		rows = []sheet.Row{{Name: none}}
	}
	s.Add(&heading, rows...)
}

// stillOwed is how many points of a lot that were taken back though they were gone are not
// settled. The wallet tells what is owed in all: what was taken back first is settled first.
func stillOwed(now points.Standing, id string) int64 {
	lots := slices.DeleteFunc(slices.Clone(now.Lots), func(l points.Lot) bool { return l.Owing == 0 })
	slices.SortStableFunc(lots, func(a, b points.Lot) int { return int(max(-1, min(1, b.TakenAt-a.TakenAt))) })
	left := now.Owed
	for _, l := range lots {
		if l.ID == id {
			return min(left, l.Owing)
		}
		left -= min(left, l.Owing)
	}
	return 0
}
