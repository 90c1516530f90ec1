package acting

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// maxTies bounds what is remembered of what a customer has in common with others.
const maxTies = 40

// ties are the devices that a customer used, as far as the wallet marks them, and their
// mailboxes, as digests. Errors: Unavailable when the wallet has the reading and does not
// answer: then nothing is given.
func (s *Service) ties(ctx context.Context, by wallet.Actor, able wallet.Capabilities, customer string) ([]string, error) {
	const op = "acting.ties"
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	untold := func(err error) error {
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet does not tell by what its customers are tied", Err: err}
	}
	var all []string
	if able.Reads(wallet.ReadDevices) {
		devices, err := s.Wallet.Devices(ctx, by, customer)
		if err != nil {
			return nil, untold(err)
		}
		for _, d := range devices {
			if d.Mark != "" {
				all = append(all, action.TieOf(action.TieDevice, d.Mark))
			}
		}
	}
	if able.Reads(wallet.ReadCustomer) {
		who, err := s.Wallet.Customer(ctx, by, customer)
		if err != nil {
			return nil, untold(err)
		}
		for _, h := range who.Handles {
			if h.Kind == wallet.HandleEmail {
				all = append(all, action.TieOf(action.TieMail, h.Value))
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTies)], nil
}

// gift judges by the house's rules what it is to give, and takes down with it what the
// customer will read and what they have in common with others. Errors: a *RefusedError.
func (s *Service) gift(ctx context.Context, p identity.Principal, able wallet.Capabilities, k *action.Kept) error {
	if !k.Command.Act.OfHouse() {
		return nil
	}
	if p.Kind != identity.Staff || k.Run != "" { // no flow gives anything
		return refused(string(wallet.NotEligible))
	}
	var err error
	if k.Tied, err = s.ties(ctx, actor(p, *k), able, k.Command.CustomerID); err != nil {
		return err
	}
	rules, sums, err := s.Store.GoodwillFor(ctx, p, *k)
	if err != nil {
		return err
	}
	v := rules.Judge(k.Command.Amount, k.Command.Reason, sums)
	if v.Why != "" {
		return refused(v.Why)
	}
	k.Verdict.FourEyes = k.Verdict.FourEyes || v.FourEyes
	if r, ok := rules.Reason(k.Command.Reason); ok {
		k.Said = [2]string{r.Said.En, r.Said.Zh}
	}
	return nil
}

// Giving is how far somebody may give in a conversation, and for what.
type Giving struct {
	Offered bool // the wallet has it, and the customer is known
	Reasons []goodwill.GiftReason
	In      []goodwill.Standing // by currency, of those that the customer has an account in
}

// Giving tells how far a member of staff may give something in a conversation, before they
// propose it. Errors: Forbidden; NotFound; Unavailable.
func (s *Service) Giving(ctx context.Context, p identity.Principal, conversation string) (Giving, error) {
	var out Giving
	k := action.Kept{Action: action.Action{ConversationID: conversation, Maker: action.ByOf(p)}}
	talk, err := s.Store.Conversation(ctx, p, conversation)
	if err != nil {
		return out, err
	}
	k.CustomerID = talk.CustomerID
	rules, _, err := s.Store.GoodwillFor(ctx, p, k) // whoever may not is told before the wallet is asked
	if err != nil || s.Wallet == nil {
		return out, err
	}
	link, err := s.Links.WalletCase(ctx, p, talk.CustomerID, conversation, s.issuer)
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	able, err := s.capabilities(ctx)
	if err != nil || !able.Does(wallet.GiveGoodwill) {
		return out, err
	}
	k.Command.CustomerID, out.Offered = link.WalletID, true
	if k.Tied, err = s.ties(ctx, actor(p, k), able, link.WalletID); err != nil {
		return out, err
	}
	for _, r := range rules.Reasons {
		if !r.Unused {
			out.Reasons = append(out.Reasons, r)
		}
	}
	for _, b := range rules.Bounds {
		one, err := wallet.Parse("1", b.Currency, 2)
		if err != nil {
			continue
		}
		k.Command.Amount = one
		_, sums, err := s.Store.GoodwillFor(ctx, p, k)
		if err != nil {
			return out, err
		}
		left, err := b.Left(sums)
		if err != nil {
			return out, err
		}
		out.In = append(out.In, goodwill.Standing{Currency: b.Currency, Left: left, Sums: sums})
	}
	return s.held(ctx, actor(p, k), able, link.WalletID, out), nil
}

// held leaves the currencies in which a customer has an account, where the wallet tells.
func (s *Service) held(ctx context.Context, by wallet.Actor, able wallet.Capabilities, customer string, out Giving) Giving {
	from, tells := s.Wallet.(interface {
		Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error)
	})
	if !tells || !able.Reads(wallet.ReadAccounts) {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	all, err := from.Balances(ctx, by, customer)
	if err != nil {
		return out
	}
	out.In = slices.DeleteFunc(out.In, func(s goodwill.Standing) bool {
		return !slices.ContainsFunc(all, func(b wallet.Balance) bool { return b.Available.Currency() == s.Currency })
	})
	return out
}

// toldOfGift is what a customer reads of what the house gave them; "" for what is no gift.
func toldOfGift(k action.Kept, language string) string {
	if !k.Command.Act.OfHouse() || k.Said[0] == "" {
		return ""
	}
	sum := k.Command.Amount.Amount() + " " + k.Command.Amount.Currency()
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return "我们已将 " + sum + " 存入您的钱包，" + k.Said[1] + "。这笔钱归您所有，无需退还，也不需要您做任何事；您可以在账单中以“我们赠予的补偿”找到它。如有疑问，请在这里留言，会有工作人员查看。"
	}
	return "We have put " + sum + " into your wallet, " + k.Said[0] + ". It is yours: there is nothing to pay back, and nothing that you have to do. You find it among your payments as goodwill from us. If you have a question about it, write here: a person reads it."
}
