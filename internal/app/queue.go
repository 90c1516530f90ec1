package app

import (
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	flow "kefu/internal/flow/routing"
)

// connectQueue builds the queue. It tells desks and windows through the realtime
// server, which is built after it.
func (a *App) connectQueue() {
	a.queue = flow.New(flow.Deps{
		Store: a.Store, Teller: teller{a}, Rules: func() routing.Rules { return settings.One[routing.Rules](a.settings.Snapshot()) },
		Clock: a.now, Log: a.Log, Seed: uint64(a.now().UnixNano()),
	})
}

// teller lets the queue use a realtime server that is built later.
type teller struct{ app *App }

// Offer implements flow.Teller.
func (t teller) Offer(staffID string, o flow.Offer) { t.app.realtime.Offer(staffID, o) }

// OfferOver implements flow.Teller.
func (t teller) OfferOver(staffID, conv, reason string) {
	t.app.realtime.OfferOver(staffID, conv, reason)
}

// Presence implements flow.Teller.
func (t teller) Presence(staffID string, s flow.Standing) { t.app.realtime.Presence(staffID, s) }

// Eta implements flow.Teller.
func (t teller) Eta(customerID string, e flow.Eta) { t.app.realtime.Eta(customerID, e) }
