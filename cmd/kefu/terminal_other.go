//go:build !linux

package main

import "os"

// hideTyping does nothing where we do not know the terminal.
func hideTyping(*os.File) (show func()) { return func() {} }
