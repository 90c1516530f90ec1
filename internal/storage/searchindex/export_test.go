package searchindex

import "context"

// Failure is the error of a call that a database failed.
func Failure(ctx context.Context, err error) error { return failure(ctx, "test", err) }
