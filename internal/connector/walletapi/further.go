package walletapi

import (
	"context"
	"net/url"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
)

// Statements asks for a customer's statements, the newest first.
func (c *Client) Statements(ctx context.Context, by wallet.Actor, customer string) ([]statement.Statement, error) {
	last := wallet.Time(1 << 62)
	q := question{name: "statements", path: []string{"customers", customer, "statements"}}
	return listOf(ctx, c, by, q, wallet.MaxAccounts, func(s statement.Statement) bool {
		ordered := s.To <= last
		last = s.To
		return ordered && s.CustomerID == customer
	})
}

// Document asks for a statement to keep, in one of its forms. A link that leads elsewhere
// than the operator said is none, and so is the document then. Errors: NotFound when there
// is no such statement, or not in that form; Unavailable.
func (c *Client) Document(ctx context.Context, by wallet.Actor, customer, id, form string) (statement.Document, error) {
	q := question{name: "document", path: []string{"customers", customer, "statements", id, "document"}, query: url.Values{"form": {form}}}
	told, err := one(ctx, c, by, q, func(d statement.Document) error {
		if d.StatementID != id || d.Form != form {
			return foreign()
		}
		return d.Validate()
	})
	if err != nil || told.Link == "" || c.leads(told.Link) {
		return told, err
	}
	return statement.Document{}, fault.New(fault.Unavailable, "walletapi.Document", "the document lies elsewhere than the wallet's links may lead")
}

// leads tells whether a link leads where the operator said. They are told once for each
// other place, and not what stood behind it.
func (c *Client) leads(link string) bool {
	if c.links.Lead(link) {
		return true
	}
	place := applink.Place(link)
	if last := c.refused.Swap(&place); last == nil || *last != place {
		c.log.Error("the wallet gave a link that leads elsewhere than wallet.link_origins says, so customers are not shown it: add its place there if it is the wallet's", "place", place, "named", c.links.String())
	}
	return false
}

// Mandates asks who may charge a customer again and again.
func (c *Client) Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error) {
	q := question{name: "mandates", path: []string{"customers", customer, "mandates"}}
	return listOf(ctx, c, by, q, wallet.MaxAccounts, func(m instrument.Mandate) bool { return m.CustomerID == customer })
}

// Uses asks what rests on one instrument.
func (c *Client) Uses(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Uses, error) {
	return one(ctx, c, by, question{name: "instrument uses", path: []string{"customers", customer, "instruments", id, "uses"}}, func(u instrument.Uses) error {
		if u.InstrumentID != id {
			return foreign()
		}
		for _, m := range u.Mandates {
			if m.CustomerID != customer {
				return foreign()
			}
		}
		return u.Validate()
	})
}

// Link has the wallet open its own form for adding an instrument. Asked again under the
// same key it gives the same. Errors as for Do.
func (c *Client) Link(ctx context.Context, by wallet.Actor, a instrument.Adding) (instrument.Link, error) {
	if err := a.Validate(); err != nil {
		return instrument.Link{}, unsent{err}
	}
	q := question{name: "instrument link", path: []string{"customers", a.CustomerID, "links"}, key: a.Key, body: a, ids: []string{a.CustomerID, a.Key}}
	told, err := one(ctx, c, by, q, func(l instrument.Link) error { return checkLink(l, a.CustomerID, "") })
	return c.shown(told), err
}

// Linked asks what became of the adding of an instrument. Errors: NotFound, Unavailable.
func (c *Client) Linked(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Link, error) {
	told, err := one(ctx, c, by, question{name: "instrument link", path: []string{"customers", customer, "links", id}}, func(l instrument.Link) error {
		return checkLink(l, customer, id)
	})
	return c.shown(told), err
}

func checkLink(l instrument.Link, customer, id string) error {
	if l.CustomerID != customer || (id != "" && l.ID != id) {
		return foreign()
	}
	if l.Address != "" {
		if err := applink.Check(l.Address); err != nil {
			return err
		}
	}
	return l.Validate()
}

// shown takes out of an answer a form that lies elsewhere than the operator said: its
// customer finds the way to it without.
func (c *Client) shown(l instrument.Link) instrument.Link {
	if l.Address != "" && !c.leads(l.Address) {
		l.Address = ""
	}
	return l
}

// Closure asks how the end of a customer's account stands, and what is in its way.
func (c *Client) Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error) {
	return one(ctx, c, by, question{name: "closure", path: []string{"customers", customer, "closure"}}, func(s closing.Standing) error {
		if s.CustomerID != customer {
			return foreign()
		}
		return s.Validate()
	})
}

// Points asks what points a customer has, and which offers they took part in.
func (c *Client) Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error) {
	return one(ctx, c, by, question{name: "points", path: []string{"customers", customer, "points"}}, func(s points.Standing) error {
		if s.CustomerID != customer {
			return foreign()
		}
		return s.Validate()
	})
}

// Earning asks about the points of one purchase.
func (c *Client) Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error) {
	return one(ctx, c, by, question{name: "earning", path: []string{"customers", customer, "transactions", transaction, "points"}}, func(e points.Earning) error {
		if e.TransactionID != transaction {
			return foreign()
		}
		return e.Validate()
	})
}

// Consents asks what a customer agreed to.
func (c *Client) Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error) {
	return one(ctx, c, by, question{name: "consents", path: []string{"customers", customer, "consents"}}, func(s consent.Standing) error {
		if s.CustomerID != customer {
			return foreign()
		}
		return s.Validate()
	})
}

// Fees asks for all that the wallet charges for. It is the same for everybody.
func (c *Client) Fees(ctx context.Context) (tariff.Schedule, error) {
	return one(ctx, c, watching(), question{name: "fees", path: []string{"fees"}}, tariff.Schedule.Validate)
}

// Transfers asks for a customer's transfers over public networks, the newest first: all of
// them, or those of one transaction id. A link that leads elsewhere than the operator said
// is left out. Errors: Unavailable.
func (c *Client) Transfers(ctx context.Context, by wallet.Actor, customer, txid string) ([]onchain.Transfer, error) {
	q := question{name: "transfers", path: []string{"customers", customer, "onchain"}}
	if txid != "" { // which may be something else: it is in no address
		wanted := onchain.Named{TxID: txid}
		if wanted.Validate() != nil {
			return nil, unsent{fault.New(fault.NotFound, "walletapi.Transfers", "no transaction has such a name")}
		}
		q = question{name: "transfers", path: []string{"customers", customer, "onchain:find"}, ids: []string{customer}, key: newKey(), body: wanted}
	}
	last := wallet.Time(1 << 62)
	list, err := listOf(ctx, c, by, q, wallet.MaxAccounts, func(t onchain.Transfer) bool {
		ordered := t.SeenAt <= last
		last = t.SeenAt
		return ordered && t.CustomerID == customer && asksBy(t) && (txid == "" || onchain.SameTxID(t.TxID, txid) || onchain.SameTxID(t.ReplacedBy, txid))
	})
	for i := range list {
		list[i] = c.looked(list[i])
	}
	return list, err
}

// Transfer asks for one of them. Errors: NotFound, Unavailable.
func (c *Client) Transfer(ctx context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error) {
	told, err := one(ctx, c, by, question{name: "transfer", path: []string{"customers", customer, "onchain", id}}, func(t onchain.Transfer) error {
		if t.CustomerID != customer || t.ID != id {
			return foreign()
		}
		if !asksBy(t) {
			return fault.InvalidField("walletapi.Transfer", "asking.link", "is no link")
		}
		return t.Validate()
	})
	return c.looked(told), err
}

// asksBy tells whether what is asked by law is asked by a link that is one, or by none.
func asksBy(t onchain.Transfer) bool {
	return t.Asking == nil || t.Asking.Link == "" || applink.Check(t.Asking.Link) == nil
}

// looked takes out of a transfer the links that lead elsewhere than the operator said.
func (c *Client) looked(t onchain.Transfer) onchain.Transfer {
	if t.Explorer != "" && !c.leads(t.Explorer) {
		t.Explorer = ""
	}
	if t.Asking != nil && t.Asking.Link != "" && !c.leads(t.Asking.Link) {
		a := *t.Asking
		a.Link, t.Asking = "", &a
	}
	return t
}
