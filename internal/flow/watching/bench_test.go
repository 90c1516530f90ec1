package watching_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// BenchmarkJudging is the feed's cost for each look: a record of the chain is read, whose
// contact it was is looked up, it is judged, and what follows is written. The looks are of
// twenty members of staff at two thousand customers, each with a conversation.
func BenchmarkJudging(b *testing.B) {
	for _, kind := range []engine.Kind{engine.SQLite, engine.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			d := storagetest.New(b, kind)
			p := d.Open(b)
			ctx := context.Background()
			var staff []identity.Principal
			for range 20 {
				staff = append(staff, identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent})
			}
			type talk struct{ id, customer string }
			var talks []talk
			for range 2000 {
				who := p.SignIn(id.New())
				talks = append(talks, talk{p.Begin(who, "en"), who.ID})
			}
			s := watching.New(watching.Deps{Chain: p.Store, Store: p.Store, Limits: insider.DefaultLimits(), Clock: d.Clock.Now})
			for more := true; more; {
				var err error
				if more, err = s.Step(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for done := 0; done < b.N; {
				b.StopTimer()
				n := min(500, b.N-done)
				for i := range n {
					t := talks[(done+i*7)%len(talks)]
					if _, err := p.InboxLineOf(ctx, staff[i%len(staff)], t.id); err != nil {
						b.Fatal(err)
					}
				}
				d.Clock.Move(time.Minute)
				if err := p.Ready(ctx); err != nil {
					b.Fatal(err)
				}
				p.Begin(identity.Principal{Kind: identity.Visitor, ID: id.New()}, "en")
				b.StartTimer()
				for more := true; more; {
					var err error
					if more, err = s.Step(ctx); err != nil {
						b.Fatal(err)
					}
				}
				done += n
			}
		})
	}
}
