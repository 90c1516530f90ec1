package app

import (
	"context"
	"net"
	"net/url"
	"strings"
)

// SetUp lists what is left to do before a customer's question reaches somebody,
// each step in a sentence, in the order to take them. It is empty as soon as one
// member of staff can sign in. The first step is an address that makes whoever opens
// it first the owner, once and within the hour; addOwner is the command that does the
// same without a browser.
func (a *App) SetUp(ctx context.Context, addOwner string) ([]string, error) {
	for m, err := range a.Store.AllStaff(ctx, CommandLine()) {
		if err != nil || m.DisabledAt == 0 {
			return nil, err
		}
	}
	c := a.Config
	public := strings.TrimSuffix(c.PublicURL, "/")
	link, err := a.Desk.InviteFirstOwner(ctx, CommandLine())
	if err != nil {
		return nil, err
	}
	steps := []string{
		"Open this address and become the owner. It works once, within an hour; show it to nobody: " + link.URL,
		"Or do it from another terminal: " + addOwner + ". From then on sign in at " + public + "/desk/.",
	}
	if len(c.Origins.Embed) == 0 {
		steps = append(steps, "Name the wallet's pages on the desk, under Settings, or in origins.embed, and put this into them: <script async src=\""+public+"/widget.js\"></script>")
	}
	if len(c.Identity.Issuers) == 0 {
		steps = append(steps, "Name who signs your customers' tokens on the desk, under Settings, or in identity.issuers; until then "+withoutIssuer(c.Identity.Anonymous))
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
