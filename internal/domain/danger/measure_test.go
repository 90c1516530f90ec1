package danger_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// rowsOf reads a file of sentences of others, where they are at hand.
func rowsOf(t *testing.T, name string) [][]string {
	t.Helper()
	dir := os.Getenv("KEFU_TESTDATA")
	if dir == "" {
		t.Skip("KEFU_TESTDATA names no folder with sentences")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// The lists were written before anybody looked at these sentences, and mended on the even
// ones alone; what counts is what they do on the odd ones.
func TestOnQuestionsOfABanksCustomers(t *testing.T) {
	w := words(t)
	inDanger := map[string]bool{
		"lost_or_stolen_phone": true, "lost_or_stolen_card": true, "compromised_card": true,
		"card_payment_not_recognised": true, "cash_withdrawal_not_recognised": true, "direct_debit_payment_not_recognised": true,
	}
	var found, danger, alarms, calm [2]int
	by := map[string][2]int{}
	for i, row := range rowsOf(t, "intent_en_banking77/train.csv") {
		half, got := i%2, w.Find(row[0]) != ""
		n := by[row[1]]
		n[1]++
		if inDanger[row[1]] {
			danger[half]++
			if got {
				found[half]++
				n[0]++
			} else if half == 0 && os.Getenv("KEFU_SHOW") != "" {
				t.Logf("missed %s: %s", row[1], row[0])
			}
		} else {
			calm[half]++
			if got {
				alarms[half]++
				n[0]++
				if half == 0 && os.Getenv("KEFU_SHOW") != "" {
					t.Logf("false %s %s: %s", w.Find(row[0]), row[1], row[0])
				}
			}
		}
		by[row[1]] = n
	}
	for half, which := range []string{"even", "odd"} {
		t.Logf("%s: found %d of %d, wrongly %d of %d", which, found[half], danger[half], alarms[half], calm[half])
	}
	if found[1]*100 < danger[1]*70 || alarms[1]*100 > calm[1] {
		t.Errorf("of the odd ones fewer than 70 in 100 are found, or more than 1 in 100 wrongly")
	}
	for name, n := range by {
		if n[0] > 0 {
			t.Logf("%s: %d of %d", name, n[0], n[1])
		}
	}
}

// Of questions that hardly anybody asks in danger, hardly any is taken for one.
func TestOnChineseQuestions(t *testing.T) {
	w := words(t)
	all, found := map[string]bool{}, 0
	for _, name := range []string{"zh_pairs/atec_train_clean.csv", "zh_pairs/afqmc_train_clean.csv", "zh_pairs/lcqmc_dev_clean.csv"} {
		for _, row := range rowsOf(t, name) {
			for _, text := range row[:2] {
				if all[text] {
					continue
				}
				if all[text] = true; w.Find(text) != "" {
					found++
					if os.Getenv("KEFU_SHOW") != "" {
						t.Logf("%s %s", w.Find(text), text)
					}
				}
			}
		}
	}
	t.Logf("found %d of %d", found, len(all))
	if found*500 > len(all) {
		t.Errorf("%d of %d are taken for danger, more than one in 500", found, len(all))
	}
}
