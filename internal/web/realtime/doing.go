package realtime

import (
	"kefu/internal/domain/event"
	"kefu/internal/domain/policy"
	"kefu/internal/web/wire"
)

// run queues, for the windows of a customer and for desks that watch a conversation beside
// which a run is shown, that it is another revision: what is in it they ask for, and are
// judged then. The hub is locked for reading.
func (d *delivery) run(h *hub, c *event.RunChange) {
	d.frame = wire.AppendRun(d.frame[:0], c, "")
	d.tell(h.byCustomer[c.CustomerID], policy.ReadRuns, policy.Object{CustomerID: c.CustomerID})
	for _, at := range c.Places {
		d.frame = wire.AppendRun(d.frame[:0], c, at.Conversation)
		d.tell(h.byWatch[at.Conversation], policy.ReadRuns, at.Reach)
	}
}

// act is run for what is done in the wallet. Windows hear of it by the run that it is
// part of, and of nothing that staff have done.
func (d *delivery) act(h *hub, c *event.ActChange) {
	for _, at := range c.Places {
		d.frame = wire.AppendAct(d.frame[:0], c, at.Conversation)
		d.tell(h.byWatch[at.Conversation], c.May, at.Reach)
	}
}

// contact has the windows of a customer, and desks that watch the conversation, ask who
// contacts them. The hub is locked for reading.
func (d *delivery) contact(h *hub, c *event.ContactChange) {
	d.frame = append(d.frame[:0], `{"t":"changed","what":["contact"]}`...)
	d.tell(h.byCustomer[c.CustomerID], policy.OwnContact, policy.Object{CustomerID: c.CustomerID})
	d.tell(h.byWatch[c.Conversation], policy.ReadContact, c.Reach)
}

// cases has the windows of a customer read their cases again. The hub is locked for reading.
func (d *delivery) cases(h *hub, customer string) {
	d.frame = append(d.frame[:0], `{"t":"changed","what":["cases"]}`...)
	d.tell(h.byCustomer[customer], policy.ReadCases, policy.Object{CustomerID: customer})
}

// tell queues the frame for those who may.
func (d *delivery) tell(peers []*peer, may policy.Action, about policy.Object) {
	for _, p := range peers {
		if policy.Allow(p.principal(), may, about) {
			d.hold(p)
		}
	}
}
