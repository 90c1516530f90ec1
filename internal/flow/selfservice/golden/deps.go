package golden

import "kefu/internal/flow/selfservice/subjects"

// deps are what reads stand on beside the wallet, as the world has it.
func (b *book) deps() subjects.Deps { return subjects.Deps{Waiting: b.waiting()} }
