package walletcheck

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/walletcheck/wire"
)

// transactions is what happened to somebody's money.
func transactions() []Check {
	return slices.Concat(pages(), owners(), filters(), single())
}

func ids(list []wallet.Transaction) []string {
	all := make([]string, len(list))
	for i, t := range list {
		all[i] = t.ID
	}
	return all
}

func pages() []Check {
	const order = "people look for the payment of a moment ago at the top"
	return []Check{
		{"transactions.contract", "tells of transactions in the words of the contract, each with a history that leads to its state", "else the whole answer is refused", func(p *probe) error {
			_, err := p.page(p.o.Customer, "&limit=50")
			return err
		}},
		{"transactions.default", "answers without a limit too", "a limit is the caller's wish", func(p *probe) error {
			page, err := p.page(p.o.Customer, "")
			if err == nil && len(page.Items) > wallet.MaxPage {
				return fmt.Errorf("there are %d", len(page.Items))
			}
			return err
		}},
		{"transactions.order", "tells of the newest first", order, func(p *probe) error {
			list, err := p.all(p.o.Customer, "", 50)
			for i := range list {
				if i > 0 && list[i].CreatedAt > list[i-1].CreatedAt {
					return fmt.Errorf("something newer comes later")
				}
			}
			return err
		}},
		{"transactions.limit", "keeps to the limit", "a page is shown as it comes", func(p *probe) error {
			for _, limit := range []int{1, 2, 7} {
				page, err := p.page(p.o.Customer, fmt.Sprintf("&limit=%d", limit))
				if err != nil {
					return err
				}
				if len(page.Items) > limit {
					return fmt.Errorf("a page of %d has %d", limit, len(page.Items))
				}
			}
			return nil
		}},
		{"transactions.next", "gives a cursor where there is more, and none at the end", "else pages end too soon or never", func(p *probe) error {
			all, err := p.all(p.o.Customer, "", wallet.MaxPage)
			if err != nil {
				return err
			}
			if len(all) < 2 {
				return skip("the customer has fewer than two transactions")
			}
			page, err := p.page(p.o.Customer, "&limit=1")
			if err == nil && (page.Next == "" || len(page.Next) > wallet.MaxCursor) {
				return fmt.Errorf("of %d the first page of one has the cursor %q", len(all), page.Next)
			}
			return err
		}},
		{"transactions.pages", "tells by small pages what it tells by a large one", "else something is missing, or there twice", func(p *probe) error {
			large, err := p.all(p.o.Customer, "", wallet.MaxPage)
			if err != nil {
				return err
			}
			small, err := p.all(p.o.Customer, "", 3)
			if err == nil && !slices.Equal(ids(large), ids(small)) {
				return fmt.Errorf("%d by large pages, %d by small ones, or in another order", len(large), len(small))
			}
			return err
		}},
	}
}

// owners is whose transactions are told of.
func owners() []Check {
	return []Check{
		{"transactions.once", "tells of each transaction once", "a payment that is there twice is a payment made twice", func(p *probe) error {
			list, err := p.all(p.o.Customer, "", 5)
			all := ids(list)
			if slices.Sort(all); err == nil && len(slices.Compact(slices.Clone(all))) != len(all) {
				return fmt.Errorf("one comes twice")
			}
			return err
		}},
		{"transactions.cursor.other", "gives nothing of one customer for another one's cursor", "somebody else's data is shown otherwise", func(p *probe) error {
			page, err := p.page(p.o.Customer, "&limit=1")
			if err != nil || page.Next == "" {
				return or(err, skip("there is no second page"))
			}
			a := p.send(wire.Get("/transactions?customer=" + p.o.Other + "&limit=50&cursor=" + url.QueryEscape(page.Next)))
			if a.Err != nil || a.Status != 200 {
				return a.Refused(400, "invalid")
			}
			var told wallet.Page
			if err := a.Read(&told); err != nil {
				return err
			}
			if slices.ContainsFunc(told.Items, func(t wallet.Transaction) bool { return t.CustomerID != p.o.Other }) {
				return fmt.Errorf("there is one of the other customer's")
			}
			return nil
		}},
		{"transactions.nobody", "answers 404 not_found for the transactions of nobody", "an empty list says that there is somebody", func(p *probe) error {
			return p.send(wire.Get("/transactions?customer="+wire.Nobody)).Refused(404, "not_found")
		}},
		{"transactions.apart", "tells different customers of different transactions", "somebody else's data is shown otherwise", func(p *probe) error {
			mine, err := p.all(p.o.Customer, "", 50)
			if err != nil {
				return err
			}
			others, err := p.all(p.o.Other, "", 50)
			for _, id := range ids(mine) {
				if slices.Contains(ids(others), id) {
					return fmt.Errorf("both have the same one")
				}
			}
			return err
		}},
	}
}

// filters narrow a list, and refuse what makes no sense.
func filters() []Check {
	var all []Check
	for name, query := range map[string]func(wallet.Transaction) (wallet.Query, string){
		"state": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{States: []wallet.State{t.State, wallet.Voided}}, "&state=" + string(t.State) + "&state=voided"
		},
		"kind": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{Kinds: []wallet.Kind{t.Kind}}, "&kind=" + string(t.Kind)
		},
		"from": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{From: t.CreatedAt}, "&from=" + url.QueryEscape(t.CreatedAt.Std().Format(time.RFC3339Nano))
		},
		"to": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{To: t.CreatedAt}, "&to=" + url.QueryEscape(t.CreatedAt.Std().Format(time.RFC3339Nano))
		},
		"min": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{Min: t.Amount.Amount()}, "&min=" + t.Amount.Amount()
		},
		"max": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{Max: t.Amount.Amount()}, "&max=" + t.Amount.Amount()
		},
		"currency": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{Currency: t.Amount.Currency()}, "&currency=" + t.Amount.Currency()
		},
		"together": func(t wallet.Transaction) (wallet.Query, string) {
			return wallet.Query{States: []wallet.State{t.State}, Min: t.Amount.Amount(), Max: t.Amount.Amount()}, "&state=" + string(t.State) + "&min=" + t.Amount.Amount() + "&max=" + t.Amount.Amount()
		},
	} {
		all = append(all, Check{"transactions.filter." + name, "narrows transactions by " + name, "an agent who asks for some believes that these are all", func(p *probe) error {
			return p.filtered(query)
		}})
	}
	slices.SortFunc(all, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	for name, query := range map[string]string{
		"limit.zero": "&limit=0", "limit.large": "&limit=101", "limit.text": "&limit=ten", "state": "&state=done", "kind": "&kind=gift", "cursor": "&cursor=rubbish-verify",
		"min": "&min=1e3", "max": "&max=-1", "currency": "&currency=euro", "from": "&from=yesterday", "span": "&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
		"text": "&text=a", "unknown": "&verify=1", "twice": "&limit=5&limit=6", "customer": "&customer=" + wire.Nobody,
	} {
		all = append(all, Check{"transactions.refuses." + name, "refuses a question for transactions with " + strings.TrimPrefix(query, "&"), "what is misread answers another question", func(p *probe) error {
			return p.send(wire.Get("/transactions?customer="+p.o.Customer+query)).Refused(400, "invalid")
		}})
	}
	slices.SortFunc(all, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	return append(all, Check{"transactions.refuses.nobody", "refuses a question for transactions of no customer", "there is no list over all customers", func(p *probe) error {
		return p.send(wire.Get("/transactions?limit=5")).Refused(400, "invalid")
	}})
}

// filtered compares what a filter gives with what it must.
func (p *probe) filtered(query func(wallet.Transaction) (wallet.Query, string)) error {
	everything, err := p.all(p.o.Customer, "", wallet.MaxPage)
	if err != nil {
		return err
	}
	if len(everything) < 3 {
		return skip("the customer has fewer than three transactions")
	}
	q, text := query(everything[len(everything)/2])
	q.CustomerID = p.o.Customer
	var want []string
	for _, t := range everything {
		if q.Matches(t) {
			want = append(want, t.ID)
		}
	}
	got, err := p.all(p.o.Customer, text, 7)
	if err != nil {
		return err
	}
	if !slices.Equal(ids(got), want) {
		return fmt.Errorf("%d came of the %d that there are", len(got), len(want))
	}
	return nil
}

// single is one transaction by its id.
func single() []Check {
	first := func(id, what, why string, run func(*probe, wallet.Transaction) error) Check {
		return Check{id, what, why, func(p *probe) error {
			page, err := p.page(p.o.Customer, "&limit=1")
			if err != nil || len(page.Items) == 0 {
				return or(err, skip("the customer has no transactions"))
			}
			return run(p, page.Items[0])
		}}
	}
	return []Check{
		first("transaction.same", "tells of a transaction alone as it does in a list", "else one of the two is wrong", func(p *probe, t wallet.Transaction) error {
			alone, err := one[wallet.Transaction](p, wire.Get("/transactions/"+t.ID+"?customer="+p.o.Customer))
			if err == nil && !equalJSON(alone, t) {
				return fmt.Errorf("it is another one")
			}
			return err
		}),
		first("transaction.other", "tells nobody of another customer's transaction", "somebody else's data is shown otherwise", func(p *probe, t wallet.Transaction) error {
			return p.send(wire.Get("/transactions/"+t.ID+"?customer="+p.o.Other)).Refused(404, "not_found")
		}),
		first("transaction.whose", "refuses a transaction of no customer", "a wallet that asks not whose it is gives everybody's", func(p *probe, t wallet.Transaction) error {
			return p.send(wire.Get("/transactions/"+t.ID)).Refused(400, "invalid")
		}),
		first("transaction.twice", "refuses a transaction of two customers", "two readers would believe two of them", func(p *probe, t wallet.Transaction) error {
			return p.send(wire.Get("/transactions/"+t.ID+"?customer="+p.o.Customer+"&customer="+p.o.Other)).Refused(400, "invalid")
		}),
		first("transaction.none", "answers 404 not_found for a transaction that is not there", "Kefu tells nothing there from nobody who answers", func(p *probe, _ wallet.Transaction) error {
			return p.send(wire.Get("/transactions/none-verify?customer="+p.o.Customer)).Refused(404, "not_found")
		}),
	}
}
