package password_test

import (
	"strings"
	"testing"

	"kefu/internal/platform/password"
)

func TestThePictureIsOneThatAppsRead(t *testing.T) {
	s, err := password.NewTOTP("Kefu", "mei@example.org")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Picture()
	if err != nil || len(rows) < 21 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows {
		if len(row) != len(rows) || strings.Trim(row, "01") != "" {
			t.Fatalf("row %d is %q", i, row)
		}
	}
	// The three corners by which a reader finds it (ISO/IEC 18004 section 6.3.3).
	if last := len(rows) - 1; rows[0][:7] != "1111111" || rows[0][last-6:] != "1111111" || rows[last][:7] != "1111111" || rows[1][:7] != "1000001" {
		t.Errorf("the corners are not there: %q", rows[:2])
	}
}
