package app

import (
	"context"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/product"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/clocks"
	"kefu/internal/flow/following"
	"kefu/internal/flow/selfservice/choosing"
	"kefu/internal/flow/selfservice/closing"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/firststeps"
	"kefu/internal/flow/selfservice/holdings"
	"kefu/internal/flow/selfservice/house"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/flow/selfservice/waiting"
)

// connectClocks builds what keeps clocks and the facts of reports.
func (a *App) connectClocks() {
	a.clocks = clocks.New(a.Store, a.settings.Snapshot, a.now, a.Log, a.clocksChanged)
	a.settings.Listen(func(*settings.Snapshot) { a.clocks.Wake() })
	// Nobody waits for a clock: what comes within a second shares a transaction.
	a.follow(following.Options{Name: clocks.Name, Gather: time.Second, Room: 1 << 15}, a.clocks)
}

// clocksChanged tells desks and windows of clocks.
func (a *App) clocksChanged(told []clocks.Told) {
	for _, t := range told {
		a.realtime.Moved(t.ConversationID, t.Assignee)
		if t.AnswerBy != 0 {
			a.realtime.Promised(t.CustomerID, t.ConversationID, t.AnswerBy)
		}
	}
}

// service is what a window is told of when somebody is there.
func (a *App) service(language string) sla.Service {
	return a.clocks.Service(sla.Subject{Channel: "chat", Priority: conversation.Normal, Language: language})
}

// lawOfHouse is the pack of the house at a time; nil where it has none.
func (a *App) lawOfHouse(at int64) *jurisdiction.Pack {
	for _, id := range []string{a.chosenLaw(), a.Config.Cases.Jurisdiction} {
		if p, ok := a.cases.Book.At(id, at); ok {
			return p
		}
	}
	return nil
}

// readsOfFlows is what flows may ask for beside the wallet. Some of it is built later.
func (a *App) readsOfFlows() subjects.Deps {
	return subjects.Deps{Choosing: choosing.Deps{Shelf: func() product.Shelf { return product.ShelfOf(a.settings.Snapshot(), a.now()) }}, Closing: closing.Deps{Law: a.lawOfHouse}, Contacts: contacts.Deps{Book: a.officials}, First: firststeps.Deps{Phrase: a.Store.OwnPhrase}, House: house.Deps{Book: a.officials, Present: func() bool { return a.acts.OnDuty() }}, Holdings: holdings.Deps{Plan: func(ctx context.Context, customer string) (privacy.Plan, error) { return a.Privacy.Plan(ctx, customer) }, Cases: func() holdings.Cases { return a.cases }, Looks: a.Store.OwnLooks, Still: a.Store.Standstill}, Waiting: waiting.Deps{
		Conversations: a.Store, Cases: func() waiting.Cases { return a.cases }, Runs: func() waiting.Runs { return a.flows }, Queue: func() waiting.Queue { return a.queue },
		Service: func(s sla.Subject) sla.Service { return a.clocks.Service(s) },
		Title:   func(t jurisdiction.Type, lang string) string { return a.cases.Book.TypeTitle(t, lang) },
	}}
}
