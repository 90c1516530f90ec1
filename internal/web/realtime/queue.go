package realtime

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	flow "kefu/internal/flow/routing"
	"kefu/internal/platform/fault"
	"kefu/internal/web/frames"
	"kefu/internal/web/wire"
)

// Queue offers waiting conversations to the desks that take them.
type Queue interface {
	Connected(who identity.Principal)
	Disconnected(staffID string)
	WindowOpened(customerID string)
	Accept(ctx context.Context, who identity.Principal, conversationID string) error
	Decline(who identity.Principal, conversationID string) error
	Choose(ctx context.Context, who identity.Principal, c routing.Presence) error
}

// takesOffers enters a desk that has said it takes offers.
func (s *Server) takesOffers(p *peer, who identity.Principal, f *frames.Frame) {
	if s.queue == nil || !frames.Can(f, "offers") || !policy.Allow(who, policy.UsePresence, policy.Object{StaffID: who.ID}) {
		return
	}
	p.offers.Store(true)
	s.queue.Connected(who)
	p.counted.Store(true)
	if p.hasEnded() { // meanwhile: who is not counted yet is not taken leave of
		s.noOffers(p)
	}
}

// noOffers takes leave of a desk that is gone: once, and never before it is counted.
func (s *Server) noOffers(p *peer) {
	p.offers.Store(false)
	if p.counted.Swap(false) {
		s.queue.Disconnected(p.principal().ID)
	}
}

// answerOffer is accept and decline, and presence.
func (s *Server) answerOffer(ctx context.Context, p *peer, f *frames.Frame) error {
	const op = "realtime.answerOffer"
	who := p.principal()
	if s.queue == nil || !p.offers.Load() {
		return fault.New(fault.Forbidden, op, "this connection takes no offers")
	}
	switch f.T {
	case "accept":
		return s.queue.Accept(ctx, who, f.Conv)
	case "decline":
		return s.queue.Decline(who, f.Conv)
	default:
		return s.queue.Choose(ctx, who, routing.Presence{StaffID: who.ID, State: routing.PresenceState(f.State), Reason: f.Reason})
	}
}

// tellStaff gives a frame to all desks of somebody that take offers.
func (s *Server) tellStaff(staffID string, frame []byte) {
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	for _, p := range s.hub.byStaff[staffID] {
		if p.offers.Load() {
			p.push(frame)
		}
	}
}

// Offer implements routing.Teller.
func (s *Server) Offer(staffID string, o flow.Offer) {
	s.tellStaff(staffID, wire.AppendOffer(nil, o, s.now().UnixMicro()))
}

// OfferOver implements routing.Teller.
func (s *Server) OfferOver(staffID, conversationID, reason string) {
	s.tellStaff(staffID, wire.AppendOfferOver(nil, conversationID, reason))
}

// Presence implements routing.Teller.
func (s *Server) Presence(staffID string, is flow.Standing) {
	s.tellStaff(staffID, wire.AppendPresence(nil, is))
}

// Eta implements routing.Teller.
func (s *Server) Eta(customerID string, e flow.Eta) {
	frame := wire.AppendEta(nil, e)
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	for _, p := range s.hub.byCustomer[customerID] {
		p.push(frame)
	}
}
