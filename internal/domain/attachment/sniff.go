package attachment

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// HeadLen is how many bytes at the start of a file Sniff looks at.
const HeadLen = 4096

// Sniff tells the type of a file from its first HeadLen bytes, or all of them
// when it is shorter. A signature counts only at the very start. Text is UTF-8
// without control characters that does not begin as a page, a drawing or a
// script does (compare the MIME Sniffing Standard, section 7.1): those, which a
// browser or a shell would run, are Binary.
func Sniff(head []byte) Type {
	head = head[:min(len(head), HeadLen)]
	cut := len(head) == HeadLen // the file may go on in the middle of a character
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case starts("\xff\xd8\xff"):
		return JPEG
	case starts("\x89PNG\r\n\x1a\n"):
		return PNG
	case starts("GIF87a"), starts("GIF89a"):
		return GIF
	case starts("RIFF") && len(head) >= 12 && string(head[8:12]) == "WEBP":
		return WebP
	case starts("%PDF-"):
		return PDF
	case isText(head, cut) && !isActive(head):
		return Text
	default:
		return Binary
	}
}

func isText(head []byte, cut bool) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size <= 1 {
			return cut && !utf8.FullRune(head)
		}
		switch {
		case r == '\t', r == '\n', r == '\r', r == '\f':
		case unicode.IsControl(r), r&0xfffe == 0xfffe: // U+FFFE is how UTF-16 looks
			return false
		}
		head = head[size:]
	}
	return true
}

// isActive tells text that some program would run or render.
func isActive(head []byte) bool {
	head = bytes.TrimLeftFunc(head, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cf)
	})
	head = bytes.ToLower(head[:min(len(head), 64)])
	for _, start := range []string{"#!", "%!ps", `{\rtf`, "mime-version:", "content-type:", "@echo off"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	// Every element, comment, declaration, and PHP or ASP block begins so.
	if len(head) < 2 || head[0] != '<' {
		return false
	}
	return head[1] == '!' || head[1] == '?' || head[1] == '%' || head[1] == '/' || 'a' <= head[1] && head[1] <= 'z'
}
