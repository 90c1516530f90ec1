package report

import "kefu/internal/domain/sla"

// Followed is a conversation as a follower of the log left it.
type Followed struct {
	ID         string
	CustomerID string
	Fact       Fact
	Alerts     map[sla.ClockKind]sla.Alert // its clocks
	Had        int                         // how many of them are stored
}

// BacklogMove is what came into the backlog in a quarter of an hour, and left it.
type BacklogMove struct {
	Quarter int64 // since 1970
	Channel string
	Delta   int64
}

// QuarterMicros is the length of a quarter of an hour.
const QuarterMicros = 15 * 60 * 1_000_000
