package loyalty

import (
	"slices"
	"strconv"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/proposing"
)

// flow is the one about points and offers.
const flow = "FL16"

// near is how long before points expire they are spoken of: what is proposed for a month is
// read by nobody any more.
const near = wallet.Time(14 * 24 * time.Hour / time.Microsecond)

// Asks tells whether a wallet can be asked for points.
type Asks = collects

// Reading is the question.
const Reading = wallet.ReadPoints

// Proposed is that points expire soon, with the way to redeem them before. Who owes points can
// redeem none, and is proposed nothing.
func Proposed(s points.Standing, now wallet.Time, flows []*selfservice.Definition) (proposing.Proposal, bool) {
	at := slices.IndexFunc(flows, func(d *selfservice.Definition) bool { return d.ID == flow })
	soon, end := s.Soon()
	if at < 0 || !s.Member || s.Owed > 0 || soon == 0 || end <= now || end > now+near {
		return proposing.Proposal{}, false
	}
	return proposing.Proposal{
		ID: "points:" + strconv.FormatInt(int64(end), 10), Flow: flows[at], Given: map[string]string{},
		Title:   form.Texts{"en": "{points.soon} points expire on {points.at}", "zh": "{points.soon} 积分将于 {points.at} 过期"},
		Figures: map[string]selfservice.Figure{"points.soon": count(soon), "points.at": sheet.At(end)},
	}, true
}
