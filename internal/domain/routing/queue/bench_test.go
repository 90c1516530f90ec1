package queue_test

import (
	"fmt"
	"testing"

	"kefu/internal/domain/routing/queue"
)

// BenchmarkTurn is an agent becoming free, taking the next one, and another one
// coming, with 200 agents and 1,000 waiting.
func BenchmarkTurn(b *testing.B) {
	q := queue.New(queue.DefaultOptions())
	for i := range 200 {
		q.SetAgent(queue.Agent{ID: fmt.Sprint("agent", i), Available: true, Languages: []string{"en", "zh"}}, 0)
	}
	held := [][2]string{}
	for i := range 1800 {
		for _, e := range q.Put(queue.Item{ID: fmt.Sprint("c", i), Channel: "chat", Language: "en", Since: int64(i)}, int64(i)) {
			if e.Kind == queue.Offered {
				q.Accept(e.Agent, e.Item.ID, int64(i))
				held = append(held, [2]string{e.Agent, e.Item.ID})
			}
		}
	}
	n := 1800
	for b.Loop() {
		n++
		done := held[n%len(held)]
		for _, e := range q.Freed(done[1], int64(n)) {
			if e.Kind == queue.Offered {
				q.Accept(e.Agent, e.Item.ID, int64(n))
				held[n%len(held)] = [2]string{e.Agent, e.Item.ID}
			}
		}
		q.Put(queue.Item{ID: fmt.Sprint("c", n), Channel: "chat", Language: "en", Since: int64(n)}, int64(n))
	}
}
