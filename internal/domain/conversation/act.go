package conversation

import (
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// ActRef names something that a member of staff proposed to have done in the wallet, and
// how far it is. What exactly it does, and for how much, is read with the act and stands
// in no log.
type ActRef struct {
	ID    string `json:"id"`
	Act   string `json:"act"`   // what it is, such as refund
	State string `json:"state"` // that it came to; proposed: the customer is asked for their yes
}

// maxActWord bounds the words of an ActRef, in bytes.
const maxActWord = 40

// tellAct notes in the log what became of an act, so that both sides hear of it at once
// and find it again. It answers nobody: status and waiting time stay.
func (o *Outcome) tellAct(p identity.Principal, c Command) error {
	const op = "conversation.tellAct"
	a := c.Content.Act
	if p.Kind != identity.System {
		return fault.New(fault.Forbidden, op, "%s tells of no acts", p.Kind)
	}
	if a == nil || !id.Valid(a.ID) || a.Act == "" || a.State == "" || len(a.Act) > maxActWord || len(a.State) > maxActWord {
		return fault.InvalidField(op, "act", "is not named whole")
	}
	if !ValidClientID(c.ClientID) {
		return fault.InvalidField(op, "client_msg_id", "must have 1 to %d bytes of printable UTF-8", MaxClientID)
	}
	o.Entries = append(o.Entries, Entry{Kind: KindAct, ClientID: c.ClientID, Content: Content{Act: a, Staff: c.Content.Staff}})
	return nil
}

// Once tells whether a command of this kind names itself by a ClientID, so that repeats
// of it store nothing.
func (k CommandKind) Once() bool { return k == Send || k == Note || k == TellAct }
