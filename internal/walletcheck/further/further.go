// Package further holds the checks of what was added to the contract of a wallet after
// its first release: statements, what hangs on cards, and fees. How a wallet is asked is
// walletcheck's business, which runs them.
package further

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
)

// Probe asks the wallet that is checked.
type Probe interface {
	// Get asks and reads strictly; Refused wants an error of a status and a code.
	Get(path string, into any) error
	Refused(path string, status int, codes ...string) error
	// Post sends a body under a key.
	Post(path, key string, body, into any) error
	RefusedPost(path, key string, body any, status int, codes ...string) error
	// Mine and Others are addresses of the two customers' things.
	Mine(rest string) string
	Others(rest string) string
	Customers() (one, other string)
	// Leaving is a third customer, whose account may be asked to be closed; "" for nobody.
	Leaving() string
	// Reads, Does and Writes give a Skip for what the wallet does not offer, or must not be
	// changed.
	Reads(r wallet.Reading) error
	Does(a wallet.Act) error
	Writes(a wallet.Act) error
	Narrows(filter string) bool
	// Do sends a command and judges the operation; Settled waits for its end; Prove has the
	// customer want it.
	Do(c wallet.Command) (wallet.Operation, error)
	DoFor(kind string, c wallet.Command) (wallet.Operation, error) // on behalf of another kind of actor than staff
	// Staff sends a command of the customer’s own as a member of staff.
	Staff(c wallet.Command) (wallet.Operation, error)
	Settled(o wallet.Operation) (wallet.Operation, error)
	Prove(c wallet.Command, level int) (string, error)
	// Until tries until something is so, for a while.
	Until(so func() (bool, error)) error
	Transactions(rest string) ([]wallet.Transaction, error)
	NewKey() string
}

// Skip is why a check was not done.
type Skip string

// Error implements error.
func (s Skip) Error() string { return string(s) }

// Check is one thing that a wallet has to do.
type Check struct {
	ID, What, Why string
	Run           func(Probe) error
}

// Checks lists them, in the order in which they run.
func Checks() []Check {
	return slices.Concat(statements(), charges(), uses(), adding(), removing(), chained(), retrieving(), leaving(), loyal(), giving(), permitting())
}

const mixed = "somebody else's data is shown otherwise"

// of is a check of a reading.
func of(r wallet.Reading, id, what, why string, run func(Probe) error) Check {
	return Check{id, what, why, func(p Probe) error {
		if err := p.Reads(r); err != nil {
			return err
		}
		return run(p)
	}}
}

// list is what there is of one kind.
type list[T any] struct {
	Items []T `json:"items"`
}

func many[T interface{ Validate() error }](p Probe, path string) ([]T, error) {
	var told list[T]
	if err := p.Get(path, &told); err != nil {
		return nil, err
	}
	for _, x := range told.Items {
		if err := x.Validate(); err != nil {
			return nil, err
		}
	}
	return told.Items, nil
}

func statements() []Check {
	read := func(id, what, why string, run func(Probe, []statement.Statement) error) Check {
		return of(wallet.ReadStatements, id, what, why, func(p Probe) error {
			all, err := many[statement.Statement](p, p.Mine("/statements"))
			if err == nil && len(all) == 0 {
				err = Skip("the customer has none")
			}
			if err != nil {
				return err
			}
			return run(p, all)
		})
	}
	kept := func(id, what, why string, run func(Probe, statement.Statement, string) error) Check {
		return read(id, what, why, func(p Probe, all []statement.Statement) error {
			for _, s := range all {
				for _, form := range s.Forms {
					if err := run(p, s, form); err != nil {
						return err
					}
				}
				if len(s.Forms) > 0 {
					return nil
				}
			}
			return Skip("none can be kept")
		})
	}
	return []Check{
		read("statements.owner", "names the customer in each statement", mixed, func(p Probe, all []statement.Statement) error {
			one, _ := p.Customers()
			if slices.ContainsFunc(all, func(s statement.Statement) bool { return s.CustomerID != one }) {
				return fmt.Errorf("one names somebody else")
			}
			return nil
		}),
		read("statements.order", "tells of the newest first", "people look for last month's at the top", func(_ Probe, all []statement.Statement) error {
			for i := range all {
				if i > 0 && all[i].To > all[i-1].To {
					return fmt.Errorf("something newer comes later")
				}
			}
			return nil
		}),
		read("statements.follow", "begins each with what the one before ended with", "money that is in neither of two statements is missed", func(_ Probe, all []statement.Statement) error {
			for _, later := range all {
				for _, before := range all {
					if before.Kind == later.Kind && before.To == later.From && !follow(before, later) {
						return fmt.Errorf("one does not begin with what the one before it ended with")
					}
				}
			}
			return nil
		}),
		kept("statements.document", "gives a statement to keep: an address of its own, or bytes with their digest", "a file that is not whole is filed as if it were", func(p Probe, s statement.Statement, form string) error {
			d, err := document(p, s, form)
			if err == nil && (d.StatementID != s.ID || d.Form != form) {
				return fmt.Errorf("another one came")
			}
			return err
		}),
		kept("statements.document.cells", "writes no cell of a table that a program takes for a formula", "a name that somebody chose runs on the machine of whoever opens the file", func(p Probe, s statement.Statement, form string) error {
			d, err := document(p, s, form)
			if err != nil || form != statement.CSV || d.Content == "" {
				return err
			}
			content, err := d.Bytes()
			if err == nil && statement.Formulas(content) {
				return fmt.Errorf("there is one")
			}
			return err
		}),
		kept("statements.document.other", "gives nobody another customer's statement", mixed, func(p Probe, s statement.Statement, form string) error {
			return p.Refused(p.Others("/statements/"+s.ID+"/document?form="+form), 404, "not_found")
		}),
		of(wallet.ReadStatements, "statements.document.none", "answers 404 not_found for a statement that is not there", "Kefu tells nothing there from nobody who answers", func(p Probe) error {
			return p.Refused(p.Mine("/statements/none-verify/document?form=csv"), 404, "not_found")
		}),
		of(wallet.ReadStatements, "statements.document.form", "refuses a document without a form", "what is misread answers another question", func(p Probe) error {
			return p.Refused(p.Mine("/statements/none-verify/document"), 400, "invalid")
		}),
	}
}

func document(p Probe, s statement.Statement, form string) (statement.Document, error) {
	var d statement.Document
	if err := p.Get(p.Mine("/statements/"+s.ID+"/document?form="+form), &d); err != nil {
		return d, err
	}
	return d, d.Validate()
}

// follow tells whether each account that both have goes on as it ended.
func follow(before, later statement.Statement) bool {
	for _, a := range before.Figures {
		for _, b := range later.Figures {
			if a.AccountID == b.AccountID && a.Closing.Like(b.Opening) && a.Closing.Cmp(b.Opening) != 0 {
				return false
			}
		}
	}
	return true
}

// charges is what the wallet charges for, and who may charge its customers.
func charges() []Check {
	return []Check{
		of(wallet.ReadFees, "fees.contract", "tells of fees in the words of the contract, and of none in two ways at one time", "fees are quoted from this alone", func(p Probe) error {
			_, err := schedule(p)
			return err
		}),
		of(wallet.ReadFees, "fees.announced", "says when a change that is to come was announced", "customers are told of it before", func(p Probe) error {
			s, err := schedule(p)
			for _, l := range s.Lines {
				if l.From > s.PublishedAt && l.AnnouncedAt == 0 {
					return fmt.Errorf("the fee %s begins after the schedule was published, and was never announced", l.ID)
				}
			}
			return err
		}),
		of(wallet.ReadFees, "fees.query", "refuses a query for fees that it does not know", "what is ignored is believed to have had an effect", func(p Probe) error {
			return p.Refused("/fees?verify=1", 400, "invalid")
		}),
		of(wallet.ReadMandates, "mandates.owner", "names the customer in each mandate", mixed, func(p Probe) error {
			one, _ := p.Customers()
			all, err := many[instrument.Mandate](p, p.Mine("/mandates"))
			if slices.ContainsFunc(all, func(m instrument.Mandate) bool { return m.CustomerID != one }) {
				return fmt.Errorf("one names somebody else")
			}
			return err
		}),
		{"mandate.cancelled", "ends a mandate that it says it can end", "whoever cancelled is charged again otherwise", func(p Probe) error {
			if err := p.Writes(wallet.CancelMandate); err != nil {
				return err
			}
			all, err := many[instrument.Mandate](p, p.Mine("/mandates"))
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(m instrument.Mandate) bool { return m.Cancellable })
			if i < 0 {
				return Skip("there is none that can be ended")
			}
			if err := done(p, command(p, wallet.CancelMandate, all[i].ID, all[i].State), 2); err != nil {
				return err
			}
			all, err = many[instrument.Mandate](p, p.Mine("/mandates"))
			if at := slices.IndexFunc(all, func(m instrument.Mandate) bool { return m.ID == all[i].ID }); err == nil && at >= 0 && all[at].Charges() {
				return fmt.Errorf("it charges as before")
			}
			return err
		}},
	}
}

func schedule(p Probe) (tariff.Schedule, error) {
	var s tariff.Schedule
	if err := p.Get("/fees", &s); err != nil {
		return s, err
	}
	return s, s.Validate()
}

// command is one about a thing of the customer's.
func command(p Probe, a wallet.Act, target, expect string) wallet.Command {
	one, _ := p.Customers()
	return wallet.Command{Key: p.NewKey(), Act: a, CustomerID: one, Target: target, Expect: expect, Reason: "verify"}
}

// done has something done, with a proof where the wallet wants one.
func done(p Probe, c wallet.Command, level int) error {
	o, err := p.Do(c)
	if err == nil && o.Refusal == wallet.StepUpRequired {
		if c.Assertion, err = p.Prove(c, level); err != nil {
			return err
		}
		c.Key = p.NewKey()
		o, err = p.Do(c)
	}
	if err != nil {
		return err
	}
	if o, err = p.Settled(o); err != nil {
		return err
	}
	switch {
	case o.State == wallet.OpSucceeded:
		return nil
	case slices.Contains([]wallet.Refusal{wallet.ApprovalRequired, wallet.FactorTooYoung, wallet.NotEligible}, o.Refusal):
		return Skip("the wallet refuses it here: " + string(o.Refusal))
	default:
		return fmt.Errorf("it is %s %s", o.State, o.Refusal)
	}
}

// safe tells whether a link is one that a page may show.
func safe(link string) bool {
	at, err := url.Parse(link)
	return err == nil && at.Scheme != "" && !slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "http"}, strings.ToLower(at.Scheme))
}
