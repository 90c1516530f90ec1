package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is the side of a pseudo-terminal that a program is started on.
func terminal(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this machine gives no pseudo-terminal:", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this machine gives no pseudo-terminal:", err)
	}
	t.Cleanup(func() { _ = side.Close() })
	return side
}

func TestAPasswordIsNotShownWhileItIsTyped(t *testing.T) {
	f := terminal(t)
	shows := func() bool {
		settings, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return settings.Lflag&unix.ECHO != 0
	}
	if !shows() {
		t.Fatal("the terminal shows nothing to begin with")
	}
	show := hideTyping(f)
	if shows() {
		t.Error("the terminal shows what is typed")
	}
	if show(); !shows() {
		t.Error("the terminal shows nothing afterwards")
	}
	file, err := os.Create(t.TempDir() + "/no terminal")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	hideTyping(file)()
}
