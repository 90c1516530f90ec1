// Package articles puts together what the house knows and tells, for package app: the
// articles that the program brings along, the figures in them, and the help centre.
package articles

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"kefu/content"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/product"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/filling"
	"kefu/internal/flow/publishing"
	"kefu/internal/flow/routing"
	"kefu/internal/flow/selfservice"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/web/helpcentre"
)

// Charging is a wallet that tells what it charges anybody.
type Charging interface {
	Fees(ctx context.Context) (tariff.Schedule, error)
}

// Parts are what the room stands on.
type Parts struct {
	Settings func() *settings.Snapshot
	Channels func() *official.Book
	Laws     *jurisdiction.Book
	Wallet   Charging // nil: there is none
	Flows    *selfservice.Service
	Service  func(lang string) sla.Service
	Queue    func() (waiting int, last routing.Eta)
	Clock    clock.Clock
	Log      *slog.Logger
	Limited  func(limit string)
	Keys     int
}

// Room holds what is published.
type Room struct {
	parts Parts
	open  func() stock
	fees  kept
}

// stock is what was read, and found in.
type stock struct {
	topics []knowledge.Topic
	shelf  *publishing.Shelf
}

// New makes the room. What the program brings along is read when somebody first asks for it:
// a start does not wait for it.
func New(p Parts) *Room {
	r := &Room{parts: p}
	r.open = sync.OnceValue(func() stock {
		shipped, err := ship()
		if err != nil { // a test reads the same files
			p.Log.Error("the articles that the program brings along cannot be read", "error", err)
			return stock{shelf: publishing.NewShelf(nil, nil)}
		}
		return stock{topics: shipped.Topics, shelf: shipped.Shelf()}
	})
	return r
}

// ship reads what the program brings along. Errors: Invalid for an article that cannot be
// read.
func ship() (*publishing.Shipped, error) {
	folder := func(of fs.FS, name string) fs.FS {
		sub, err := fs.Sub(of, name)
		if err != nil { // the names below are whole
			return of
		}
		return sub
	}
	shipped, err := publishing.Ship(folder(content.Articles, "articles"), folder(content.Flows, "flows"), folder(content.Jurisdictions, "jurisdictions"))
	return shipped, fault.Wrap("articles.ship", err)
}

// Shelf is what is published now.
func (r *Room) Shelf() *publishing.Shelf { return r.open().shelf }

// Sources are where figures come from.
func (r *Room) Sources() filling.Sources {
	p := r.parts
	s := filling.Sources{
		House:    func() organisation.Organisation { return settings.One[organisation.Organisation](p.Settings()) },
		Channels: p.Channels, Laws: p.Laws, Service: p.Service, Wait: r.wait, Clock: p.Clock,
		Plans: func() (all []product.Plan) {
			for _, v := range product.ShelfOf(p.Settings(), p.Clock()).Now {
				all = append(all, v.Plan)
			}
			return all
		},
	}
	if p.Wallet != nil {
		s.Fees = func(ctx context.Context) (tariff.Schedule, error) { return r.fees.get(ctx, p.Wallet, p.Clock()) }
	}
	return s
}

// wait is how long the one who waits longest from now was told that it takes.
func (r *Room) wait(lang string) string {
	if !r.parts.Service(lang).Open {
		return ""
	}
	const second, minute = 1, 60
	n, last := r.parts.Queue()
	zh := lang == "zh"
	switch {
	case last.Nobody:
		return ""
	case n == 0 && zh:
		return "没有人在排队"
	case n == 0:
		return "nobody waits"
	case last.P80 <= 0:
		return ""
	case zh:
		return fmt.Sprintf("%d 人在等待，最后一位预计还需 %d 至 %d 分钟", n, max(last.P50/minute, second), max(last.P80/minute, second))
	default:
		return fmt.Sprintf("%d waiting; the last of them for another %d to %d minutes", n, max(last.P50/minute, second), max(last.P80/minute, second))
	}
}

// Hosts are the addresses that pages lead to.
type Hosts struct{ Base, Frame string }

// Mount puts the help centre on the public host's mux. Errors: Internal.
func (r *Room) Mount(mux *http.ServeMux, h Hosts, peer func(*http.Request) netip.Addr) error {
	p := r.parts
	return helpcentre.Mount(mux, helpcentre.Deps{
		Shelf: r.Shelf, Topics: func() []knowledge.Topic { return r.open().topics }, Filling: r.Sources(), Flow: r.flow, Book: p.Channels,
		House: func() string { return settings.One[organisation.Organisation](p.Settings()).Name },
		Peer:  peer, Base: h.Base, Frame: h.Frame, Clock: p.Clock, Log: p.Log, Limited: p.Limited, Keys: p.Keys,
	})
}

// flow is the name of a flow; every flow has a page of its own, which says where somebody
// has to sign in first.
func (r *Room) flow(id, lang string) (string, bool) {
	d, err := r.parts.Flows.Flows.Get(id)
	if err != nil {
		return "", false
	}
	return d.Title.In(lang), true
}

// kept is the wallet's schedule of fees, asked for again when it is old: pages are read more
// often than fees change.
type kept struct {
	mu       sync.Mutex
	schedule tariff.Schedule
	asked    time.Time
	err      error
}

// fresh is how long it is kept; a wallet that did not answer is asked again sooner.
const (
	fresh    = 5 * time.Minute
	again    = 20 * time.Second
	patience = 2 * time.Second
)

func (k *kept) get(ctx context.Context, from Charging, now time.Time) (tariff.Schedule, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.asked.IsZero() && ((k.err == nil && now.Sub(k.asked) < fresh) || (k.err != nil && now.Sub(k.asked) < again)) {
		return k.schedule, k.err
	}
	// It is kept for every reader: one who goes away meanwhile takes it from nobody.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	k.schedule, k.err = from.Fees(asking)
	k.asked = now
	return k.schedule, k.err
}
