package storage_test

import (
	"context"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// noticeRules are about what the wallet tells by itself: that is for the part of Kefu
// that takes it alone.
func noticeRules() []rule {
	ctx := context.Background()
	return []rule{
		{"NoticePosition", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.NoticePosition(ctx, p)
			return err
		}},
		{"TakeNotices", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.TakeNotices(ctx, p, []wallet.Notice{{ID: "e", Type: wallet.RiskAlert, Sequence: 1, Position: 1, At: 1}}, 0)
			return err
		}},
		{"DueNotices", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.DueNotices(ctx, p, 10)
			return err
		}},
		{"SettleNotice", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.SettleNotice(ctx, p, "e", 0) }},
		{"NoteDoubts", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.NoteDoubts(ctx, p, []failure.Noted{{Doubt: failure.Doubt{Rail: "card", Code: "Z9", Said: wallet.DoNotHonor}, Times: 1, FirstAt: 1, LastAt: 1}})
			return err
		}},
		{"DoubtsNoted", "supervisor admin owner system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DoubtsNoted(ctx, p)
			return err
		}},
		{"PurgeNotices", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.PurgeNotices(ctx, p) }},
	}
}
