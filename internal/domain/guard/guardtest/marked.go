package guardtest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ReadMarked reads lines written by hand: language, tab, text with secrets as
// ⟦class|secret⟧ and line breaks as \n. Lines that begin with # are remarks.
func ReadMarked(r io.Reader) ([]Line, error) {
	var lines []Line
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		text := scanner.Text()
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		lang, text, ok := strings.Cut(text, "\t")
		if !ok {
			return nil, fmt.Errorf("line %d has no language", n)
		}
		line, err := unmark(strings.ReplaceAll(text, `\n`, "\n"), lang)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		lines = append(lines, line)
	}
	return lines, scanner.Err()
}

func unmark(text, lang string) (Line, error) {
	line := Line{Lang: lang, Spans: []Span{}}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "⟦")
		b.WriteString(before)
		if !ok {
			line.Text = b.String()
			return line, nil
		}
		marked, after, ok := strings.Cut(rest, "⟧")
		class, secret, named := strings.Cut(marked, "|")
		if !ok || !named {
			return line, fmt.Errorf("a mark is not closed or has no class: %q", rest)
		}
		start := utf8.RuneCountInString(b.String())
		b.WriteString(secret)
		line.Spans = append(line.Spans, Span{start, start + utf8.RuneCountInString(secret), class})
		text = after
	}
}
