package markup

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const whole = `First this.

1. Open **Payments**.
2. Look at the payment, see [what failed](flow:FL2) and {house.name}.

## What it costs

{fees.transfer}

| When | What |
|------|------|
| now  | [write](page:contact) |

> [!warning]
> Nobody of us asks for a code.

![The list of payments](payments.png)
`

func around() Surroundings {
	return Surroundings{
		Address: func(l Link) (string, bool) { return "/x/" + l.Scheme + "/" + l.To, l.Scheme == "https" },
		Fill: func(name string) string {
			return map[string]string{"house.name": "Nord & Co"}[name]
		},
		Table: func(w io.Writer, name string) (bool, error) {
			_, err := fmt.Fprintf(w, "<table data=%q></table>", name)
			return true, err
		},
		BoxTitle: func(b Box) string { return "Box: " + string(b) },
	}
}

func TestAWholeText(t *testing.T) {
	doc, problems := New().Read(whole)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	if want := []Link{{"flow", "FL2", 4}, {"page", "contact", 12}, {"image", "payments.png", 17}}; !slices.Equal(doc.Links(), want) {
		t.Errorf("links %v", doc.Links())
	}
	if want := []Place{{"house.name", false, 4}, {"fees.transfer", true, 8}}; !slices.Equal(doc.Places(), want) {
		t.Errorf("places %v", doc.Places())
	}
	if got := doc.Headings(); !slices.Equal(got, []string{"What it costs"}) {
		t.Errorf("headings %v", got)
	}
	if plain := doc.Plain(); strings.ContainsAny(plain, "*{}[]|") || !strings.Contains(plain, "Nobody of us asks for a code.") {
		t.Errorf("plain:\n%s", plain)
	}
	var b strings.Builder
	if err := doc.HTML(&b, around()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Nord &amp; Co", `<a href="/x/flow/FL2">what failed</a>`, `<h2 id="s1">What it costs</h2>`, `<table data="fees.transfer">`,
		`<aside class="box box-warning"><p class="box-title">Box: warning</p>`, `alt="The list of payments"`, "<strong>Payments</strong>",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "[!warning]") {
		t.Error("the mark of a box is shown")
	}
}

func TestWhatIsRefused(t *testing.T) {
	for text, want := range map[string]Reason{
		"a <b>word</b>":                NotAllowed,
		"<script>x</script>":           NotAllowed,
		"> somebody said":              NotAllowed,
		"# A title":                    NotAllowed,
		"```\ncode\n```":               NotAllowed,
		"---\n":                        NotAllowed,
		"## A\n\n#### B":               HeadingJumps,
		"[x](javascript:alert(1))":     BadLink,
		"[x](http://a.example)":        BadLink,
		"[x](flow:../x)":               BadLink,
		"[x](https://u:p@a.example)":   BadLink,
		"![](a.png)":                   NoAlt,
		"![x](https://a.example/p)":    BadLink,
		"a {Thing} there":              UnknownPlace,
		"a {} there":                   UnknownPlace,
		strings.Repeat("> ", 20) + "x": TooDeep,
	} {
		_, problems := New().Read(text)
		if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Reason == want }) {
			t.Errorf("%q: %v, want %s", text, problems, want)
		}
	}
}

func TestABlockWithoutItsFigureIsLeftOut(t *testing.T) {
	doc, _ := New().Read("Before.\n\nIt costs {fee.card}.\n\n- one {fee.card}\n- two\n\n- only {fee.card}\n")
	var b strings.Builder
	if err := doc.HTML(&b, around()); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Contains(got, "costs") || strings.Contains(got, "one") || strings.Contains(got, "only") || !strings.Contains(got, "two") || !strings.Contains(got, "Before.") {
		t.Errorf("shown:\n%s", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(whole)
	f.Add("> [!note]\n> - {a.b}\n\n| a |\n|---|\n| {c.d} |\n")
	f.Add("{a.b}{\n}")
	reader := New()
	f.Fuzz(func(t *testing.T, text string) {
		doc, problems := reader.Read(text)
		if len(problems) > MaxProblems {
			t.Fatalf("%d problems", len(problems))
		}
		_ = doc.Plain()
		var b strings.Builder
		if err := doc.HTML(&b, around()); err != nil {
			t.Fatal(err)
		}
		low := strings.ToLower(b.String())
		if strings.Contains(low, "<script") || strings.Contains(low, "href=\"javascript") {
			t.Fatalf("it acts: %s", b.String())
		}
	})
}
