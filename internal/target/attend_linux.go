package target

import "syscall"

// attended lets a child be killed when this process ends, however it ends.
func attended() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
