package app

import (
	"context"
	"encoding/json"

	"kefu/internal/app/demolife"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/official"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// demoTeams are the teams of the demo, by the name that their id is made from.
func demoTeams() map[string]routing.Team {
	return map[string]routing.Team{
		"payments": {Name: "Payments", Description: "Transfers, refunds and payments that failed"},
		"security": {Name: "Account security", Description: "Lost phones, strange payments, blocked accounts"},
	}
}

func demoTeam(name string) string { return id.From("demo team " + name) }

// demoTeamOf is whose a conversation of the demo's past is, by what it is about: ""
// for what is nobody's in particular.
func demoTeamOf(tags []string) string {
	for _, tag := range tags {
		switch tag {
		case "security", "安全":
			return demoTeam("security")
		case "transfer", "card", "refund", "top-up", "支付", "退款", "银行卡":
			return demoTeam("payments")
		}
	}
	return ""
}

// demoDuties says by what the demo's agents are routed: what comes in English may
// go to both, what comes in Chinese to the one who speaks it.
func demoDuties() map[string]routing.Duties {
	payments, security := demoTeam("payments"), demoTeam("security")
	return map[string]routing.Duties{
		"mei@kefu.demo":   {Teams: []string{payments, security}, Skills: []string{"refunds", "fraud"}, Languages: []string{"zh", "en"}},
		"ben@kefu.demo":   {Teams: []string{payments}, Skills: []string{"refunds"}, Languages: []string{"en"}, Slots: map[string]int{"chat": 3}},
		"sofia@kefu.demo": {Teams: []string{payments, security}, Skills: []string{"refunds", "fraud"}, Languages: []string{"en"}},
	}
}

// seedDuties makes the demo's teams and says who is in them, where nobody has said
// anything yet.
func (a *App) seedDuties(ctx context.Context) error {
	by := identity.SystemPart("demo")
	there, err := a.Store.AllDuties(ctx, by)
	if err != nil || len(there) > 0 {
		return err
	}
	for name, team := range demoTeams() {
		body, err := json.Marshal(team)
		if err != nil {
			return fault.Wrap("app.seedDuties", err)
		}
		_, err = a.Store.SaveSetting(ctx, by, settings.Change{Kind: "team", ID: demoTeam(name), Body: body})
		if err != nil && !fault.Is(err, fault.Conflict) { // made by a start that was interrupted
			return err
		}
	}
	for email, d := range demoDuties() {
		member, err := a.Store.StaffByEmail(ctx, by, email)
		if err != nil {
			return err
		}
		d.StaffID = member.ID
		if err := a.queue.SetDuties(ctx, by, d); err != nil {
			return err
		}
	}
	if err := a.seedAll(ctx, demolife.Plans); err != nil {
		return err
	}
	return a.seedOfficials(ctx, by)
}

// seedOfficials lists the ways by which the demo's house reaches its customers, and says
// who has impostors taken down.
func (a *App) seedOfficials(ctx context.Context, by identity.Principal) error {
	for _, c := range []official.Channel{
		{Kind: official.Phone, Value: "+86 400 123 4567"},
		{Kind: official.Mail, Value: "help@wallet.example"},
		{Kind: official.Site, Value: "wallet.example", Below: true},
		{Kind: official.Social, Network: "wechat", Value: "DemoWallet"},
		{Kind: official.App, Network: "ios", Value: "id1234567890"},
		{Kind: official.App, Network: "android", Value: "example.wallet.app"},
	} {
		body, err := json.Marshal(c)
		if err != nil {
			return fault.Wrap("app.seedOfficials", err)
		}
		_, err = a.Store.SaveSetting(ctx, by, settings.Change{Kind: "official_channel", ID: id.From("demo channel " + c.Value), Body: body})
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	body, err := json.Marshal(official.Reports{Team: demoTeam("security")})
	if err != nil {
		return fault.Wrap("app.seedOfficials", err)
	}
	_, err = a.Store.SaveSetting(ctx, by, settings.Change{Kind: "impostor_reports", ID: settings.SingletonID("impostor_reports"), Body: body})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
