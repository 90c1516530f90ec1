package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"kefu/client"
)

// agent watches the conversations of its visitors: every agents-th.
type agent struct {
	load       *load
	index      int
	conn       *client.Conn
	seen       map[int][]uint64 // a bit for each message of a visitor that has come
	follows    map[string]*followed
	duplicated atomic.Int64
}

// followed is a conversation that an agent watches.
type followed struct {
	conv   string
	have   int64 // the last entry
	asking bool  // a fetch is under way
}

func (l *load) openAgent(ctx context.Context, index int) error {
	a := &agent{load: l, index: index, seen: map[int][]uint64{}, follows: map[string]*followed{}}
	for i := index; i < len(l.people); i += l.agents {
		a.follows[l.people[i].conv] = &followed{conv: l.people[i].conv}
	}
	conn, err := client.Dial(ctx, client.Target{URL: l.desk}, client.Hello{Role: "desk", Token: l.agentToken}.Frame())
	if err != nil {
		return err
	}
	a.conn = conn
	l.desks[index] = a
	l.attend(conn, "an agent", a.receive)
	return nil
}

func (a *agent) receive(frame []byte) {
	var head client.Head
	if !client.Scan(frame, &head) {
		a.load.fail(fmt.Errorf("bench: an agent was sent %q", frame))
		return
	}
	switch string(head.Type) {
	case "event":
		a.event(&head)
	case "missed":
		a.missed(frame)
	case "resync":
		for _, f := range a.follows {
			f.asking = false
			a.fetch(f, f.have)
		}
	case "welcome":
		a.watch()
	case "pong":
		if a.load.phase.Load() == preparing {
			a.load.ready.Done()
		}
	case "error":
		a.load.fail(fmt.Errorf("bench: the server refused an agent's frame: %s", frame))
	}
}

// watch asks for the agent's conversations. Frames of a connection are dealt
// with in order, so that the pong says that all are watched.
func (a *agent) watch() {
	var frame []byte
	for conv := range a.follows {
		frame = client.AppendWatch(frame[:0], conv)
		if err := a.conn.Write(frame); err != nil {
			a.load.fail(err)
			return
		}
	}
	if err := a.conn.Write(client.AppendPing(nil)); err != nil {
		a.load.fail(err)
	}
}

func (a *agent) event(head *client.Head) {
	f := a.follows[string(head.Conv)]
	if f == nil || head.Seq <= f.have {
		return
	}
	if head.Seq > f.have+1 {
		a.fetch(f, f.have)
	}
	f.have = head.Seq
	a.deliver(head.ClientMsgID)
}

func (a *agent) deliver(id []byte) {
	at, from, number, ok := a.load.stamp(id)
	if !ok {
		return
	}
	seen := a.seen[from]
	for len(seen) <= int(number>>6) {
		seen = append(seen, make([]uint64, 64)...)
	}
	a.seen[from] = seen
	if seen[number>>6]&(1<<(number&63)) != 0 {
		a.duplicated.Add(1)
		return
	}
	seen[number>>6] |= 1 << (number & 63)
	a.load.people[from].delivered.Add(1)
	if a.load.phase.Load() == measuring {
		a.load.deliver.add(a.index, time.Since(at))
	}
}

// fetch asks for what lies between what the agent has and a later event.
func (a *agent) fetch(f *followed, after int64) {
	if f.asking {
		return
	}
	f.asking = true
	if err := a.conn.Write(fmt.Appendf(nil, `{"t":"fetch","conv":%q,"after_seq":%d}`, f.conv, after)); err != nil {
		a.load.fail(err)
	}
}

func (a *agent) missed(frame []byte) {
	var answer struct {
		Conv   string `json:"conv"`
		To     int64  `json:"to"`
		More   bool   `json:"more"`
		Events []struct {
			Seq int64  `json:"seq"`
			ID  string `json:"client_msg_id"`
		} `json:"events"`
	}
	if err := json.Unmarshal(frame, &answer); err != nil {
		a.load.fail(fmt.Errorf("bench: reading missed: %w", err))
		return
	}
	f := a.follows[answer.Conv]
	if f == nil {
		return
	}
	f.asking = false
	for _, event := range answer.Events {
		a.gapFilled(event.ID)
	}
	f.have = max(f.have, answer.To)
	if answer.More {
		a.fetch(f, answer.To)
	}
}

// gapFilled counts an entry of a fetched stretch unless it has come already.
func (a *agent) gapFilled(id string) {
	_, from, number, ok := a.load.stamp([]byte(id))
	if !ok {
		return
	}
	if seen := a.seen[from]; int(number>>6) < len(seen) && seen[number>>6]&(1<<(number&63)) != 0 {
		return
	}
	a.deliver([]byte(id))
}
