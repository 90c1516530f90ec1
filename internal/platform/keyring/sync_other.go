//go:build !linux

package keyring

import "os"

func syncData(f *os.File) error { return f.Sync() }
