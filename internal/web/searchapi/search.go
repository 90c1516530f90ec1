// Package searchapi is how the desk finds messages and notes: an operation of the
// API beside those of package api.
package searchapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/search"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/fault"
	"kefu/internal/web/api"
)

// Hit is a message or note that matches a search.
type Hit struct {
	Conv       string         `json:"conv"`
	Seq        int64          `json:"seq"`
	At         int64          `json:"at"`
	Author     string         `json:"author" doc:"the alias of an agent, else customer, assistant or system"`
	AuthorKind search.Writer  `json:"author_kind" enum:"customer,agent,program"`
	Kind       string         `json:"kind" doc:"message or note"`
	Snippet    string         `json:"snippet" doc:"the part of the text around what was found, as plain text"`
	Highlights []HitRange     `json:"highlights" nullable:"false" doc:"where in the snippet the words stand, in order, apart from each other"`
	Files      int            `json:"files,omitempty" doc:"how many files it brought"`
	Customer   api.FoundLabel `json:"customer"`
	Status     string         `json:"status" doc:"of the conversation"`
	Assignee   string         `json:"assignee,omitempty" doc:"the alias of who has the conversation"`
	Channel    string         `json:"channel"`
	Tags       []string       `json:"tags" nullable:"false" doc:"of the conversation"`
}

// HitRange is a stretch of a snippet, in code points: from start up to end.
type HitRange struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// SearchPart is a filter that stands in the text of a search.
type SearchPart struct {
	Start  int      `json:"start" doc:"code points of q"`
	End    int      `json:"end"`
	Key    string   `json:"key"`
	Values []string `json:"values" nullable:"false"`
}

// SearchCount is how many of the counted hits have a value of a filter.
type SearchCount struct {
	Key   string `json:"key" doc:"the filter"`
	Value string `json:"value"`
	Name  string `json:"name,omitempty" doc:"of a member of staff"`
	N     int    `json:"n"`
}

// SearchCounts are the hits by the values of the filters.
type SearchCounts struct {
	All  int           `json:"all" doc:"how many hits were counted: the newest"`
	More bool          `json:"more" doc:"there are more, or may be"`
	By   []SearchCount `json:"by" nullable:"false"`
}

// HitPage is a page of hits.
type HitPage struct {
	Items  []Hit         `json:"items" nullable:"false"`
	Next   string        `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
	Looked int64         `json:"looked,omitempty" doc:"not everything was looked through: back to this instant it was, and next goes on from there"`
	Parts  []SearchPart  `json:"parts" nullable:"false" doc:"the filters in q"`
	Counts *SearchCounts `json:"counts,omitempty"`
}

type searchInput struct {
	api.Caller
	Q      string         `query:"q" required:"true" maxLength:"400" doc:"words that must all occur, in quotation marks exactly so, with a star the beginning of one; and filters, as from:customer status:open,waiting before:2026-11-01"`
	Sort   searching.Sort `query:"sort" enum:"newest,relevance" default:"newest" doc:"relevance orders the newest hits by how well they match"`
	Zone   string         `query:"time_zone" maxLength:"64" default:"UTC" doc:"the time zone (IANA) in which days are meant"`
	Counts bool           `query:"counts" doc:"count the hits by the values of the filters, with the first page"`
	Cursor string         `query:"cursor" maxLength:"60" doc:"next of the page before"`
	Limit  int            `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type searchOutput struct{ Body HitPage }

// Searcher finds messages.
type Searcher interface {
	Search(ctx context.Context, p identity.Principal, r searching.Request) (searching.Page, error)
}

type routes struct{ searcher Searcher }

// Routes adds the operation to an API.
func Routes(searcher Searcher) func(*api.API) {
	return func(a *api.API) {
		r := &routes{searcher}
		r.add(a)
	}
}

func (r *routes) add(a *api.API) {
	api.Add(a, huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/v1/search", Summary: "Find messages and notes", Tags: []string{"search"},
		Description: "Errors name the part of q that is wrong: the field q.5.16 is its code points from 5 up to 16.",
	}, r.search)
}

func (r *routes) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	const op = "searchapi.search"
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	if !organisation.IsTimeZone(in.Zone) {
		return nil, fault.InvalidField(op, "time_zone", "is unknown")
	}
	zone, err := time.LoadLocation(in.Zone)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	page, err := r.searcher.Search(ctx, in.Who(), searching.Request{Text: in.Q, Sort: in.Sort, Zone: zone, After: after, Limit: in.Limit, Counts: in.Counts})
	if part, ok := strings.CutPrefix(fault.FieldOf(err), "query"); ok {
		return nil, fault.InvalidFor(op, "q"+part, fault.ReasonOf(err), "%v", err)
	}
	if err != nil {
		return nil, err
	}
	out := &searchOutput{Body: HitPage{Items: make([]Hit, len(page.Hits)), Next: cursorOf(page.Next), Looked: page.Looked, Parts: make([]SearchPart, len(page.Parts))}}
	for i := range page.Hits {
		out.Body.Items[i] = hitOf(&page.Hits[i])
	}
	for i, p := range page.Parts {
		out.Body.Parts[i] = SearchPart{Start: p.Start, End: p.End, Key: p.Key, Values: p.Values}
	}
	if page.Counts != nil {
		out.Body.Counts = countsOf(page.Counts)
	}
	return out, nil
}

// A cursor is the position to go on before, and by relevance the place in that order
// too: 1234 or 1234.1500.1201.
func cursorOf(c searching.Cursor) string {
	switch {
	case c == searching.Cursor{}:
		return ""
	case c.Pos == 0:
		return fmt.Sprint(c.Before)
	}
	return fmt.Sprintf("%d.%d.%d", c.Before, c.Score, c.Pos)
}

func parseCursor(text string) (c searching.Cursor, err error) {
	if text == "" {
		return c, nil
	}
	_, _ = fmt.Sscanf(text, "%d.%d.%d", &c.Before, &c.Score, &c.Pos)
	if c.Before <= 0 || c.Pos < 0 || cursorOf(c) != text { // what does not read back was not given out
		return c, fault.InvalidField("searchapi.parseCursor", "cursor", "was not given out by us")
	}
	return c, nil
}

func countsOf(c *searching.Counts) *SearchCounts {
	out := &SearchCounts{All: c.All, More: c.More, By: []SearchCount{}}
	for _, key := range search.Keys() {
		for _, one := range c.By[key] {
			out.By = append(out.By, SearchCount{Key: key, Value: one.Value, Name: one.Name, N: one.N})
		}
	}
	return out
}

func hitOf(h *searching.Hit) Hit {
	e, s, text, shift := &h.Entry, &h.State, h.Snippet.Text, 0
	if h.Snippet.CutBefore {
		text, shift = "…"+text, 1
	}
	if h.Snippet.CutAfter {
		text += "…"
	}
	hit := Hit{
		Conv: e.ConversationID, Seq: e.Seq, At: e.At, Author: string(e.Author.Kind), AuthorKind: search.WriterOf(e.Author), Kind: string(e.Kind),
		Snippet: text, Highlights: make([]HitRange, len(h.Snippet.Highlights)), Files: len(e.Content.Attachments),
		Customer: api.FoundLabel(api.LabelOf(s.CustomerID, h.Customer.Name, h.Customer.Evidence)), Status: string(s.Status), Assignee: s.AssigneeName, Channel: s.Channel, Tags: s.Tags,
	}
	if text == "" {
		hit.Snippet = api.PreviewOf(e.Content)
	}
	if e.Author.Name != "" {
		hit.Author = e.Author.Name
	}
	if hit.Tags == nil {
		hit.Tags = []string{}
	}
	for i, r := range h.Snippet.Highlights {
		hit.Highlights[i] = HitRange{Start: r.Start + shift, End: r.End + shift}
	}
	return hit
}
