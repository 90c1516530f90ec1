package walletcheck

import (
	"net/http"

	"kefu/internal/domain/wallet"
	"kefu/internal/walletcheck/filing"
	"kefu/internal/walletcheck/wire"
)

// files are the checks of files that customers give.
func files() []Check {
	var all []Check
	for _, c := range filing.Checks() {
		all = append(all, Check{c.ID, c.What, c.Why, func(p *probe) error { return c.Run(filer{p}) }})
	}
	return all
}

// filer is a probe as package filing sees it.
type filer struct{ *probe }

func (f filer) Takes() *wallet.FileLimits { return f.can.Files }
func (f filer) Does(a wallet.Act) error   { return f.does(a) }
func (f filer) Writes(a wallet.Act) error { return f.writes(a) }

func (f filer) Target(a wallet.Act) (wallet.Command, error) { return f.target(a) }

func (f filer) Command(c wallet.Command) (wallet.Operation, error) { return f.do(c) }

func (f filer) Settled(o wallet.Operation) (wallet.Operation, error) { return f.settled(o) }

func (f filer) Disputes() ([]wallet.Dispute, error) {
	return many[wallet.Dispute](f.probe, wire.Get(f.mine("/disputes")))
}

func file(g filing.Given) wire.Call {
	c := wire.Call{Method: http.MethodPost, Path: g.Path, Key: g.Key, Body: g.Content, Header: http.Header{"Content-Type": {g.Type}}}
	if g.SignedQuery != "" {
		c.Claims = map[string]string{"@query": "?" + g.SignedQuery}
	}
	return c
}

func (f filer) Give(g filing.Given, into any) error { return f.send(file(g)).Read(into) }

func (f filer) RefusedFile(g filing.Given, status int, code string) error {
	a := f.send(file(g))
	if status == http.StatusRequestEntityTooLarge && a.Err != nil && a.Status == 0 { // it may hang up in the middle
		return nil
	}
	return a.Refused(status, code)
}
