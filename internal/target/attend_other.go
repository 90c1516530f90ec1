//go:build !linux

package target

import "syscall"

// attended does nothing where a child cannot be tied to its parent: one that was
// not stopped in order must be ended by hand.
func attended() *syscall.SysProcAttr { return nil }
