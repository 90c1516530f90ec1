package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"kefu/client"
)

func TestAStopIsFastAndTellsWhoIsConnected(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database)
		s.start()
		var all []*talker
		for i, by := range []client.Transport{client.WebSocket, client.Stream, client.WebSocket, client.Stream} {
			k := s.customer(fmt.Sprintf("stop-%d", i), by)
			k.say(k.begin(), "still here")
			all = append(all, k)
		}
		took := s.stop()
		t.Logf("stopping took %s", took)
		if took > 3*time.Second {
			t.Errorf("stopping took %s with open sockets and streams", took)
		}
		for i, k := range all {
			k.until(fmt.Sprintf("a closing for connection %d", i), func() bool { return k.ending == "shutdown" })
		}
	})
}

func TestAStopUnderLoadLosesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		const messages = 300
		s := newServer(t, database)
		s.start()
		k := s.customer("load", client.WebSocket)
		conv := k.begin()
		var ids []string
		for i := range messages {
			ids = append(ids, k.send(client.Outgoing{Conv: conv, Text: fmt.Sprint("line ", i)}))
			if i == messages/2 {
				k.until("a first acknowledgement", func() bool { return len(k.stored) > messages/10 })
				s.stop()
				s.start()
			}
		}
		k.until("all acknowledgements", func() bool { return len(k.stored) == messages })
		k.inOrder(conv, ids)
	})
}

// inOrder checks that the log, as a fresh reader gets it, holds the messages
// once each, in their order and without gaps.
func (k *talker) inOrder(conv string, ids []string) {
	k.t.Helper()
	k.until("the last entry", func() bool { return len(k.of(conv)) >= len(ids) })
	k.mu.Lock()
	defer k.mu.Unlock()
	var got []string
	last := int64(0)
	for _, e := range k.of(conv) {
		if e.Seq != last+1 {
			k.t.Errorf("entry %d came after entry %d", e.Seq, last)
		}
		last = e.Seq
		if e.ClientMsgID != "" {
			got = append(got, e.ClientMsgID)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		k.t.Errorf("the log holds %d messages, not the %d that were sent in their order", len(got), len(ids))
	}
}

// of are the entries of a conversation; k.mu is held.
func (k *talker) of(conv string) []client.Event {
	var found []client.Event
	for _, e := range k.events {
		if e.Conv == conv {
			found = append(found, e)
		}
	}
	return found
}
