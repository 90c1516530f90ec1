package walletnotices_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
	"kefu/internal/storage/walletnotices"
)

func part() identity.Principal { return identity.SystemPart("test") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func notice(position int64, object string, sequence int64) wallet.Notice {
	return wallet.Notice{
		ID: fmt.Sprintf("e-%d", position), Type: wallet.RefundUpdated, CustomerID: "c-1", Object: object, Sequence: sequence, Position: position, At: wallet.At(time.Now()),
	}
}

func due(t *testing.T, s *storagetest.Process) (ids []string) {
	t.Helper()
	all, _, err := s.DueNotices(context.Background(), part(), 1000)
	must(t, err)
	for _, d := range all {
		id := d.ID
		if d.Overtaken {
			id += " overtaken"
		}
		ids = append(ids, id)
	}
	return ids
}

func TestANoticeIsTakenOnceAndGapsAreSeen(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		take := func(upTo int64, list ...wallet.Notice) (int, bool, int64) {
			t.Helper()
			fresh, gap, err := s.TakeNotices(ctx, part(), list, upTo)
			must(t, err)
			at, err := s.NoticePosition(ctx, part())
			must(t, err)
			return fresh, gap, at
		}
		for i, step := range []struct {
			upTo  int64
			list  []wallet.Notice
			fresh int
			gap   bool
			at    int64
		}{
			{0, []wallet.Notice{notice(1, "r-1", 1)}, 1, false, 1},
			{0, []wallet.Notice{notice(1, "r-1", 1)}, 0, false, 1},
			{0, []wallet.Notice{notice(4, "r-1", 3)}, 1, true, 1},
			{0, []wallet.Notice{notice(2, "r-1", 2)}, 1, false, 2},
			{0, []wallet.Notice{notice(4, "r-1", 3)}, 0, true, 2}, // delivered again: still something is missing
			{4, []wallet.Notice{notice(3, "r-2", 1), notice(4, "r-1", 3)}, 1, false, 4},
			{9, nil, 0, false, 9},
			{0, []wallet.Notice{notice(7, "r-2", 2)}, 1, false, 9},
			{3, nil, 0, false, 9},
		} {
			if fresh, gap, at := take(step.upTo, step.list...); fresh != step.fresh || gap != step.gap || at != step.at {
				t.Errorf("step %d: %d fresh, gap %v, at %d", i, fresh, gap, at)
			}
		}
		if ids := due(t, s); !slices.Equal(ids, []string{"e-1 overtaken", "e-2 overtaken", "e-3 overtaken", "e-4", "e-7"}) {
			t.Errorf("due: %v", ids)
		}
		s.Stop()
		s = d.Open(t)
		if fresh, _, at := take(0, notice(4, "r-1", 3)); fresh != 0 || at != 9 {
			t.Errorf("after a restart: %d fresh, at %d", fresh, at)
		}
	})
}

func TestToldLaterAndForgotten(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		_, _, err := s.TakeNotices(ctx, part(), []wallet.Notice{notice(1, "a", 1), notice(2, "b", 1)}, 0)
		must(t, err)
		must(t, s.SettleNotice(ctx, part(), "e-1", 0))
		must(t, s.SettleNotice(ctx, part(), "e-2", d.Clock.Micros()+time.Minute.Microseconds()))
		if ids := due(t, s); len(ids) != 0 {
			t.Errorf("at once: %v", ids)
		}
		d.Clock.Move(2 * time.Minute)
		all, _, err := s.DueNotices(ctx, part(), 10)
		must(t, err)
		if len(all) != 1 || all[0].ID != "e-2" || all[0].Attempts != 1 || all[0].CustomerID != "c-1" || all[0].Type != wallet.RefundUpdated {
			t.Errorf("later: %+v", all)
		}
		must(t, s.SettleNotice(ctx, part(), "e-2", 0))
		must(t, s.SettleNotice(ctx, part(), "e-2", 5)) // it was told already
		if ids := due(t, s); len(ids) != 0 {
			t.Errorf("told: %v", ids)
		}
		d.Clock.Move(31 * 24 * time.Hour)
		must(t, s.PurgeNotices(ctx, part()))
		var left int
		d.Scan(t, "SELECT COUNT(*) FROM wallet_notice", &left)
		if at, err := s.NoticePosition(ctx, part()); left != 0 || at != 2 || err != nil {
			t.Errorf("%d are left, at %d: %v", left, at, err)
		}
	})
}

func TestTooManyWait(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		d.Exec(t, fmt.Sprintf(`INSERT INTO wallet_notice (event_id, type, customer_id, object, sequence, position, at, taken_at, attempts, next_at, told_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 'x' || i, 'risk.alert', '', '', 1, i, 1, 1, 0, 1, 0 FROM n`, walletnotices.MaxWaiting))
		if _, _, err := s.TakeNotices(ctx, part(), []wallet.Notice{notice(1, "a", 1)}, 0); !fault.Is(err, fault.TooMany) {
			t.Errorf("one too many: %v", err)
		}
	})
}
