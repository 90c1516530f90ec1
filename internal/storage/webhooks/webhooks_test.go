package webhooks_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
	"kefu/internal/storage/webhooks"
)

func part() identity.Principal { return identity.SystemPart("test") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sent(pos int64, to string) webhook.Delivery {
	return webhook.Delivery{EndpointID: to, Event: webhook.Event{Type: webhook.MessageSent, Pos: pos, At: pos, Data: webhook.Data{Conversation: "conv", Seq: pos}}}
}

func states(t *testing.T, s *storagetest.Process, endpoint string) map[webhook.State]int {
	t.Helper()
	all, err := s.Deliveries(context.Background(), part(), webhook.DeliveryQuery{Endpoint: endpoint, Limit: 200})
	must(t, err)
	found := map[webhook.State]int{}
	for _, d := range all {
		found[d.State]++
	}
	return found
}

// Deliveries and the follower's cursor are one transaction: a step that was taken
// already adds nothing, and an event that is derived again is there once.
func TestAStepIsTakenOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		at, err := s.FollowerAt(ctx, "hooks", false)
		must(t, err)
		step := event.Step{Follower: "hooks", From: at, To: at + 10}
		must(t, s.FollowDeliveries(ctx, step, []webhook.Delivery{sent(1, "a"), sent(1, "b"), sent(2, "a"), sent(2, "a")}))
		if err := s.FollowDeliveries(ctx, step, []webhook.Delivery{sent(3, "a")}); !fault.Is(err, fault.Conflict) {
			t.Fatalf("a step taken twice: %v", err)
		}
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at + 10, To: at + 20}, []webhook.Delivery{sent(2, "a")}))
		if a, b := states(t, s, "a"), states(t, s, "b"); a[webhook.Pending] != 2 || b[webhook.Pending] != 1 {
			t.Errorf("a has %v, b %v", a, b)
		}
	})
}

// What comes beyond the bound is kept as failed, also when it comes at once.
func TestManyAtOnceAndTooMany(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		at, err := s.FollowerAt(ctx, "hooks", false)
		must(t, err)
		many := make([]webhook.Delivery, 0, 2502)
		for pos := range int64(2500) {
			many = append(many, sent(pos+1, "a"))
		}
		many = append(many, sent(1, "b"), sent(2500, "a"))
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, many))
		var a, b int
		d.Scan(t, "SELECT COUNT(*) FROM webhook_delivery WHERE endpoint_id = 'a'", &a)
		d.Scan(t, "SELECT COUNT(*) FROM webhook_delivery WHERE endpoint_id = 'b'", &b)
		if a != 2500 || b != 1 {
			t.Fatalf("a has %d, b %d", a, b)
		}
		d.Exec(t, fmt.Sprintf(`INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, conversation_id, seq, data, at, state, attempts, created_at, next_at, done_at, last_status, last_error, last_took)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT 'x' || i, 'b', 'y' || i, 'message.sent', 'conv', i, '{}', 1, 'pending', 0, 1, 1, 0, 0, '', 0 FROM n`, webhooks.MaxWaiting-2))
		s.Stop() // what waits is counted when a process begins
		s = d.Open(t)
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{sent(2, "b"), sent(3, "b"), sent(4, "b")}))
		var failed int
		d.Scan(t, "SELECT COUNT(*) FROM webhook_delivery WHERE endpoint_id = 'b' AND state = 'failed' AND done_at > 0 AND seq IN (3, 4)", &failed)
		if failed != 2 {
			t.Errorf("%d of two beyond the bound have failed", failed)
		}
		d.Exec(t, "DELETE FROM webhook_delivery WHERE endpoint_id = 'b' AND state = 'pending'")
		d.Clock.Move(5 * time.Second)
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{sent(5, "b")}))
		if got := states(t, s, "b"); got[webhook.Pending] != 1 {
			t.Errorf("once there is room again: %v", got)
		}
	})
}

func TestALeaseIsLostAndAnOutcomeIsKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		at, err := s.FollowerAt(ctx, "hooks", false)
		must(t, err)
		later := sent(9, "a")
		later.NextAt = d.Clock.Micros() + time.Hour.Microseconds()
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{sent(1, "a"), sent(2, "b"), later}))
		claim := func() []webhook.Delivery {
			t.Helper()
			got, err := s.ClaimDeliveries(ctx, "a", 5, time.Minute.Microseconds())
			must(t, err)
			return got
		}
		first := claim()
		if len(first) != 1 || first[0].Attempts != 1 || first[0].Event.Data.Conversation != "conv" || first[0].EventID != sent(1, "a").Event.ID() {
			t.Fatalf("claimed %+v", first)
		}
		if again := claim(); len(again) != 0 {
			t.Fatalf("claimed again while it was leased: %+v", again)
		}
		d.Clock.Move(2 * time.Minute)
		second := claim()
		if len(second) != 1 || second[0].Attempts != 2 {
			t.Fatalf("after the lease: %+v", second)
		}
		first[0].State = webhook.Failed
		if err := s.SettleDelivery(ctx, first[0]); !fault.Is(err, fault.Conflict) {
			t.Errorf("who lost the lease settles it: %v", err)
		}
		won := second[0]
		won.State, won.LastStatus, won.LastTook = webhook.Delivered, 204, 1500
		must(t, s.SettleDelivery(ctx, won))
		if got := states(t, s, "a"); got[webhook.Delivered] != 1 || got[webhook.Pending] != 1 {
			t.Errorf("%v", got)
		}
		next, err := s.NextDelivery(ctx, []string{"a"})
		must(t, err)
		if next != later.NextAt {
			t.Errorf("the next is due at %d, want %d", next, later.NextAt)
		}
		must(t, s.RetryDelivery(ctx, part(), "a", won.ID))
		if third := claim(); len(third) != 1 || third[0].Attempts != 1 {
			t.Errorf("tried again by hand: %+v", third)
		}
		if err := s.RetryDelivery(ctx, part(), "b", won.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another endpoint's: %v", err)
		}
	})
}

func TestASecretIsReplacedWithoutAGap(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		endpoint := id.New()
		old, fresh := webhook.Secret(slices.Repeat([]byte("o"), 32)), webhook.Secret(slices.Repeat([]byte("n"), 32))
		secrets := func() (texts []string) {
			t.Helper()
			all, err := s.WebhookSecrets(ctx, part(), endpoint)
			must(t, err)
			for _, one := range all {
				texts = append(texts, string(one))
			}
			return texts
		}
		must(t, s.ReplaceWebhookSecret(ctx, part(), endpoint, old))
		d.Clock.Move(time.Second)
		must(t, s.ReplaceWebhookSecret(ctx, part(), endpoint, fresh))
		if got := secrets(); !slices.Equal(got, []string{string(fresh), string(old)}) {
			t.Errorf("right after: %q", got)
		}
		d.Clock.Move(25 * time.Hour)
		if got := secrets(); !slices.Equal(got, []string{string(fresh)}) {
			t.Errorf("a day later: %q", got)
		}
		_, err := s.PurgeWebhooks(ctx)
		must(t, err)
		var left int
		d.Scan(t, "SELECT COUNT(*) FROM webhook_secret", &left)
		if left != 1 {
			t.Errorf("%d secrets are left", left)
		}
		var plain int
		d.Scan(t, "SELECT COUNT(*) FROM webhook_secret WHERE secret = CAST('nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' AS "+map[string]string{"sqlite": "BLOB", "postgres": "BYTEA"}[string(d.Kind)]+")", &plain)
		if plain != 0 {
			t.Error("a secret stands in the clear")
		}
	})
}

func TestOldDeliveriesGo(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		at, err := s.FollowerAt(ctx, "hooks", false)
		must(t, err)
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{sent(1, "a"), sent(2, "a")}))
		got, err := s.ClaimDeliveries(ctx, "a", 1, time.Minute.Microseconds())
		must(t, err)
		got[0].State = webhook.Delivered
		must(t, s.SettleDelivery(ctx, got[0]))
		d.Clock.Move(31 * 24 * time.Hour)
		_, err = s.PurgeWebhooks(ctx)
		must(t, err)
		if left := states(t, s, "a"); left[webhook.Delivered] != 0 || left[webhook.Pending] != 1 {
			t.Errorf("left: %v", left)
		}
		d.Clock.Move(60 * 24 * time.Hour)
		_, err = s.PurgeWebhooks(ctx)
		must(t, err)
		if left := states(t, s, "a"); len(left) != 0 {
			t.Errorf("left after three months: %v", left)
		}
	})
}

// A delivery is with one try at a time: what is sent again by hand meanwhile is not
// sent beside it, and its outcome counts.
func TestWhatIsBeingSentIsNotSentTwiceAtOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		at, err := s.FollowerAt(ctx, "hooks", false)
		must(t, err)
		must(t, s.FollowDeliveries(ctx, event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{sent(1, "a")}))
		claim := func() []webhook.Delivery {
			t.Helper()
			got, err := s.ClaimDeliveries(ctx, "a", 5, time.Minute.Microseconds())
			must(t, err)
			return got
		}
		first := claim()
		must(t, s.RetryDelivery(ctx, part(), "a", first[0].ID))
		if beside := claim(); len(beside) != 0 {
			t.Fatalf("sent beside the try that is under way: %+v", beside)
		}
		first[0].State = webhook.Delivered
		must(t, s.SettleDelivery(ctx, first[0]))
		if got := states(t, s, "a"); got[webhook.Delivered] != 1 {
			t.Errorf("its outcome: %v", got)
		}
		// A try that overran its lease settles nothing of the one by hand after it.
		must(t, s.RetryDelivery(ctx, part(), "a", first[0].ID))
		late := claim()
		d.Clock.Move(2 * time.Minute)
		must(t, s.RetryDelivery(ctx, part(), "a", late[0].ID))
		now := claim()
		if len(now) != 1 || now[0].Attempts != late[0].Attempts {
			t.Fatalf("after the lease: %+v", now)
		}
		late[0].State = webhook.Failed
		if err := s.SettleDelivery(ctx, late[0]); !fault.Is(err, fault.Conflict) {
			t.Errorf("a try that overran its lease settles another: %v", err)
		}
	})
}

func TestTheSecretOfAnArchivedWebhookGoes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t), context.Background()
		used, archived := id.New(), id.New()
		for _, endpoint := range []string{used, archived} {
			must(t, s.ReplaceWebhookSecret(ctx, part(), endpoint, webhook.Secret(slices.Repeat([]byte("o"), 32))))
			d.Exec(t, `INSERT INTO setting (kind, id, owner, revision, body, archived, changed_by, changed_at, pos) VALUES ('webhook', $1, '', 1, '{}', $2, '', $3, 1)`,
				endpoint, endpoint == archived, d.Clock.Micros())
		}
		secrets := func(endpoint string) int {
			t.Helper()
			_, err := s.PurgeWebhooks(ctx)
			must(t, err)
			found, err := s.WebhookSecrets(ctx, part(), endpoint)
			must(t, err)
			return len(found)
		}
		if secrets(archived) != 1 {
			t.Error("a webhook that may come back into use has lost its secret")
		}
		d.Clock.Move(31 * 24 * time.Hour)
		if secrets(archived) != 0 || secrets(used) != 1 {
			t.Error("after a month the secret of one out of use is there, or that of one in use is gone")
		}
	})
}
