package markup

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// Plain is the text without its markup, a line for each block: what is searched, measured
// and read aloud. Places and pictures are left out.
func (d *Doc) Plain() string {
	var b strings.Builder
	for _, block := range blocksOf(d.root) {
		line := strings.TrimSpace(plainOf(block, d.source))
		if line == "" {
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// Headings are its headings, in their order.
func (d *Doc) Headings() (out []string) {
	for n := d.root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			out = append(out, strings.TrimSpace(plainOf(h, d.source)))
		}
	}
	return out
}

// blocksOf lists the blocks that hold words and no further blocks.
func blocksOf(n ast.Node) (out []ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c.(type) {
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading, *east.TableCell:
			out = append(out, c)
		default:
			if c.Type() == ast.TypeBlock {
				out = append(out, blocksOf(c)...)
			}
		}
	}
	return out
}

// plainOf joins the words in a node.
func plainOf(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Segment.Value(source))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(c.Value)
		case *place, *ast.Image:
		default:
			b.WriteString(plainOf(c, source))
		}
	}
	return b.String()
}
