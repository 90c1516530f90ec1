package wallet_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/wallet"
)

// docs/wallet-api.md is all that a wallet's engineers read.
func TestTheDocumentNamesEveryWord(t *testing.T) {
	text, err := os.ReadFile("../../../docs/wallet-api.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	told := map[wallet.State][]string{}
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) == 4 && strings.HasPrefix(cells[1], " `") {
			told[wallet.State(strings.Trim(cells[1], " `"))] = strings.Split(strings.ReplaceAll(cells[2], "`", ""), " ")
		}
	}
	for _, from := range wallet.States() {
		for _, to := range wallet.States() {
			if slices.Contains(told[from], string(to)) && !from.May(to) {
				t.Errorf("the document lets %s become %s", from, to)
			}
			listed := false
			for _, cell := range told[from] {
				listed = listed || strings.Trim(cell, ",") == string(to)
			}
			if from.May(to) && !listed {
				t.Errorf("the document does not let %s become %s", from, to)
			}
		}
		if !strings.Contains(page, "`"+string(from)+"`") {
			t.Errorf("the document does not name %s", from)
		}
	}
	for _, k := range wallet.Kinds() {
		if !strings.Contains(page, "`"+string(k)+"`") {
			t.Errorf("the document does not name the kind %s", k)
		}
	}
	for _, c := range wallet.FailureCodes() {
		name := "`" + string(c) + "`"
		if !strings.Contains(page, name) || strings.Contains(page, name+`\*`) == c.Disclosable() {
			t.Errorf("the document does not name %s, or not whether it may be told", c)
		}
	}
}
