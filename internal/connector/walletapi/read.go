package walletapi

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Customer implements lookup.Wallet.
func (c *Client) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	var told wallet.Customer
	err := c.ask(ctx, by, question{name: "customer", path: []string{"customers", id}, into: &told, check: func() error {
		if told.ID != id {
			return foreign()
		}
		return told.Validate()
	}})
	if err != nil {
		return wallet.Customer{}, err
	}
	return told, nil
}

// Accounts implements lookup.Wallet.
func (c *Client) Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error) {
	return several[wallet.Account](ctx, c, by, customer, "accounts")
}

// Balances implements lookup.Wallet.
func (c *Client) Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error) {
	return several[wallet.Balance](ctx, c, by, customer, "balances")
}

// Instruments implements lookup.Wallet.
func (c *Client) Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return several[wallet.Instrument](ctx, c, by, customer, "instruments")
}

// several asks for a list of one customer's things.
func several[T interface{ Validate() error }](ctx context.Context, c *Client, by wallet.Actor, customer, what string) ([]T, error) {
	return listOf(ctx, c, by, question{name: what, path: []string{"customers", customer, what}}, wallet.MaxAccounts, func(T) bool { return true })
}

// listOf asks for a list, each of whose things must be one that was asked for.
func listOf[T interface{ Validate() error }](ctx context.Context, c *Client, by wallet.Actor, q question, most int, asked func(T) bool) ([]T, error) {
	var told struct {
		Items []T `json:"items"`
	}
	q.into, q.check = &told, func() error {
		if told.Items == nil || len(told.Items) > most {
			return fault.InvalidField("walletapi.listOf", "items", "are missing or too many")
		}
		for _, one := range told.Items {
			if !asked(one) {
				return foreign()
			}
			if err := one.Validate(); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.ask(ctx, by, q); err != nil {
		return nil, err
	}
	return told.Items, nil
}

// Transaction implements lookup.Wallet.
func (c *Client) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	var told wallet.Transaction
	query := url.Values{"customer": {customer}}
	err := c.ask(ctx, by, question{name: "transaction", path: []string{"transactions", id}, query: query, ids: []string{customer}, into: &told, check: func() error {
		if told.ID != id || told.CustomerID != customer {
			return foreign()
		}
		return told.Validate()
	}})
	if err != nil {
		return wallet.Transaction{}, err
	}
	c.saw(told)
	return told, nil
}

// Transactions implements lookup.Wallet.
func (c *Client) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	var told wallet.Page
	err := c.ask(ctx, by, question{name: "transactions", path: []string{"transactions"}, query: values(q), into: &told, check: func() error { return checkPage(told, q) }})
	if err != nil {
		return wallet.Page{}, err
	}
	for _, t := range told.Items {
		c.saw(t)
	}
	return told, nil
}

// values are the filters of a question, as docs/wallet-api.md names them.
func values(q wallet.Query) url.Values {
	v := url.Values{"customer": {q.CustomerID}, "limit": {strconv.Itoa(q.Limit)}}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	for _, k := range q.Kinds {
		v.Add("kind", string(k))
	}
	for name, at := range map[string]wallet.Time{"from": q.From, "to": q.To} {
		if at != 0 {
			v.Set(name, at.Std().Format(time.RFC3339Nano))
		}
	}
	for name, text := range map[string]string{"min": q.Min, "max": q.Max, "currency": q.Currency, "text": strings.TrimSpace(q.Text), "instrument": q.Instrument, "cursor": q.Cursor} {
		if text != "" {
			v.Set(name, text)
		}
	}
	return v
}

// checkPage refuses a page that is not what was asked for. How a wallet searches
// names is its own business.
func checkPage(p wallet.Page, q wallet.Query) error {
	const op = "walletapi.checkPage"
	if p.Items == nil || len(p.Items) > q.Limit || len(p.Next) > wallet.MaxCursor {
		return fault.InvalidField(op, "items", "are missing or too many, or the cursor is too long")
	}
	q.Text = ""
	for i, t := range p.Items {
		switch {
		case t.CustomerID != q.CustomerID:
			return foreign()
		case !q.Matches(t):
			return fault.InvalidField(op, "items", "hold one that was not asked for")
		case i > 0 && t.CreatedAt > p.Items[i-1].CreatedAt:
			return fault.InvalidField(op, "items", "are not the newest first")
		}
		if err := t.Validate(); err != nil {
			return err
		}
	}
	return nil
}

func foreign() error {
	return fault.InvalidField("walletapi.check", "customer_id", "is of somebody who was not asked for")
}

// MaxTrace bounds what is told of one transaction.
const MaxTrace = 200

// Timeline asks for all that happened to one transaction, the oldest first.
func (c *Client) Timeline(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Trace, error) {
	last := wallet.Time(0)
	q := question{name: "timeline", path: []string{"customers", customer, "transactions", txID, "timeline"}}
	return listOf(ctx, c, by, q, MaxTrace, func(t wallet.Trace) bool {
		ordered := t.At >= last
		last = t.At
		return ordered
	})
}

// Attempts asks for the payments that the app tried to begin: that of a trace id, or the
// newest.
func (c *Client) Attempts(ctx context.Context, by wallet.Actor, customer, traceID string) ([]wallet.Attempt, error) {
	q := question{name: "attempts", path: []string{"customers", customer, "attempts"}}
	if traceID != "" {
		q.query, q.ids = url.Values{"trace_id": {traceID}}, []string{traceID}
	}
	all, err := listOf(ctx, c, by, q, wallet.MaxAccounts, func(a wallet.Attempt) bool {
		return a.CustomerID == customer && (traceID == "" || a.TraceID == traceID)
	})
	for _, a := range all {
		c.saw(wallet.Transaction{ID: a.TraceID, CustomerID: customer, Failure: a.Failure})
	}
	return all, err
}

// Refunds asks for the refunds of one payment, or of all.
func (c *Client) Refunds(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Refund, error) {
	q := question{name: "refunds", path: []string{"customers", customer, "refunds"}}
	if txID != "" {
		q.query, q.ids = url.Values{"tx": {txID}}, []string{txID}
	}
	return listOf(ctx, c, by, q, wallet.MaxAccounts, func(r wallet.Refund) bool {
		return r.CustomerID == customer && (txID == "" || r.TransactionID == txID)
	})
}

// Terms asks whether and how a payment can be refunded.
func (c *Client) Terms(ctx context.Context, by wallet.Actor, customer, txID string) (wallet.Terms, error) {
	return one(ctx, c, by, question{name: "terms", path: []string{"customers", customer, "transactions", txID, "terms"}}, func(t wallet.Terms) error {
		if t.TransactionID != txID {
			return foreign()
		}
		return t.Validate()
	})
}

// Disputes asks for a customer's disputes.
func (c *Client) Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error) {
	q := question{name: "disputes", path: []string{"customers", customer, "disputes"}}
	return listOf(ctx, c, by, q, wallet.MaxAccounts, func(d wallet.Dispute) bool { return d.CustomerID == customer })
}

// Devices asks for a customer's devices.
func (c *Client) Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error) {
	return several[wallet.Device](ctx, c, by, customer, "devices")
}

// Sessions asks when and from where a customer signed in.
func (c *Client) Sessions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Session, error) {
	return several[wallet.Session](ctx, c, by, customer, "sessions")
}

// Factors asks how a customer can prove who they are.
func (c *Client) Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error) {
	return several[wallet.Factor](ctx, c, by, customer, "factors")
}

// Limits asks how much a customer may move.
func (c *Client) Limits(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Limit, error) {
	return several[wallet.Limit](ctx, c, by, customer, "limits")
}

// Restrictions asks what a customer may not do at present.
func (c *Client) Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error) {
	return several[wallet.Restriction](ctx, c, by, customer, "restrictions")
}

// Alerts asks what looked unlike a customer.
func (c *Client) Alerts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Alert, error) {
	return several[wallet.Alert](ctx, c, by, customer, "alerts")
}

// watching is on whose behalf Kefu asks for what is of no customer.
func watching() wallet.Actor { return wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"} }

// Incidents asks what does not work at present.
func (c *Client) Incidents(ctx context.Context) ([]wallet.Incident, error) {
	return listOf(ctx, c, watching(), question{name: "incidents", path: []string{"incidents"}}, wallet.MaxAccounts, func(wallet.Incident) bool { return true })
}

// Notices asks for what changed after a position, at most limit (1 to MaxNotices) of it.
func (c *Client) Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error) {
	limit = min(max(limit, 1), wallet.MaxNotices)
	query := url.Values{"after": {strconv.FormatInt(max(after, 0), 10)}, "limit": {strconv.Itoa(limit)}}
	return one(ctx, c, watching(), question{name: "notices", path: []string{"events"}, query: query}, func(n wallet.Notices) error {
		const op = "walletapi.Notices"
		if n.Items == nil || len(n.Items) > limit || (n.More && len(n.Items) == 0) {
			return fault.InvalidField(op, "items", "are missing or too many, or none although there are more")
		}
		last := after
		for _, notice := range n.Items {
			if notice.Position <= last {
				return fault.InvalidField(op, "position", "does not grow, or was not asked for")
			}
			if err := notice.Validate(); err != nil {
				return err
			}
			last = notice.Position
		}
		return nil
	})
}

// one asks for one thing.
func one[T any](ctx context.Context, c *Client, by wallet.Actor, q question, check func(T) error) (T, error) {
	var told, none T
	q.into, q.check = &told, func() error { return check(told) }
	if err := c.ask(ctx, by, q); err != nil {
		return none, err
	}
	return told, nil
}
