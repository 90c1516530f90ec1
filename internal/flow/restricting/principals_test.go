package restricting_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whoever acts in a session gets its bounds where the session is resolved. A principal
// of staff that is made elsewhere has none: each place says why it needs none.
func TestWhoMakesAPrincipalOfStaff(t *testing.T) {
	known := map[string]string{
		"flow/signin/staff.go":           "the one place: admit gives the bounds",
		"storage/staffing/session.go":    "of a session, which admit is given",
		"flow/routing/people.go":         "whether somebody could be asked: by Open actions",
		"flow/ruling/ruling.go":          "whether somebody could be asked: by Open actions",
		"web/api/change.go":              "whether somebody could be asked: by Open actions",
		"storage/staffing/invitation.go": "who is invited, for the record",
		"storage/staffing/directory.go":  "who signs in, for the record",
		"storage/staffing/staffing.go":   "whose links end",
		"storage/apikeys/apikeys.go":     "whether the maker of a key still could have made it: their role",
		"storage/approvals/decide.go":    "who asked, for the record",
		"storage/casework/casework.go":   "whose a case may be, by their role",
		"domain/approval/approval.go":    "whether anybody could decide: by role",
		"storage/staffing/restraint.go":  "whose links end",
		"storage/decisions/decisions.go": "of whom a decision is recorded",
		"storage/insiders/looks.go":      "which roles look into things, whatever a house took from them",
		"flowcheck/house.go":             "plays",
		"safety/world.go":                "plays",
		"safety/disable.go":              "plays",
		"safety/asking/asking.go":        "plays",
	}
	root := filepath.Join("..", "..")
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), "identity.Principal{Kind: identity.Staff") {
			name, _ := filepath.Rel(root, path)
			found = append(found, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil || !slices.Contains(found, "flow/signin/staff.go") {
		t.Fatalf("%v, %v", found, err)
	}
	for _, name := range found {
		if known[name] == "" {
			t.Errorf("%s makes a principal of staff: let it come from a session, or say here why it needs no bounds", name)
		}
	}
}
