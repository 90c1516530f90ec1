package realtime

import (
	"kefu/internal/domain/event"
	"kefu/internal/domain/policy"
	"kefu/internal/web/wire"
)

// run queues, for the windows of a customer and for desks that watch one of their
// conversations, that a run of theirs is another revision: what is in it they ask for,
// and are judged then. The hub is locked for reading.
func (d *delivery) run(h *hub, c *event.RunChange) {
	about := policy.Object{CustomerID: c.CustomerID, Open: true} // or not: that is judged when they ask
	d.frame = wire.AppendRun(d.frame[:0], c, "")
	d.tell(h.byCustomer[c.CustomerID], policy.ReadRuns, about)
	for _, conv := range c.Conversations {
		d.frame = wire.AppendRun(d.frame[:0], c, conv)
		d.tell(h.byWatch[conv], policy.ReadRuns, about)
	}
}

// act is run for what is done in the wallet. Windows hear of it by the run that it is
// part of, and of nothing that staff have done.
func (d *delivery) act(h *hub, c *event.ActChange) {
	d.frame = wire.AppendAct(d.frame[:0], c)
	d.tell(h.byWatch[c.ConversationID], policy.ReadActs, policy.Object{CustomerID: c.CustomerID, Open: true})
}

// tell queues the frame for those who may.
func (d *delivery) tell(peers []*peer, may policy.Action, about policy.Object) {
	for _, p := range peers {
		if policy.Allow(p.principal(), may, about) {
			d.hold(p)
		}
	}
}
