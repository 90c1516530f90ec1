// Package acts puts together what has things done in the wallet, for package app: the
// proofs, the acts and the policy that is set.
package acts

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/configuring"
	queueing "kefu/internal/flow/routing"
	"kefu/internal/flow/verification"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/metrics"
	"kefu/internal/storage"
)

// Wallet is the operator's wallet, as far as acts and proofs need it.
type Wallet interface {
	acting.Wallet
	verification.Wallet
}

// Parts are what the room stands on.
type Parts struct {
	Store     *storage.Store
	Wallet    Wallet // nil: there is none, and nothing is offered
	Files     acting.Files
	Approvals *approving.Service
	Settings  *configuring.Service
	Queue     *queueing.Service
	Clean     func(ctx context.Context, text string) (string, error)
	Config    config.Config
	Issuer    string // whose customers the wallet knows; it signs proofs, too
	Clock     clock.Clock
	Log       *slog.Logger
	Metrics   *metrics.Metrics
}

// Room has things done in the wallet.
type Room struct {
	*acting.Service
	parts Parts
}

// New makes the room.
func New(p Parts) *Room {
	r := &Room{parts: p}
	proofs := verification.Deps{Store: p.Store, Clock: p.Clock, Log: p.Log}
	deps := acting.Deps{
		Files: p.Files, Links: p.Store, Store: p.Store, Approver: p.Approvals, Policy: r.policy, Zone: r.zone, OnDuty: r.onDuty, Clean: p.Clean, Clock: p.Clock, Log: p.Log,
		Limited: p.Metrics.Limited, Tell: r.tell, Alarm: func(k action.Kept) {
			if k.Lost {
				p.Log.Error("something in the wallet cannot be read: put its key back, or ask those who run the wallet for its key", "act", k.ID, "kind", k.Command.Act, "state", k.State, "key", k.Command.Key)
				return
			}
			p.Log.Error("nobody knows for a day what became of something in the wallet: ask those who run it", "act", k.ID, "kind", k.Command.Act, "state", k.State, "key", k.Command.Key)
		},
	}
	if p.Wallet != nil {
		proofs.Wallet, deps.Wallet = p.Wallet, p.Wallet
	}
	deps.Prover = verification.New(proofs, verification.Options{Issuer: p.Issuer, Audience: r.audience()})
	r.Service = acting.New(deps, p.Issuer)
	return r
}

// tell writes to a customer, in their conversation and their language, what staff had done
// for them. It is written once, however often it is tried.
func (r *Room) tell(ctx context.Context, k action.Kept) error {
	us, conv := identity.SystemPart("acts"), k.ConversationID
	talk, err := r.parts.Store.Conversation(ctx, us, conv)
	if err != nil {
		return err
	}
	if talk.MergedInto != "" {
		conv = talk.MergedInto
	}
	text := acting.Told(k, talk.Language)
	if text == "" {
		return nil
	}
	house := settings.One[organisation.Organisation](r.parts.Settings.Snapshot())
	by := identity.Principal{Kind: identity.Program, ID: us.ID, Name: house.Name, Scopes: identity.ScopesOf(identity.SendMessages)} // automatic, and no answer to anybody
	_, err = r.parts.Store.Execute(ctx, by, conv, conversation.Command{Kind: conversation.Send, ClientID: "act-" + k.ID, Content: conversation.Content{Text: text}})
	return err
}

// audience is what the wallet's proofs call this Kefu: as its tokens do.
func (r *Room) audience() string {
	for _, i := range r.parts.Config.Identity.Issuers {
		if i.Issuer == r.parts.Issuer && i.Audience != "" {
			return i.Audience
		}
	}
	return r.parts.Config.Identity.Audience
}

// policy is the policy that counts now.
func (r *Room) policy() (action.Policy, int64) {
	now := r.parts.Settings.Snapshot()
	return settings.One[action.Policy](now), now.Version
}

// zone is where the house is.
func (r *Room) zone() *time.Location {
	zone, err := time.LoadLocation(settings.One[organisation.Organisation](r.parts.Settings.Snapshot()).TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// onDuty tells whether anybody takes conversations now.
func (r *Room) onDuty() bool {
	_, desks, err := r.parts.Queue.Board(identity.SystemPart("acts"))
	return err == nil && slices.ContainsFunc(desks, func(d queueing.Desk) bool { return d.Standing.State == routing.Available })
}

// Sweep removes the acts and proofs that are long over.
func (r *Room) Sweep(ctx context.Context) error {
	return errors.Join(r.parts.Store.PurgeActs(ctx), r.parts.Store.PurgeProofs(ctx))
}

// Count sets the figures of what is under way.
func (r *Room) Count(ctx context.Context) error {
	n, err := r.parts.Store.CountUnsettledActs(ctx)
	if err == nil {
		r.parts.Metrics.Acts(int(n.Underway), int(n.Alarmed), int(n.Lost))
	}
	return err
}

// TellJob tells a conversation what became of an act for which its customer is asked.
func (r *Room) TellJob(ctx context.Context, j job.Job) error {
	told, err := job.DecodeTold(j.Payload)
	if err != nil {
		return err
	}
	return r.TellTalk(ctx, r.parts.Store, told)
}
