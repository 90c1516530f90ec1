package memory

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
)

// asked are the texts of this wallet, as somebody stands to whom nobody spoke of them.
func asked() []consent.Item {
	text := func(en, zh string) consent.Words { return consent.Words{"en": en, "zh": zh} }
	return []consent.Item{
		{
			Key: consent.Personalisation, Basis: consent.Agreed, State: consent.Never, Version: "2", Give: true, Withdraw: true,
			Text: text("We work out from your payments which help fits you.", "我们会根据您的付款情况推测适合您的帮助。"), Without: text("Help is the same for everybody.", "帮助内容与所有人相同。"),
		},
		{Key: consent.MarketingEmail, Basis: consent.Agreed, State: consent.Never, Version: "1", Give: true, Withdraw: true, Text: text("We send you offers by e-mail.", "我们会通过电子邮件向您发送优惠。")},
		{Key: consent.Location, Basis: consent.Agreed, State: consent.Never, Version: "1", Give: true, Withdraw: true, Text: text("We see where your phone is.", "我们会获取您的手机位置。")},
		{Key: "identity", Name: text("Checking who you are", "核验身份"), Basis: consent.Law, State: consent.Required, Version: "1", Text: text("A law has us check who you are.", "法律要求我们核验您的身份。")},
	}
}

// agree gives a customer consents of some time ago: one to an older text.
func (p *person) agree(now time.Time) {
	at := func(days int) wallet.Time { return wallet.At(now.Add(-time.Duration(days) * 24 * time.Hour)) }
	p.said = []consent.Change{
		{ID: p.ID + ":cn2", Key: consent.MarketingEmail, State: consent.Given, Version: "1", At: at(90), By: "customer", Way: "app"},
		{ID: p.ID + ":cn1", Key: consent.Personalisation, State: consent.Given, Version: "1", At: at(300), By: "customer", Way: "app"},
	}
}

// Consents tells what a customer agreed to.
func (w *Wallet) Consents(_ context.Context, _ wallet.Actor, customer string) (consent.Standing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return consent.Standing{}, err
	}
	return p.agreed(), nil
}

func (p *person) agreed() consent.Standing {
	s := consent.Standing{CustomerID: p.ID, Items: asked(), Changes: append([]consent.Change{}, p.said...)}
	for n := range s.Items {
		i := &s.Items[n]
		of := s.Of(i.Key)
		if len(of) == 0 {
			continue
		}
		i.State, i.At, i.Way = of[0].State, of[0].At, of[0].Way
		if i.State != consent.Given {
			continue
		}
		if i.Agreed = of[0].Version; i.Agreed != i.Version {
			i.Again = consent.TextChanged
		}
	}
	return s
}

// planConsent gives a consent, or withdraws it.
func (w *Wallet) planConsent(p *person, by wallet.Actor, c wallet.Command) (plan, error) {
	i, ok := p.agreed().Item(c.Target)
	give := c.Act == wallet.GiveConsent
	switch {
	case !ok:
		return plan{}, absent()
	case by.Kind != "customer": // nobody says it for them
		return plan{refusal: wallet.NotEligible}, nil
	case give && i.Counts(), !give && i.State == consent.Withdrawn:
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Expect != string(i.State), give && c.Details[wallet.ConsentVersion] != i.Version:
		return plan{refusal: wallet.StateChanged}, nil
	case give && !i.Give, !give && (!i.Withdraw || i.State != consent.Given):
		return plan{refusal: wallet.NotEligible}, nil
	}
	return plan{summary: wallet.Summary{State: string(i.State), Reversible: true}, carry: func() []wallet.Made {
		made := consent.Change{ID: w.id("cn"), Key: i.Key, State: consent.Withdrawn, Version: i.Agreed, At: w.now(), By: "customer", Way: "support"}
		if give {
			made.State, made.Version = consent.Given, i.Version
		}
		if len(p.said) > 0 && made.At <= p.said[0].At {
			made.At = p.said[0].At + 1
		}
		p.said = slices.Insert(slices.Clone(p.said), 0, made)
		w.notify(wallet.ConsentChanged, p.ID, made.ID)
		return []wallet.Made{{Kind: "consent", ID: made.ID}}
	}}, nil
}
