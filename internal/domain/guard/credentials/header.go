package credentials

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/secret"
)

// detectHeaders finds PEM blocks and the values of credential headers: as sent
// (RFC 9110, RFC 6265), in commands, and in HTTP archives (HAR 1.2).
func (s *search) detectHeaders() {
	v := &s.View
	for i := 0; i < len(v.Char); i++ {
		switch r := v.Char[i]; {
		case r == '-' && (i == 0 || v.Char[i-1] != '-') && s.literal(i, "-----begin "):
			i = s.pemBlock(i)
		case r == 'c' && s.wordStart(i) && s.literal(i, "cookie"):
			i = s.header(i+len("cookie"), true)
		case r == 'a' && s.wordStart(i) && s.literal(i, "authorization"):
			i = s.header(i+len("authorization"), false)
		case r == 'a' && s.wordStart(i) && s.literal(i, "authorisation"):
			i = s.header(i+len("authorisation"), false)
		case r == 'x' && s.wordStart(i) && s.literal(i, "x-"):
			i = s.keyHeader(i)
		case r == 'b' && s.wordStart(i) && s.literal(i, "bearer "):
			s.scheme(i + len("bearer "))
		}
	}
}

// literal tells whether the folded text holds a string at i.
func (s *search) literal(i int, text string) bool {
	v := &s.View
	if i+len(text) > len(v.Char) {
		return false
	}
	for k := range len(text) {
		if v.Char[i+k] != rune(text[k]) {
			return false
		}
	}
	return true
}

func (s *search) wordStart(i int) bool { return i == 0 || !s.View.Solid(i-1) }

// pemBlock covers a PEM block (RFC 7468) of a private key; an unfinished one
// reaches to the end of the text. It returns the last position covered.
func (s *search) pemBlock(i int) int {
	v := &s.View
	line := i
	for line < len(v.Char) && line-i < 80 && v.Char[line] != '\n' {
		line++
	}
	private := false
	for k := i; k < line; k++ {
		private = private || s.literal(k, "private") || s.literal(k, "secret")
	}
	if !private {
		return i
	}
	end := len(v.Char)
	for k := i + 11; k < len(v.Char); k++ {
		if v.Char[k] == '-' && s.literal(k, "-----end ") {
			end = k + 9
			for end < len(v.Char) && v.Char[end] != '-' && v.Char[end] != '\n' {
				end++
			}
			for end < len(v.Char) && v.Char[end] == '-' {
				end++
			}
			break
		}
	}
	s.Add(i, end, secret.Key, "")
	return end - 1
}

// header covers the value of a header line, or the "value" beside the name in an
// HTTP archive. It returns the last position it has dealt with.
func (s *search) header(at int, cookie bool) int {
	v := &s.View
	i := at
	if i < len(v.Char) && v.Char[i] == 's' && cookie {
		i++
	}
	if i < len(v.Char) && (v.Char[i] == '"' || v.Char[i] == '\'') {
		i++
	}
	for i < len(v.Char) && v.Char[i] == ' ' {
		i++
	}
	if i < len(v.Char) && v.Char[i] == ',' {
		return s.archiveValue(i)
	}
	if i >= len(v.Char) || v.Char[i] != ':' && v.Char[i] != '=' {
		return at - 1
	}
	i++
	for i < len(v.Char) && (v.Char[i] == ' ' || v.Char[i] == '"' || v.Char[i] == '[') {
		i++
	}
	return s.headerValue(i, cookie)
}

// headerValue covers a value up to the end of its line or quotes.
func (s *search) headerValue(i int, cookie bool) int {
	v := &s.View
	switch {
	case cookie && !s.pairFirst(i):
		return i - 1
	case !cookie && !s.literal(i, "bearer ") && !s.literal(i, "basic ") && !s.literal(i, "digest ") && !s.literal(i, "token ") && !s.literal(i, "apikey ") && !s.literal(i, "aws4") && !s.longWord(i):
		return i - 1
	}
	end := i
	for end < len(v.Char) && v.Char[end] != '\n' && v.Char[end] != '"' && v.Char[end] != '\'' && v.Class(end) != fold.Opaque && !s.literal(end, "-----begin ") {
		end++
	}
	for end > i && v.Class(end-1) == fold.Space {
		end--
	}
	if end-i < 6 {
		return i - 1
	}
	s.Add(i, end, secret.Key, "")
	return end - 1
}

// pairFirst tells whether a cookie's name=value comes before any white space.
func (s *search) pairFirst(i int) bool {
	v := &s.View
	for k := i; k < len(v.Char) && k-i < 128; k++ {
		if v.Char[k] == '=' {
			return k > i && k+1 < len(v.Char) && v.Class(k+1) != fold.Space
		}
		if c := v.Class(k); c == fold.Space || c == fold.Opaque {
			return false
		}
	}
	return false
}

// longWord tells whether 12 or more characters without a gap begin at i.
func (s *search) longWord(i int) bool {
	v := &s.View
	digits := 0
	for k := i; k < i+12; k++ {
		if k >= len(v.Char) || v.Class(k) == fold.Space || v.Char[k] > 0x7F {
			return false
		}
		if v.Class(k) == fold.Digit {
			digits++
		}
	}
	return digits > 0
}

// archiveValue covers the value of {"name":"Cookie","value":"…"}.
func (s *search) archiveValue(i int) int {
	v := &s.View
	for k := i; k < len(v.Char) && k-i < 24; k++ {
		if v.Char[k] != 'v' || !s.literal(k, "value") {
			continue
		}
		k += len("value")
		for k < len(v.Char) && (v.Char[k] == '"' || v.Char[k] == ':' || v.Char[k] == ' ' || v.Char[k] == '\'') {
			k++
		}
		end := k
		for end < len(v.Char) && v.Char[end] != '"' && v.Char[end] != '\n' && v.Class(end) != fold.Opaque {
			end++
		}
		if end > k {
			s.Add(k, end, secret.Key, "")
		}
		return end - 1
	}
	return i - 1
}

// keyHeader covers X-Api-Key, X-Auth-Token and the like.
func (s *search) keyHeader(i int) int {
	v := &s.View
	k, names := i, false
	for k < len(v.Char) && k-i < 40 && (v.Solid(k) || v.Char[k] == '-') {
		names = names || s.literal(k, "key") || s.literal(k, "token") || s.literal(k, "secret") || s.literal(k, "auth")
		k++
	}
	if names {
		return s.header(k, false)
	}
	return k - 1
}

// scheme covers what follows "Bearer " when it looks like a token.
func (s *search) scheme(i int) {
	v := &s.View
	end := i
	for end < len(v.Char) && chunkChar(v, end) && v.Char[end] != ',' {
		end++
	}
	if end-i >= 16 && mixed(v.Cased(i, end)) {
		s.Add(i, end, secret.Key, "")
	}
}
