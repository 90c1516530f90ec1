package attachment

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxNameLen is the most code points of a file's name.
const MaxNameLen = 120

const (
	maxRawName = 4096 // bytes of a sender's name that are looked at
	maxMarks   = 4    // combining marks on one character
)

// CleanName makes a name that can be shown, logged and offered for download:
// normalised (NFKC) first and judged after, so that nothing changes its meaning
// later; without characters that hide or turn round others; without folders;
// at most MaxNameLen code points; and with an extension that agrees with what
// the file is. A file is never stored under this name. CleanName of its own
// result changes nothing.
func CleanName(name string, t Type) string {
	if len(name) > maxRawName {
		name = name[:maxRawName/2] + name[len(name)-maxRawName/2:]
	}
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	for range 4 { // dropping a character can bring together two that combine
		next := visible(norm.NFKC.String(name))
		if next == name {
			break
		}
		name = next
	}
	stem, ext := split(trim(name), t)
	stem = trim(stem)
	if room := MaxNameLen - utf8.RuneCountInString(ext); utf8.RuneCountInString(stem) > room {
		stem = trim(string([]rune(stem)[:room]))
	}
	if stem == "" {
		stem = "file"
	}
	if reserved(stem) {
		stem = "_" + stem
	}
	return stem + ext
}

// visible drops what cannot be seen, replaces what has a meaning to a file
// system, a shell or a header, and makes every run of white space one blank.
func visible(name string) string {
	var b strings.Builder
	marks, blank := 0, false
	for _, r := range name {
		if unicode.Is(unicode.Mn, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case unicode.IsSpace(r):
			blank = true
			continue
		case marks > maxMarks, hidden(r):
			continue
		case strings.ContainsRune(`/\:*?"<>|`, r):
			r = '_'
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden tells characters that show nothing themselves: controls, format
// characters with the direction overrides among them, private use, fillers.
func hidden(r rune) bool {
	return r == utf8.RuneError || r == '\u2800' || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// trim cuts dots and blanks, which hide a file at the start of its name and are
// lost on Windows at the end.
func trim(s string) string { return strings.Trim(s, ". ") }

// split cuts the extension off when it agrees with t, and gives the one to use.
func split(name string, t Type) (stem, ext string) {
	own := extensions(t)
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		found := strings.ToLower(name[at:])
		for _, e := range own {
			if found == e {
				return name[:at], e
			}
		}
		if t.IsImage() { // a picture may be written anew as another kind
			for _, other := range []Type{JPEG, PNG, GIF, WebP} {
				for _, e := range extensions(other) {
					if found == e {
						return name[:at], own[0]
					}
				}
			}
		}
	}
	return name, own[0]
}

// extensions of a type, in lower case, the usual one first. Text has none that
// a spreadsheet or a script host would open.
func extensions(t Type) []string {
	switch t {
	case JPEG:
		return []string{".jpg", ".jpeg", ".jfif"}
	case PNG:
		return []string{".png"}
	case GIF:
		return []string{".gif"}
	case WebP:
		return []string{".webp"}
	case PDF:
		return []string{".pdf"}
	case Text:
		return []string{".txt", ".log", ".md", ".json"}
	default:
		return []string{".bin"}
	}
}

// reserved tells the device names of Windows, which have any extension.
func reserved(stem string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(stem), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port := strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")
	return port && len(base) == 4 && base[3] >= '0' && base[3] <= '9'
}
