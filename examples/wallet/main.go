// Command wallet is a small wallet for those who connect one: the Wallet Support API over
// a wallet in memory, with two invented customers. It can be given faults, one at a time,
// to see what Kefu and `kefu connector verify` make of each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"kefu/examples/wallet/flawed"
	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver/deliver"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/sharedkeys"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen on; in front of anything but this machine belongs TLS")
	keyID := flag.String("key", "kefu", "the name of the key that stands in the file without one")
	secretFile := flag.String("secret-file", "", "the file with the secrets that are shared with Kefu, one a line as KEYID SECRET, of at least 32 bytes; the first signs, all verify; read again when it changes")
	name := flag.String("fault", "", "what is wrong with the wallet")
	kefu := flag.String("kefu", "", "where Kefu takes notices, such as https://help.example/v1/wallet/events; none: it has to ask for them")
	list := flag.Bool("faults", false, "list the faults")
	delay := flag.Duration("delay", 2*time.Second, "until what is pending is over, and customers have answered")
	flag.Parse()
	if *list {
		for _, f := range flawed.Faults() {
			fmt.Printf("%-22s %s\n", f.Name, f.What)
		}
		return
	}
	if err := serve(options{*listen, *keyID, *secretFile, *name, *kefu, *delay}); err != nil {
		fmt.Fprintln(os.Stderr, "wallet:", err)
		os.Exit(1)
	}
}

// options are what the program was told.
type options struct {
	listen, keyID, secretFile, fault, kefu string
	delay                                  time.Duration
}

// lookEvery is how often the wallet is looked at where nothing was said: what is pending
// ends by the clock alone.
const lookEvery = 200 * time.Millisecond

func serve(o options) error {
	keys, err := sharedkeys.Open(o.secretFile, o.keyID, slog.Default())
	if err != nil {
		return err
	}
	own := memory.New(memory.Options{Delay: o.delay})
	handler, err := handlerWith(o.fault, keys.Keys, own)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: o.listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if o.kefu != "" {
		d, err := deliver.New(own, deliver.Options{URL: o.kefu, Signer: keys.Signer, Private: true, Every: lookEvery, Log: slog.Default()})
		if err != nil {
			return err
		}
		go func() { _ = d.Run(ctx) }() // it ends with ctx, and without an error
	}
	go func() { _ = keys.Run(ctx) }() // it ends with ctx, and without an error
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	fmt.Printf("serving %s and %s at http://%s/v1\n", memory.Anna, memory.Bo, o.listen)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	leaving, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(leaving); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handlerWith is the wallet with one fault, or none.
func handlerWith(name string, keys func() []httpsig.Key, own *memory.Wallet) (http.Handler, error) {
	var names []string
	if name != "" {
		names = append(names, name)
	}
	handler, err := flawed.Handler(flawed.Options{Wallet: own, Keys: keys, Clock: clock.System, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}, names...)
	if err != nil {
		return nil, fmt.Errorf("%w; --faults lists them", err)
	}
	return handler, nil
}
