package webhook

import "time"

// State is what has become of a delivery.
type State string

// The states of a delivery.
const (
	Pending   State = "pending"   // is to be tried, at NextAt
	Delivered State = "delivered" // was answered with a status of 200 to 299
	Failed    State = "failed"    // was tried for the last time
	Skipped   State = "skipped"   // had no reason any more when its time came
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID          string
	EndpointID  string
	Event       Event
	EventID     string // as it was derived; the same at every endpoint and every try
	State       State
	Attempts    int
	CreatedAt   int64 // microseconds, as the other times
	NextAt      int64
	DoneAt      int64
	LastStatus  int    // HTTP status of the last answer; 0: there was none
	LastError   string // what went wrong the last time, in a word that holds nothing secret
	LastTook    int64  // microseconds of the last try
	LeasedUntil int64  // until when the try that has claimed it has it for itself; 0: none
}

// DeliveryQuery says which deliveries are wanted.
type DeliveryQuery struct {
	Endpoint string
	State    State  // "" for all
	Before   int64  // CreatedAt of the last one of the page before
	BeforeID string // and its ID; "" for the first page
	Limit    int    // 1 to 200
}

// Reach is how far a conversation's customer has got, and how the wallet knows them.
type Reach struct {
	Customer  Customer
	Delivered int64 // sequence numbers
	Read      int64
	Unread    int  // answers, up to 100
	Still     bool // what is kept of the customer stands still: nobody else is told anything
}

// UnreachedAfter is how long an answer may wait for the customer's window before
// the wallet is told.
const UnreachedAfter = 20 * time.Second

// pauses are between the tries of a delivery: a little over three days in all, as
// the specification proposes.
func pauses() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

// MaxAttempts is how often a delivery is tried.
func MaxAttempts() int { return len(pauses()) + 1 }

// Next is the pause before the next try after a number of failed ones, spread by up
// to a tenth, so that what failed together does not come back together; spread is a
// random number of 0 to 1. It is false when there is no further try.
func Next(attempts int, spread float64) (time.Duration, bool) {
	all := pauses()
	if attempts < 1 || attempts > len(all) {
		return 0, false
	}
	pause := all[attempts-1]
	return pause + time.Duration(min(max(spread, 0), 1)*float64(pause)/10), true
}
