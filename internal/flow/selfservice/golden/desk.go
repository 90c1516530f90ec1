package golden

import (
	"context"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	people "kefu/internal/domain/customer"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/routing"
	"kefu/internal/flow/selfservice/waiting"
	"kefu/internal/platform/fault"
)

// Desk is what else there is of a customer's: who is there for them, and what is open.
// Times are spans from now, as those of a World.
type Desk struct {
	Down     bool              `yaml:"down,omitempty"`  // what is open cannot be looked up
	Blind    bool              `yaml:"blind,omitempty"` // nor when somebody is there
	NoCases  bool              `yaml:"no_cases,omitempty"`
	Closed   bool              `yaml:"closed,omitempty"`
	Away     bool              `yaml:"away,omitempty"`   // it is within the hours, and nobody is at work
	Stays    bool              `yaml:"stays,omitempty"`  // somebody is at work, whatever the hours say
	Unseen   bool              `yaml:"unseen,omitempty"` // nobody knows whether anybody is at work
	Opens    string            `yaml:"opens,omitempty"`
	Closes   string            `yaml:"closes,omitempty"`
	AnswerBy map[string]string `yaml:"answer_by,omitempty"` // by tag; "" for every other
	Waiting  int               `yaml:"waiting,omitempty"`
	Least    int               `yaml:"least,omitempty"` // seconds that the last one still waits
	Most     int               `yaml:"most,omitempty"`
	Nobody   bool              `yaml:"nobody,omitempty"` // is free
	Talks    []Talk            `yaml:"conversations,omitempty"`
	Files    []File            `yaml:"cases,omitempty"`
	Runs     []Going           `yaml:"runs,omitempty"`
}

type (
	// Talk is a conversation.
	Talk struct {
		ID     string `yaml:"id"`
		Topic  string `yaml:"topic,omitempty"`
		Status string `yaml:"status,omitempty"` // open
		Ago    string `yaml:"ago"`
		Waits  string `yaml:"waits,omitempty"` // since
		With   string `yaml:"with,omitempty"`
		Place  int    `yaml:"place,omitempty"`
		Least  int    `yaml:"least,omitempty"`
		Most   int    `yaml:"most,omitempty"`
		Nobody bool   `yaml:"nobody,omitempty"`
	}
	// Going is what the customer asked for in the wallet, and that goes on.
	Going struct {
		ID     string            `yaml:"id"`
		Title  map[string]string `yaml:"title"`
		For    string            `yaml:"for"` // proof, second, wallet, change, reader
		Amount string            `yaml:"amount,omitempty"`
		Ago    string            `yaml:"ago"`
	}
	// File is a case.
	File struct {
		ID     string            `yaml:"id"`
		Ref    string            `yaml:"ref"`
		Type   string            `yaml:"type,omitempty"` // complaint
		Next   string            `yaml:"next"`
		By     string            `yaml:"by,omitempty"`
		Stands bool              `yaml:"stands,omitempty"`
		Needs  map[string]string `yaml:"needs,omitempty"` // in each language
		Ago    string            `yaml:"ago"`
		Over   bool              `yaml:"over,omitempty"`
	}
)

// desk is the Desk of a world.
type desk struct{ *book }

func (b *book) waiting() waiting.Deps {
	d := desk{b}
	deps := waiting.Deps{
		Conversations: d, Cases: func() waiting.Cases { return d }, Runs: func() waiting.Runs { return d }, Queue: func() waiting.Queue { return d }, Service: d.service,
		Title: func(t jurisdiction.Type, lang string) string {
			if lang == "zh" {
				return map[jurisdiction.Type]string{jurisdiction.Complaint: "投诉"}[t]
			}
			return map[jurisdiction.Type]string{jurisdiction.Complaint: "Complaint"}[t]
		},
	}
	if d.own().Blind {
		deps.Service = nil
	}
	return deps
}

func (d desk) own() Desk {
	if d.world.Desk == nil {
		return Desk{}
	}
	return *d.world.Desk
}

func (d desk) down(no bool) error {
	if d.own().Down || no {
		return fault.New(fault.Unavailable, "golden", "it cannot be looked up")
	}
	return d.err
}

// ConversationsOf implements waiting.Conversations.
func (d desk) ConversationsOf(context.Context, identity.Principal, int) ([]conversation.WindowLine, error) {
	var all []conversation.WindowLine
	for _, t := range d.own().Talks {
		s := conversation.State{
			ID: t.ID, CustomerID: customer, Channel: "chat", Status: or(t.Status, conversation.Open), Topic: t.Topic, LastSeq: 1, AssigneeName: t.With,
			CreatedAt: int64(d.back(t.Ago)), WaitingSince: int64(d.back(t.Waits)),
		}
		if t.With != "" {
			s.AssigneeID = "staff-1"
		}
		all = append(all, conversation.WindowLine{State: s})
	}
	return all, d.down(false)
}

// CustomerOf implements waiting.Conversations.
func (d desk) CustomerOf(ctx context.Context, p identity.Principal, id string) (people.Customer, []conversation.State, error) {
	lines, err := d.ConversationsOf(ctx, p, 0)
	states := make([]conversation.State, len(lines))
	for i, l := range lines {
		states[i] = l.State
	}
	return people.Customer{ID: id}, states, err
}

// Pending implements waiting.Runs.
func (d desk) Pending(context.Context, identity.Principal, string) ([]selfservice.Pending, error) {
	var all []selfservice.Pending
	for _, r := range d.own().Runs {
		p := selfservice.Pending{Run: r.ID, Title: r.Title, For: selfservice.PendingFor(r.For), Since: d.back(r.Ago).Std()}
		if r.Amount != "" {
			m := d.money(r.Amount)
			p.Amount = &m
		}
		all = append(all, p)
	}
	return all, d.down(false)
}

// List implements waiting.Cases.
func (d desk) List(context.Context, identity.Principal, cases.Query) ([]cases.Row, error) {
	var all []cases.Row
	for _, f := range d.own().Files {
		r := cases.Row{Head: cases.Head{ID: f.ID, Reference: f.Ref, CustomerID: customer}, Type: or(f.Type, jurisdiction.Complaint), Stage: cases.Investigating}
		if f.Over {
			r.Stage = cases.Ended
		}
		all = append(all, r)
	}
	return all, d.down(d.own().NoCases)
}

// Get implements waiting.Cases.
func (d desk) Get(_ context.Context, _ identity.Principal, id string) (casework.Seen, error) {
	for _, f := range d.own().Files {
		if f.ID != id {
			continue
		}
		o := cases.Outlook{Next: cases.Next(f.Next), By: int64(d.back(f.By))}
		if f.Stands {
			o.Stands = "customer_information"
		}
		if o.Late = o.By != 0 && time.UnixMicro(o.By).Before(d.now()); len(f.Needs) > 0 {
			o.Needs = []jurisdiction.Item{{ID: "needed", Title: form.Texts(f.Needs)}}
		}
		c := &cases.Case{Head: cases.Head{ID: f.ID, Reference: f.Ref, CustomerID: customer}, Type: or(f.Type, jurisdiction.Complaint), NoticedAt: int64(d.back(f.Ago))}
		return casework.Seen{Case: c, Outlook: o}, d.err
	}
	return casework.Seen{}, fault.New(fault.NotFound, "golden", "there is no case %s", id)
}

// Told implements waiting.Queue.
func (d desk) Told(string) []routing.Eta {
	var all []routing.Eta
	for _, t := range d.own().Talks {
		if t.Place > 0 {
			all = append(all, routing.Eta{ConversationID: t.ID, Position: t.Place, P50: t.Least, P80: t.Most, Nobody: t.Nobody})
		}
	}
	return all
}

// Last implements waiting.Queue.
func (d desk) Last() (int, routing.Eta) {
	w := d.own()
	return w.Waiting, routing.Eta{Position: w.Waiting, P50: w.Least, P80: w.Most, Nobody: w.Nobody}
}

func (d desk) service(s sla.Subject) sla.Service {
	w := d.own()
	by := w.AnswerBy[""]
	for _, tag := range s.Tags {
		if own, ok := w.AnswerBy[tag]; ok {
			by = own
		}
	}
	return sla.Service{Open: !w.Closed, OpensAt: int64(d.back(w.Opens)), ClosesAt: int64(d.back(w.Closes)), AnswerBy: int64(d.back(by))}
}
