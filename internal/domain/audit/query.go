package audit

import (
	"slices"
	"strings"
)

// Query asks for a page of the chain, the newest record first. What is empty is
// asked of nobody.
type Query struct {
	Actor  string // id of who did it
	Action string // or how the action begins, such as "conversation."
	Object string // id of what it was done to, or of the customer concerned
	From   int64  // microseconds: not before
	Until  int64  // and before
	Before int64  // sequence number to go on before; 0 begins with the newest
	Limit  int    // 1 to MaxPage
}

// MaxPage is the most records of one page.
const MaxPage = 200

// Page is a page of the chain. Next is the sequence number to go on before; 0 when
// there is no more. A page may have few records, or none, and more before it: how
// many are looked at for one page is bounded.
type Page struct {
	Records []Record
	Next    int64
}

// Matches tells whether a record is one of those asked for.
func (q Query) Matches(r *Record) bool {
	switch {
	case q.Actor != "" && r.Actor.ID != q.Actor:
	case q.Action != "" && !strings.HasPrefix(r.Action, q.Action):
	// A record of many things names them with spaces between.
	case q.Object != "" && r.Subject != q.Object && !slices.Contains(strings.Fields(r.Object.ID), q.Object):
	case q.From > 0 && r.At < q.From:
	case q.Until > 0 && r.At >= q.Until:
	default:
		return true
	}
	return false
}
