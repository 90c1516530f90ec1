package insider

import (
	"slices"
	"strings"

	"kefu/internal/domain/audit"
)

// Noted is a doing with where the audit chain tells of it. That row is what an alert
// rests on, and what a customer is told of who looked at their data.
type Noted struct {
	Doing
	Seq          int64  // of the record
	Nth          int64  // of what the record tells: one of messages tells of several
	Action       string // of the record, such as wallet.reveal
	Object       string // what it was done to, as the record has it
	Conversation string // that the record names; "" for none
	Session      string // in which it was done
	Field        string // of Revealed: which
	Reason       string // of Revealed: the code that was given for it
	Role         string // of who did it, then
	Unjudged     bool   // from before anybody judged: kept for the customer alone
}

// Read takes a record of the audit chain for a doing. What is not for judging, and tells
// no customer anything, is none. Whose contact it was, the group, and what is known of
// customer, device and act, the record does not say: that is for the store to fill in,
// which for money that goes out also says who wanted it.
func Read(r audit.Record) (Noted, bool) {
	n := Noted{Seq: r.Seq, Action: r.Action, Object: r.Object.ID, Session: r.Actor.Session}
	n.At, n.Staff, n.Customer = r.At, r.Actor.ID, r.Subject
	if r.Action == "act.plan" { // by whoever set it off: the wallet is about to be asked
		n.Kind, n.Staff = Paid, ""
		return n, true
	}
	if r.Action == "staff.unthrottle" || r.Action == "staff.readmit" || r.Action == "key.readmit" { // by others, for them
		n.Kind, n.Staff, n.Session = Lifted, r.Object.ID, ""
		return n, n.Staff != ""
	}
	if r.Action == "emergency.close" { // by whoever ended it, of somebody whom the record does not name
		n.Kind, n.Staff, n.Session, n.About = Glass, "", "", r.Object.ID
		return n, n.About != ""
	}
	if (r.Actor.Type != "agent" && r.Actor.Type != "program") || r.Actor.ID == "" {
		return n, false
	}
	if n.Kind = kindOf(r); n.Kind == 0 {
		return n, false
	}
	if r.Object.Type == "conversation" {
		n.Conversation = r.Object.ID
	}
	parts := strings.SplitN(r.Purpose, "; ", 3)
	for i, part := range parts {
		if id, is := strings.CutPrefix(part, "case "); is {
			n.Conversation = id
			if n.Kind == Revealed && i+1 < len(parts) {
				n.Reason, _, _ = strings.Cut(parts[i+1], ":")
			}
			break
		}
	}
	switch n.Kind {
	case Revealed:
		n.Field = r.Object.Type
	case Listed, Searched:
		if r.Object.Type != "conversations" && r.Object.Type != "cases" {
			n.Object = "" // it showed nothing, or one customer
		}
		if r.Purpose == FurtherPage {
			n.Reason = FurtherPage
		}
		n.Shows()
	}
	return n, true
}

// FurtherPage is the purpose with which the reading of a page of a list is recorded that
// is not its first, and the reason that is kept of it.
const FurtherPage = "further page"

// Shows fills in what a list or a search showed, or which time of emergency access it was, as
// the record has it.
func (n *Noted) Shows() {
	if n.Kind == Glass {
		n.About = n.Object
	}
	if n.Kind == Listed || n.Kind == Searched {
		n.Shown, n.Further = n.Object, n.Reason == FurtherPage
	}
}

// looks are the readings of one customer's data.
func looks() []string {
	return []string{
		"conversation.read", "conversation.read_versions", "conversation.watch", "conversation.offered",
		"customer.read", "attachment.read", "case.read", "case.list", "case.kept", "act.read", "act.list", "run.read", "contact.read_phrase",
	}
}

// works are the beginnings of what looking is good for.
func works() []string {
	return []string{
		"conversation.message", "conversation.note", "conversation.status", "conversation.wrap_up", "conversation.topic", "conversation.act",
		"act.propose", "act.confirm", "act.approve", "act.cancel", "contact.vouch", "contact.end", "run.start", "run.walk",
	}
}

func kindOf(r audit.Record) Kind {
	switch a := r.Action; {
	case strings.HasSuffix(a, ".refuse") || r.Result == "refused":
		return Refused
	case a == "conversation.read_ahead": // nobody looked yet: what is opened is recorded as watched
		return Ahead
	case a == "wallet.reveal":
		return Revealed
	case a == "search.messages", a == "customer.find":
		return Searched
	case a == "inbox.list", a == "rule.try", a == "case.list" && r.Subject == "":
		return Listed
	case a == "report.export", a == "case.export":
		return Exported
	case strings.HasPrefix(a, "wallet.read_") && r.Subject != "":
		return Looked
	case slices.Contains(looks(), a) && r.Subject != "":
		return Looked
	case slices.Contains(works(), a), strings.HasPrefix(a, "case.") && r.Object.Type == "case" && a != "case.read":
		return Worked
	default:
		return 0
	}
}

// Opening is for how long, in microseconds, what is read of one conversation counts as
// one look: opening it reads its line, its log and what comes next.
const Opening = 10 * second

// SameOpening tells whether a look belongs to one that came before.
func (n *Noted) SameOpening(before *Noted) bool {
	return n.Kind == Looked && before.Kind == Looked && n.Staff == before.Staff && n.Customer == before.Customer && n.At-before.At < Opening &&
		strings.HasPrefix(n.Action, "conversation.") && strings.HasPrefix(before.Action, "conversation.")
}
