package caseapi

import (
	"cmp"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/web/walletview"
)

// CaseLine is a case in a list.
type CaseLine struct {
	ID           string `json:"id"`
	Reference    string `json:"reference" doc:"as customers and staff call it"`
	Customer     string `json:"customer"`
	Name         string `json:"name,omitempty" doc:"the customer's, in lists"`
	Type         string `json:"type" enum:"unauthorised,scam,merchant,error,complaint,data_request"`
	Jurisdiction string `json:"jurisdiction,omitempty" doc:"missing: nobody has said which law counts"`
	Stage        string `json:"stage" enum:"reported,investigating,waiting,decided,answered,closed,withdrawn"`
	Assignee     string `json:"assignee,omitempty" doc:"a staff id"`
	NoticedAt    int64  `json:"noticed_at" doc:"when the customer told us first, in any channel"`
	OpenedAt     int64  `json:"opened_at"`
	ChangedAt    int64  `json:"changed_at"`
	DueAt        int64  `json:"due_at,omitempty" doc:"of the earliest duty that is still to be done"`
	Breached     int    `json:"breached" doc:"duties that are over and not done"`
	Outcome      string `json:"outcome,omitempty" enum:"upheld,partly_upheld,refused"`
	OverAt       int64  `json:"over_at,omitempty"`
}

// CaseList is a page of cases.
type CaseList struct {
	Items []CaseLine `json:"items" nullable:"false"`
	Next  string     `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// CaseText is a text in each language.
type CaseText struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// CaseClock is a duty with its deadline.
type CaseClock struct {
	ID      string   `json:"id"`
	Title   CaseText `json:"title"`
	State   string   `json:"state" enum:"running,paused,met,breached,cancelled"`
	StartAt int64    `json:"start_at"`
	DueAt   int64    `json:"due_at,omitempty" doc:"the last moment; missing while it stands still"`
	ThenAt  int64    `json:"then_at,omitempty" doc:"of one that stands still: when it would be due if what it waits for came now"`
	EndedAt int64    `json:"ended_at,omitempty"`
	Waits   bool     `json:"waits,omitempty" doc:"it counts only once something else has happened"`
	Pause   string   `json:"pause,omitempty" doc:"the reason for which it stands still"`
	Amount  int      `json:"amount"`
	Unit    string   `json:"unit" enum:"business_days,calendar_days,hours,months"`
	Source  string   `json:"source" doc:"where the number comes from"`
	Checked string   `json:"checked" enum:"verified,secondary,unverified,house"`
	Certain bool     `json:"certain" doc:"the list of holidays covers it"`
	Told    bool     `json:"told" doc:"a customer may be told it"`
}

// CaseEvidence is a piece of evidence and how it stands.
type CaseEvidence struct {
	ID         string   `json:"id"`
	Title      CaseText `json:"title"`
	Customer   bool     `json:"customer" doc:"the customer brings it"`
	Required   bool     `json:"required"`
	AskedAt    int64    `json:"asked_at,omitempty"`
	ReceivedAt int64    `json:"received_at,omitempty"`
	DroppedAt  int64    `json:"dropped_at,omitempty"`
}

// CaseFact is a circumstance that somebody has said yes or no to, or has to.
type CaseFact struct {
	Fact     string `json:"fact"`
	Holds    *bool  `json:"holds,omitempty" doc:"missing: nobody has said"`
	Required bool   `json:"required" doc:"before the customer is refused"`
}

// CaseEvent is something that happened to a case.
type CaseEvent struct {
	Seq        int64           `json:"seq"`
	Kind       string          `json:"kind"`
	At         int64           `json:"at"`
	HappenedAt int64           `json:"happened_at"`
	ByKind     string          `json:"by_kind" enum:"visitor,customer,staff,system"`
	By         string          `json:"by"`
	Type       string          `json:"type,omitempty"`
	Law        string          `json:"jurisdiction,omitempty"`
	Conv       string          `json:"conv,omitempty"`
	Entry      int64           `json:"entry,omitempty"`
	Fact       string          `json:"fact,omitempty"`
	Holds      *bool           `json:"holds,omitempty"`
	Items      []string        `json:"items,omitempty" nullable:"false"`
	Reason     string          `json:"reason,omitempty"`
	Title      string          `json:"title,omitempty"`
	Text       string          `json:"text,omitempty"`
	Until      int64           `json:"until,omitempty"`
	Amount     *walletview.Sum `json:"amount,omitempty"`
	Act        string          `json:"act,omitempty"`
	Outcome    string          `json:"outcome,omitempty"`
	Letter     string          `json:"letter,omitempty"`
	Staff      string          `json:"staff,omitempty"`
	Files      []CaseAttached  `json:"files,omitempty" nullable:"false"`
}

// CaseAttached is a file that somebody brought.
type CaseAttached struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size" doc:"bytes"`
}

// CasePayment is a payment that a case is about.
type CasePayment struct {
	ID     string         `json:"id"`
	Amount walletview.Sum `json:"amount"`
	Party  string         `json:"party,omitempty"`
	At     int64          `json:"at"`
	State  string         `json:"state"`
}

// CaseOutlook is what the customer is told.
type CaseOutlook struct {
	Next   string   `json:"next" enum:"confirm,your_turn,investigate,tell,nothing"`
	By     int64    `json:"by,omitempty" doc:"when they hear; missing: nothing can be promised"`
	Late   bool     `json:"late,omitempty"`
	Reason string   `json:"reason,omitempty" doc:"why it is another time than was promised before"`
	Stands string   `json:"stands,omitempty" doc:"for what the deadline stands still"`
	Needs  []string `json:"needs" nullable:"false" doc:"ids of evidence"`
}

// CaseDecision is what was decided last.
type CaseDecision struct {
	Outcome string          `json:"outcome"`
	Reason  string          `json:"reason"`
	Amount  *walletview.Sum `json:"amount,omitempty"`
	At      int64           `json:"at"`
}

// CaseCredit is money that was given for the time being.
type CaseCredit struct {
	Amount  walletview.Sum `json:"amount"`
	At      int64          `json:"at"`
	TakenAt int64          `json:"taken_at,omitempty"`
	Act     string         `json:"act,omitempty"`
}

// CaseFile is a case with all that staff see of it.
type CaseFile struct {
	CaseLine
	Request   string         `json:"request,omitempty" enum:"copy,correct,erase,restrict,object,explain,other" doc:"of a request about data"`
	Revision  int64          `json:"revision" doc:"to be named by whoever adds something"`
	Confirmed bool           `json:"confirmed" doc:"somebody has said what it is and which law counts"`
	Channel   string         `json:"channel" doc:"of the first notice"`
	Language  string         `json:"language" enum:"en,zh" doc:"of letters"`
	Convs     []string       `json:"convs" nullable:"false"`
	Payments  []CasePayment  `json:"payments" nullable:"false"`
	Clocks    []CaseClock    `json:"clocks" nullable:"false" doc:"those that are due first come first"`
	Evidence  []CaseEvidence `json:"evidence" nullable:"false"`
	Facts     []CaseFact     `json:"facts" nullable:"false"`
	Lacks     []string       `json:"lacks" nullable:"false" doc:"what has to be settled before the customer is refused"`
	Pauses    []CasePause    `json:"pauses" nullable:"false" doc:"the reasons for which clocks may stand still"`
	Outlook   CaseOutlook    `json:"outlook" doc:"what the customer is told"`
	Promised  int64          `json:"promised,omitempty" doc:"by when a person has said that the customer hears"`
	Decision  *CaseDecision  `json:"decision,omitempty"`
	Credit    *CaseCredit    `json:"credit,omitempty"`
	Appeals   int            `json:"appeals"`
	OnHold    bool           `json:"on_hold" doc:"it is kept whatever its law says"`
	Proof     *CaseProof     `json:"proof,omitempty" doc:"of a request that is granted to nobody of whom it is not known who they are"`
	StillAt   int64          `json:"still_at,omitempty" doc:"since when what is kept of the customer is kept and used for nothing else"`
	LiftAt    int64          `json:"lift_at,omitempty" doc:"when that ends, as the customer was told"`
	Reviewer  string         `json:"reviewer,omitempty" doc:"the counsel who signed the law's pack off; missing: nobody did"`
	Events    []CaseEvent    `json:"events" nullable:"false"`
}

// CaseProof is how it is known who asks.
type CaseProof struct {
	At      int64  `json:"at,omitempty" doc:"missing: it is not known yet, and nothing is granted"`
	Vouched bool   `json:"vouched" doc:"two of ours are sure; else the customer proved it in the wallet"`
	Ground  string `json:"ground,omitempty" doc:"by which the first of those two is"`
	First   string `json:"first,omitempty" doc:"that one, as a staff id: somebody else has to be sure too"`
}

// CasePause is a reason for which clocks may stand still.
type CasePause struct {
	ID    string   `json:"id"`
	Title CaseText `json:"title"`
	Since int64    `json:"since,omitempty" doc:"while it lasts"`
}

func textOf(t form.Texts) CaseText { return CaseText{t.In("en"), t.In("zh")} }

func lineOf(r cases.Row) CaseLine {
	return CaseLine{
		ID: r.ID, Reference: r.Reference, Customer: r.CustomerID, Name: r.Name, Type: string(r.Type), Jurisdiction: r.Jurisdiction, Stage: string(r.Stage), Assignee: r.Assignee, NoticedAt: r.NoticedAt,
		OpenedAt: r.OpenedAt, ChangedAt: r.ChangedAt, DueAt: r.DueAt, Breached: r.Breached, Outcome: string(r.Outcome), OverAt: r.OverAt,
	}
}

func fileOf(s casework.Seen) CaseFile {
	out := CaseFile{
		CaseLine: lineOf(cases.Row{
			Head: s.Head, Type: s.Type, Jurisdiction: s.Jurisdiction, Stage: s.Stage, Assignee: s.Assignee, NoticedAt: s.NoticedAt, OpenedAt: s.OpenedAt, ChangedAt: s.ChangedAt,
			DueAt: s.Index.DueAt, Breached: s.Index.Breached, OverAt: s.OverAt,
		}),
		Request: string(s.Request), Revision: int64(len(s.Events)), Confirmed: s.Confirmed, Channel: s.Channel, Language: cmp.Or(s.Language, "en"), Convs: append([]string{}, s.Conversations...), Payments: []CasePayment{},
		Clocks: []CaseClock{}, Evidence: []CaseEvidence{}, Facts: []CaseFact{}, Lacks: append([]string{}, s.Lacks...), Pauses: []CasePause{}, Outlook: outlookOf(s.Outlook), Appeals: s.Appeals, OnHold: s.OnHold, Events: []CaseEvent{},
	}
	for _, p := range s.Payments {
		out.Payments = append(out.Payments, CasePayment{p.ID, walletview.OfSum(p.Amount), p.Party, p.At, string(p.State)})
	}
	for i := range s.Clocks {
		out.Clocks = append(out.Clocks, clockOf(&s.Clocks[i]))
	}
	for _, e := range s.Events {
		out.Events = append(out.Events, eventOf(e))
	}
	if p := s.Promise; p != nil {
		out.Promised = p.Until
	}
	if d := s.Decision; d != nil {
		out.Outcome = string(d.Outcome)
		out.Decision = &CaseDecision{string(d.Outcome), d.Reason, sumOf(d.Amount), d.At}
	}
	if c := s.Credit; c != nil {
		out.Credit = &CaseCredit{walletview.OfSum(c.Amount), c.At, c.TakenAt, c.Act}
	}
	if s.Request.NeedsProof() {
		out.Proof = &CaseProof{s.ProvenAt(), s.Proven.Vouched, s.Proven.Ground, s.Proven.First.ID}
	}
	out.StillAt, out.LiftAt = s.StillSince, s.LiftAt
	out.underLaw(s)
	return out
}

// underLaw adds what a pack says of the case.
func (out *CaseFile) underLaw(s casework.Seen) {
	if s.Pack == nil {
		return
	}
	out.Reviewer = s.Pack.Reviewer
	rules := s.Pack.Types[s.Type]
	for _, item := range rules.Evidence {
		at := s.Items[item.ID]
		out.Evidence = append(out.Evidence, CaseEvidence{item.ID, textOf(item.Title), item.Customer, item.Required, at.AskedAt, at.ReceivedAt, at.DroppedAt})
	}
	wanted := map[jurisdiction.Fact]bool{} // those on which a clock of this type depends, or a refusal
	required := map[jurisdiction.Fact]bool{}
	for _, f := range rules.Assess {
		wanted[f], required[f] = true, true
	}
	for _, c := range rules.Clocks {
		for _, f := range append(append([]jurisdiction.Fact{}, c.If...), c.Unless...) {
			wanted[f] = true
		}
		for _, i := range c.Instead {
			wanted[i.If] = true
		}
	}
	for _, f := range jurisdiction.Facts() {
		holds, said := s.Facts[f]
		if !wanted[f] && !said {
			continue
		}
		fact := CaseFact{Fact: string(f), Required: required[f]}
		if said {
			fact.Holds = &holds
		}
		out.Facts = append(out.Facts, fact)
	}
	used := map[string]bool{}
	for _, c := range rules.Clocks {
		for _, reason := range c.Pauses {
			if used[reason] {
				continue
			}
			used[reason] = true
			pause := CasePause{ID: reason, Title: textOf(s.Pack.Pauses[reason])}
			for _, p := range s.Pauses {
				if p.Reason == reason && p.To == 0 {
					pause.Since = p.From
				}
			}
			out.Pauses = append(out.Pauses, pause)
		}
	}
}

func clockOf(r *jurisdiction.Reckoned) CaseClock {
	return CaseClock{
		ID: r.Key(), Title: textOf(r.Title), State: string(r.State), StartAt: r.Start, DueAt: r.Due, ThenAt: r.Resumed, EndedAt: r.Ended, Waits: r.Waits, Pause: r.Paused, Amount: r.Applied.Amount,
		Unit: string(r.Applied.Unit), Source: r.Cite.Source, Checked: string(r.Cite.Checked), Certain: r.Certain, Told: r.Promisable(),
	}
}

func outlookOf(o cases.Outlook) CaseOutlook {
	out := CaseOutlook{Next: string(o.Next), By: o.By, Late: o.Late, Reason: o.Reason, Stands: o.Stands, Needs: []string{}}
	for _, item := range o.Needs {
		out.Needs = append(out.Needs, item.ID)
	}
	return out
}

func sumOf(m *wallet.Money) *walletview.Sum {
	if m == nil || m.None() {
		return nil
	}
	s := walletview.OfSum(*m)
	return &s
}

func eventOf(e cases.Event) CaseEvent {
	out := CaseEvent{
		Seq: e.Seq, Kind: string(e.Kind), At: e.At, HappenedAt: e.When, ByKind: e.By.Kind.String(), By: e.By.ID, Type: string(e.Type), Law: e.Jurisdiction, Conv: e.Conversation, Entry: e.Entry,
		Fact: string(e.Fact), Items: e.Items, Reason: e.Reason, Title: e.Title, Text: e.Text, Until: e.Until, Amount: sumOf(e.Amount), Act: e.Act, Outcome: string(e.Outcome), Letter: string(e.Letter), Staff: e.Staff,
	}
	if e.Kind == cases.Found {
		out.Holds = &e.Holds
	}
	if e.By.Kind == identity.Customer {
		out.By = ""
	}
	for _, f := range e.Files {
		out.Files = append(out.Files, CaseAttached(f))
	}
	return out
}
