package finding

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

const (
	// Few is how many conversations are so few that all their messages are looked at
	// rather than the index.
	Few = 500
	// MaxNamed is how many an index may name for them to be looked through for those
	// that pass the other filters.
	MaxNamed = 2000
)

// conditions are what a database can tell of what Filter.PassesState asks of a
// conversation c, whose id is in the column id as well: whoever fails them does not
// pass.
func conditions(want *search.Filter, id string, arg reading.Arguments) (all []string) {
	if want.Customer != "" {
		all = append(all, "c.customer_id = "+arg(want.Customer))
	}
	if tagged := reading.Tagged(want.Tags, id, arg); tagged != "" {
		all = append(all, tagged)
	}
	if len(want.Statuses) > 0 {
		all = append(all, reading.OneOf("c.status", want.Statuses, arg))
	}
	for _, one := range []struct {
		column string
		values []string
	}{{"c.assignee_id", want.Assignees}, {"c.team", want.Teams}, {"c.channel", want.Channels}} {
		if len(one.values) > 0 {
			all = append(all, reading.OneOf(one.column, one.values, arg))
		}
	}
	return all
}

func and(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " AND " + strings.Join(conditions, " AND ")
}

// sources are the indexes that name the conversations which may pass, each as a
// SELECT of ids: of the filters that let the fewest pass, as a rule, first.
func sources(want *search.Filter) (all []func(arg reading.Arguments) string) {
	if tags, ok := reading.TagKeys(want.Tags); ok && len(tags) > 0 {
		all = append(all, func(arg reading.Arguments) string {
			return "SELECT t.conversation_id AS id FROM conversation_tag t WHERE " + reading.OneOf("t.tag", tags, arg)
		})
	}
	statuses := statusesOf(want)
	if len(want.Assignees) > 0 {
		all = append(all, assigned(want, statuses))
	}
	if len(want.Teams) > 0 && !slices.Contains(want.Teams, "") { // who has no team is in no index
		all = append(all, func(arg reading.Arguments) string {
			return "SELECT i.conversation_id AS id FROM inbox i WHERE i.team <> '' AND " + reading.OneOf("i.team", want.Teams, arg) + " AND " + reading.OneOf("i.status", statuses, arg)
		})
	}
	if len(want.Statuses) > 0 {
		all = append(all, func(arg reading.Arguments) string {
			return "SELECT i.conversation_id AS id FROM inbox i WHERE " + reading.OneOf("i.status", want.Statuses, arg)
		})
	}
	return all
}

// statusesOf are those that are asked for; all, where none are.
func statusesOf(want *search.Filter) []conversation.Status {
	if len(want.Statuses) > 0 {
		return want.Statuses
	}
	return []conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved, conversation.Merged}
}

func assigned(want *search.Filter, statuses []conversation.Status) func(reading.Arguments) string {
	return func(arg reading.Arguments) string {
		return "SELECT i.conversation_id AS id FROM inbox i WHERE " + reading.OneOf("i.status", statuses, arg) + " AND " + reading.OneOf("i.assignee_id", want.Assignees, arg)
	}
}

// FewConversations gives the conversations outside of which no message passes a
// filter, where these are few: all of one customer's, or those that the other filters
// name. It is false where they are not, or where finding out would take long. Errors:
// Forbidden.
func (f *Finder) FewConversations(ctx context.Context, p identity.Principal, want *search.Filter) (few search.Few, ok bool, err error) {
	const op = "finding.FewConversations"
	own, err := allow(op, p)
	if err != nil || want.Customer != "" {
		return search.Few{Customer: want.Customer}, err == nil, err
	}
	proposed := sources(want)
	if own { // how many others pass says nothing here
		if len(want.Assignees) > 0 && !slices.Contains(want.Assignees, p.ID) {
			return search.Few{}, true, nil
		}
		theirs := *want
		theirs.Assignees = []string{p.ID}
		want, proposed = &theirs, []func(reading.Arguments) string{assigned(&theirs, statusesOf(&theirs))}
	}
	for _, source := range proposed {
		ids, ok, err := f.named(ctx, want, source)
		if err != nil || ok {
			return search.Few{Conversations: ids}, ok, engine.MapError(op, err)
		}
	}
	return search.Few{}, false, nil
}

// named are those conversations of a source that pass the conditions; false where the
// source has more than MaxNamed, or more than Few pass.
func (f *Finder) named(ctx context.Context, want *search.Filter, source func(reading.Arguments) string) (ids []string, ok bool, err error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	limited := "(" + source(arg) + " LIMIT " + arg(MaxNamed+1) + ") n"
	var n int
	if err := f.core.DB.Reader.QueryRowContext(ctx, "SELECT count(*) FROM "+limited, args...).Scan(&n); err != nil || n > MaxNamed {
		return nil, false, err
	}
	passing := "EXISTS (SELECT 1 FROM conversation c WHERE c.id = n.id" + and(conditions(want, "n.id", arg)) + reading.Unflattened + ")"
	text := "SELECT DISTINCT n.id FROM " + limited + " WHERE " + passing + " LIMIT " + arg(Few+1)
	ids, err = read[string](ctx, f.core, text, args)
	return ids, len(ids) <= Few, err
}

// WrittenIn gives the positions of messages and notes below one in few conversations,
// the newest first. Errors: Forbidden.
func (f *Finder) WrittenIn(ctx context.Context, p identity.Principal, few search.Few, before int64, limit int) ([]int64, error) {
	const op = "finding.WrittenIn"
	own, err := allow(op, p)
	if err != nil {
		return nil, err
	}
	// Without the zeros PostgreSQL would walk through all positions.
	const written = " CROSS JOIN entry e WHERE e.conversation_id = few.id AND e.kind IN ('message', 'note') AND e.pos + 0 < "
	source, args := "(SELECT c.id FROM conversation c WHERE c.customer_id = $1) few", []any{few.Customer}
	if few.Customer == "" {
		layout := f.core.DB.Kind.Layout("id")
		ids := layout.Rowset()
		for _, id := range few.Conversations {
			ids.Text(id).EndRow()
		}
		if ids.Len() == 0 {
			return nil, nil
		}
		source, args = "(SELECT c.id FROM "+layout.From()+" CROSS JOIN conversation c WHERE c.id = v.id) few", ids.Args()
	}
	if own {
		args = append(args, p.ID)
		source = strings.TrimSuffix(source, ") few") + " AND c.assignee_id = $" + strconv.Itoa(len(args)) + ") few"
	}
	n := len(args)
	positions, err := read[int64](ctx, f.core, "SELECT e.pos FROM "+source+written+"$"+strconv.Itoa(n+1)+" ORDER BY e.pos + 0 DESC LIMIT $"+strconv.Itoa(n+2), append(args, before, min(limit, MaxPositions)))
	return positions, engine.MapError(op, err)
}
