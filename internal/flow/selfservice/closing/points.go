package closing

import (
	"context"

	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/reads"
)

// collects is the part of the wallet that tells of points.
type collects interface {
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
}

// unposted are the points and offers that are not in a balance yet and come no more when the
// account closes. Of a wallet that does not tell of points there are none; of one that does not
// answer it is said that there may be some.
func unposted(ctx context.Context, a reads.Asked) []sheet.Row {
	if !a.Wallet.Reads(ctx, wallet.ReadPoints) {
		return nil
	}
	now, err := reads.Ask(ctx, a, wallet.ReadPoints, collects.Points)
	if err != nil {
		return []sheet.Row{sheet.Row{Name: sheet.Say("Points on their way, claims and offers that are not credited yet, if there are any: they come no more", "如有待生效积分、未完成的积分申诉或未入账的优惠，也将作废")}.In(sheet.Warning)}
	}
	var claims, offers int64
	for _, c := range now.Claims {
		if c.State == "open" {
			claims++
		}
	}
	for _, o := range now.Offers {
		if o.State == "waiting" {
			offers++
		}
	}
	var rows []sheet.Row
	for _, r := range []struct {
		name sheet.Sentence
		n    int64
	}{
		{sheet.Say("Points on their way that are lost", "将作废的待生效积分"), now.Pending},
		{sheet.Say("Open claims of points that come to nothing", "将作废的积分申诉"), claims},
		{sheet.Say("Offers that you have met and that are not credited any more", "将不再入账的已达标优惠"), offers},
	} {
		if r.n > 0 {
			rows = append(rows, sheet.Line(r.name, sheet.Number(r.n).Cell()).In(sheet.Warning))
		}
	}
	return rows
}
