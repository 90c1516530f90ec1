package storage_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// A deployment that has applied a migration refuses one with a smaller number that comes
// later, and does not start. So the next file takes the number after the highest, and these,
// which were left out, are never used.
func TestMigrationsAreNumberedInOrder(t *testing.T) {
	never := []int{4, 5, 12, 15, 20, 27, 32, 33, 34}
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	var used []int
	for _, f := range files {
		n, err := strconv.Atoi(f.Name()[:4])
		if err != nil {
			t.Fatalf("%s has no number of four digits", f.Name())
		}
		used = append(used, n)
	}
	for n := 1; n <= slices.Max(used); n++ {
		switch out, there := slices.Contains(never, n), slices.Contains(used, n); {
		case out && there:
			t.Errorf("%04d was left out once: deployments that are past it would not start; take %04d", n, slices.Max(used)+1)
		case !out && !there:
			t.Errorf("%04d was left out: take it for the highest, since a file that fills it later would keep deployments from starting", n)
		}
	}
}
