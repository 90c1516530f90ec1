package searching

import (
	"cmp"
	"context"
	"slices"

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

// Recent knows the messages that are not in the index yet; a Worker does.
type Recent interface {
	Newest(tokens []search.Token, before int64, limit int) []int64
}

// Searcher answers searches.
type Searcher struct {
	log    Log
	index  Index
	recent Recent
	blind  *search.Blinder
}

// NewSearcher makes a Searcher. Without a Recent, which may be nil, a message is
// found only once it is in the index.
func NewSearcher(log Log, index Index, recent Recent, blind *search.Blinder) *Searcher {
	return &Searcher{log: log, index: index, recent: recent, blind: blind}
}

// Search finds messages and notes that p may see, newest first, before a position
// (0: from the newest), 1 to conversation.MaxPage of them. The index only
// proposes: each candidate is checked on its text. Errors: Forbidden, Invalid for a query that cannot be searched for.
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
	limit = min(max(limit, 1), conversation.MaxPage)
	tokens, matcher := s.blind.Query(query), search.NewMatcher(query)
	var page Page
	for range maxRounds {
		positions, err := s.candidates(ctx, tokens, before, limit+1-len(page.Hits))
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

// candidates are positions below one that may match, the newest first. What is
// on its way into the index is asked for first, so that it is missed in neither
// place.
func (s *Searcher) candidates(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error) {
	var recent []int64
	if s.recent != nil {
		recent = s.recent.Newest(tokens, before, limit)
	}
	indexed, err := s.index.Newest(ctx, tokens, before, limit)
	if err != nil || len(recent) == 0 {
		return indexed, err
	}
	all := append(recent, indexed...)
	slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
	all = slices.Compact(all)
	return all[:min(limit, len(all))], nil
}
