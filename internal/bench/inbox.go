package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kefu/internal/target"
)

const (
	inboxPage   = 50  // conversations
	inboxPages  = 100 // that are known of each view
	filterPages = 20  // that are known of each list with a filter
	inboxLimit  = 10  // milliseconds
	filterLimit = 50
)

// Inbox is `kefu bench inbox`: pages of 50 conversations over the API, first pages of
// several views and pages further down; then pages of lists with filters, by each.
func Inbox(args []string, env Env) int {
	at, size, requests, ok := queryFlags("inbox", "conversations", queriesEach, args, env)
	if !ok {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, seeded, err := env.open(ctx, at, Plan{Conversations: size, Messages: size})
	if err != nil {
		return env.fail(err)
	}
	defer p.close()
	found, err := measureInbox(ctx, p.api, requests)
	if err != nil {
		return env.fail(err)
	}
	filters, err := measureLists(ctx, p.api, seeded.Names, requests)
	if err != nil {
		return env.fail(err)
	}
	return env.report(struct {
		limited
		Filters []listTimes `json:"filters"`
	}{limited{found, inboxLimit}, filters})
}

// inboxViews are the lists that a desk opens.
func inboxViews() []string {
	return []string{
		"view=all&status=open", "view=unassigned&status=open", "view=mine&status=open",
		"view=all&status=waiting", "view=all&status=resolved",
	}
}

// measureInbox asks for pages at random: one in five is the first of its view,
// the others follow cursors from anywhere in the first pages of a long list.
func measureInbox(ctx context.Context, api *target.API, requests int) (times, error) {
	if err := takeSome(ctx, api); err != nil {
		return times{}, err
	}
	var pages []string
	for _, view := range inboxViews() {
		found, err := pagesOf(ctx, api, "/v1/conversations?limit=50&"+view)
		if err != nil {
			return times{}, err
		}
		pages = append(pages, found...)
	}
	pick := rand.New(rand.NewPCG(querySetSeed, 1))
	all := make([]time.Duration, 0, requests)
	for i := range requests + warmQueries {
		path := pages[pick.IntN(len(pages))]
		if pick.IntN(5) == 0 {
			views := inboxViews()
			path = "/v1/conversations?limit=50&" + views[pick.IntN(len(views))]
		}
		began := time.Now()
		if _, err := readPage(ctx, api, path); err != nil {
			return times{}, err
		}
		if i >= warmQueries {
			all = append(all, time.Since(began))
		}
	}
	return timesOf(all), nil
}

// page is a page of the inbox, as far as it is looked at.
type page struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Next string `json:"next"`
}

// readPage refuses a page that is not full: it would be quick.
func readPage(ctx context.Context, api *target.API, path string) (page, error) {
	var p page
	if err := api.Get(ctx, path, &p); err != nil {
		return p, err
	}
	if len(p.Items) < inboxPage {
		return p, shortPageError{path, len(p.Items)}
	}
	return p, nil
}

// shortPageError says that a page was not full.
type shortPageError struct {
	path  string
	items int
}

// Error implements error.
func (e shortPageError) Error() string {
	return fmt.Sprintf("bench: %s has %d of %d conversations: the store is too small or the view is wrong", e.path, e.items, inboxPage)
}

// pagesOf lists the addresses of full pages of a view, from its first on.
func pagesOf(ctx context.Context, api *target.API, first string) ([]string, error) {
	var pages []string
	path := first
	for len(pages) < inboxPages {
		p, err := readPage(ctx, api, path)
		if errors.As(err, new(shortPageError)) && len(pages) > 0 {
			return pages, nil // the last page of a short view
		}
		if err != nil {
			return nil, err
		}
		pages = append(pages, path)
		if p.Next == "" {
			break
		}
		path = first + "&cursor=" + url.QueryEscape(p.Next)
	}
	return pages, nil
}

// takeSome assigns conversations to the one who measures, who would have none.
func takeSome(ctx context.Context, api *target.API) error {
	var me struct {
		Staff struct {
			ID string `json:"id"`
		} `json:"staff"`
	}
	if err := api.Get(ctx, "/v1/session", &me); err != nil {
		return err
	}
	var mine page
	if err := api.Get(ctx, "/v1/conversations?view=mine&status=open&limit=100", &mine); err != nil {
		return err
	}
	for len(mine.Items) < 2*inboxPage {
		free, err := readPage(ctx, api, "/v1/conversations?view=unassigned&status=open&limit=50")
		if err != nil {
			return err
		}
		for _, c := range free.Items {
			if err := api.Put(ctx, "/v1/conversations/"+c.ID+"/assignee", map[string]string{"staff_id": me.Staff.ID}, nil); err != nil {
				return err
			}
			mine.Items = append(mine.Items, c)
		}
	}
	return nil
}

// list is a list of the inbox as the desk asks for it.
type list map[string]any

// listTimes are those of one list. Items is how many conversations a page had in
// the mean: a filter that lets few pass leaves pages short.
type listTimes struct {
	List string `json:"list"`
	limited
	Items float64 `json:"items"`
}

// filteredLists are lists with one filter each, and one as a view keeps it, with
// several.
func filteredLists(names map[string][]string) (order []string, lists map[string][]list) {
	lists = map[string][]list{
		"waits": {{"waits_minutes": 60}, {"waits_minutes": 1440}}, "unread": {{"unread": true}}, "language": {{"language": []string{"en"}}},
		"several_statuses": {{"status": []string{"open", "waiting", "snoozed"}}},
		"due":              {{"order": "due"}, {"order": "due", "view": "unassigned"}},
	}
	for _, key := range []string{"team", "tag", "channel"} {
		for _, name := range names[key] {
			lists[key] = append(lists[key], list{key: []string{name}}, list{key: []string{name}, "status": []string{"waiting"}})
		}
	}
	for i, agent := range names["agent"] {
		lists["assignee"] = append(lists["assignee"], list{"assignee": agent})
		lists["due_of_agent"] = append(lists["due_of_agent"], list{"assignee": agent, "order": "due"})
		if teams, tags := names["team"], names["tag"]; len(teams) > 0 && len(tags) > 0 {
			lists["several"] = append(lists["several"], list{
				"team": []string{teams[i%len(teams)]}, "tag": []string{tags[i%len(tags)]}, "channel": []string{"chat"}, "status": []string{"open", "waiting"},
			})
		}
	}
	for _, name := range []string{"team", "tag", "channel", "assignee", "language", "waits", "unread", "several_statuses", "several", "due", "due_of_agent"} {
		if len(lists[name]) > 0 {
			order = append(order, name)
		}
	}
	return order, lists
}

// asking is one request, which tells how many items the answer has.
type asking func(ctx context.Context, api *target.API) (int, error)

// measureLists asks for pages of lists with filters at random, for their counts
// and for the clocks that are due.
func measureLists(ctx context.Context, api *target.API, names map[string][]string, requests int) ([]listTimes, error) {
	order, lists := filteredLists(names)
	pick := rand.New(rand.NewPCG(querySetSeed, 2))
	var found []listTimes
	for _, name := range order {
		var all []asking
		for _, l := range lists[name] {
			pages, err := pagesOfList(ctx, api, l)
			if err != nil {
				return nil, fmt.Errorf("bench: list %s: %w", name, err)
			}
			all = append(all, pages...)
		}
		one, err := measureAskings(ctx, api, name, all, requests, pick)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	clocks := map[string][]asking{"clocks": {clocksAt("/v1/clocks?limit=50")}, "clocks_overdue": {clocksAt("/v1/clocks?limit=50&overdue=true")}}
	for _, agent := range names["agent"] {
		clocks["clocks_of_agent"] = append(clocks["clocks_of_agent"], clocksAt("/v1/clocks?limit=50&assignee="+agent))
	}
	for _, name := range []string{"clocks", "clocks_overdue", "clocks_of_agent"} {
		if len(names["agent"]) == 0 {
			continue // a server of somebody else's may have no promises
		}
		one, err := measureAskings(ctx, api, name, clocks[name], requests, pick)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	one, err := measureAskings(ctx, api, "counts", []asking{countsOf(order, lists)}, requests/10+1, pick)
	return append(found, one), err
}

// measureAskings refuses what finds nothing: an empty answer is quick.
func measureAskings(ctx context.Context, api *target.API, name string, from []asking, requests int, pick *rand.Rand) (listTimes, error) {
	all := make([]time.Duration, 0, requests)
	items := 0
	for i := range requests + warmQueries {
		ask := from[pick.IntN(len(from))]
		began := time.Now()
		n, err := ask(ctx, api)
		if err != nil {
			return listTimes{}, fmt.Errorf("bench: list %s: %w", name, err)
		}
		if i >= warmQueries {
			all, items = append(all, time.Since(began)), items+n
		}
	}
	if items == 0 {
		return listTimes{}, fmt.Errorf("bench: the list %s holds nothing", name)
	}
	return listTimes{name, limited{timesOf(all), filterLimit}, float64(items) / float64(requests)}, nil
}

func pageOfList(l list, cursor string) asking {
	return func(ctx context.Context, api *target.API) (int, error) {
		p, err := findPage(ctx, api, l, cursor)
		return len(p.Items), err
	}
}

func findPage(ctx context.Context, api *target.API, l list, cursor string) (p page, err error) {
	body := map[string]any{"list": l, "limit": inboxPage}
	if cursor != "" {
		body["cursor"] = cursor
	}
	return p, api.Post(ctx, "/v1/conversations/find", body, &p)
}

func pagesOfList(ctx context.Context, api *target.API, l list) (pages []asking, err error) {
	for cursor := ""; len(pages) < filterPages; {
		p, err := findPage(ctx, api, l, cursor)
		if err != nil {
			return nil, err
		}
		pages = append(pages, pageOfList(l, cursor))
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	return pages, nil
}

func clocksAt(path string) asking {
	return func(ctx context.Context, api *target.API) (int, error) {
		var answer struct {
			Items []struct{} `json:"items"`
		}
		err := api.Get(ctx, path, &answer)
		return len(answer.Items), err
	}
}

// countsOf counts one list of each kind at once, as the desk does for its views.
func countsOf(order []string, lists map[string][]list) asking {
	var some []list
	for _, name := range order {
		some = append(some, lists[name][0])
	}
	return func(ctx context.Context, api *target.API) (int, error) {
		var answer struct {
			Items []struct {
				N int `json:"n"`
			} `json:"items"`
		}
		if err := api.Post(ctx, "/v1/conversations/counts", map[string]any{"lists": some}, &answer); err != nil {
			return 0, err
		}
		if len(answer.Items) != len(some) {
			return 0, errors.New("not every list was counted")
		}
		return len(some), nil
	}
}
