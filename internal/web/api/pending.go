package api

import (
	"errors"

	"kefu/internal/domain/approval"
)

// pendingOf tells whether an error says that a change waits for a second person
// now, and under which request.
func pendingOf(err error) (request string, waits bool) {
	var pending *approval.PendingError
	if !errors.As(err, &pending) {
		return "", false
	}
	return pending.ID, true
}
