package walletapi

import (
	"sync"
	"time"
)

const (
	tolerated = 5                // failures in a row
	rest      = 10 * time.Second // for which the wallet is left alone then
)

// breaker leaves a wallet alone that does not answer, so that everybody learns so at
// once and a wallet that comes up again is not run over. After the rest one question
// tries it.
type breaker struct {
	mu      sync.Mutex
	failed  int
	until   time.Time
	probing bool
}

// lane is what is asked beside each other, and how that went. Files have one of their own:
// they take long, and what a wallet does with them holds up no question and no command.
type lane struct {
	turns   chan struct{}
	breaker breaker
}

func newLane(atOnce int) lane { return lane{turns: make(chan struct{}, atOnce)} }

// admit tells whether a question may be asked now.
func (b *breaker) admit(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failed < tolerated:
		return true
	case now.Before(b.until) || b.probing:
		return false
	default:
		b.probing = true
		return true
	}
}

// done says how a question ended.
func (b *breaker) done(ok bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if ok {
		b.failed = 0
		return
	}
	b.failed = min(b.failed+1, tolerated)
	b.until = now.Add(rest)
}

// forget ends a question that told nothing of the wallet.
func (b *breaker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}
