package attachment_test

import (
	"mime"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kefu/internal/domain/attachment"
)

func TestCleanName(t *testing.T) {
	const txt, png, pdf = attachment.Text, attachment.PNG, attachment.PDF
	long := strings.Repeat("长", 300)
	for name, c := range map[string]struct {
		raw  string
		t    attachment.Type
		want string
	}{
		"plain":                    {"Statement 2026.pdf", pdf, "Statement 2026.pdf"},
		"Chinese":                  {"账单（十一月）.pdf", pdf, "账单(十一月).pdf"},
		"empty":                    {"", png, "file.png"},
		"only dots":                {"....", txt, "file.txt"},
		"only what is unseen":      {"\u200b\u202e\ufeff", txt, "file.txt"},
		"htaccess":                 {".htaccess", txt, "htaccess.txt"},
		"htaccess, zero width":     {"\u200b.htaccess", txt, "htaccess.txt"},
		"htaccess, zero widths":    {".\u200bht\u2060access\ufeff", txt, "htaccess.txt"},
		"htaccess, full width":     {"．ｈｔaccess", txt, "htaccess.txt"},
		"htaccess, one dot leader": {"\u2024htaccess", txt, "htaccess.txt"},
		"right to left":            {"photo\u202egnp.exe", attachment.Binary, "photognp.exe.bin"},
		"isolates":                 {"a\u2066b\u2069c.png", png, "abc.png"},
		"folders":                  {"../../etc/passwd", txt, "passwd.txt"},
		"Windows folders":          {`C:\Users\me\x.png`, png, "x.png"},
		"full-width slash":         {"a／..／b.png", png, "a_.._b.png"},
		"folder only":              {"../../", txt, "file.txt"},
		"ellipsis":                 {"…secret", txt, "secret.txt"},
		"NUL":                      {"a.png\x00.exe", png, "a.png.exe.png"},
		"line ends":                {"a\r\nSet-Cookie: x=1.txt", txt, "a Set-Cookie_ x=1.txt"},
		"line separator":           {"a\u2028b.txt", txt, "a b.txt"},
		"quote":                    {`a";filename="b.exe`, pdf, "a_;filename=_b.exe.pdf"},
		"blanks":                   {"  a \u3000\t b .png ", png, "a b.png"},
		"trailing dots":            {"a.png. . .", png, "a.png"},
		"not UTF-8":                {"a\xff\xfeb.png", png, "ab.png"},
		"surrogate bytes":          {"a\xed\xa0\x80b.png", png, "ab.png"},
		"HTML as picture":          {"page.html", png, "page.html.png"},
		"two extensions":           {"invoice.pdf.exe", pdf, "invoice.pdf.exe.pdf"},
		"script as text":           {"run.js", txt, "run.js.txt"},
		"spreadsheet as text":      {"rows.csv", txt, "rows.csv.txt"},
		"markdown":                 {"README.MD", txt, "README.md"},
		"JPEG in capitals":         {"IMG_0001.JPEG", attachment.JPEG, "IMG_0001.jpeg"},
		"WebP written as PNG":      {"sticker.webp", png, "sticker.png"},
		"WebP written as JPEG":     {"photo.WEBP", attachment.JPEG, "photo.jpg"},
		"no extension":             {"photo", png, "photo.png"},
		"extension only":           {".png", png, "png.png"},
		"device":                   {"CON", txt, "_CON.txt"},
		"device, small":            {"nul.txt", txt, "_nul.txt"},
		"device, two extensions":   {"aux.tar.txt", txt, "_aux.tar.txt"},
		"device, blank":            {"com1 .txt", txt, "_com1.txt"},
		"device, superscript":      {"COM¹.txt", txt, "_COM1.txt"},
		"device, full width":       {"ＰＲＮ.txt", txt, "_PRN.txt"},
		"no device":                {"console.txt", txt, "console.txt"},
		"300 characters":           {strings.Repeat("a", 300) + ".pdf", pdf, strings.Repeat("a", 116) + ".pdf"},
		"300 wide characters":      {long + ".pdf", pdf, long[:116*3] + ".pdf"},
		"huge":                     {strings.Repeat("x", 1<<20) + ".png", png, strings.Repeat("x", 116) + ".png"},
		"stacked marks":            {"a" + strings.Repeat("\u0335", 500) + "b.txt", txt, "a\u0335\u0335\u0335\u0335b.txt"},
		"joined after stripping":   {"e\u200b\u0301.txt", txt, "é.txt"},
		"emoji":                    {"👍🏽\ufe0f.png", png, "👍🏽.png"},
		"Hangul filler":            {"a\u3164\uffa0b.png", png, "ab.png"},
		"tag characters":           {"a\U000e0041b.png", png, "ab.png"},
	} {
		got := attachment.CleanName(c.raw, c.t)
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		sound(t, got, c.t)
	}
}

// sound checks what every cleaned name is.
func sound(t *testing.T, name string, kind attachment.Type) {
	t.Helper()
	again := attachment.CleanName(name, kind)
	switch {
	case again != name:
		t.Errorf("%q becomes %q the second time", name, again)
	case !utf8.ValidString(name), !norm.NFKC.IsNormalString(name):
		t.Errorf("%q is not normalised UTF-8", name)
	case utf8.RuneCountInString(name) > attachment.MaxNameLen:
		t.Errorf("%q is too long", name)
	case strings.ContainsAny(name, "/\\:*?\"<>|"), filepath.Base(name) != name:
		t.Errorf("%q names a folder", name)
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, " "), filepath.Ext(name) == "":
		t.Errorf("%q hides", name)
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }):
		t.Errorf("%q has characters that nobody sees", name)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{
		"a.png", "\u200b.htaccess", "a\u202egnp.exe", "../../x", "CON.txt", "e\u200b\u0301", "\ufdfa\ufdfa.png", "a\u0345\u0300\u0334.txt",
		strings.Repeat("\u0301", 200), "\u1112\u1161\u11ab.txt", "a\x00b", strings.Repeat("\u3300", 119), "．．／．．／x", "com1\u034f.txt",
	} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, raw string, kind uint8) {
		types := attachment.Types()
		want := types[int(kind)%len(types)]
		sound(t, attachment.CleanName(raw, want), want)
	})
}

func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct{ raw, disposition string }{
		"plain":      {"a b.pdf", `attachment; filename="a b.pdf"`},
		"Chinese":    {"账单.pdf", `attachment; filename="__.pdf"; filename*=UTF-8''%E8%B4%A6%E5%8D%95.pdf`},
		"percent":    {"100%41.pdf", `attachment; filename="100_41.pdf"; filename*=UTF-8''100%2541.pdf`},
		"injection":  {"a\r\nX: y\";z.pdf", `attachment; filename="a X_ y_;z.pdf"`},
		"apostrophe": {"l'été (1).pdf", `attachment; filename="l'_t_ (1).pdf"; filename*=UTF-8''l%27%C3%A9t%C3%A9%20%281%29.pdf`},
	} {
		h := attachment.Headers(c.raw, attachment.PDF)
		if got := h["Content-Disposition"]; got != c.disposition {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.disposition)
		}
		kind, params, err := mime.ParseMediaType(h["Content-Disposition"])
		if want := attachment.CleanName(c.raw, attachment.PDF); err != nil || kind != "attachment" || params["filename"] != want {
			t.Errorf("%s: a client reads %q, %q, %v", name, kind, params, err)
		}
	}
	h := attachment.SafeHeaders()
	h["Content-Type"] = attachment.Headers("x", attachment.Text)["Content-Type"]
	for field, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", "Cache-Control": "private, no-store",
		"Referrer-Policy": "no-referrer",
	} {
		if h[field] != want {
			t.Errorf("%s: %q", field, h[field])
		}
	}
	if got := attachment.Headers("x.svg", attachment.Binary)["Content-Type"]; got != "application/octet-stream" {
		t.Error(got)
	}
}
