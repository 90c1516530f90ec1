package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kefu/client"
)

// How the server is killed: again and again, each time this long after it was
// ready.
const (
	killing  = 20 * time.Second
	livesMin = 300 * time.Millisecond
	livesMax = 1500 * time.Millisecond
	restart  = 5 * time.Second
	writers  = 6
	every    = 50 * time.Millisecond
	patience = time.Minute // for what piled up while the server was away: one message of a conversation is under way at a time
)

func TestKilledAgainAndAgainNothingIsLost(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database)
		s.start()
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		over := make(chan struct{})
		ids := make([][]string, writers)
		convs := make([]string, writers)
		var windows []*talker
		var writing sync.WaitGroup
		for i := range writers {
			by := client.WebSocket
			if i%2 == 1 {
				by = client.Stream
			}
			k := s.customer(fmt.Sprintf("writer-%d", i), by)
			convs[i] = k.begin()
			windows = append(windows, k)
			writing.Go(func() { ids[i] = k.chatter(convs[i], over) })
		}
		kills := 0
		for end := time.Now().Add(killing); time.Now().Before(end); kills++ {
			time.Sleep(livesMin + time.Duration(random.Int64N(int64(livesMax-livesMin))))
			s.kill()
			if took := s.start(); took > restart {
				t.Errorf("restart %d took %s", kills, took)
			}
		}
		close(over)
		writing.Wait()
		sent := 0
		for i, k := range windows {
			k.within(patience, "all acknowledgements", func() bool { return len(k.stored) == len(ids[i]) })
			k.inOrder(convs[i], ids[i])
			fresh := s.customer(fmt.Sprintf("writer-%d", i), client.WebSocket, client.Position{Conv: convs[i]})
			fresh.inOrder(convs[i], ids[i])
			sent += len(ids[i])
		}
		t.Logf("%d kills, %d messages", kills, sent)
		if kills < 5 || sent < 50*writers {
			t.Errorf("too little happened to prove anything: %d kills, %d messages", kills, sent)
		}
		s.stop()
		if v := s.verify(); !v.OK {
			t.Errorf("the audit chain after %d kills: %+v", kills, v)
		}
	})
}

// chatter says something every now and then until over.
func (k *talker) chatter(conv string, over <-chan struct{}) []string {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var ids []string
	for {
		select {
		case <-over:
			return ids
		case <-tick.C:
			id, err := k.Send(client.Outgoing{Conv: conv, Text: fmt.Sprintf("%d, and so on", len(ids)+1)})
			if err == nil { // the queue may be full while the server is away
				ids = append(ids, id)
			}
		}
	}
}
