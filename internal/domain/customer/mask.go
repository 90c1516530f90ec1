package customer

import (
	"strings"
	"unicode/utf8"
)

const hidden = "••••"

// Masked is a handle's value as staff may see it: enough to compare it with what
// a customer reads out, not enough to use it. Of an e-mail address the first
// letter and the domain are left, of anything else the end, at most a third.
func (h Handle) Masked() string {
	if local, domain, ok := strings.Cut(h.Value, "@"); ok && local != "" {
		_, size := utf8.DecodeRuneInString(local)
		return local[:size] + hidden + "@" + domain
	}
	chars := []rune(h.Value)
	return hidden + string(chars[len(chars)-min(4, len(chars)/3):])
}
