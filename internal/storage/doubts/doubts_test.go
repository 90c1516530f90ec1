package doubts_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/doubts"
	"kefu/internal/storage/storagetest"
)

func part() identity.Principal { return identity.SystemPart("test") }

func met(code string, times int64, at wallet.Time) failure.Noted {
	return failure.Noted{Doubt: failure.Doubt{Rail: "card", Code: code, Said: wallet.DoNotHonor}, Times: times, FirstAt: at, LastAt: at, Example: "••••0002"}
}

func TestACodeIsKeptOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		now := wallet.At(d.Clock.Now())
		fresh, left, err := s.NoteDoubts(ctx, part(), []failure.Noted{met("Z8", 1, now), met("Z9", 2, now)})
		if err != nil || len(fresh) != 2 || left != 0 {
			t.Fatalf("%v %d %v", fresh, left, err)
		}
		again := met("Z9", 3, now+5)
		again.Said, again.Mapped, again.Example = wallet.TimeoutUser, wallet.DoNotHonor, "••••0003"
		if fresh, _, err = s.NoteDoubts(ctx, part(), []failure.Noted{again}); err != nil || len(fresh) != 0 {
			t.Fatalf("what was known is fresh: %v %v", fresh, err)
		}
		list, err := s.DoubtsNoted(ctx, part())
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		again.Times, again.FirstAt = 5, now
		if list[0] != again || list[1].Code != "Z8" {
			t.Errorf("%+v", list)
		}
		d.Clock.Move(time.Duration(doubts.KeptFor)*time.Microsecond + time.Hour)
		if list, err = s.DoubtsNoted(ctx, part()); err != nil || len(list) != 0 {
			t.Errorf("what nobody met for a while is listed: %v %v", list, err)
		}
		if _, err := s.Purge(ctx, 100); err != nil {
			t.Fatal(err)
		}
		var rows int
		d.Scan(t, "SELECT COUNT(*) FROM failure_doubt", &rows)
		if rows != 0 {
			t.Errorf("%d are kept", rows)
		}
	})
}

// However many a wallet invents, there are so many; those that are known go on counting.
func TestThereIsRoomForSoMany(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		now := wallet.At(d.Clock.Now())
		var all []failure.Noted
		for i := range failure.MaxNoted + 7 {
			all = append(all, met(fmt.Sprintf("X%04d", i), 1, now))
		}
		fresh, left, err := s.NoteDoubts(ctx, part(), all)
		if err != nil || len(fresh) != failure.MaxNoted || left != 7 {
			t.Fatalf("%d fresh, %d left, %v", len(fresh), left, err)
		}
		if _, left, err = s.NoteDoubts(ctx, part(), []failure.Noted{met("X0000", 4, now), met("Y", 1, now)}); err != nil || left != 1 {
			t.Fatalf("%d left, %v", left, err)
		}
		list, err := s.DoubtsNoted(ctx, part())
		if err != nil || len(list) != failure.MaxNoted || list[0].Times != 5 {
			t.Errorf("%d, %+v, %v", len(list), list[0], err)
		}
	})
}
