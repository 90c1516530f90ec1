package fault

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// OfPanic makes an Internal error of what recover gave, with the stack. Of the
// value only a defect that the runtime found is told: any other may hold what
// somebody wrote, and an error's text is for the log.
func OfPanic(op string, value any) error {
	what := fmt.Sprintf("of type %T", value)
	var defect runtime.Error
	if err, ok := value.(error); ok && errors.As(err, &defect) {
		what = defect.Error()
	}
	return New(Internal, op, "panic: %s\n%s", what, debug.Stack())
}
