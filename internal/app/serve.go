package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/web/realtime"
)

// Run serves until ctx ends. Further listeners are added by the demo.
func (a *App) Run(ctx context.Context, more ...lifecycle.Worker) error {
	workers := append(a.workers(), a.listener("http", a.Config.Listen, a.handler))
	if a.Config.Metrics.Listen != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.metrics.Handler())
		workers = append(workers, a.listener("metrics", a.Config.Metrics.Listen, mux))
	}
	return lifecycle.Run(ctx, lifecycle.Options{Grace: a.Config.Shutdown.Grace, Log: a.Log, Health: a.health, Now: a.now}, append(workers, more...)...)
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

// connectWeb builds the public handler.
func (a *App) connectWeb(ctx context.Context) error {
	a.realtime = realtime.New(realtime.Deps{
		Intake: a.intake, Store: a.Store, Windows: a.windows, Desk: a.Desk, Clock: a.now, Log: a.Log, Observer: a.metrics,
	}, realtime.Options{
		Origins: a.origins(), SessionCookie: "kefu_staff",
		MessagesPer10s:  func(kind identity.Kind) int { return messageBurst(a.Config.Limits, kind) },
		AttachmentBytes: a.Config.Attachments.MaxBytes,
		FramesPer10s:    max(500, 20*messageBurst(a.Config.Limits, identity.Customer)),
	})
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", a.health.Readiness())
	mux.Handle("GET /livez", a.health.Liveness())
	a.realtime.Mount(ctx, mux)
	a.handler = a.metrics.Count(mux, a.now)
	return nil
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

// origins are the pages whose scripts may open a connection: the desk, and the
// window's frame.
func (a *App) origins() []string {
	public, err := url.Parse(a.Config.PublicURL)
	if err != nil { // the configuration was checked
		return nil
	}
	return []string{origin(public, public.Host), origin(public, a.host(public, a.Config.Origins.Widget, "widget."))}
}

func origin(public *url.URL, host string) string { return public.Scheme + "://" + host }

// host is a configured host, or a name in front of the public one, with its port.
func (a *App) host(public *url.URL, configured, prefix string) string {
	if configured == "" {
		return prefix + public.Host
	}
	if port := public.Port(); port != "" && !strings.Contains(configured, ":") {
		return net.JoinHostPort(configured, port)
	}
	return configured
}
