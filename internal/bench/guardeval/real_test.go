package guardeval_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/domain/guard"
)

// The questions of real customers hold no secrets, so that nearly none may
// raise an alarm.
func TestRealQuestionsRaiseNoAlarms(t *testing.T) {
	folder := os.Getenv("KEFU_TESTDATA")
	if folder == "" {
		t.Skip("KEFU_TESTDATA is not set: the real questions are not here")
	}
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []struct {
		pattern string
		columns []string
	}{
		{"intent_en_banking77/train.csv", []string{"text"}},
		{"oos_clinc150/train.csv", []string{"text"}},
		{"oos_clinc150/oos_train.csv", []string{"text"}},
		{"zh_pairs/*.csv", []string{"s1", "s2"}},
	} {
		files, err := filepath.Glob(filepath.Join(folder, set.pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s: %v", set.pattern, err)
		}
		for _, file := range files {
			t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
				alarms, total := 0, 0
				for _, text := range columns(t, file, set.columns) {
					total++
					if found := d.Scan(text); len(found) > 0 {
						alarms++
						t.Logf("alarm %v: %q", found, text)
					}
				}
				t.Logf("%d alarms on %d questions", alarms, total)
				if total == 0 || float64(alarms) > 0.002*float64(total) {
					t.Errorf("%d alarms on %d questions, more than 0.2 %%", alarms, total)
				}
			})
		}
	}
}

func columns(t *testing.T, file string, names []string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range names {
		for i, head := range rows[0] {
			if head != name {
				continue
			}
			for _, row := range rows[1:] {
				if i < len(row) {
					texts = append(texts, row[i])
				}
			}
		}
	}
	return texts
}
