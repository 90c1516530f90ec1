package searching

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
)

// Hit is a message that matches a search.
type Hit struct {
	Entry   conversation.Entry
	Snippet search.Snippet
}

// Page is a page of hits, newest first. Next is the position to go on before; 0
// when there is no more.
type Page struct {
	Hits []Hit
	Next int64
}

const (
	snippetChars = 160
	maxRounds    = 8 // of candidates looked at for one page
)

// Searcher answers searches.
type Searcher struct {
	log   Log
	index Index
	blind *search.Blinder
}

// NewSearcher makes a Searcher.
func NewSearcher(log Log, index Index, blind *search.Blinder) *Searcher {
	return &Searcher{log: log, index: index, blind: blind}
}

// Search finds messages and notes that p may see, newest first, before a position
// (0: from the newest). The index only proposes: each candidate is checked on its
// text. Errors: Forbidden, Invalid for a query that cannot be searched for.
func (s *Searcher) Search(ctx context.Context, p identity.Principal, text string, before int64, limit int) (Page, error) {
	const op = "searching.Search"
	if !policy.Allow(p, policy.SearchMessages, policy.Object{}) {
		return Page{}, fault.New(fault.Forbidden, op, "%s may not search", p.Kind)
	}
	query, err := search.Parse(text)
	if err != nil {
		return Page{}, err
	}
	if before <= 0 {
		before = 1 << 62
	}
	tokens, matcher := s.blind.Query(query), search.NewMatcher(query)
	var page Page
	for range maxRounds {
		positions, err := s.index.Newest(ctx, tokens, before, limit+1-len(page.Hits))
		if err != nil {
			return Page{}, fault.Wrap(op, err)
		}
		entries, err := s.log.EntriesAt(ctx, p, positions)
		if err != nil {
			return Page{}, fault.Wrap(op, err)
		}
		wanted := limit + 1 - len(page.Hits)
		for _, e := range entries {
			if snippet, ok := matcher.Snippet(e.Content.Text, snippetChars); ok {
				page.Hits = append(page.Hits, Hit{Entry: e, Snippet: snippet})
			}
		}
		if len(page.Hits) > limit {
			page.Hits = page.Hits[:limit]
			page.Next = page.Hits[limit-1].Entry.Pos
			return page, nil
		}
		if len(positions) < wanted {
			return page, nil
		}
		before = positions[len(positions)-1]
	}
	page.Next = before
	return page, nil
}
