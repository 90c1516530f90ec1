package searching

import (
	"context"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/search"
)

// Step does one step of Run.
func (w *Worker) Step(ctx context.Context) (bool, error) { return w.step(ctx) }

// SetRoom sets how many messages may wait in memory.
func (w *Worker) SetRoom(n int) {
	w.room = n
	w.pending, w.news = newBacklog(n), newBacklog(n)
}

// Looks are the answers of looks of so many steps each into a backlog of texts at
// the positions 1, 2 and so on.
func Looks(blind *search.Blinder, texts []string, query search.Query, limit, steps int) (looks [][]int64) {
	b := newBacklog(len(texts))
	for i, text := range texts {
		b.hear(conversation.Written{Pos: int64(i + 1), At: time.Now().UnixMicro()}, heard{there: true, text: text})
		b.items[i].words = wordsOf(blind, heard{text: text})
	}
	for at := int64(1 << 62); at > 0; {
		var found []int64
		found, at = b.scan(blind.Query(query), at, limit, steps)
		looks = append(looks, found)
	}
	return looks
}
