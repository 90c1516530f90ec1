package outbound

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

func newFilter(t testing.TB) *Filter {
	t.Helper()
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines are the lines of a file that say something.
func lines(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []string
	for s := bufio.NewScanner(file); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

func check(t testing.TB, f *Filter, text string, before ...string) []Finding {
	t.Helper()
	found, err := f.Check(text, before...)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return found
}

func TestWhatIsNeverAskedForIsFound(t *testing.T) {
	f := newFilter(t)
	for _, line := range append(lines(t, "asks.txt"), lines(t, "asks_2.txt")...) {
		class, text, _ := strings.Cut(line, "\t")
		found := check(t, f, text)
		if len(found) == 0 {
			t.Errorf("not found, wanted %s: %s", class, text)
			continue
		}
		if got := found[0].Class; got != Class(class) && found[len(found)-1].Class != Class(class) {
			t.Errorf("found %s, wanted %s: %s", got, class, text)
		}
	}
}

func TestWhatIsSaidAllDayPasses(t *testing.T) {
	f := newFilter(t)
	for _, text := range append(lines(t, "says.txt"), lines(t, "says_2.txt")...) {
		if found := check(t, f, text); len(found) > 0 {
			points := []rune(text)
			t.Errorf("stopped as %s: %s: %q", found[0].Class, text, string(points[found[0].Start:found[0].End]))
		}
	}
}

func TestWhatWasSaidBeforeIsMeantByIt(t *testing.T) {
	f := newFilter(t)
	for _, c := range []struct {
		name   string
		before []string
		text   string
		want   bool
	}{
		{"a code, and then it", []string{"We have sent a code to your phone."}, "Please send it to me.", true},
		{"the same in Chinese", []string{"验证码已发送到您的手机。"}, "麻烦发给我。", true},
		{"nothing before", nil, "Please send it to me.", false},
		{"something else since", []string{"We have sent a code to your phone.", "Do you have the receipt?"}, "Please send it to me.", false},
		{"what must not be shared", []string{"Never share your code."}, "Please send it to me.", false},
		{"too long ago", []string{"We have sent a code to your phone.", "One moment.", "I am looking.", "Nearly there."}, "Please send it to me.", false},
	} {
		if found := check(t, f, c.text, c.before...); (len(found) > 0) != c.want {
			t.Errorf("%s: found %v", c.name, found)
		}
	}
}

func TestPlacesAreThoseOfTheSentence(t *testing.T) {
	f := newFilter(t)
	for text, want := range map[string]string{
		"您好！请把验证码发给我。谢谢。":                              "请把验证码发给我。",
		"Hello 👋. Please send me your PIN. Thank you.": "Please send me your PIN.",
		"好的，please ｔｅｌｌ ｍｅ ｙｏｕｒ ＰＩＮ":                   "please ｔｅｌｌ ｍｅ ｙｏｕｒ ＰＩＮ",
	} {
		found := check(t, f, text)
		if len(found) != 1 {
			t.Errorf("%q: %v", text, found)
			continue
		}
		if got := strings.TrimSpace(string([]rune(text)[found[0].Start:found[0].End])); got != want {
			t.Errorf("%q: found %q, wanted %q", text, got, want)
		}
	}
}

func TestATextThatIsTooLongIsRefused(t *testing.T) {
	if _, err := newFilter(t).Check(strings.Repeat("a", 4*maxCharacters+1)); err == nil {
		t.Error("it was read")
	}
}

func FuzzCheck(f *testing.F) {
	filter := newFilter(f)
	for _, name := range []string{"asks.txt", "says.txt"} {
		for _, line := range lines(f, name) {
			f.Add(line, "A code was sent to your phone.")
		}
	}
	f.Fuzz(func(t *testing.T, text, before string) {
		found, err := filter.Check(text, before)
		if err != nil && len(text) <= 4*maxCharacters {
			t.Fatal(err)
		}
		last := 0
		for _, x := range found {
			if x.Start < last || x.End <= x.Start || x.End > len([]rune(text)) {
				t.Fatalf("%q: place %d to %d", text, x.Start, x.End)
			}
			last = x.Start
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	f := newFilter(b)
	text := strings.Join(lines(b, "says.txt")[:12], " ")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := f.Check(text); err != nil {
			b.Fatal(err)
		}
	}
}
