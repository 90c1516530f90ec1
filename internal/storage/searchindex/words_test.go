package searchindex_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kefu/internal/domain/search"
	"kefu/internal/storage/searchindex"
)

// lines are messages at the positions 1, 2, 3 and so on.
func lines() []string {
	return []string{
		"Where is my refund? It was promised on Monday.",
		"我用iPhone15充值失败，钱已经扣了",
		"Señora García called about two refunds",
		"请问什么时候可以退款？",
		"刚才失败了，重新充值",
		"🙂",
	}
}

func fillWithLines(t *testing.T, index *searchindex.Index) *search.Blinder {
	t.Helper()
	blinder, err := search.NewBlinder([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []searchindex.Doc
	for i, line := range lines() {
		docs = append(docs, searchindex.Doc{Pos: int64(i + 1), Tokens: blinder.Text(line)})
	}
	add(t, index, int64(len(docs)), docs...)
	return blinder
}

func TestWordsFindTheirMessages(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		blinder := fillWithLines(t, index)
		for query, want := range map[string][]int64{
			"refund":         {3, 1},
			"Garcia refund":  {3},
			`"my refund"`:    {1},
			"退款":             {4},
			"失败":             {5, 2},
			"充值失败":           {2},
			"充值 失败":          {5, 2},
			"iphone15充值失败":   {2},
			"monday tuesday": nil,
		} {
			parsed, err := search.Parse(query)
			if err != nil {
				t.Fatal(err)
			}
			matcher := search.NewMatcher(parsed)
			found := newest(t, index, searchindex.Newer, 10, blinder.Query(parsed)...)
			found = slices.DeleteFunc(found, func(pos int64) bool { return !matcher.Match(lines()[pos-1]) })
			if !slices.Equal(found, want) {
				t.Errorf("%q finds the messages %v, want %v", query, found, want)
			}
		}
	})
}

// TestFilesHoldNoReadableWord reads every byte of the SQLite index, with its
// write-ahead log.
func TestFilesHoldNoReadableWord(t *testing.T) {
	options := sqliteOptions(t)
	index := open(t, options)
	blinder := fillWithLines(t, index)
	mark := []byte("0123456789abcdef")
	for _, word := range []string{"refund", "monday", "garcia", "退款", "充值"} {
		mustNotContain(t, options.Path, []byte(word))
	}
	mustNotContain(t, options.Path, mark)
	options.Path = filepath.Join(t.TempDir(), "control.db")
	control := open(t, options)
	token := blinder.Text("refund")
	add(t, control, 1, searchindex.Doc{Pos: 1, Tokens: token})
	if !contains(t, options.Path, asStored(token[0])) {
		t.Error("the search for planted bytes does not even find a token that is there")
	}
}

// asStored is a token in the alphabet of the SQLite index.
func asStored(token search.Token) []byte {
	var word []byte
	for shift := search.TokenBits - 5; shift >= 0; shift -= 5 {
		word = append(word, "0123456789abcdefghjkmnpqrstvwxyz"[token>>shift&31])
	}
	return word
}

func mustNotContain(t *testing.T, path string, planted []byte) {
	t.Helper()
	if contains(t, path, planted) {
		t.Errorf("the files of the index hold %q", planted)
	}
}

func contains(t *testing.T, path string, planted []byte) bool {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) < 2 {
		t.Fatalf("found %d files instead of the database and its log: %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(path), file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(content), planted) {
			return true
		}
	}
	return false
}
