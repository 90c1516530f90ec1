package caseapi

import (
	"context"
	"io"
	"net/http"
	"slices"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/walletview"
)

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// maxBody bounds what a window sends, in bytes.
const maxBody = 32 << 10

// Mount puts the window's side on the mux of its host.
func Mount(mux *http.ServeMux, c Cases, ask Ask) {
	w := &window{cases: c}
	for pattern, answer := range map[string]func(context.Context, identity.Principal, *http.Request) (any, error){
		"GET /rt/cases": w.list, "POST /rt/cases": w.complain, "GET /rt/cases/{id}": w.get, "POST /rt/cases/{id}/answers": w.answer,
	} {
		mux.HandleFunc(pattern, func(out http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(out, r.Body, maxBody)
			ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) {
				if len(r.URL.Query()) > 0 {
					return nil, fault.InvalidField("caseapi.window", "query", "has nothing that is known")
				}
				return answer(ctx, p, r)
			})
		})
	}
}

type window struct{ cases Cases }

// ownLine is a case in its customer's list.
type ownLine struct {
	ID        string   `json:"id"`
	Reference string   `json:"reference"`
	Type      string   `json:"type"`
	Title     CaseText `json:"title"` // what the type is called
	Stage     string   `json:"stage"`
	NoticedAt int64    `json:"noticed_at"`
	ChangedAt int64    `json:"changed_at"`
	Outcome   string   `json:"outcome,omitempty"`
	Over      bool     `json:"over"`
}

// ownDeadline is something that a law asks of the house towards the customer. One whose
// number is not known well enough names its source and no time.
type ownDeadline struct {
	Promise CaseText `json:"promise"`
	By      int64    `json:"by,omitempty"`
	Source  string   `json:"source"`
	Checked string   `json:"checked"`
}

// ownCredit is money that was given for the time being, and what becomes of it: running,
// kept, part, owed or taken.
type ownCredit struct {
	Amount  walletview.Sum `json:"amount"`
	At      int64          `json:"at"`
	TakenAt int64          `json:"taken_at,omitempty"`
	State   string         `json:"state"`
}

// ownFile is a file that the customer brought.
type ownFile struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// ownNeed is something that a customer is asked for.
type ownNeed struct {
	ID    string   `json:"id"`
	Title CaseText `json:"title"`
}

// ownCase is a case as its customer sees it: what happens next, by when, what is needed,
// and what happened. Nothing of it was written for staff.
type ownCase struct {
	ownLine
	Request   string        `json:"request,omitempty"`  // of a request about data
	Copy      bool          `json:"copy,omitempty"`     // it can be fetched
	Prove     bool          `json:"prove,omitempty"`    // nothing is done before they have proven in the wallet who they are
	StillAt   int64         `json:"still_at,omitempty"` // since when what is kept of them is used for nothing else
	LiftAt    int64         `json:"lift_at,omitempty"`  // when that ends, as they were told
	Revision  int64         `json:"revision"`
	Conv      string        `json:"conv,omitempty"`
	Law       *CaseText     `json:"law,omitempty"` // whose
	Next      string        `json:"next"`
	By        int64         `json:"by,omitempty"`
	Late      bool          `json:"late"`
	Reason    string        `json:"reason,omitempty"`
	Stands    bool          `json:"stands"`            // a time stands still; for what, only the needs say
	Promise   *CaseText     `json:"promise,omitempty"` // what they hear by then
	Deadlines []ownDeadline `json:"deadlines"`
	Needs     []ownNeed     `json:"needs"`
	Payments  []CasePayment `json:"payments"`
	Credit    *ownCredit    `json:"credit,omitempty"`
	Decision  *CaseDecision `json:"decision,omitempty"`
	Appeal    *CaseText     `json:"appeal,omitempty"` // who can be asked beside us
	AppealBy  int64         `json:"appeal_by,omitempty"`
	MayAppeal bool          `json:"may_appeal"`
	MayAdd    bool          `json:"may_add"`
	MayEnd    bool          `json:"may_withdraw"`
	Story     []ownEvent    `json:"story"`
}

type ownEvent struct {
	Seq    int64           `json:"seq"`
	Kind   string          `json:"kind"`
	At     int64           `json:"at"`
	Own    bool            `json:"own"` // by the customer
	Title  string          `json:"title,omitempty"`
	Text   string          `json:"text,omitempty"`
	Reason string          `json:"reason,omitempty"`
	Until  int64           `json:"until,omitempty"`
	Amount *walletview.Sum `json:"amount,omitempty"`
	Items  []CaseText      `json:"items,omitempty"`
	Files  []ownFile       `json:"files,omitempty"`
}

func (w *window) list(ctx context.Context, p identity.Principal, _ *http.Request) (any, error) {
	out := struct {
		Cases []ownLine `json:"cases"`
	}{[]ownLine{}}
	if p.Kind != identity.Customer {
		return out, nil
	}
	all, err := w.cases.List(ctx, p, cases.Query{List: cases.All, Limit: cases.MaxPage})
	for _, r := range all {
		line := ownLine{r.ID, r.Reference, string(r.Type), textOf(w.cases.TypeTitles(r.Type)), string(r.Stage), r.NoticedAt, r.ChangedAt, "", r.Stage.Over()}
		if r.Stage == cases.Answered || r.Stage == cases.Ended { // before, nobody has told them
			line.Outcome = string(r.Outcome)
		}
		out.Cases = append(out.Cases, line)
	}
	return out, err
}

func (w *window) get(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	return w.own(w.cases.Get(ctx, p, r.PathValue("id")))
}

func (w *window) own(s casework.Seen, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out := ownCase{
		ownLine: ownLine{s.ID, s.Reference, string(s.Type), textOf(w.cases.TypeTitles(s.Type)), string(s.Stage), s.NoticedAt, s.ChangedAt, "", s.Stage.Over()},
		Request: string(s.Request), Copy: s.Request == cases.CopyOfData && s.Stage != cases.TakenBack, Revision: int64(len(s.Events)), Next: string(s.Outlook.Next), By: s.Outlook.By, Late: s.Outlook.Late, Reason: s.Outlook.Reason, Stands: s.Outlook.Stands != "", Deadlines: deadlinesOf(s.Clocks),
		Needs: []ownNeed{}, MayEnd: s.MayWithdraw(), MayAdd: !s.Stage.Over(), MayAppeal: s.Decision != nil && s.AnsweredAt != 0 && s.Decision.Outcome != cases.Upheld,
		Prove: s.Request != cases.CopyOfData && s.Request != cases.ForAnother && s.Unproven() && !s.Stage.Over(), StillAt: s.StillSince, LiftAt: s.LiftAt,
		Credit: ownCreditOf(s.Case), Story: storyOf(s),
	}
	if s.Pack != nil {
		t := textOf(s.Pack.Title)
		out.Law = &t
	}
	if n := len(s.Conversations); n > 0 {
		out.Conv = s.Conversations[n-1]
	}
	if c := s.Outlook.Clock; c != nil {
		t := textOf(c.Promise)
		out.Promise = &t
	}
	file := fileOf(s)
	out.Payments = file.Payments
	for _, item := range s.Outlook.Needs {
		out.Needs = append(out.Needs, ownNeed{item.ID, textOf(item.Title)})
	}
	if s.AnsweredAt != 0 {
		out.Outcome, out.Decision = file.Outcome, file.Decision
		if s.Pack != nil && out.MayAppeal {
			t := textOf(s.Pack.AppealOf(s.Type).Body)
			out.Appeal, out.AppealBy = &t, s.Pack.AppealBy(s.Type, s.AnsweredAt)
		}
	}
	return out, nil
}

// storyOf is what a customer may read of what happened: nothing that was written for
// staff, no reason that was not written for them, and no decision before its letter.
func storyOf(s casework.Seen) []ownEvent {
	out := []ownEvent{}
	titles := map[string]CaseText{}
	if s.Pack != nil {
		for _, item := range s.Pack.Types[s.Type].Evidence {
			if item.Customer {
				titles[item.ID] = textOf(item.Title)
			}
		}
	}
	for _, e := range s.Events {
		own := e.By.Kind == identity.Customer
		if e.Kind.Internal() || e.Kind == cases.Decided || e.Kind == cases.Resent || (e.Kind == cases.Added && !own) {
			continue
		}
		x := ownEvent{Seq: e.Seq, Kind: string(e.Kind), At: e.At, Own: own, Title: e.Title, Until: e.Until}
		for _, item := range e.Items {
			if t, ok := titles[item]; ok {
				x.Items = append(x.Items, t)
			}
		}
		if len(e.Items) > 0 && len(x.Items) == 0 { // of the house's own side
			continue
		}
		if e.Kind == cases.Credited || e.Kind == cases.CreditTaken {
			x.Amount = sumOf(e.Amount)
		}
		if own {
			for _, f := range e.Files {
				x.Files = append(x.Files, ownFile(f))
			}
		}
		switch {
		case x.Own || e.Kind == cases.Written || e.Kind == cases.Informed || e.Kind == cases.LiftTold:
			x.Text = e.Text
		case e.Kind == cases.Promised || e.Kind == cases.Extended:
			x.Reason = e.Reason
		}
		out = append(out, x)
	}
	return out
}

// deadlinesOf are those towards the customer that still count, the house's own among them.
func deadlinesOf(clocks []jurisdiction.Reckoned) []ownDeadline {
	out := []ownDeadline{}
	for _, c := range clocks {
		if len(c.Promise) == 0 || !c.Live() || c.Waits {
			continue
		}
		d := ownDeadline{Promise: textOf(c.Promise), Source: c.Cite.Source, Checked: string(c.Cite.Checked)}
		if c.Promisable() {
			d.By = c.Due
		}
		out = append(out, d)
	}
	return out
}

// ownCreditOf is what becomes of a credit, as far as the customer was told the decision.
func ownCreditOf(c *cases.Case) *ownCredit {
	if c.Credit == nil {
		return nil
	}
	out := &ownCredit{Amount: walletview.OfSum(c.Credit.Amount), At: c.Credit.At, TakenAt: c.Credit.TakenAt, State: "running"}
	switch {
	case out.TakenAt != 0:
		out.State = "taken"
	case c.Decision == nil || c.AnsweredAt == 0:
	case c.Decision.Outcome == cases.Upheld:
		out.State = "kept"
	case c.Decision.Outcome == cases.PartlyUpheld:
		out.State = "part"
	default:
		out.State = "owed"
	}
	return out
}

func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "caseapi.read", "the body is too large or broke off")
	}
	return strictjson.Decode(body, into)
}

func (w *window) complain(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	var in struct {
		Text string `json:"text"`
		Conv string `json:"conv"`
		Lang string `json:"lang"`
		Op   string `json:"op"` // made by the window: a repeat opens no other case
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Conv != "" && !id.Valid(in.Conv) {
		return nil, fault.New(fault.NotFound, "caseapi.complain", "no conversation has an id of that form")
	}
	return w.own(w.cases.Complain(ctx, p, casework.Opening{Type: jurisdiction.Complaint, Text: in.Text, Language: in.Lang, Conversation: in.Conv, Op: in.Op}))
}

// answer is what a customer adds: that something is there, an appeal, or that they take
// it back.
func (w *window) answer(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	var in struct {
		Kind     string   `json:"kind"`
		Revision int64    `json:"revision"`
		Text     string   `json:"text"`
		Items    []string `json:"items"`
		Files    []string `json:"files"` // uploaded, and not sent yet
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(in.Files, func(f string) bool { return !id.Valid(f) }) {
		return nil, fault.New(fault.NotFound, "caseapi.answer", "no file has an id of that form")
	}
	if !cases.Kind(in.Kind).ByCustomer() {
		return nil, fault.InvalidFor("caseapi.answer", "kind", "unknown", "is none of a customer's")
	}
	return w.own(w.cases.Lead(ctx, p, r.PathValue("id"), casework.Change{Kind: cases.Kind(in.Kind), Revision: in.Revision, Files: in.Files, Data: cases.Data{Text: in.Text, Items: in.Items}}))
}
