package reading

import (
	"slices"
	"strings"
	"unicode"
)

// Arguments takes a value in and gives its place in a statement.
type Arguments func(v any) string

// OneOf is the condition that a column has one of some values.
func OneOf[T ~string](column string, values []T, arg Arguments) string {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = arg(string(v))
	}
	if len(places) == 1 {
		return column + " = " + places[0]
	}
	return column + " IN (" + strings.Join(places, ", ") + ")"
}

// Unflattened, at the end of a subquery of EXISTS, keeps PostgreSQL from making a join
// of it, which it would begin at its other end: with all conversations of a tag, or
// with all there are.
const Unflattened = " LIMIT 1 OFFSET 0"

// LanguageOfCustomer is the column of the language of a conversation c's customer, where
// the conversation has none of its own: else nobody needs it.
const LanguageOfCustomer = "CASE WHEN c.language = '' THEN (SELECT u.language FROM customer u WHERE u.id = c.customer_id) END"

// Tagged is the condition that the conversation whose id is in a column has one of some
// tags, whatever their letters' case; "" where the database cannot tell, or none is
// asked for.
func Tagged(tags []string, id string, arg Arguments) string {
	keys, ok := TagKeys(tags)
	if !ok || len(keys) == 0 {
		return ""
	}
	return "EXISTS (SELECT 1 FROM conversation_tag t WHERE " + OneOf("t.tag", keys, arg) + " AND t.conversation_id = " + id + Unflattened + ")"
}

// TagKeys are some tags as the table of tags has them. It is false where it may have
// one of them in several forms, for it knows small and capital letters from A to Z
// alone.
func TagKeys(tags []string) (keys []string, ok bool) {
	for _, tag := range tags {
		var key strings.Builder
		for _, r := range tag {
			switch {
			case r == '\u017f':
				r = 's'
			case r == '\u212a':
				r = 'k'
			case r >= 'A' && r <= 'Z':
				r += 'a' - 'A'
			case r > unicode.MaxASCII && unicode.SimpleFold(r) != r:
				return nil, false
			}
			key.WriteRune(r)
		}
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return slices.Compact(keys), true
}
