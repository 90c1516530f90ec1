package searching

import "context"

// Step does one step of Run.
func (w *Worker) Step(ctx context.Context) (bool, error) { return w.step(ctx) }
