// Package guardtest makes labelled text for measuring the secret guard: lines
// with invented secrets in many disguises and lines that only look as if. The
// lines depend on the seed alone. It is for tests and evaluations; the product
// does not use it.
package guardtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Line is one labelled text. Spans count Unicode code points, half open.
type Line struct {
	Text  string `json:"text"`
	Lang  string `json:"lang"`
	Spans []Span `json:"spans"`
}

// Span is where a secret of a class stands.
type Span struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Class string `json:"class"`
}

// maker makes the lines of one corpus.
type maker struct {
	rand *rand.Rand
}

// Corpus makes n lines, about half of them with secrets.
func Corpus(seed uint64, n int) []Line {
	m := &maker{rand: rand.New(rand.NewPCG(seed, 7))}
	lines := make([]Line, 0, n)
	for len(lines) < n {
		if m.rand.IntN(2) == 0 {
			lines = append(lines, m.secretLine())
		} else {
			lines = append(lines, m.plainLine())
		}
	}
	return lines
}

func pick[T any](m *maker, from []T) T { return from[m.rand.IntN(len(from))] }

// secretLine fills a template of a random class.
func (m *maker) secretLine() Line {
	lang := pick(m, []string{"en", "en", "zh", "zh", "other"})
	class := pick(m, []string{"pan", "pan", "pan", "cvv", "cvv", "otp", "otp", "seed", "key", "password", "password", "id"})
	templates := secretTemplates(lang)[class]
	if len(templates) == 0 {
		lang = "en"
		templates = secretTemplates(lang)[class]
	}
	return m.fill(pick(m, templates), lang)
}

func (m *maker) plainLine() Line {
	lang := pick(m, []string{"en", "zh"})
	return m.fill(pick(m, plainTemplates(lang)), lang)
}

// fill replaces {name} by what the maker makes under that name; the name of a
// class labels a span.
func (m *maker) fill(template, lang string) Line {
	line := Line{Lang: lang, Spans: []Span{}}
	var b strings.Builder
	for {
		open := strings.IndexByte(template, '{')
		if open < 0 {
			b.WriteString(template)
			break
		}
		end := strings.IndexByte(template, '}')
		b.WriteString(template[:open])
		name := template[open+1 : end]
		template = template[end+1:]
		value, class := m.value(name, lang)
		start := utf8.RuneCountInString(b.String())
		b.WriteString(value)
		if class != "" {
			line.Spans = append(line.Spans, Span{start, start + utf8.RuneCountInString(value), class})
		}
	}
	line.Text = b.String()
	return line
}

// value makes what a placeholder stands for, and its class if it is a secret.
func (m *maker) value(name, lang string) (text, class string) {
	if text, ok := m.harmless(name); ok {
		return text, ""
	}
	switch name {
	case "pan":
		return m.disguise(m.card(), lang, true), "pan"
	case "panplain":
		return m.grouped(m.card(), pick(m, []string{"", " ", "-"})), "pan"
	case "cvv":
		return m.short(m.digits(3+m.rand.IntN(10)/9), lang), "cvv"
	case "cvvplain":
		return m.digits(3), "cvv"
	case "otp":
		return m.short(m.digits(pick(m, []int{4, 5, 6, 6, 6, 6, 8})), lang), "otp"
	case "pin":
		return m.digits(pick(m, []int{4, 6})), "password"
	case "password":
		return m.password(), "password"
	case "passphrase":
		return m.passphrase(), "password"
	case "seed":
		return m.phrase(lang), "seed"
	case "key":
		return m.anyKey(), "key"
	case "hex":
		return m.hex(64), "key"
	case "token":
		return m.text(24+m.rand.IntN(20), alphanumerics), "key"
	case "cookie":
		return "sid=" + m.text(26, alphanumerics) + "; theme=dark", "key"
	case "id":
		return m.identity(), "id"
	case "passport":
		return string(rune('A'+m.rand.IntN(26))) + m.digits(8), "id"
	}
	panic(fmt.Sprintf("guardtest: unknown placeholder %q", name))
}
