// Package markup reads what articles are written in: a part of Markdown (CommonMark with
// tables), small enough that every channel can show it and that nothing in it can act. What
// is not of that part, such as HTML, is told as a problem and never shown.
//
// Beside text it holds three things of Kefu's own. A link leads to a flow (flow:FL2), another
// article (article:late-payment), a page of the help centre (page:contact), or a place on the
// web over https. A place in braces, such as {house.name}, is filled in when it is read. A
// place alone in its paragraph, such as {fees.transfer}, becomes a table. A quote that begins
// with [!warning] or [!note] is a box.
package markup

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Bounds of a text.
const (
	MaxChars    = 20_000
	MaxProblems = 50
	maxDepth    = 12 // of what stands in what
	maxAddress  = 500
)

// Problem is what is wrong with a text.
type Problem struct {
	Line   int    // from 1
	Reason Reason // for whom there is a sentence in each language
	Text   string // what it is about, as it stands there
}

// Reason is why a text is not taken.
type Reason string

// The reasons.
const (
	TooLong      Reason = "too_long"
	TooDeep      Reason = "too_deep"
	NotAllowed   Reason = "not_allowed"   // a kind of markup that articles do not have
	BadLink      Reason = "bad_link"      // a link to nothing that there can be
	UnknownPlace Reason = "unknown_place" // braces around what is no place
	NoAlt        Reason = "no_alt"        // a picture without words for whoever does not see it
	HeadingJumps Reason = "heading_jumps" // a heading two levels below the one before
)

// Link is where a text leads.
type Link struct {
	Scheme string // flow, article, page, https, image
	To     string // the flow's id, the article's, the page's name, the address, the picture's name
	Line   int
}

// Place is something that is filled in.
type Place struct {
	Name  string // such as fees.transfer
	Block bool   // it stands alone, and becomes a table
	Line  int
}

// Doc is a text that was read. Many may use it at once.
type Doc struct {
	parser parser.Parser
	source []byte
	root   ast.Node
	links  []Link
	places []Place
}

// Links are where it leads, in their order.
func (d *Doc) Links() []Link { return d.links }

// Places are what is filled in, in their order.
func (d *Doc) Places() []Place { return d.places }

// Reader reads texts. Make one with New; many may use it at once.
type Reader struct{ parser parser.Parser }

// New makes a reader.
func New() *Reader {
	md := goldmark.New(goldmark.WithExtensions(extension.Table))
	md.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(placeParser{}, 50)))
	return &Reader{parser: md.Parser()}
}

// Read reads a text and says all that is wrong with it, in the order of lines and at most
// MaxProblems. A text with problems can be shown to its author, and to nobody else.
func (r *Reader) Read(source string) (*Doc, []Problem) {
	if utf8.RuneCountInString(source) > MaxChars {
		return &Doc{parser: r.parser, root: ast.NewDocument()}, []Problem{{Line: 1, Reason: TooLong, Text: fmt.Sprint(MaxChars)}}
	}
	d := &Doc{parser: r.parser, source: []byte(source)}
	d.root = r.parser.Parse(text.NewReader(d.source))
	w := walker{doc: d}
	_ = ast.Walk(d.root, w.visit) // it gives back no error of its own
	return d, w.problems
}

// walker looks at each node once.
type walker struct {
	doc      *Doc
	depth    int
	level    int // of the last heading
	line     int
	problems []Problem
}

func (w *walker) wrong(reason Reason, about string) {
	if len(w.problems) < MaxProblems {
		w.problems = append(w.problems, Problem{Line: w.line, Reason: reason, Text: shorten(about)})
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func (w *walker) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		w.depth--
		return ast.WalkContinue, nil
	}
	w.depth++
	if n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
		w.line = w.lineAt(n.Lines().At(0).Start)
	}
	if w.depth > maxDepth {
		w.wrong(TooDeep, "")
		return ast.WalkSkipChildren, nil // its leaving is told all the same
	}
	w.node(n)
	return ast.WalkContinue, nil
}

func (w *walker) lineAt(offset int) int {
	return 1 + strings.Count(string(w.doc.source[:min(offset, len(w.doc.source))]), "\n")
}

func (w *walker) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Document, *ast.List, *ast.ListItem, *ast.Paragraph, *ast.TextBlock, *ast.Text, *ast.Emphasis, *ast.String, *ast.CodeSpan,
		*east.Table, *east.TableHeader, *east.TableRow, *east.TableCell:
	case *ast.Blockquote:
		if !markBox(n, w.doc.source) { // it would look like somebody's words
			w.wrong(NotAllowed, "Blockquote")
		}
	case *ast.Heading:
		w.heading(n)
	case *place:
		w.take(n)
	case *ast.Link:
		w.link(string(n.Destination))
	case *ast.Image:
		w.image(n)
	default:
		w.wrong(NotAllowed, n.Kind().String())
	}
}

func (w *walker) heading(n *ast.Heading) {
	if n.Level < 2 || n.Level > 4 { // the title is the first level
		w.wrong(NotAllowed, "Heading")
	} else if n.Level > max(w.level, 1)+1 {
		w.wrong(HeadingJumps, "")
	}
	w.level = n.Level
}

func (w *walker) link(to string) {
	l, ok := ParseLink(to)
	if !ok {
		w.wrong(BadLink, to)
		return
	}
	l.Line = w.line
	w.doc.links = append(w.doc.links, l)
}

func (w *walker) image(n *ast.Image) {
	if len(strings.TrimSpace(plainOf(n, w.doc.source))) == 0 {
		w.wrong(NoAlt, string(n.Destination))
	}
	name := string(n.Destination)
	if !ImageName(name) {
		w.wrong(BadLink, name)
		return
	}
	w.doc.links = append(w.doc.links, Link{Scheme: "image", To: name, Line: w.line})
}

func (w *walker) take(n *place) {
	if !PlaceName(n.name) {
		w.wrong(UnknownPlace, "{"+n.name+"}")
		return
	}
	w.doc.places = append(w.doc.places, Place{Name: n.name, Block: n.alone(), Line: w.line})
}

// ParseLink reads where a link leads; not where that is nothing that a link may lead to.
func ParseLink(to string) (Link, bool) {
	scheme, rest, found := strings.Cut(to, ":")
	if !found || len(to) > maxAddress {
		return Link{}, false
	}
	switch scheme {
	case "flow":
		return Link{Scheme: scheme, To: rest}, strings.HasPrefix(rest, "FL") && lettersAndDigits(rest)
	case "article", "page":
		return Link{Scheme: scheme, To: rest}, Slug(rest)
	case "https":
		u, err := url.Parse(to)
		return Link{Scheme: scheme, To: to}, err == nil && u.Host != "" && u.User == nil && !strings.ContainsAny(to, " \"<>\\")
	default:
		return Link{}, false
	}
}

func lettersAndDigits(s string) bool {
	return s != "" && len(s) <= 12 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// Slug tells whether s is an article's id: small letters, digits and single hyphens, at
// most 80 of them.
func Slug(s string) bool {
	return s != "" && len(s) <= 80 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" &&
		!strings.HasPrefix(s, "-") && !strings.HasSuffix(s, "-") && !strings.Contains(s, "--")
}

// ImageName tells whether s names a picture that lies with the article.
func ImageName(s string) bool {
	base, ext, ok := strings.Cut(s, ".")
	return ok && Slug(base) && (ext == "png" || ext == "jpg" || ext == "webp")
}

// PlaceName tells whether s is formed as a place's name: small words joined by dots.
func PlaceName(s string) bool {
	if s == "" || len(s) > 80 || !strings.Contains(s, ".") {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			return false
		}
	}
	return true
}
