package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// maxBraces bounds what may stand between braces, in bytes.
const maxBraces = 80

// place is a node that is filled in.
type place struct {
	ast.BaseInline
	name string
}

// Kind is that of a string, whose place it takes: goldmark numbers kinds in a table that
// lives as long as the program, and one of ours would be state of this package.
func (p *place) Kind() ast.NodeKind { return ast.KindString }

func (p *place) Dump(source []byte, level int) {
	ast.DumpHelper(p, source, level, map[string]string{"Name": p.name}, nil)
}

// alone tells whether the paragraph holds nothing else.
func (p *place) alone() bool {
	parent, ok := p.Parent().(*ast.Paragraph)
	return ok && parent.ChildCount() == 1
}

// placeParser reads what stands in braces on one line.
type placeParser struct{}

func (placeParser) Trigger() []byte { return []byte{'{'} }

func (placeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	end := bytes.IndexAny(line[1:], "{}\n")
	if end < 0 || end > maxBraces || line[1+end] != '}' {
		return nil
	}
	block.Advance(end + 2)
	return &place{name: string(line[1 : 1+end])}
}

// Box is how a box is meant.
type Box string

// The boxes.
const (
	Warning Box = "warning"
	Note    Box = "note"
)

// boxAttribute is under what a quote keeps how it is meant.
const boxAttribute = "box"

// markBox notes which box a quote is by its first line, and takes that line away. It tells
// whether it is one.
func markBox(q *ast.Blockquote, source []byte) bool {
	first, ok := q.FirstChild().(*ast.Paragraph)
	if !ok || first.Lines().Len() == 0 {
		return false
	}
	line := first.Lines().At(0)
	word := strings.TrimSpace(string(line.Value(source)))
	if word != "[!warning]" && word != "[!note]" {
		return false
	}
	q.SetAttributeString(boxAttribute, Box(word[2:len(word)-1]))
	for c := first.FirstChild(); c != nil; {
		next := c.NextSibling()
		if t, isText := c.(*ast.Text); isText && t.Segment.Start < line.Stop {
			first.RemoveChild(first, c)
		}
		c = next
	}
	if first.ChildCount() == 0 {
		q.RemoveChild(q, first)
	}
	return q.ChildCount() > 0
}

// markBoxes marks every quote below a node that is a box.
func markBoxes(n ast.Node, source []byte) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if q, ok := c.(*ast.Blockquote); ok {
			markBox(q, source)
		}
		if c.Type() == ast.TypeBlock {
			markBoxes(c, source)
		}
	}
}

// boxOf is which box a quote was found to be.
func boxOf(q *ast.Blockquote) Box {
	kind, _ := q.AttributeString(boxAttribute)
	b, _ := kind.(Box)
	return b
}
