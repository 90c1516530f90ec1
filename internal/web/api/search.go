package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/flow/searching"
	"kefu/internal/platform/fault"
)

// Hit is a message or note that matches a search.
type Hit struct {
	Conv    string `json:"conv"`
	Seq     int64  `json:"seq"`
	At      int64  `json:"at"`
	Author  string `json:"author" doc:"the alias of an agent, else customer, assistant or system"`
	Kind    string `json:"kind" doc:"message or note"`
	Snippet string `json:"snippet" doc:"the part of the text around what was found"`
}

// HitPage is a page of hits, newest first.
type HitPage struct {
	Items []Hit  `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

type searchInput struct {
	Caller
	Q      string `query:"q" required:"true" maxLength:"200" doc:"words that must all occur; in quotation marks exactly so"`
	Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type searchOutput struct{ Body HitPage }

func (a *API) addSearch() {
	add(a, huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/v1/search", Summary: "Find messages and notes", Tags: []string{"search"},
	}, a.search)
}

func (a *API) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	const op = "api.search"
	before := int64(0)
	if in.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before <= 0 {
			return nil, fault.InvalidField(op, "cursor", "was not given out by us")
		}
	}
	page, err := a.Search.Search(ctx, in.who(), in.Q, before, in.Limit)
	if fault.FieldOf(err) == "query" {
		return nil, fault.InvalidField(op, "q", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	out := &searchOutput{Body: HitPage{Items: make([]Hit, len(page.Hits))}}
	for i := range page.Hits {
		out.Body.Items[i] = hitOf(&page.Hits[i])
	}
	if page.Next > 0 {
		out.Body.Next = strconv.FormatInt(page.Next, 10)
	}
	return out, nil
}

func hitOf(h *searching.Hit) Hit {
	e, text := &h.Entry, h.Snippet.Text
	if h.Snippet.CutBefore {
		text = "…" + text
	}
	if h.Snippet.CutAfter {
		text += "…"
	}
	hit := Hit{Conv: e.ConversationID, Seq: e.Seq, At: e.At, Author: string(e.Author.Kind), Kind: string(e.Kind), Snippet: text}
	if e.Author.Name != "" {
		hit.Author = e.Author.Name
	}
	return hit
}
