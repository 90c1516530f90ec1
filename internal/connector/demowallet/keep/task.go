package keep

import (
	"math"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Task is something that is to happen by itself at a time. There is one for each thing;
// what happens stands with the thing.
type Task struct {
	Kind string      `json:"kind"`
	ID   string      `json:"id"`
	At   wallet.Time `json:"at"` // 0: nothing is to come
}

// done is where a task sorts of which nothing is to come: behind all others.
const done = math.MinInt64 + 1

// TaskID is under what the task of a thing is kept.
func TaskID(kind, id string) string { return kind + "~" + id }

// schedule says when something happens next to a thing, by its plan.
func (d *Desk) schedule(kind, id string, plan []Move) error {
	var at wallet.Time
	if len(plan) > 0 {
		at = plan[0].At
	}
	return d.Wake(kind, id, at)
}

// Wake has something happen to a thing at a time; 0: nothing more.
func (d *Desk) Wake(kind, id string, at wallet.Time) error {
	t, err := Get[Task](d, KindTask, TaskID(kind, id))
	switch {
	case err == nil && t.At == at, fault.Is(err, fault.NotFound) && at == 0:
		return nil
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	}
	sort := wallet.Time(done)
	if at != 0 {
		sort = -at // so that the earliest stands first
	}
	return Put(d, KindTask, TaskID(kind, id), "", sort, Task{Kind: kind, ID: id, At: at})
}

// Message is something that the wallet's app shows to a customer.
type Message struct {
	ID     string      `json:"id"`
	Reason string      `json:"reason"`
	Text   string      `json:"text"`
	At     wallet.Time `json:"at"`
}
