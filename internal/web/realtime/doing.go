package realtime

import (
	"kefu/internal/domain/event"
	"kefu/internal/domain/policy"
	"kefu/internal/web/wire"
)

// run queues, for the windows of a customer and for desks that watch the conversation that
// a run belongs to, that it is another revision: what is in it they ask for, and are judged
// then. Beside other conversations of the customer only they hear of it who see everything.
// The hub is locked for reading.
func (d *delivery) run(h *hub, c *event.RunChange) {
	anywhere := policy.Object{CustomerID: c.CustomerID}
	d.frame = wire.AppendRun(d.frame[:0], c, "")
	d.tell(h.byCustomer[c.CustomerID], policy.ReadRuns, anywhere)
	for _, conv := range c.Here {
		d.frame = wire.AppendRun(d.frame[:0], c, conv)
		d.tell(h.byWatch[conv], policy.ReadRuns, inReach(&c.Reach))
	}
	for _, conv := range c.Elsewhere {
		d.frame = wire.AppendRun(d.frame[:0], c, conv)
		d.tell(h.byWatch[conv], policy.ReadRuns, anywhere)
	}
}

// act is run for what is done in the wallet. Windows hear of it by the run that it is
// part of, and of nothing that staff have done.
func (d *delivery) act(h *hub, c *event.ActChange) {
	for _, conv := range c.Here {
		d.frame = wire.AppendAct(d.frame[:0], c, conv)
		if c.Held {
			d.tell(h.byWatch[conv], policy.ReadUntold, inReach(&c.Reach))
		} else {
			d.tell(h.byWatch[conv], policy.ReadActs, inReach(&c.Reach))
		}
	}
}

func inReach(r *event.Reach) policy.Object {
	return policy.Object{CustomerID: r.CustomerID, AssigneeID: r.AssigneeID, Open: r.Open}
}

// tell queues the frame for those who may.
func (d *delivery) tell(peers []*peer, may policy.Action, about policy.Object) {
	for _, p := range peers {
		if policy.Allow(p.principal(), may, about) {
			d.hold(p)
		}
	}
}
