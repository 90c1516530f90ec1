package searching_test

import (
	"context"
	"slices"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// What the worker asks of the log after a restart, on both engines.
func TestWhatWasRewrittenSince(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p, ctx, customer := d.Open(t), context.Background(), visitor()
		conv, err := p.StartConversation(ctx, customer, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
		if err != nil {
			t.Fatal(err)
		}
		do := func(kind conversation.CommandKind, c conversation.Content) {
			t.Helper()
			if _, err := p.Execute(ctx, customer, conv.ID, conversation.Command{Kind: kind, ClientID: id.New(), Content: c}); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			do(conversation.Send, conversation.Content{Text: "x"})
		}
		low, err := p.LastPosition(ctx)
		if err != nil {
			t.Fatal(err)
		}
		do(conversation.Send, conversation.Content{Text: "after the low water mark"})
		do(conversation.Edit, conversation.Content{Of: 2, Text: "y"})
		do(conversation.Edit, conversation.Content{Of: 4, Text: "y"})
		do(conversation.Redact, conversation.Content{Of: 1})
		written, err := p.WrittenSince(ctx, 0, 10)
		if err != nil || len(written) != 4 {
			t.Fatalf("written %+v, err = %v", written, err)
		}
		targets, next, err := p.RewrittenSince(ctx, low, low, 10)
		if want := []int64{written[1].Pos, written[0].Pos}; err != nil || !slices.Equal(targets, want) {
			t.Errorf("rewritten %v, want %v, err = %v", targets, want, err)
		}
		if targets, same, err := p.RewrittenSince(ctx, low, next, 10); err != nil || len(targets) != 0 || same != next {
			t.Errorf("after the end: %v to %d, err = %v", targets, same, err)
		}
		first, next, err := p.RewrittenSince(ctx, low, low, 1)
		if err != nil || len(first) != 1 || first[0] != written[1].Pos {
			t.Errorf("the first page is %v, err = %v", first, err)
		}
		if rest, _, err := p.RewrittenSince(ctx, low, next, 10); err != nil || len(rest) != 1 || rest[0] != written[0].Pos {
			t.Errorf("the second page is %v, err = %v", rest, err)
		}
	})
}
