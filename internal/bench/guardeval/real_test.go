package guardeval_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/domain/guard"
)

// The questions of real customers hold next to no secrets, so that nearly none
// may raise an alarm, alone or in a row as if one customer had asked them.
func TestRealQuestionsRaiseNoAlarms(t *testing.T) {
	folder := os.Getenv("KEFU_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TESTDATA is not set: CI needs the real questions")
		}
		t.Skip("KEFU_TESTDATA is not set: the real questions are not here")
	}
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []struct {
		pattern string
		texts   func(*testing.T, io.Reader, []string) []string
		fields  []string
	}{
		{"intent_en_banking77/train.csv", csvTexts, []string{"text"}},
		{"oos_clinc150/*.csv", csvTexts, []string{"text"}},
		{"zh_pairs/*.csv", csvTexts, []string{"s1", "s2"}},
		{"slots_nlupp_banking/fold*.json", jsonTexts, []string{"text"}},
	} {
		files, err := filepath.Glob(filepath.Join(folder, set.pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s: %v", set.pattern, err)
		}
		t.Run(filepath.Dir(set.pattern), func(t *testing.T) {
			alarms, joined, total := 0, 0, 0
			for _, file := range files {
				f, err := os.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				texts := set.texts(t, f, set.fields)
				_ = f.Close()
				if len(texts) == 0 {
					t.Errorf("%s holds no texts", file)
				}
				var turns []guard.Turn
				for _, text := range texts {
					total++
					now, earlier := d.ScanWindow(turns, text)
					if (len(now) > 0 || earlier != nil) && len(d.Scan(text)) == 0 {
						joined++
						t.Logf("alarm %v %v: %q after %+v", now, earlier, text, turns)
					}
					if turns = append(turns, d.Read(guard.Apply(text, now), true)); len(turns) > 4 {
						turns = turns[1:]
					}
					if found := d.Scan(text); len(found) > 0 {
						alarms++
						t.Logf("alarm %v: %q", found, text)
					}
				}
			}
			t.Logf("%d alarms on %d questions, %d more when each is read after four others", alarms, total, joined)
			if float64(alarms+joined) > 0.002*float64(total) {
				t.Errorf("%d and %d alarms on %d questions, more than 0.2 %%", alarms, joined, total)
			}
		})
	}
}

// csvTexts are the named columns of a file with a head.
func csvTexts(t *testing.T, from io.Reader, names []string) []string {
	t.Helper()
	r := csv.NewReader(from)
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

// jsonTexts are the named fields of objects, one after another or in a list.
func jsonTexts(t *testing.T, from io.Reader, names []string) []string {
	t.Helper()
	var texts []string
	decoder := json.NewDecoder(from)
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			return texts
		} else if err != nil {
			t.Fatal(err)
		}
		var objects []map[string]any
		if err := json.Unmarshal(raw, &objects); err != nil {
			objects = make([]map[string]any, 1)
			if err := json.Unmarshal(raw, &objects[0]); err != nil {
				t.Fatal(err)
			}
		}
		for _, object := range objects {
			for _, name := range names {
				if text, ok := object[name].(string); ok {
					texts = append(texts, text)
				}
			}
		}
	}
}
