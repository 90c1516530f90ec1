package statement_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/platform/strictjson"
)

const good = `{"id":"st-1","customer_id":"c-1","kind":"month","from":"2026-09-30T22:00:00Z","to":"2026-10-31T23:00:00Z","time_zone":"Europe/Berlin","state":"ready","ready_at":"2026-10-31T23:00:00Z","forms":["csv"],
 "figures":[{"account_id":"a-1","opening":{"amount":"100.00","currency":"EUR","scale":2},"in":{"amount":"50.00","currency":"EUR","scale":2},"out":{"amount":"30.00","currency":"EUR","scale":2},"closing":{"amount":"120.00","currency":"EUR","scale":2},"count":3}]}`

func TestStatements(t *testing.T) {
	for name, change := range map[string][2]string{
		"a good one": {"", ""}, "sums that do not add up": {"120.00", "121.00"}, "another currency": {`"50.00","currency":"EUR"`, `"50.00","currency":"USD"`},
		"ready and not to keep": {`"forms":["csv"],`, ``}, "open and to keep": {`"state":"ready"`, `"state":"open"`}, "no zone": {"Europe/Berlin", "Mars/Base"},
		"ends before it begins": {"2026-10-31T23:00:00Z\",\"time_zone", "2026-09-01T00:00:00Z\",\"time_zone"}, "another form": {`["csv"]`, `["xls"]`}, "below nothing": {`"30.00"`, `"-30.00"`},
	} {
		var s statement.Statement
		text := good
		if change[0] != "" {
			if text = strings.Replace(good, change[0], change[1], 1); text == good {
				t.Fatalf("%s changes nothing", name)
			}
		}
		err := strictjson.Decode([]byte(text), &s)
		if err == nil {
			err = s.Validate()
		}
		if (err == nil) != (name == "a good one") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDocuments(t *testing.T) {
	content := []byte("id\r\n1\r\n")
	sum := sha256.Sum256(content)
	whole := statement.Document{StatementID: "st-1", Form: statement.CSV, Name: "a.csv", Content: base64.StdEncoding.EncodeToString(content), Digest: hex.EncodeToString(sum[:])}
	if got, err := whole.Bytes(); err != nil || whole.Validate() != nil || !bytes.Equal(got, content) {
		t.Errorf("%q %v %v", got, err, whole.Validate())
	}
	for name, change := range map[string]func(*statement.Document){
		"another digest": func(d *statement.Document) { d.Digest = strings.Repeat("0", 64) }, "no digest": func(d *statement.Document) { d.Digest = "" },
		"no base64": func(d *statement.Document) { d.Content += "%" }, "both": func(d *statement.Document) { d.Link, d.ExpiresAt = "https://a.example/", 1 },
		"nothing": func(d *statement.Document) { d.Content = "" }, "a script": func(d *statement.Document) { d.Content, d.Link, d.ExpiresAt = "", "javascript:alert(1)", 1 },
		"a way out": func(d *statement.Document) { d.Name = "../a.csv" }, "no PDF": func(d *statement.Document) { d.Form = statement.PDF },
	} {
		d := whole
		if change(&d); d.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestExportsHaveNoFormulas(t *testing.T) {
	minus, err := wallet.Parse("-12.50", "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	parties := []string{`=HYPERLINK("https://evil.example")`, "+491511234", "-2+3", "@SUM(A1)", "\t=1", "  =1", "＝1", "Lotus, \"Market\"", "莲花超市", "|cmd", "%0A=1"}
	rows := []statement.Row{}
	for _, p := range parties {
		rows = append(rows, statement.Row{At: wallet.At(time.Date(2026, 10, 31, 16, 30, 0, 0, time.UTC)), ID: "tx-1", Kind: wallet.KindPayment, Party: p, Amount: minus, State: wallet.Posted})
	}
	table := statement.Export(rows, zone)
	if statement.Formulas(table) || !bytes.HasPrefix(table, []byte("\ufeff")) {
		t.Errorf("%s", table)
	}
	read, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(table, []byte("\ufeff")))).ReadAll()
	if err != nil || len(read) != len(parties)+1 {
		t.Fatal(err)
	}
	if row := read[1]; row[0] != "2026-11-01" || row[1] != "00:30:00" || row[5] != "" || row[6] != "12.50" || row[8] != "EUR" {
		t.Errorf("%v", row)
	}
	if read[8][4] != parties[7] || read[9][4] != parties[8] {
		t.Errorf("%v %v", read[8], read[9])
	}
	if !statement.Formulas([]byte("a,b\r\n1,=1\r\n")) || statement.Formulas([]byte("a\r\n-12.50\r\n+3\r\n")) {
		t.Error("a formula is not told from a number")
	}
}

func FuzzCell(f *testing.F) {
	for _, text := range []string{"=1", " =1", "\x00=1", "+1", "\u00a0@", "a", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cell := statement.Cell(text)
		if again := statement.Cell(cell); again != cell {
			t.Errorf("%q becomes %q and then %q", text, cell, again)
		}
	})
}
