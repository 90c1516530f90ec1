package walletcheck

import (
	"encoding/json"
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/walletcheck/wire"
)

// customers is who somebody is.
func customers() []Check {
	return []Check{
		{"customer.contract", "tells of a customer in the words of the contract", "else the whole answer is refused", func(p *probe) error {
			_, err := one[wallet.Customer](p, wire.Get(p.mine("")))
			return err
		}},
		{"customer.right", "tells of the customer who was asked for", "somebody else's data is shown otherwise", func(p *probe) error {
			for _, id := range []string{p.o.Customer, p.o.Other} {
				c, err := one[wallet.Customer](p, wire.Get("/customers/"+id))
				if err != nil {
					return err
				}
				if c.ID != id {
					return fmt.Errorf("another one is told of")
				}
			}
			return nil
		}},
		{"customer.nobody", "answers 404 not_found for nobody", "Kefu tells nobody there from nobody who answers", func(p *probe) error {
			return p.send(wire.Get("/customers/"+wire.Nobody)).Refused(404, "not_found")
		}},
		{"customer.query", "refuses a query that it does not know", "what is ignored is believed to have had an effect", func(p *probe) error {
			return p.send(wire.Get(p.mine("?verify=1"))).Refused(400, "invalid")
		}},
		{"customer.body", "refuses a question with a body", "two readers may disagree on what was asked", func(p *probe) error {
			c := wire.Get(p.mine(""))
			c.Body = []byte("{}")
			return p.send(c).Refused(400, "invalid")
		}},
		{"actor.kinds", "takes the kinds of actors that there are", "customers look at what is theirs, and Kefu by itself", func(p *probe) error {
			for _, a := range []string{`{"kind":"customer","id":"k1","purpose":"own"}`, `{"kind":"staff","id":"k1","role":"supervisor","case":"c1","purpose":"reveal"}`} {
				c := wire.Get(p.mine(""))
				c.Actor = a
				if got := p.send(c); got.Err != nil || got.Status != 200 {
					return fmt.Errorf("%s for %s", got, a)
				}
			}
			return nil
		}},
		{"actor.strict", "refuses an actor that cannot be read", "a record of nobody is no record", func(p *probe) error {
			for _, a := range []string{`nobody`, `{}`, `{"kind":"staff","id":"","purpose":"view"}`, `{"kind":"staff","id":"a","purpose":"view","verify":1}`} {
				c := wire.Get(p.mine(""))
				c.Actor = a
				if got := p.send(c); got.Err != nil || got.Status < 400 || got.Status >= 500 {
					return fmt.Errorf("%s for %s", got, a)
				}
			}
			return nil
		}},
		{"customer.no.card.number", "never tells a whole card number", "Kefu must not have one, whatever it does with it", func(p *probe) error {
			for _, r := range wallet.Readings() {
				if p.told && !p.can.Reads(r) {
					continue
				}
				for _, path := range p.addresses(r) {
					if a := p.send(wire.Get(path)); a.Err == nil && cardNumber(a.Body) {
						return fmt.Errorf("there is one in the answer to %s", r)
					}
				}
			}
			return nil
		}},
	}
}

// cardNumber tells whether a text has a number as long as a card's, with its check digit
// (ISO/IEC 7812-1) and one of its first. Telephone numbers and what has letters in front,
// such as an IBAN, are none.
func cardNumber(text []byte) bool {
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		alone := at == 0 || !(text[at-1] == '+' || (text[at-1] >= 'A' && text[at-1] <= 'Z') || (text[at-1] >= 'a' && text[at-1] <= 'z'))
		if n := end - at; alone && (n == 15 || n == 16 || n == 19) && text[at] >= '3' && text[at] <= '6' && luhn(text[at:end]) {
			return true
		}
		at = max(end, at+1)
	}
	return false
}

func luhn(number []byte) bool {
	sum := 0
	for i := range number {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// list is a reading of several things of one customer.
type list struct {
	reading wallet.Reading
	name    string
	read    func(*probe, wire.Call) (any, error)
}

func listOf[T validated](r wallet.Reading, name string) list {
	return list{r, name, func(p *probe, c wire.Call) (any, error) { return many[T](p, c) }}
}

// lists is what a customer has several of.
func lists() []Check {
	var all []Check
	for _, l := range []list{
		listOf[wallet.Account](wallet.ReadAccounts, "accounts"), listOf[wallet.Balance](wallet.ReadAccounts, "balances"),
		listOf[wallet.Instrument](wallet.ReadInstruments, "instruments"), listOf[wallet.Device](wallet.ReadDevices, "devices"),
		listOf[wallet.Session](wallet.ReadSessions, "sessions"), listOf[wallet.Factor](wallet.ReadFactors, "factors"), listOf[wallet.Limit](wallet.ReadLimits, "limits"),
		listOf[wallet.Restriction](wallet.ReadRestrictions, "restrictions"), listOf[wallet.Alert](wallet.ReadAlerts, "alerts"), listOf[wallet.Refund](wallet.ReadRefunds, "refunds"),
		listOf[wallet.Dispute](wallet.ReadDisputes, "disputes"), listOf[wallet.Attempt](wallet.ReadAttempts, "attempts"),
		listOf[statement.Statement](wallet.ReadStatements, "statements"), listOf[instrument.Mandate](wallet.ReadMandates, "mandates"),
	} {
		check := func(id, what, why string, run func(*probe) error) {
			all = append(all, Check{l.name + "." + id, what, why, func(p *probe) error {
				if err := p.reads(l.reading); err != nil {
					return err
				}
				return run(p)
			}})
		}
		check("contract", "tells of "+l.name+" in the words of the contract", "else the whole answer is refused", func(p *probe) error {
			for _, path := range []string{p.mine("/" + l.name), p.others("/" + l.name)} {
				if _, err := l.read(p, wire.Get(path)); err != nil {
					return err
				}
			}
			return nil
		})
		check("nobody", "answers 404 not_found for the "+l.name+" of nobody", "an empty list says that there is somebody", func(p *probe) error {
			return p.send(wire.Get("/customers/"+wire.Nobody+"/"+l.name)).Refused(404, "not_found")
		})
		check("query", "refuses a query for "+l.name+" that it does not know", "what is ignored is believed to have had an effect", func(p *probe) error {
			return p.send(wire.Get(p.mine("/"+l.name+"?verify=1"))).Refused(400, "invalid")
		})
		check("apart", "tells different customers of different "+l.name, "somebody else's data is shown otherwise", func(p *probe) error {
			return p.apart(l)
		})
	}
	return all
}

// apart wants no id to be in the lists of two customers.
func (p *probe) apart(l list) error {
	ids := func(path string) ([]string, error) {
		items, err := l.read(p, wire.Get(path))
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(items)
		if err != nil {
			return nil, err
		}
		var told []struct {
			ID      string `json:"id"`
			Account string `json:"account_id"`
			Trace   string `json:"trace_id"`
		}
		if err := json.Unmarshal(text, &told); err != nil {
			return nil, err
		}
		var all []string
		for _, x := range told {
			all = append(all, x.ID+x.Account+x.Trace)
		}
		return all, nil
	}
	mine, err := ids(p.mine("/" + l.name))
	if err != nil {
		return err
	}
	others, err := ids(p.others("/" + l.name))
	if err != nil {
		return err
	}
	if len(mine) == 0 || len(others) == 0 {
		return skip("one of the two has none")
	}
	for _, id := range mine {
		if slices.Contains(others, id) {
			return fmt.Errorf("both have the same one")
		}
	}
	return nil
}

// mixed is what happens where things of customers are not kept apart.
const mixed = "somebody else's data is shown otherwise"

// about is a check of what is asked for about the newest transactions.
func about(r wallet.Reading, id, what, why string, run func(*probe, []wallet.Transaction) error) Check {
	return Check{id, what, why, func(p *probe) error {
		if err := p.reads(r); err != nil {
			return err
		}
		page, err := p.page(p.o.Customer, "&limit=20")
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			return skip("the customer has no transactions")
		}
		return run(p, page.Items)
	}}
}

// details is what is asked for about single things.
func details() []Check {
	trace := func(id string) string { return "/transactions/" + id + "/timeline" }
	return append(append([]Check{
		about(wallet.ReadTimeline, "timeline.contract", "tells what happened to a transaction, the oldest first", "people follow a story in its order", func(p *probe, list []wallet.Transaction) error {
			for _, t := range list[:min(5, len(list))] {
				all, err := many[wallet.Trace](p, wire.Get(p.mine(trace(t.ID))))
				if err != nil {
					return err
				}
				for i := range all {
					if i > 0 && all[i].At < all[i-1].At {
						return fmt.Errorf("something later comes first")
					}
				}
			}
			return nil
		}),
		about(wallet.ReadTimeline, "timeline.other", "tells nobody of another customer's timeline", mixed, func(p *probe, list []wallet.Transaction) error {
			return p.send(wire.Get(p.others(trace(list[0].ID)))).Refused(404, "not_found")
		}),
		about(wallet.ReadTimeline, "timeline.none", "answers 404 for the timeline of nothing", "an empty list says that there is something", func(p *probe, _ []wallet.Transaction) error {
			return p.send(wire.Get(p.mine(trace("none-verify")))).Refused(404, "not_found")
		}),
	}, refundTerms()...), belongings()...)
}

// refundTerms is whether and how payments can be refunded.
func refundTerms() []Check {
	terms := func(id string) string { return "/transactions/" + id + "/terms" }
	return []Check{
		about(wallet.ReadRefunds, "terms.contract", "tells the terms of a payment, never of more than it was", "customers are promised what is told here", func(p *probe, list []wallet.Transaction) error {
			for _, t := range list[:min(10, len(list))] {
				told, err := one[wallet.Terms](p, wire.Get(p.mine(terms(t.ID))))
				if err != nil {
					return err
				}
				if told.TransactionID != t.ID || !told.Left.Like(t.Amount) || told.Left.Cmp(t.Amount) > 0 {
					return fmt.Errorf("the terms of one payment are of another one, or of more money")
				}
			}
			return nil
		}),
		about(wallet.ReadRefunds, "terms.over", "lets nothing be refunded that never left", "else money is given that was not paid", func(p *probe, _ []wallet.Transaction) error {
			all, err := p.all(p.o.Customer, "&state=failed&state=refunded&state=voided&state=reversed", 50)
			if err != nil || len(all) == 0 {
				return or(err, skip("there is no such payment"))
			}
			told, err := one[wallet.Terms](p, wire.Get(p.mine(terms(all[0].ID))))
			if err == nil && told.Eligible {
				return fmt.Errorf("a payment that is %s is eligible", all[0].State)
			}
			return err
		}),
		about(wallet.ReadRefunds, "terms.other", "tells nobody of the terms of another customer's payment", mixed, func(p *probe, list []wallet.Transaction) error {
			return p.send(wire.Get(p.others(terms(list[0].ID)))).Refused(404, "not_found")
		}),
	}
}

// belongings is whether what belongs together does.
func belongings() []Check {
	return []Check{
		about(wallet.ReadRefunds, "refunds.of.one", "tells of the refunds of one payment alone, when it is named", "people are told of a refund that is another payment's", func(p *probe, list []wallet.Transaction) error {
			for _, t := range list {
				all, err := many[wallet.Refund](p, wire.Get(p.mine("/refunds?tx="+t.ID)))
				if err != nil {
					return err
				}
				for _, r := range all {
					if r.TransactionID != t.ID || r.CustomerID != p.o.Customer {
						return fmt.Errorf("a refund is of another payment")
					}
				}
			}
			return nil
		}),
		about(wallet.ReadRefunds, "refunds.owner", "names the customer in each of their refunds", mixed, func(p *probe, _ []wallet.Transaction) error {
			all, err := many[wallet.Refund](p, wire.Get(p.mine("/refunds")))
			if slices.ContainsFunc(all, func(r wallet.Refund) bool { return r.CustomerID != p.o.Customer }) {
				return fmt.Errorf("one names somebody else")
			}
			return err
		}),
		about(wallet.ReadDisputes, "disputes.owner", "names the customer in each of their disputes, and payments of theirs", mixed, func(p *probe, _ []wallet.Transaction) error {
			all, err := many[wallet.Dispute](p, wire.Get(p.mine("/disputes")))
			for _, d := range all {
				if d.CustomerID != p.o.Customer {
					return fmt.Errorf("one names somebody else")
				}
				if _, err := one[wallet.Transaction](p, wire.Get("/transactions/"+d.Transactions[0]+"?customer="+p.o.Customer)); err != nil {
					return fmt.Errorf("a disputed payment: %w", err)
				}
			}
			return err
		}),
		about(wallet.ReadAttempts, "attempts.of.one", "tells of one attempt by its trace id, and of none by another", "the customer reads the trace id from an error", func(p *probe, _ []wallet.Transaction) error {
			if a := p.send(wire.Get(p.mine("/attempts?trace_id=none-verify"))); a.Refused(404, "not_found") != nil {
				var told wallet.Page
				if err := a.Read(&told); err != nil || len(told.Items) > 0 {
					return or(err, fmt.Errorf("there is one by a trace id that nobody made"))
				}
			}
			all, err := many[wallet.Attempt](p, wire.Get(p.mine("/attempts")))
			if err != nil || len(all) == 0 {
				return or(err, skip("the customer has none"))
			}
			some, err := many[wallet.Attempt](p, wire.Get(p.mine("/attempts?trace_id="+all[0].TraceID)))
			if err == nil && (len(some) == 0 || some[0].TraceID != all[0].TraceID || some[0].CustomerID != p.o.Customer) {
				return fmt.Errorf("another one is told of")
			}
			return err
		}),
		about(wallet.ReadAccounts, "balances.accounts", "tells of balances of accounts that the customer has", "sums are shown under an account's name", func(p *probe, _ []wallet.Transaction) error {
			accounts, err := many[wallet.Account](p, wire.Get(p.mine("/accounts")))
			if err != nil {
				return err
			}
			balances, err := many[wallet.Balance](p, wire.Get(p.mine("/balances")))
			for _, b := range balances {
				if !slices.ContainsFunc(accounts, func(a wallet.Account) bool { return a.ID == b.AccountID }) {
					return fmt.Errorf("a balance is of an account that is not told of")
				}
			}
			return err
		}),
		about(wallet.ReadIncidents, "incidents.contract", "tells of incidents in the words of the contract", "else the whole answer is refused", func(p *probe, _ []wallet.Transaction) error {
			_, err := many[wallet.Incident](p, wire.Get("/incidents"))
			return err
		}),
	}
}

// or is the first error of the two.
func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// notices is what changed, told again.
func notices() []Check {
	reading := func(id, what, why string, run func(*probe) error) Check {
		return Check{id, what, why, func(p *probe) error {
			if err := p.reads(wallet.ReadNotices); err != nil {
				return err
			}
			return run(p)
		}}
	}
	const missed = "Kefu finds what it missed by this alone"
	return []Check{
		reading("events.order", "tells of notices by growing positions, each after the one asked for", missed, func(p *probe) error {
			all, err := p.replayed(0, 50)
			if err != nil || len(all.Items) == 0 {
				return err
			}
			middle := all.Items[len(all.Items)/2].Position
			_, err = p.replayed(middle, 50)
			return err
		}),
		reading("events.limit", "keeps to the limit, and says whether there are more", missed, func(p *probe) error {
			all, err := p.replayed(0, 50)
			if err != nil {
				return err
			}
			few, err := p.replayed(0, 1)
			if err == nil && len(all.Items) > 1 && (len(few.Items) != 1 || !few.More) {
				return fmt.Errorf("of %d one was asked for: %d came, more is %v", len(all.Items), len(few.Items), few.More)
			}
			return err
		}),
		reading("events.steady", "tells the same again", "a notice that is there once is lost with a lost connection", func(p *probe) error {
			one, err := p.replayed(0, 20)
			if err != nil {
				return err
			}
			two, err := p.replayed(0, 20)
			if err == nil && !equalJSON(one.Items, two.Items) {
				return fmt.Errorf("the second answer is another one")
			}
			return err
		}),
		reading("events.end", "answers with none after the last", missed, func(p *probe) error {
			end, err := p.replayed(1<<53, 20)
			if err == nil && (len(end.Items) > 0 || end.More) {
				return fmt.Errorf("there are %d", len(end.Items))
			}
			return err
		}),
		reading("events.once", "gives each notice an id of its own, and counts up for each object", "Kefu takes each id once", func(p *probe) error {
			all, err := p.replayed(0, 200)
			ids, last := map[string]bool{}, map[string]int64{}
			for _, n := range all.Items {
				if ids[n.ID] || (n.Object != "" && n.Sequence <= last[n.Object]) {
					return fmt.Errorf("an id comes twice, or a sequence does not grow")
				}
				ids[n.ID], last[n.Object] = true, n.Sequence
			}
			return err
		}),
		reading("events.strict", "refuses positions and limits that are none", "what is misread is answered from the beginning for ever", func(p *probe) error {
			for _, query := range []string{"", "?after=", "?after=-1", "?after=x", "?after=0&limit=0", "?after=0&limit=501", "?after=0&verify=1", "?after=0&after=1"} {
				if err := p.send(wire.Get("/events"+query)).Refused(400, "invalid"); err != nil {
					return fmt.Errorf("%q: %w", query, err)
				}
			}
			return nil
		}),
	}
}

// replayed asks for notices and judges their order.
func (p *probe) replayed(after int64, limit int) (wallet.Notices, error) {
	var told wallet.Notices
	if err := p.send(wire.Get(fmt.Sprintf("/events?after=%d&limit=%d", after, limit))).Read(&told); err != nil {
		return told, err
	}
	if told.Items == nil || len(told.Items) > limit {
		return told, fmt.Errorf("items is missing or longer than the limit")
	}
	last := after
	for _, n := range told.Items {
		if n.Position <= last {
			return told, fmt.Errorf("the position %d comes after %d", n.Position, last)
		}
		if err := n.Validate(); err != nil {
			return told, err
		}
		last = n.Position
	}
	return told, nil
}

// matching is the comparison of what somebody says of themselves.
func matching() []Check {
	match := func(id, what, why string, claim func(wallet.Customer) wallet.Claimed, judge func(*probe, wallet.Matched) error) Check {
		return Check{id, what, why, func(p *probe) error {
			if err := p.reads(wallet.ReadMatch); err != nil {
				return err
			}
			c, err := one[wallet.Customer](p, wire.Get(p.mine("")))
			if err != nil {
				return err
			}
			claimed := claim(c)
			if claimed == (wallet.Claimed{}) {
				return skip("the customer has neither an e-mail address nor a number")
			}
			a := p.send(wire.Post("/customers:match", claimed))
			if claimed.Email == "" && claimed.Phone == "" && a.Refused(400, "invalid") == nil {
				return nil // who claims so little may be refused
			}
			var told wallet.Matched
			if err := a.Read(&told); err != nil {
				return err
			}
			return or(told.Validate(), judge(p, told))
		}}
	}
	const oracle = "who may ask for one field alone tries everybody's"
	handle := func(c wallet.Customer) wallet.Claimed {
		var claimed wallet.Claimed
		for _, h := range c.Handles {
			switch h.Kind {
			case wallet.HandleEmail:
				claimed.Email = h.Value
			case wallet.HandlePhone:
				claimed.Phone = h.Value
			}
		}
		return claimed
	}
	nothing := func(_ *probe, m wallet.Matched) error {
		if m.CustomerID != "" || len(m.Fields) > 0 {
			return fmt.Errorf("somebody fits")
		}
		return nil
	}
	return []Check{
		match("match.fits", "finds what fits of a customer's own address and name", "who cannot sign in is told apart by it", func(c wallet.Customer) wallet.Claimed {
			claimed := handle(c)
			if claimed != (wallet.Claimed{}) {
				claimed.Name = c.Name
			}
			return claimed
		}, func(p *probe, m wallet.Matched) error {
			if len(m.Fields) < 2 || (m.CustomerID != "" && m.CustomerID != p.o.Customer) {
				return fmt.Errorf("%d fields fit, of %q", len(m.Fields), m.CustomerID)
			}
			return nil
		}),
		match("match.claimed", "names fields alone that were claimed", "else it tells what nobody said", func(c wallet.Customer) wallet.Claimed {
			claimed := handle(c)
			claimed.Name = ""
			return claimed
		}, func(_ *probe, m wallet.Matched) error {
			for _, f := range m.Fields {
				if f != "email" && f != "phone" {
					return fmt.Errorf("it names %s", f)
				}
			}
			return nil
		}),
		match("match.nobody", "finds nobody for an address that nobody has", oracle, func(wallet.Customer) wallet.Claimed {
			return wallet.Claimed{Email: "nobody-verify@example.invalid", Name: "Nobody"}
		}, nothing),
		match("match.name.alone", "tells nothing for a name alone", oracle, func(c wallet.Customer) wallet.Claimed { return wallet.Claimed{Name: c.Name} }, nothing),
		match("match.birth.alone", "tells nothing for a day of birth alone", oracle, func(wallet.Customer) wallet.Claimed { return wallet.Claimed{BirthDate: "1990-05-17"} }, nothing),
		{"match.strict", "refuses a claim of nothing, and fields that it does not know", "what is ignored is believed to have been compared", func(p *probe) error {
			if err := p.reads(wallet.ReadMatch); err != nil {
				return err
			}
			for _, body := range []string{"{}", `{"passport":"x"}`, `{"email":"a@b.example","email":"c@d.example"}`, "[]", ""} {
				if err := p.send(wire.Post("/customers:match", body)).Refused(400, "invalid"); err != nil {
					return fmt.Errorf("%s: %w", body, err)
				}
			}
			return nil
		}},
	}
}
