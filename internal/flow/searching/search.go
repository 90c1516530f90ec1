package searching

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/search"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Sort is the order of hits.
type Sort string

// The orders: by time, or by how well the text matches, among the newest hits.
const (
	Newest    Sort = "newest"
	Relevance Sort = "relevance"
)

// Cursor is where a page ends. By relevance every page is chosen from the same hits,
// those before Before; the page goes on after Score and Pos.
type Cursor struct {
	Before int64
	Score  int
	Pos    int64
}

// Request is what somebody asks for.
type Request struct {
	Text   string
	Sort   Sort
	Zone   *time.Location // in which days are meant; nil is UTC
	After  Cursor         // zero: the first page
	Limit  int
	Counts bool // count what was found by the values of the filters, of the first page
}

// Hit is a message that matches a search.
type Hit struct {
	search.Found
	Snippet search.Snippet
}

// Page is a page of hits. Next is where to go on; zero when there is no more. A page
// may hold fewer hits than were asked for, or none, and still have more after it:
// where little passes the filters, not everything is looked through at once. Then
// Looked says back to which instant (microseconds) it was.
type Page struct {
	Hits   []Hit
	Next   Cursor
	Looked int64
	Counts *Counts
	Parts  []search.Part
}

const (
	snippetChars = 160
	maxRounds    = 8   // of candidates looked at for one page
	pool         = 200 // hits that are ordered by relevance, and counted
	firstStep    = 100 // candidates of a round; each next round looks at more
	maxStep      = 1000
)

// Recent knows the messages that are not in the index yet; a Worker does.
type Recent interface {
	Newest(tokens []search.Token, before int64, limit int) []int64
}

// Finder reads what the index proposes; the store does.
type Finder interface {
	FewConversations(ctx context.Context, p identity.Principal, want *search.Filter) (few search.Few, ok bool, err error)
	WrittenIn(ctx context.Context, p identity.Principal, few search.Few, before int64, limit int) ([]int64, error)
	WrittenBefore(ctx context.Context, p identity.Principal, before int64, limit int) ([]int64, error)
	PositionAt(ctx context.Context, p identity.Principal, at int64) (int64, error)
	WrittenAt(ctx context.Context, p identity.Principal, pos int64) (int64, error)
	JudgeMatches(ctx context.Context, p identity.Principal, want *search.Filter, positions []int64, score func(text string) int) ([]search.Match, error)
	ReadFound(ctx context.Context, p identity.Principal, positions []int64) ([]search.Found, error)
	AllStaff(ctx context.Context, p identity.Principal) iter.Seq2[staff.Member, error]
}

// Team is a team, as filters name it.
type Team struct{ ID, Name string }

// Parts are what a Searcher is made of. Recent may be nil: then a message is found
// only once it is in the index.
type Parts struct {
	Finder Finder
	Index  Index
	Recent Recent
	Blind  *search.Blinder
	Teams  func() []Team
	Now    clock.Clock
}

// Searcher answers searches.
type Searcher struct{ Parts }

// NewSearcher makes a Searcher.
func NewSearcher(parts Parts) *Searcher { return &Searcher{parts} }

// asked is a search that is under way.
type asked struct {
	p       identity.Principal
	ask     search.Ask
	filter  search.Filter
	tokens  []search.Token
	matcher *search.Matcher
	sort    Sort
	oldest  int64 // the position below which nothing can pass
	few     *search.Few
}

// score is what words of a text are worth: without words to look for, every text
// is worth the same.
func (a *asked) score(text string) int {
	switch {
	case !a.ask.Words():
		return 1
	case a.sort == Relevance:
		return a.matcher.Score(text)
	case a.matcher.Match(text):
		return 1
	}
	return 0
}

// Search finds messages and notes that p may see and that pass the filters, 1 to
// conversation.MaxPage of them. The index only proposes: each candidate is checked on
// its text, its conversation and what p may see. Errors: Forbidden; Invalid, which
// names the part of the text that is wrong, see search.ParseAsk.
func (s *Searcher) Search(ctx context.Context, p identity.Principal, r Request) (Page, error) {
	const op = "searching.Search"
	own := !policy.Allow(p, policy.SearchMessages, policy.Object{})
	if own && !policy.Allow(p, policy.SearchMessages, policy.Whosever(p.ID)) {
		return Page{}, fault.New(fault.Forbidden, op, "%s may not search", p.Kind)
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	ask, err := search.ParseAsk(r.Text, s.Now(), r.Zone)
	if err != nil {
		return Page{}, err
	}
	a := &asked{p: p, ask: ask, matcher: search.NewMatcher(ask.Query), sort: r.Sort}
	if a.filter, err = s.resolve(ctx, p, &ask); err != nil {
		return Page{}, err
	}
	if !own { // the index knows everybody's words: what it proposes would tell how many there are
		a.tokens = s.Blind.Asked(ask.Query, a.filter.Traits())
	}
	limit := min(max(r.Limit, 1), conversation.MaxPage)
	if !ask.Words() {
		a.sort = Newest
	}
	before, err := s.bounds(ctx, a, r.After.Before)
	if err != nil {
		return Page{}, fault.Wrap(op, err)
	}
	first := r.After == Cursor{}
	wanted := limit + 1
	if a.sort == Relevance || (r.Counts && first) {
		wanted = max(wanted, pool)
	}
	found, err := s.gather(ctx, a, before, wanted)
	if err != nil {
		return Page{}, fault.Wrap(op, err)
	}
	page := Page{Parts: ask.Parts}
	if r.Counts && first {
		page.Counts = countsOf(found.matches, found.rest > 0 || len(found.matches) > pool)
	}
	if len(found.matches) > 0 {
		before = min(before, found.matches[0].Pos+1) // what comes meanwhile is not of the later pages
	}
	var chosen []search.Match
	if a.sort == Relevance {
		chosen, page.Next = byRelevance(found.matches, r.After, before, limit)
	} else {
		chosen, page.Next = byTime(found.matches, found.rest, limit)
	}
	if found.rest > 0 && len(found.matches) < wanted {
		page.Looked = found.looked
	}
	page.Hits, err = s.read(ctx, a, chosen)
	return page, fault.Wrap(op, err)
}

// byTime takes the first of what was found. What is left over, or was not looked
// at, is the next page.
func byTime(matches []search.Match, rest int64, limit int) ([]search.Match, Cursor) {
	if len(matches) > limit {
		return matches[:limit], Cursor{Before: matches[limit-1].Pos}
	}
	return matches, Cursor{Before: rest}
}

// byRelevance takes the best of what was found, after a place.
func byRelevance(matches []search.Match, after Cursor, before int64, limit int) ([]search.Match, Cursor) {
	compare := func(a, b search.Match) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Pos, a.Pos)) }
	slices.SortFunc(matches, compare)
	from := 0
	if after.Pos > 0 {
		last := search.Match{Score: after.Score, Pos: after.Pos}
		for from < len(matches) && compare(matches[from], last) <= 0 {
			from++
		}
	}
	matches = matches[from:]
	if len(matches) <= limit {
		return matches, Cursor{}
	}
	last := matches[limit-1]
	return matches[:limit], Cursor{Before: before, Score: last.Score, Pos: last.Pos}
}

// bounds are the positions between which what was asked for lies: below the one that
// is returned.
func (s *Searcher) bounds(ctx context.Context, a *asked, before int64) (int64, error) {
	if before <= 0 {
		before = 1 << 62
	}
	if a.filter.Until > 0 {
		end, err := s.Finder.PositionAt(ctx, a.p, a.filter.Until)
		if err != nil {
			return 0, err
		}
		before = min(before, end)
	}
	if a.filter.From > 0 {
		var err error
		if a.oldest, err = s.Finder.PositionAt(ctx, a.p, a.filter.From); err != nil {
			return 0, err
		}
	}
	return before, nil
}

// gathered is what was found, and the position to go on before; 0 when all was
// looked at.
type gathered struct {
	matches []search.Match
	rest    int64
	looked  int64
}

// gather looks at candidates, round after round, for so many matches.
func (s *Searcher) gather(ctx context.Context, a *asked, before int64, wanted int) (gathered, error) {
	var g gathered
	step := wanted
	if a.filter.Beyond() || len(a.tokens) == 0 {
		step = max(wanted, firstStep)
	}
	for round := range maxRounds {
		step = min(step, maxStep)
		if err := s.narrow(ctx, a, round); err != nil {
			return g, err
		}
		positions, err := s.candidates(ctx, a, before, step)
		if err != nil {
			return g, err
		}
		whole := len(positions) < step
		for len(positions) > 0 && positions[len(positions)-1] < a.oldest {
			positions, whole = positions[:len(positions)-1], true
		}
		matches, err := s.Finder.JudgeMatches(ctx, a.p, &a.filter, positions, a.score)
		if err != nil {
			return g, err
		}
		g.matches = append(g.matches, matches...)
		if whole {
			g.rest = 0
			return g, nil
		}
		before = positions[len(positions)-1]
		g.rest = before
		if len(g.matches) >= wanted {
			return g, nil
		}
		step *= 2
	}
	return g, s.lookedTo(ctx, a, &g)
}

// lookedTo notes the time of the last message that was looked at.
func (s *Searcher) lookedTo(ctx context.Context, a *asked, g *gathered) error {
	at, err := s.Finder.WrittenAt(ctx, a.p, g.rest)
	g.looked = at
	return err
}

// narrow finds out once whether few conversations pass the filters: before anything
// where there are no words to ask the index for, and else after the newest of them,
// for most searches end there.
func (s *Searcher) narrow(ctx context.Context, a *asked, round int) error {
	first := 0
	if len(a.tokens) > 0 {
		first = 1
	}
	if round != first || !a.filter.Beyond() {
		return nil
	}
	few, ok, err := s.Finder.FewConversations(ctx, a.p, &a.filter)
	if ok {
		a.few = &few
	}
	return err
}

// candidates are positions below one that may match, the newest first: of the few
// conversations that pass the filters, else of the index, else of the log. What is
// on its way into the index is asked for first, so that it is missed in neither
// place.
func (s *Searcher) candidates(ctx context.Context, a *asked, before int64, limit int) ([]int64, error) {
	if a.few != nil {
		return s.Finder.WrittenIn(ctx, a.p, *a.few, before, limit)
	}
	if len(a.tokens) == 0 {
		return s.Finder.WrittenBefore(ctx, a.p, before, limit)
	}
	var recent []int64
	if s.Recent != nil {
		recent = s.Recent.Newest(a.tokens, before, limit)
	}
	indexed, err := s.Index.Newest(ctx, a.tokens, before, limit)
	if err != nil || len(recent) == 0 {
		return indexed, err
	}
	all := append(recent, indexed...)
	slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
	all = slices.Compact(all)
	return all[:min(limit, len(all))], nil
}

// read reads what was chosen, in its order, with the part of each text to show.
func (s *Searcher) read(ctx context.Context, a *asked, chosen []search.Match) ([]Hit, error) {
	positions := make([]int64, len(chosen))
	place := make(map[int64]int, len(chosen))
	for i := range chosen {
		positions[i], place[chosen[i].Pos] = chosen[i].Pos, i
	}
	found, err := s.Finder.ReadFound(ctx, a.p, positions)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, 0, len(found))
	for i := range found {
		hit := Hit{Found: found[i], Snippet: search.Beginning(found[i].Entry.Content.Text, snippetChars)}
		if a.ask.Words() {
			var ok bool
			if hit.Snippet, ok = a.matcher.Snippet(found[i].Entry.Content.Text, snippetChars); !ok {
				continue // it was changed meanwhile
			}
		}
		hits = append(hits, hit)
	}
	slices.SortFunc(hits, func(x, y Hit) int { return cmp.Compare(place[x.Entry.Pos], place[y.Entry.Pos]) })
	return hits, nil
}
