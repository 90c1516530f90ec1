package caseapi

import (
	"context"
	"io"
	"net/http"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
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
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Type      string `json:"type"`
	Stage     string `json:"stage"`
	NoticedAt int64  `json:"noticed_at"`
	ChangedAt int64  `json:"changed_at"`
	Outcome   string `json:"outcome,omitempty"`
	Over      bool   `json:"over"`
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
	Revision  int64         `json:"revision"`
	Conv      string        `json:"conv,omitempty"`
	Next      string        `json:"next"`
	By        int64         `json:"by,omitempty"`
	Late      bool          `json:"late"`
	Reason    string        `json:"reason,omitempty"`
	Promise   *CaseText     `json:"promise,omitempty"` // what they hear by then
	Needs     []ownNeed     `json:"needs"`
	Payments  []CasePayment `json:"payments"`
	Credit    *CaseCredit   `json:"credit,omitempty"`
	Decision  *CaseDecision `json:"decision,omitempty"`
	Appeal    *CaseText     `json:"appeal,omitempty"` // who can be asked beside us
	AppealBy  int64         `json:"appeal_by,omitempty"`
	MayAppeal bool          `json:"may_appeal"`
	MayEnd    bool          `json:"may_withdraw"`
	Story     []ownEvent    `json:"story"`
}

type ownEvent struct {
	Kind   string `json:"kind"`
	At     int64  `json:"at"`
	Own    bool   `json:"own"` // by the customer
	Title  string `json:"title,omitempty"`
	Text   string `json:"text,omitempty"`
	Reason string `json:"reason,omitempty"`
	Until  int64  `json:"until,omitempty"`
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
		line := ownLine{r.ID, r.Reference, string(r.Type), string(r.Stage), r.NoticedAt, r.ChangedAt, "", r.Stage.Over()}
		if r.Stage == cases.Answered || r.Stage == cases.Ended { // before, nobody has told them
			line.Outcome = string(r.Outcome)
		}
		out.Cases = append(out.Cases, line)
	}
	return out, err
}

func (w *window) get(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	return ownOf(w.cases.Get(ctx, p, r.PathValue("id")))
}

func ownOf(s casework.Seen, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out := ownCase{
		ownLine:  ownLine{s.ID, s.Reference, string(s.Type), string(s.Stage), s.NoticedAt, s.ChangedAt, "", s.Stage.Over()},
		Revision: int64(len(s.Events)), Next: string(s.Outlook.Next), By: s.Outlook.By, Late: s.Outlook.Late, Reason: s.Outlook.Reason, Needs: []ownNeed{}, Payments: []CasePayment{},
		MayEnd: !s.Stage.Over() && s.Decision == nil, MayAppeal: s.Decision != nil && s.AnsweredAt != 0 && s.Decision.Outcome != cases.Upheld, Story: storyOf(s.Events),
	}
	if n := len(s.Conversations); n > 0 {
		out.Conv = s.Conversations[n-1]
	}
	if c := s.Outlook.Clock; c != nil {
		t := textOf(c.Promise)
		out.Promise = &t
	}
	file := fileOf(s)
	out.Payments, out.Credit = file.Payments, file.Credit
	if out.Credit != nil {
		out.Credit.Act = ""
	}
	for _, item := range s.Outlook.Needs {
		out.Needs = append(out.Needs, ownNeed{item.ID, textOf(item.Title)})
	}
	if s.AnsweredAt != 0 {
		out.Outcome, out.Decision = file.Outcome, file.Decision
		if s.Pack != nil && out.MayAppeal {
			t := textOf(s.Pack.Appeal.Body)
			out.Appeal, out.AppealBy = &t, s.Pack.AppealBy(s.AnsweredAt)
		}
	}
	return out, nil
}

// storyOf is what a customer may read of what happened: nothing that was written for
// staff, no reason that was not written for them, and no decision before its letter.
func storyOf(events []cases.Event) []ownEvent {
	out := []ownEvent{}
	for _, e := range events {
		if e.Kind.Internal() || e.Kind == cases.Decided {
			continue
		}
		x := ownEvent{Kind: string(e.Kind), At: e.At, Own: e.By.Kind == identity.Customer, Title: e.Title, Until: e.Until}
		switch {
		case x.Own || e.Kind == cases.Written || e.Kind == cases.Informed:
			x.Text = e.Text
		case e.Kind == cases.Promised || e.Kind == cases.Extended:
			x.Reason = e.Reason
		}
		out = append(out, x)
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
	return ownOf(w.cases.Complain(ctx, p, casework.Opening{Type: jurisdiction.Complaint, Text: in.Text, Language: in.Lang, Conversation: in.Conv, Op: in.Op}))
}

// answer is what a customer adds: that something is there, an appeal, or that they take
// it back.
func (w *window) answer(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	var in struct {
		Kind     string   `json:"kind"`
		Revision int64    `json:"revision"`
		Text     string   `json:"text"`
		Items    []string `json:"items"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if !cases.Kind(in.Kind).ByCustomer() {
		return nil, fault.InvalidFor("caseapi.answer", "kind", "unknown", "is none of a customer's")
	}
	return ownOf(w.cases.Lead(ctx, p, r.PathValue("id"), casework.Change{Kind: cases.Kind(in.Kind), Revision: in.Revision, Data: cases.Data{Text: in.Text, Items: in.Items}}))
}
