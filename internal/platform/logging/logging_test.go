package logging_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"gopkg.in/yaml.v3"

	"kefu/internal/platform/logging"
)

const hidden = "hunter2-Wáng"

func TestNoVerbPrintsRedactedContent(t *testing.T) {
	type holder struct {
		Exported logging.Redacted
		private  logging.Redacted
	}
	for _, make := range []func(string) logging.Redacted{logging.Personal, logging.Secret} {
		v := make(hidden)
		h := holder{Exported: v, private: v}
		if h.private.Reveal() != hidden {
			t.Fatal("Reveal does not give the content back")
		}
		for _, value := range []any{v, &v, h, &h, []logging.Redacted{v}, map[string]logging.Redacted{"k": v}} {
			for verb := 'A'; verb <= 'z'; verb++ {
				if !unicode.IsLetter(verb) {
					continue
				}
				for _, flags := range []string{"", "+", "#", "-40", "08", " ", "[1]"} {
					refuse(t, fmt.Sprintf("%"+flags+string(verb), value))
				}
			}
			refuse(t, fmt.Sprint(value))
		}
	}
}

func refuse(t *testing.T, printed string) {
	t.Helper()
	hex := fmt.Sprintf("%x", hidden)
	if strings.Contains(printed, hidden) || strings.Contains(strings.ToLower(printed), hex) {
		t.Fatalf("the content is printed: %s", printed)
	}
}

func TestEncodersHideRedactedContent(t *testing.T) {
	type holder struct{ Name logging.Redacted }
	h := holder{Name: logging.Personal(hidden)}
	for name, encode := range map[string]func(any) ([]byte, error){
		"json": json.Marshal, "xml": xml.Marshal, "yaml": yaml.Marshal,
	} {
		out, err := encode(h)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refuse(t, string(out))
		if !strings.Contains(string(out), "personal") {
			t.Errorf("%s does not say that something is hidden: %s", name, out)
		}
	}
}

func TestRedactedNamesItsKind(t *testing.T) {
	for want, v := range map[string]logging.Redacted{
		"‹personal›": logging.Personal("x"), "‹secret›": logging.Secret("x"), "‹empty›": {},
	} {
		if v.String() != want {
			t.Errorf("String() = %s, want %s", v, want)
		}
	}
	if got := (logging.Redacted{}).Reveal(); got != "" {
		t.Errorf("the zero value reveals %q", got)
	}
}

type opened struct{ Token string }

type valuer struct{}

func (valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("token", hidden), slog.String("id", "shown"))
}

func TestNothingTellingReachesTheLog(t *testing.T) {
	cases := map[string]struct {
		attr  any
		shown string
	}{
		"token":                {slog.String("token", hidden), ""},
		"word within a name":   {slog.String("access_token", hidden), ""},
		"camel hump":           {slog.String("sessionToken", hidden), ""},
		"header name":          {slog.String("X-Auth-Token", hidden), ""},
		"upper case":           {slog.String("PASSWORD", hidden), ""},
		"authorization":        {slog.String("Authorization", hidden), ""},
		"cookie":               {slog.String("set-cookie", hidden), ""},
		"message body":         {slog.String("body", hidden), ""},
		"message text":         {slog.String("text", hidden), ""},
		"within a group":       {slog.Group("request", slog.String("cookie", hidden), slog.Int("n", 41)), "41"},
		"group name":           {slog.Group("cookies", slog.String("a", hidden)), ""},
		"log valuer":           {slog.Any("who", valuer{}), "shown"},
		"structure":            {slog.Any("config", opened{hidden}), "opened"},
		"pointer to structure": {slog.Any("config", &opened{hidden}), "opened"},
		"bytes":                {slog.Any("raw", []byte(hidden)), "uint8"},
		"map":                  {slog.Any("raw", map[string]string{"a": hidden}), "map"},
		"personal":             {slog.Any("name", logging.Personal(hidden)), "‹personal›"},
		"error stays":          {slog.Any("error", errors.New("disk full")), "disk full"},
		"harmless name stays":  {slog.String("context", "stays"), "stays"},
		"list stays":           {slog.Any("names", []string{"a", "b"}), "a, b"},
	}
	for name, c := range cases {
		for _, format := range []string{logging.JSON, logging.Text} {
			t.Run(name+"/"+format, func(t *testing.T) {
				var out bytes.Buffer
				log := logging.New(&out, logging.Options{Format: format})
				log.Info("m", c.attr)
				log.With(c.attr).Info("again")
				refuse(t, out.String())
				if !strings.Contains(out.String(), c.shown) {
					t.Errorf("%q is missing in %s", c.shown, out.String())
				}
			})
		}
	}
}

func TestLinesCannotBeForged(t *testing.T) {
	attacks := map[string]string{
		"line break":      "Mozilla\r\nlevel=ERROR msg=forged",
		"ansi":            "\x1b[31mred\x1b[0m",
		"eight-bit csi":   "\u009b31mred",
		"right to left":   "invoice\u202Egnp.exe",
		"zero width":      "a\u200bb",
		"line separator":  "a\u2028b",
		"bell and delete": "\a\x7f",
		"broken utf-8":    "a\xff\xfeb",
	}
	for name, attack := range attacks {
		for _, format := range []string{logging.JSON, logging.Text} {
			t.Run(name+"/"+format, func(t *testing.T) {
				var out bytes.Buffer
				log := logging.New(&out, logging.Options{Format: format})
				log.Info(attack, "agent", attack, "error", errors.New(attack), "key"+attack, 1)
				checkOneLine(t, out.String())
				if format != logging.JSON {
					return
				}
				var record map[string]any
				if err := json.Unmarshal(out.Bytes(), &record); err != nil {
					t.Fatal(err)
				}
				for k, v := range record {
					checkOneLine(t, fmt.Sprint(k, v)+"\n")
				}
			})
		}
	}
}

// checkOneLine fails when s has more than its final line break, or a character
// that steers a terminal.
func checkOneLine(t *testing.T, s string) {
	t.Helper()
	body, ok := strings.CutSuffix(s, "\n")
	if !ok {
		t.Fatalf("no line break at the end of %q", s)
	}
	for _, r := range body {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Fatalf("%U is printed as it is in %q", r, body)
		}
	}
}

func TestLongValuesAreCutBetweenCharacters(t *testing.T) {
	var out bytes.Buffer
	logging.New(&out, logging.Options{}).Info("m", "agent", strings.Repeat("客", logging.MaxValue))
	var record struct{ Agent string }
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	if n := len(record.Agent); n > logging.MaxValue+len("…") || n < logging.MaxValue-3 {
		t.Errorf("kept %d bytes of a long value", n)
	}
	if strings.ContainsRune(record.Agent, '\uFFFD') {
		t.Error("a character was split")
	}
}

func TestLevelAndPassingBuiltIns(t *testing.T) {
	var out bytes.Buffer
	log := logging.New(&out, logging.Options{Level: slog.LevelWarn})
	log.Info("quiet")
	log.Warn("loud")
	var record map[string]any
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatalf("want exactly one record, got %s", out.String())
	}
	if record["msg"] != "loud" || record["level"] != "WARN" || record["time"] == nil {
		t.Errorf("record = %v", record)
	}
}

func FuzzLogLine(f *testing.F) {
	f.Add("key", "value\r\n\x1b[0m")
	f.Add("sessionTöken", "\xff\u202e")
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, format := range []string{logging.JSON, logging.Text} {
			var out bytes.Buffer
			logging.New(&out, logging.Options{Format: format}).Info(value, key, value)
			checkOneLine(t, out.String())
		}
	})
}
