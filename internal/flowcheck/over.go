package flowcheck

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/id"
)

// inside is the demo's wallet asked in process, with its keys as a client reads them.
type inside struct {
	*demowallet.Wallet
	*trouble
}

// Keys implements verification.Wallet.
func (i inside) Keys(ctx context.Context) (identity.KeySet, error) {
	text, err := i.Wallet.Keys(ctx)
	if err != nil {
		return identity.KeySet{}, err
	}
	return identity.ParseKeySet(text)
}

// served is a wallet that is asked over HTTP, on an address of this machine.
type served struct {
	*walletapi.Client
	server *http.Server
	ended  chan error
}

// newKey makes a secret for one check.
func newKey() httpsig.Key { return httpsig.Key{ID: "kefu", Secret: []byte(id.New() + id.New())} }

// serve serves a wallet, and asks it as Kefu does. Errors: those of listening.
func serve(handler http.Handler, key httpsig.Key, o walletapi.Options) (*served, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o.URL, o.Key, o.Private = "http://"+listener.Addr().String()+"/v1", key, true
	client, err := walletapi.New(o)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &served{Client: client, server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}, ended: make(chan error, 1)}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

// close ends serving at once: what hangs is cut off.
func (s *served) close() error {
	err := s.server.Close()
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
