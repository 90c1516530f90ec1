package cases

import "slices"

// Request is what somebody asks about what is kept of them: of a case that is a request
// about data.
type Request string

// The requests. What each is called in a law differs by its pack.
const (
	CopyOfData  Request = "copy"    // access, and to take it elsewhere
	Correction  Request = "correct" // something that is kept is wrong
	Erasing     Request = "erase"
	Restriction Request = "restrict" // keep it, and use it for nothing
	Objection   Request = "object"   // to what was decided without a person
	Explanation Request = "explain"  // of how something was decided
	ForAnother  Request = "other"    // for somebody else: who died, a child, a firm
)

// Requests are all of them, in the order in which they are shown.
func Requests() []Request {
	return []Request{CopyOfData, Correction, Erasing, Restriction, Objection, Explanation, ForAnother}
}

// Known tells whether r is one.
func (r Request) Known() bool { return slices.Contains(Requests(), r) }
