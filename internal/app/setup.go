package app

import (
	"context"
	"net"
	"net/url"
	"strings"
)

// SetUp lists what is left to do before a customer's question reaches somebody,
// each step in a sentence, in the order to take them. It is empty as soon as one
// member of staff can sign in. addOwner is the command that adds the first.
func (a *App) SetUp(ctx context.Context, addOwner string) ([]string, error) {
	for m, err := range a.Store.AllStaff(ctx, CommandLine()) {
		if err != nil || m.DisabledAt == 0 {
			return nil, err
		}
	}
	c := a.Config
	public := strings.TrimSuffix(c.PublicURL, "/")
	steps := []string{
		"Add yourself, from another terminal: " + addOwner,
		"Sign in at " + public + "/desk/ with that password and the code of your authenticator app.",
	}
	if len(c.Origins.Embed) == 0 {
		steps = append(steps, "Name the wallet's pages in origins.embed, and put this into them: <script async src=\""+public+"/widget.js\"></script>")
	}
	if len(c.Identity.Issuers) == 0 {
		steps = append(steps, "Name who signs your customers' tokens in identity.issuers; until then "+withoutIssuer(c.Identity.Anonymous))
	}
	if onlyHere(c.PublicURL) {
		steps = append(steps, "Set public_url to the address that browsers show: "+c.PublicURL+" works on this machine alone.")
	}
	return append(steps, "Run kefu doctor, which looks at everything a server needs."), nil
}

func withoutIssuer(anonymous bool) string {
	if anonymous {
		return "everybody writes as a visitor."
	}
	return "nobody can write, since visitors are not let in."
}

// onlyHere tells whether an address leads to the machine that asks for it.
func onlyHere(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}
