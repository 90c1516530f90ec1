package markup

import (
	"html"
	"io"
	"strconv"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	gohtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Surroundings say what a text cannot know by itself when it is shown.
type Surroundings struct {
	// Address gives a link's address, and whether it leaves the house's own pages. No
	// address: the words are shown without the link.
	Address func(Link) (href string, away bool)
	// Fill gives a place's words; none: what holds it is left out.
	Fill func(name string) string
	// Table writes the table of a place that stands alone, and tells whether there is one.
	Table func(w io.Writer, name string) (bool, error)
	// BoxTitle is how a box is headed.
	BoxTitle func(Box) string
}

// HTML writes a text that has no problems as HTML. Every word of it is escaped; classes are
// box, box-warning, box-note and steps. A block in which a place has no words is left out
// whole: half a sentence about money is worse than none. Errors: those of w.
func (d *Doc) HTML(w io.Writer, s Surroundings) error {
	root := d.parser.Parse(text.NewReader(d.source)) // what is left out is left out of this showing
	markBoxes(root, d.source)
	drop(root, s)
	r := &htmlRenderer{surroundings: s}
	out := renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(r, 100),
		util.Prioritized(gohtml.NewRenderer(), 1000),
		util.Prioritized(extension.NewTableHTMLRenderer(), 500),
	))
	return out.Render(w, d.source, root)
}

// drop takes away the blocks whose places have no words, and lists left without items.
func drop(n ast.Node, s Surroundings) {
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		if c.Type() == ast.TypeBlock {
			if len(wordless(c, s)) > 0 {
				n.RemoveChild(n, c)
			} else {
				drop(c, s)
				if c.Kind() == ast.KindList && c.ChildCount() == 0 || c.Kind() == ast.KindListItem && c.ChildCount() == 0 {
					n.RemoveChild(n, c)
				}
			}
		}
		c = next
	}
}

// wordless lists the places right in a block that have no words.
func wordless(block ast.Node, s Surroundings) (out []string) {
	for c := block.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() == ast.TypeBlock {
			continue
		}
		if p, ok := c.(*place); ok {
			if !p.alone() && s.Fill(p.name) == "" {
				out = append(out, p.name)
			}
			continue
		}
		out = append(out, wordless(c, s)...)
	}
	return out
}

type htmlRenderer struct{ surroundings Surroundings }

// RegisterFuncs implements renderer.NodeRenderer.
func (r *htmlRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindString, r.word)
	reg.Register(ast.KindLink, r.link)
	reg.Register(ast.KindImage, r.image)
	reg.Register(ast.KindBlockquote, r.box)
	reg.Register(ast.KindHeading, r.heading)
	reg.Register(ast.KindParagraph, r.paragraph)
	reg.Register(ast.KindHTMLBlock, nothing)
	reg.Register(ast.KindRawHTML, nothing)
}

func nothing(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkSkipChildren, nil
}

func (r *htmlRenderer) word(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.String:
		return put(w, html.EscapeString(string(n.Value)))
	case *place:
		return put(w, html.EscapeString(r.surroundings.Fill(n.name)))
	}
	return ast.WalkContinue, nil
}

func put(w util.BufWriter, words string) (ast.WalkStatus, error) {
	_, err := w.WriteString(words)
	return ast.WalkContinue, err
}

func (r *htmlRenderer) link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	l, ok := ParseLink(string(n.(*ast.Link).Destination))
	href, away := "", false
	if ok {
		href, away = r.surroundings.Address(l)
	}
	switch {
	case href == "":
		return ast.WalkContinue, nil
	case !entering:
		return put(w, "</a>")
	case away:
		return put(w, `<a href="`+html.EscapeString(href)+`" rel="noopener noreferrer" target="_blank">`)
	default:
		return put(w, `<a href="`+html.EscapeString(href)+`">`)
	}
}

func (r *htmlRenderer) image(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	name := string(n.(*ast.Image).Destination)
	if !ImageName(name) {
		return ast.WalkSkipChildren, nil
	}
	src, _ := r.surroundings.Address(Link{Scheme: "image", To: name})
	if src == "" {
		return ast.WalkSkipChildren, nil
	}
	_, err := w.WriteString(`<img loading="lazy" src="` + html.EscapeString(src) + `" alt="` + html.EscapeString(plainOf(n, source)) + `">`)
	return ast.WalkSkipChildren, err
}

func (r *htmlRenderer) box(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	kind := boxOf(n.(*ast.Blockquote))
	if kind == "" {
		kind = Note
	}
	if !entering {
		return put(w, "</aside>\n")
	}
	return put(w, `<aside class="box box-`+string(kind)+`"><p class="box-title">`+html.EscapeString(r.surroundings.BoxTitle(kind))+"</p>\n")
}

// heading gives each an address of its own: its place among the headings, which stays when
// its words are changed.
func (r *htmlRenderer) heading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := strconv.Itoa(min(max(n.(*ast.Heading).Level, 2), 4))
	if !entering {
		return put(w, "</h"+level+">\n")
	}
	nth := 1
	for b := n.PreviousSibling(); b != nil; b = b.PreviousSibling() {
		if b.Kind() == ast.KindHeading {
			nth++
		}
	}
	return put(w, "<h"+level+` id="s`+strconv.Itoa(nth)+`">`)
}

func (r *htmlRenderer) paragraph(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if p, ok := n.FirstChild().(*place); ok && p.alone() {
		if entering {
			if _, err := r.surroundings.Table(w, p.name); err != nil {
				return ast.WalkStop, err
			}
		}
		return ast.WalkSkipChildren, nil
	}
	if entering {
		return put(w, "<p>")
	}
	return put(w, "</p>\n")
}
