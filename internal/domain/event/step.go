package event

// Step is a stretch of the log that a follower has dealt with: the entries after
// From, up to To. Whatever is written for them belongs into the transaction that
// moves the follower's cursor over it.
type Step struct {
	Follower string // its name
	From, To int64  // positions
}
