package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/examples"
	"kefu/internal/domain/identity"
	windowlook "kefu/internal/domain/look"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/ruling"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/accessapi"
	"kefu/internal/web/actionapi"
	"kefu/internal/web/api"
	"kefu/internal/web/approvalapi"
	"kefu/internal/web/auditapi"
	"kefu/internal/web/caseapi"
	"kefu/internal/web/consentapi"
	"kefu/internal/web/emergencyapi"
	"kefu/internal/web/flowapi"
	"kefu/internal/web/goodwillapi"
	"kefu/internal/web/hookapi"
	"kefu/internal/web/insiderapi"
	"kefu/internal/web/keyapi"
	"kefu/internal/web/pages"
	"kefu/internal/web/privacyapi"
	"kefu/internal/web/queueapi"
	"kefu/internal/web/realtime"
	"kefu/internal/web/reportapi"
	"kefu/internal/web/rightsapi"
	"kefu/internal/web/ruleapi"
	"kefu/internal/web/searchapi"
	"kefu/internal/web/session"
	"kefu/internal/web/sso"
	"kefu/internal/web/storyapi"
	"kefu/internal/web/trustapi"
	"kefu/internal/web/window"
	"kefu/internal/web/windowapi"
	"kefu/ui"
)

// Beside are workers of a server that are not its own: those that it asks, which
// start first and end last, and those that come when all of it is there.
type Beside struct {
	Before, After []lifecycle.Worker
}

// Run serves until ctx ends.
func (a *App) Run(ctx context.Context, beside Beside) error {
	workers := slices.Concat(beside.Before, a.workers(), []lifecycle.Worker{a.listener("http", a.Config.Listen, a.handler)})
	if a.Config.Metrics.Listen != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.metrics.Handler())
		workers = append(workers, a.listener("metrics", a.Config.Metrics.Listen, mux))
	}
	// Connections end before the listener, which waits for every open stream.
	workers = append(workers, lifecycle.Worker{Name: "realtime", Run: a.realtime.Run})
	return lifecycle.Run(ctx, lifecycle.Options{Grace: a.Config.Shutdown.Grace, Log: a.Log, Health: a.health, Now: a.now}, append(workers, beside.After...)...)
}

// listener serves a handler on an address, with a limit on everything.
func (a *App) listener(name, address string, handler http.Handler) lifecycle.Worker {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10,
	}
	var socket net.Listener
	tls := a.Config.TLS
	return lifecycle.Worker{
		Name: name,
		Start: func(ctx context.Context) error {
			var err error
			if socket, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
				return fault.New(fault.Unavailable, "app.listener", "cannot listen on %s: %v; is another server running there?", address, err)
			}
			a.Log.Info("listening", "what", name, "address", socket.Addr().String())
			return nil
		},
		Run: func(ctx context.Context) error {
			failed := make(chan error, 1)
			go func() {
				if tls.CertFile != "" && name == "http" {
					failed <- server.ServeTLS(socket, tls.CertFile, tls.KeyFile)
					return
				}
				failed <- server.Serve(socket)
			}()
			select {
			case err := <-failed:
				if errors.Is(err, http.ErrServerClosed) {
					return nil
				}
				return err
			case <-ctx.Done():
				return nil
			}
		},
		Stop: server.Shutdown,
	}
}

// connectWeb builds the public handler: each origin has a mux of its own.
func (a *App) connectWeb(context.Context) error {
	const op = "app.connectWeb"
	public, err := url.Parse(a.Config.PublicURL)
	if err != nil {
		return fault.InvalidField(op, "public_url", "is no web address")
	}
	o := originsOf(public, a.Config.Origins)
	carrier, err := session.New(session.Options{PublicURL: a.Config.PublicURL, TrustedProxies: a.Config.TrustedProxies})
	if err != nil {
		return err
	}
	site, err := pages.New(ui.Dist(), pages.Options{Public: public, Widget: o.widget, Files: o.files, Embed: a.embedders, Look: a.look, Examples: examples.Files()})
	if err != nil {
		return err
	}
	a.realtime = realtime.New(realtime.Deps{
		Intake: a.intake, Store: a.Store, Windows: a.windows, Desk: a.Desk, Files: a.files, Queue: a.queue, Clock: a.now, Log: a.Log, Observer: a.metrics, Service: a.service,
		MayRead: func(who identity.Principal, kind string) bool {
			d, err := a.kinds.Find(kind)
			return err == nil && d.MayRead(who, "")
		},
	}, a.realtimeOptions(o, carrier, site))
	always, desk, frame, files := http.NewServeMux(), http.NewServeMux(), http.NewServeMux(), http.NewServeMux()
	always.Handle("GET /healthz", a.health.Readiness())
	always.Handle("GET /livez", a.health.Liveness())
	site.MountDesk(desk)
	api.New(api.Deps{
		More: []func(*api.API){
			reportapi.Routes(a.Store),
			searchapi.Routes(a.searcher),
			ruleapi.Routes(ruling.NewTrials(a.Store)),
			queueapi.Routes(queueapi.Deps{Queue: a.queue, Store: a.Store, Settings: a.settings, Clock: a.now}),
			accessapi.Routes(accessapi.Deps{Desk: a.Desk, Store: a.Store, Carrier: carrier, Clean: a.intake.Name}),
			auditapi.Routes(auditapi.Deps{Store: a.Store, Prover: a.prover()}),
			windowapi.Routes(a.asking, site.PreviewURL()),
			hookapi.Routes(a.webhooks),
			storyapi.Routes(a.lookup, a.now),
			storyapi.DoubtRoutes(a.doubts),
			approvalapi.Routes(a.approvals), keyapi.Routes(keyapi.Deps{Keys: a.keys, Clock: a.now}),
			rightsapi.Routes(a.restricting, a.now),
			flowapi.Routes(a.flows),
			actionapi.Routes(a.acts), goodwillapi.Routes(a.acts, a.Store),
			caseapi.Routes(a.cases),
			privacyapi.Routes(privacyapi.Deps{Requests: a.Store, Plan: a.Privacy.Plan, Begun: a.Privacy.Wake}),
			trustapi.Routes(a.vouching(), a.micros),
			insiderapi.Routes(a.insiderDeps()),
			emergencyapi.Routes(a.emergencyDeps()),
		},
		Desk: a.Desk, Intake: a.intake, Store: a.Store, Files: a.files, Wallet: a.lookup, Carrier: carrier, Settings: a.settings, Kinds: a.kinds, Decisions: a.restricting,
		Keys:  a.keys,
		Clock: a.now, Log: a.Log, Limited: a.metrics.Limited,
	}, api.Options{
		Reads: ratelimit.Of(a.Config.Limits.StaffReads), Readers: a.Config.Limits.Keys,
		AttachmentBytes: a.Config.Attachments.MaxBytes, FileURL: site.FileURL,
	}).Mount(desk)
	sso.New(a.Desk, carrier, a.Log).Mount(desk)
	if err := a.mountPublic(desk, carrier, o); err != nil {
		return err
	}
	if a.events != nil {
		a.events.Mount(desk)
	}
	a.realtime.Mount(desk)
	site.MountFrame(frame)
	a.realtime.Mount(frame)
	window.Mount(frame, window.Deps{Forms: a.asking, Wallet: a.lookup, Conversations: a.Store, Ask: a.realtime.Ask, Clock: a.now, Visitors: a.Config.Identity.Anonymous})
	flowapi.Mount(frame, a.flows, flowapi.Ask(a.realtime.Ask))
	caseapi.Mount(frame, a.cases, caseapi.Ask(a.realtime.Ask))
	consentapi.Mount(frame, a.acts, a.now, consentapi.Ask(a.realtime.Ask))
	trustapi.Mount(frame, trustapi.Window{All: a.vouching(), Now: a.micros, Verify: o.desk() + "/verify", Ask: a.realtime.Ask})
	insiderapi.Mount(frame, insiderapi.Window{Store: a.Store, Ask: a.realtime.Ask})
	pages.MountFiles(files, a.files)
	privacyapi.Mount(frame, a.copies, strings.TrimSuffix(site.FileURL(""), "/a/"), privacyapi.Ask(a.realtime.Ask))
	privacyapi.MountFiles(files, a.copies)
	handler := pages.Hosts(always, map[string]http.Handler{public.Host: desk, o.widget: frame, o.files: files})
	if public.Scheme == "https" {
		handler = pages.Strict(handler)
	}
	a.handler = a.metrics.Count(a.tracer.HTTP(handler), a.now)
	return nil
}

// look is the window's look in use.
func (a *App) look() (windowlook.Look, int64) {
	now := a.settings.Snapshot()
	return settings.One[windowlook.Look](now), now.Version
}

func (a *App) realtimeOptions(o origins, carrier *session.Carrier, site *pages.Site) realtime.Options {
	rt, limits := a.Config.Realtime, a.Config.Limits
	return realtime.Options{
		Origins: []string{o.desk(), o.frame()}, SessionCookie: carrier.CookieName(), DeskOrigin: o.desk(),
		MessagesPer10s:  func(kind identity.Kind) int { return messageBurst(limits, kind) },
		AttachmentBytes: a.Config.Attachments.MaxBytes, AttachmentTypes: a.Config.Attachments.Types, FileURL: site.FileURL,
		Peer: carrier.Peer, Connections: ratelimit.Of(limits.Connections), NewVisitors: ratelimit.Of(limits.NewVisitors), Addresses: limits.Keys,
		MaxConnections: rt.MaxConnections, MaxFrameBytes: rt.MaxFrameBytes, BufferEvents: rt.BufferEvents, BufferBytes: rt.BufferBytes,
		Heartbeat: rt.Heartbeat, DeadAfter: rt.DeadAfter, RecheckEvery: a.Config.Identity.RecheckEvery,
		FramesPer10s: max(500, 20*messageBurst(limits, identity.Customer)),
	}
}

func messageBurst(l config.Limits, kind identity.Kind) int {
	switch kind {
	case identity.Customer:
		return l.CustomerMessages.Burst
	case identity.Staff:
		return l.AgentMessages.Burst
	default:
		return l.AnonymousMessages.Burst
	}
}

// origins are the three under which this server is reached, so that a browser
// lets none of them read another.
type origins struct{ scheme, public, widget, files string }

func originsOf(public *url.URL, c config.Origins) origins {
	return origins{
		scheme: public.Scheme, public: public.Host,
		widget: hostOr(public, c.Widget, "widget."), files: hostOr(public, c.Files, "files."),
	}
}

func (o origins) desk() string       { return o.scheme + "://" + o.public }
func (o origins) frame() string      { return o.scheme + "://" + o.widget }
func (o origins) attachment() string { return o.scheme + "://" + o.files }

// hostOr is a configured host, or a name in front of the public one, with its
// port.
func hostOr(public *url.URL, configured, prefix string) string {
	if configured == "" {
		return prefix + public.Host
	}
	if port := public.Port(); port != "" && !strings.Contains(configured, ":") {
		return net.JoinHostPort(configured, port)
	}
	return configured
}
