// Package caseapi is the part of the API about cases: for the desk, disputes, complaints
// and their clocks as staff lead them, and the figures of a year; for the window, a
// customer's own cases, with what happens next, by when, and what is needed. It stands on
// package api, which admits the callers.
package caseapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Cases leads cases: flow/casework, which the desk and the window share.
type Cases interface {
	Open(ctx context.Context, p identity.Principal, o casework.Opening) (casework.Seen, error)
	Complain(ctx context.Context, p identity.Principal, o casework.Opening) (casework.Seen, error)
	Get(ctx context.Context, p identity.Principal, id string) (casework.Seen, error)
	List(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	Counts(ctx context.Context, p identity.Principal) (map[cases.List]int, error)
	Packs(ctx context.Context) []*jurisdiction.Pack
	TypeTitles(t jurisdiction.Type) form.Texts
	Lead(ctx context.Context, p identity.Principal, id string, c casework.Change) (casework.Seen, error)
	Inform(ctx context.Context, p identity.Principal, id string, revision int64, text string) (casework.Seen, error)
	Draft(ctx context.Context, p identity.Principal, id string, l jurisdiction.Letter, lang string) (casework.Draft, error)
	Pack(ctx context.Context, p identity.Principal, id string, open func(reference string) io.Writer) error
	Bears(ctx context.Context, p identity.Principal, id string, learned, statement int64) ([]jurisdiction.Borne, error)
	Resend(ctx context.Context, p identity.Principal, id string, revision, letter int64) (casework.Seen, error)
	Write(ctx context.Context, p identity.Principal, id string, revision int64, l jurisdiction.Letter, lang string) (casework.Seen, error)
	Year(ctx context.Context, p identity.Principal, year int, zone *time.Location) ([]cases.Line, []byte, error)
}

type routes struct{ cases Cases }

// Routes gives the operations, for api.Deps.More.
func Routes(c Cases) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{c}, []string{"cases"}
		const one = "/v1/cases/{id}"
		api.Add(a, huma.Operation{OperationID: "cases", Method: http.MethodGet, Path: "/v1/cases", Summary: "List disputes and complaints", Tags: tags}, r.list)
		api.Add(a, huma.Operation{OperationID: "case-counts", Method: http.MethodGet, Path: "/v1/case-counts", Summary: "Count what stands in each list", Tags: tags}, r.counts)
		api.Add(a, huma.Operation{OperationID: "jurisdictions", Method: http.MethodGet, Path: "/v1/jurisdictions", Summary: "List the laws that a case can go by", Tags: tags}, r.packs)
		api.Add(a, huma.Operation{OperationID: "open-case", Method: http.MethodPost, Path: "/v1/conversations/{id}/cases", Summary: "Open a case from a conversation", Tags: tags, DefaultStatus: http.StatusCreated}, r.open)
		api.Add(a, huma.Operation{OperationID: "case", Method: http.MethodGet, Path: one, Summary: "Read a case with its clocks and its story", Tags: tags}, r.get)
		api.Add(a, huma.Operation{OperationID: "lead-case", Method: http.MethodPost, Path: one + "/events", Summary: "Add something to a case", Tags: tags}, r.lead)
		api.Add(a, huma.Operation{OperationID: "case-letter", Method: http.MethodGet, Path: one + "/letters/{letter}", Summary: "Draft a letter from what is known", Tags: tags}, r.draft)
		api.Add(a, huma.Operation{OperationID: "write-case-letter", Method: http.MethodPost, Path: one + "/letters/{letter}", Summary: "Send a letter and archive it", Tags: tags}, r.write)
		api.Add(a, huma.Operation{OperationID: "case-liability", Method: http.MethodGet, Path: one + "/liability", Summary: "Work out what the customer bears themselves", Tags: tags}, r.liability)
		api.Add(a, huma.Operation{OperationID: "case-evidence", Method: http.MethodGet, Path: one + "/evidence.zip", Summary: "Take a case out of the house as a signed file that proves itself offline", Tags: tags}, r.pack)
		api.Add(a, huma.Operation{OperationID: "case-figures", Method: http.MethodGet, Path: "/v1/case-figures", Summary: "Count a year's cases: types, shares, outcomes, speed", Tags: tags}, r.figures)
		api.Add(a, huma.Operation{OperationID: "export-case-figures", Method: http.MethodGet, Path: "/v1/case-figures.csv", Summary: "Export the figures of a year", Tags: tags}, r.export)
	}
}

type listInput struct {
	api.Caller
	List     string `query:"list" enum:"mine,due,late,unconfirmed,over,all,named" default:"mine" doc:"all: of a customer or a conversation; named: the one of a reference"`
	Name     string `query:"reference" maxLength:"24" pattern:"^[Kk]-[0-9A-Za-z]+$" doc:"of list=named"`
	Customer string `query:"customer" maxLength:"64"`
	Conv     string `query:"conv" maxLength:"64"`
	Cursor   string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"99" default:"50"`
}

type listOutput struct{ Body CaseList }

func (r *routes) list(ctx context.Context, in *listInput) (*listOutput, error) {
	for field, text := range map[string]string{"cursor": in.Cursor, "conv": in.Conv, "customer": in.Customer} {
		if text != "" && !id.Valid(text) {
			return nil, fault.InvalidField("caseapi.list", field, "was not given out by us")
		}
	}
	all, err := r.cases.List(ctx, in.Who(), cases.Query{List: cases.List(in.List), CustomerID: in.Customer, Conversation: in.Conv, Reference: strings.ToUpper(strings.TrimSpace(in.Name)), Before: in.Cursor, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := &listOutput{}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		out.Body.Next = all[in.Limit-1].ID
	}
	out.Body.Items = make([]CaseLine, len(all))
	for i, row := range all {
		out.Body.Items[i] = lineOf(row)
	}
	return out, nil
}

type callerInput struct{ api.Caller }

type countsOutput struct {
	Body struct {
		Mine        int `json:"mine" doc:"at most 1,000, as each of these"`
		Due         int `json:"due"`
		Late        int `json:"late"`
		Unconfirmed int `json:"unconfirmed"`
	}
}

func (r *routes) counts(ctx context.Context, in *callerInput) (*countsOutput, error) {
	n, err := r.cases.Counts(ctx, in.Who())
	out := &countsOutput{}
	out.Body.Mine, out.Body.Due, out.Body.Late, out.Body.Unconfirmed = n[cases.Mine], n[cases.Due], n[cases.Late], n[cases.Unconfirmed]
	return out, err
}

// CaseLaw is a pack of a jurisdiction.
type CaseLaw struct {
	ID       string   `json:"id"`
	Title    CaseText `json:"title"`
	Version  int      `json:"version"`
	From     string   `json:"from" doc:"the first day of a notice that falls under it"`
	Reviewer string   `json:"reviewer,omitempty" doc:"the counsel who signed it off; missing: nobody did"`
}

type packsOutput struct {
	Body struct {
		Items []CaseLaw `json:"items" nullable:"false"`
	}
}

// packs are for whoever may see cases.
func (r *routes) packs(ctx context.Context, in *callerInput) (*packsOutput, error) {
	if _, err := r.cases.Counts(ctx, in.Who()); err != nil {
		return nil, err
	}
	out := &packsOutput{}
	out.Body.Items = []CaseLaw{}
	for _, p := range r.cases.Packs(ctx) {
		out.Body.Items = append(out.Body.Items, CaseLaw{p.ID, textOf(p.Title), p.Version, p.From, p.Reviewer})
	}
	return out, nil
}

type openInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the conversation"`
	Body struct {
		Type  string `json:"type" enum:"unauthorised,scam,merchant,error,complaint,data_request"`
		Entry int64  `json:"entry,omitempty" minimum:"0" doc:"the message by which the customer told us; missing: their first one here"`
		Note  string `json:"note,omitempty" maxLength:"4000"`
	}
}

type caseOutput struct{ Body CaseFile }

func caseOf(s casework.Seen, err error) (*caseOutput, error) {
	if err != nil {
		return nil, err
	}
	return &caseOutput{Body: fileOf(s)}, nil
}

func (r *routes) open(ctx context.Context, in *openInput) (*caseOutput, error) {
	return caseOf(r.cases.Open(ctx, in.Who(), casework.Opening{Type: jurisdiction.Type(in.Body.Type), Conversation: in.ID, Entry: in.Body.Entry, Text: in.Body.Note}))
}

type caseInput struct {
	api.Caller
	ID string `path:"id" doc:"of the case"`
}

func (r *routes) get(ctx context.Context, in *caseInput) (*caseOutput, error) {
	return caseOf(r.cases.Get(ctx, in.Who(), in.ID))
}

// CaseSum is a sum as it is entered.
type CaseSum struct {
	Amount   string `json:"amount" minLength:"1" maxLength:"64" doc:"a decimal text"`
	Currency string `json:"currency" minLength:"2" maxLength:"12"`
	Scale    int    `json:"scale" minimum:"0" maximum:"18"`
}

type leadInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the case"`
	Body struct {
		Revision   int64    `json:"revision" minimum:"1" doc:"of the case as it was seen"`
		Kind       string   `json:"kind" enum:"noticed,confirmed,linked,found,asked,received,dropped,paused,resumed,informed,promised,extended,credited,credit_taken,decided,corrected,withdrawn,closed,reopened,appealed,assigned,noted,added,resent,held,let_go,vouched,lift_told,lifted"`
		HappenedAt int64    `json:"happened_at,omitempty" minimum:"0" doc:"that it was earlier"`
		Type       string   `json:"type,omitempty" enum:"unauthorised,scam,merchant,error,complaint,data_request"`
		Request    string   `json:"request,omitempty" enum:"copy,correct,erase,restrict,object,explain,other" doc:"of a request about data: what is asked"`
		Law        string   `json:"jurisdiction,omitempty" maxLength:"24"`
		Channel    string   `json:"channel,omitempty" maxLength:"40" doc:"of a notice that no conversation here holds"`
		Conv       string   `json:"conv,omitempty" maxLength:"64"`
		Entry      int64    `json:"entry,omitempty" minimum:"0"`
		Fact       string   `json:"fact,omitempty" maxLength:"40"`
		Holds      bool     `json:"holds,omitempty"`
		Items      []string `json:"items,omitempty" nullable:"false" maxItems:"20" doc:"ids of evidence"`
		Reason     string   `json:"reason,omitempty" maxLength:"1000"`
		Text       string   `json:"text,omitempty" maxLength:"4000"`
		Until      int64    `json:"until,omitempty" minimum:"0"`
		Amount     *CaseSum `json:"amount,omitempty"`
		Act        string   `json:"act,omitempty" maxLength:"64" doc:"in the wallet, that gave a credit"`
		Outcome    string   `json:"outcome,omitempty" enum:"upheld,partly_upheld,refused"`
		Staff      string   `json:"staff,omitempty" maxLength:"64" doc:"a staff id, or me; missing: nobody"`
		Letter     int64    `json:"letter,omitempty" minimum:"0" doc:"resent: the seq of the letter that is sent once more"`
		Files      []string `json:"files,omitempty" nullable:"false" maxItems:"10" doc:"ids of what was uploaded and not sent yet: they go into the case as a note that no customer sees"`
	}
}

func (r *routes) lead(ctx context.Context, in *leadInput) (*caseOutput, error) {
	b := &in.Body
	if cases.Kind(b.Kind) == cases.Informed {
		return caseOf(r.cases.Inform(ctx, in.Who(), in.ID, b.Revision, b.Text))
	}
	if cases.Kind(b.Kind) == cases.Resent {
		return caseOf(r.cases.Resend(ctx, in.Who(), in.ID, b.Revision, b.Letter))
	}
	if b.Staff != "" && b.Staff != "me" && !id.Valid(b.Staff) {
		return nil, fault.InvalidField("caseapi.lead", "staff", "is no id")
	}
	if slices.ContainsFunc(b.Files, func(f string) bool { return !id.Valid(f) }) {
		return nil, fault.New(fault.NotFound, "caseapi.lead", "no file has an id of that form")
	}
	c := casework.Change{Kind: cases.Kind(b.Kind), Revision: b.Revision, When: b.HappenedAt, Files: b.Files, Data: cases.Data{
		Type: jurisdiction.Type(b.Type), Request: cases.Request(b.Request), Jurisdiction: b.Law, Channel: b.Channel, Conversation: b.Conv, Entry: b.Entry, Fact: jurisdiction.Fact(b.Fact), Holds: b.Holds, Items: b.Items,
		Reason: b.Reason, Text: b.Text, Until: b.Until, Act: b.Act, Outcome: cases.Outcome(b.Outcome), Staff: b.Staff,
	}}
	if b.Amount != nil {
		sum, err := wallet.Parse(b.Amount.Amount, b.Amount.Currency, b.Amount.Scale)
		if err != nil {
			return nil, err
		}
		c.Amount = &sum
	}
	return caseOf(r.cases.Lead(ctx, in.Who(), in.ID, c))
}

type draftInput struct {
	api.Caller
	ID       string `path:"id" doc:"of the case"`
	Letter   string `path:"letter" enum:"acknowledgement,holding_reply,credit_given,credit_taken,upheld,partly_upheld,refused"`
	Language string `query:"lang" enum:"en,zh" default:"en"`
}

// CaseLetter is a letter that is not sent yet.
type CaseLetter struct {
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Missing []string `json:"missing" nullable:"false" doc:"figures without which it cannot be written"`
}

type draftOutput struct{ Body CaseLetter }

func (r *routes) draft(ctx context.Context, in *draftInput) (*draftOutput, error) {
	d, err := r.cases.Draft(ctx, in.Who(), in.ID, jurisdiction.Letter(in.Letter), in.Language)
	return &draftOutput{Body: CaseLetter{d.Title, d.Text, append([]string{}, d.Missing...)}}, err
}

type liabilityInput struct {
	api.Caller
	ID        string `path:"id" doc:"of the case"`
	Learned   int64  `query:"learned" minimum:"0" doc:"when the customer learned of it; missing: not known"`
	Statement int64  `query:"statement" minimum:"0" doc:"when the statement was sent that shows it; missing: not known"`
}

// CaseTier is how much the customer bears, at most, where its conditions are met.
type CaseTier struct {
	Title    CaseText `json:"title"`
	Most     string   `json:"most,omitempty" doc:"missing: no limit"`
	Currency string   `json:"currency,omitempty"`
	State    string   `json:"state" enum:"applies,misses,unknown,beyond" doc:"the first that applies counts"`
	By       int64    `json:"by,omitempty" doc:"until when the customer had to tell us"`
	Source   string   `json:"source"`
	Checked  string   `json:"checked" enum:"verified,secondary,unverified,house"`
}

type liabilityOutput struct {
	Body struct {
		Items []CaseTier `json:"items" nullable:"false"`
	}
}

func (r *routes) liability(ctx context.Context, in *liabilityInput) (*liabilityOutput, error) {
	all, err := r.cases.Bears(ctx, in.Who(), in.ID, in.Learned, in.Statement)
	out := &liabilityOutput{}
	out.Body.Items = []CaseTier{}
	for _, b := range all {
		out.Body.Items = append(out.Body.Items, CaseTier{textOf(b.Title), b.Most, b.Currency, b.State, b.By, b.Source, string(b.Checked)})
	}
	return out, err
}

// pack writes the file into memory: what goes wrong is an answer, and never a file that is
// cut off.
func (r *routes) pack(ctx context.Context, in *caseInput) (*exportOutput, error) {
	var out bytes.Buffer
	name := ""
	err := r.cases.Pack(ctx, in.Who(), in.ID, func(reference string) io.Writer {
		name = reference
		return &out
	})
	if err != nil {
		return nil, err
	}
	return &exportOutput{ContentType: "application/zip", Disposition: `attachment; filename="` + name + `.zip"`, Body: out.Bytes()}, nil
}

type writeInput struct {
	api.Caller
	ID     string `path:"id" doc:"of the case"`
	Letter string `path:"letter" enum:"acknowledgement,holding_reply,credit_given,credit_taken,upheld,partly_upheld,refused"`
	Body   struct {
		Revision int64  `json:"revision" minimum:"1" doc:"of the case as it was seen"`
		Language string `json:"lang" enum:"en,zh"`
	}
}

func (r *routes) write(ctx context.Context, in *writeInput) (*caseOutput, error) {
	return caseOf(r.cases.Write(ctx, in.Who(), in.ID, in.Body.Revision, jurisdiction.Letter(in.Letter), in.Body.Language))
}

type yearInput struct {
	api.Caller
	Year     int    `query:"year" required:"true" minimum:"2000" maximum:"2200"`
	TimeZone string `query:"time_zone" maxLength:"64" default:"UTC" doc:"in which the year begins"`
}

// year asks for the figures: who may not have them hears that first, whatever else is
// wrong.
func (r *routes) year(ctx context.Context, in *yearInput) ([]cases.Line, []byte, error) {
	zone, wrong := time.UTC, error(nil)
	if organisation.IsTimeZone(in.TimeZone) {
		zone, wrong = loadZone(in.TimeZone)
	} else {
		wrong = fault.InvalidField("caseapi.year", "time_zone", "is unknown")
	}
	lines, text, err := r.cases.Year(ctx, in.Who(), in.Year, zone)
	if err == nil {
		err = wrong
	}
	return lines, text, err
}

func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC, fault.Wrap("caseapi.loadZone", err)
	}
	return zone, nil
}

// CaseYear is what a year had of one type under one law.
type CaseYear struct {
	Jurisdiction string  `json:"jurisdiction,omitempty"`
	Type         string  `json:"type"`
	Count        int     `json:"count"`
	Share        float64 `json:"share" doc:"of all cases of the year, in percent"`
	Answered     int     `json:"answered"`
	Upheld       int     `json:"upheld"`
	PartlyUpheld int     `json:"partly_upheld"`
	Refused      int     `json:"refused"`
	Late         int     `json:"late" doc:"with a duty that was broken"`
	MedianDays   float64 `json:"median_days" doc:"from the first notice to the answer"`
	NinetyDays   float64 `json:"p90_days" doc:"within which nine of ten were answered"`
}

type yearOutput struct {
	Body struct {
		Items []CaseYear `json:"items" nullable:"false"`
	}
}

func (r *routes) figures(ctx context.Context, in *yearInput) (*yearOutput, error) {
	lines, _, err := r.year(ctx, in)
	out := &yearOutput{}
	out.Body.Items = []CaseYear{}
	for _, l := range lines {
		out.Body.Items = append(out.Body.Items, CaseYear{l.Jurisdiction, string(l.Type), l.Count, l.Share, l.Answered, l.Upheld, l.Partly, l.Refused, l.Broken, l.MedianDays, l.NinetyDays})
	}
	return out, err
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (r *routes) export(ctx context.Context, in *yearInput) (*exportOutput, error) {
	_, text, err := r.year(ctx, in)
	if err != nil {
		return nil, err
	}
	return &exportOutput{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="kefu-cases-` + strconv.Itoa(in.Year) + `.csv"`, Body: text}, nil
}
