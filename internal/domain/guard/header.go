package guard

// detectHeaders finds PEM blocks and the values of credential headers: as sent
// (RFC 9110, RFC 6265), in commands, and in HTTP archives (HAR 1.2).
func (s *scan) detectHeaders() {
	v := &s.view
	for i := 0; i < len(v.char); i++ {
		switch r := v.char[i]; {
		case r == '-' && (i == 0 || v.char[i-1] != '-') && s.literal(i, "-----begin "):
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
func (s *scan) literal(i int, text string) bool {
	v := &s.view
	if i+len(text) > len(v.char) {
		return false
	}
	for k := range len(text) {
		if v.char[i+k] != rune(text[k]) {
			return false
		}
	}
	return true
}

func (s *scan) wordStart(i int) bool { return i == 0 || !s.view.solid(i-1) }

// pemBlock covers a PEM block (RFC 7468) of a private key; an unfinished one
// reaches to the end of the text. It returns the last position covered.
func (s *scan) pemBlock(i int) int {
	v := &s.view
	line := i
	for line < len(v.char) && line-i < 80 && v.char[line] != '\n' {
		line++
	}
	private := false
	for k := i; k < line; k++ {
		private = private || s.literal(k, "private") || s.literal(k, "secret")
	}
	if !private {
		return i
	}
	end := len(v.char)
	for k := i + 11; k < len(v.char); k++ {
		if v.char[k] == '-' && s.literal(k, "-----end ") {
			end = k + 9
			for end < len(v.char) && v.char[end] != '-' && v.char[end] != '\n' {
				end++
			}
			for end < len(v.char) && v.char[end] == '-' {
				end++
			}
			break
		}
	}
	s.add(i, end, Key, "")
	return end - 1
}

// header covers the value of a header line, or the "value" beside the name in an
// HTTP archive. It returns the last position it has dealt with.
func (s *scan) header(at int, cookie bool) int {
	v := &s.view
	i := at
	if i < len(v.char) && v.char[i] == 's' && cookie {
		i++
	}
	if i < len(v.char) && (v.char[i] == '"' || v.char[i] == '\'') {
		i++
	}
	for i < len(v.char) && v.char[i] == ' ' {
		i++
	}
	if i < len(v.char) && v.char[i] == ',' {
		return s.archiveValue(i)
	}
	if i >= len(v.char) || v.char[i] != ':' && v.char[i] != '=' {
		return at - 1
	}
	i++
	for i < len(v.char) && (v.char[i] == ' ' || v.char[i] == '"' || v.char[i] == '[') {
		i++
	}
	return s.headerValue(i, cookie)
}

// headerValue covers a value up to the end of its line or quotes.
func (s *scan) headerValue(i int, cookie bool) int {
	v := &s.view
	switch {
	case cookie && !s.pairFirst(i):
		return i - 1
	case !cookie && !s.literal(i, "bearer ") && !s.literal(i, "basic ") && !s.literal(i, "digest ") && !s.literal(i, "token ") && !s.literal(i, "apikey ") && !s.literal(i, "aws4") && !s.longWord(i):
		return i - 1
	}
	end := i
	for end < len(v.char) && v.char[end] != '\n' && v.char[end] != '"' && v.char[end] != '\'' && v.class(end) != classOpaque {
		end++
	}
	for end > i && v.class(end-1) == classSpace {
		end--
	}
	if end-i < 6 {
		return i - 1
	}
	s.add(i, end, Key, "")
	return end - 1
}

// pairFirst tells whether a cookie's name=value comes before any white space.
func (s *scan) pairFirst(i int) bool {
	v := &s.view
	for k := i; k < len(v.char) && k-i < 128; k++ {
		if v.char[k] == '=' {
			return k > i && k+1 < len(v.char) && v.class(k+1) != classSpace
		}
		if c := v.class(k); c == classSpace || c == classOpaque {
			return false
		}
	}
	return false
}

// longWord tells whether 12 or more characters without a gap begin at i.
func (s *scan) longWord(i int) bool {
	v := &s.view
	digits := 0
	for k := i; k < i+12; k++ {
		if k >= len(v.char) || v.class(k) == classSpace || v.char[k] > 0x7F {
			return false
		}
		if v.class(k) == classDigit {
			digits++
		}
	}
	return digits > 0
}

// archiveValue covers the value of {"name":"Cookie","value":"…"}.
func (s *scan) archiveValue(i int) int {
	v := &s.view
	for k := i; k < len(v.char) && k-i < 24; k++ {
		if v.char[k] != 'v' || !s.literal(k, "value") {
			continue
		}
		k += len("value")
		for k < len(v.char) && (v.char[k] == '"' || v.char[k] == ':' || v.char[k] == ' ' || v.char[k] == '\'') {
			k++
		}
		end := k
		for end < len(v.char) && v.char[end] != '"' && v.char[end] != '\n' && v.class(end) != classOpaque {
			end++
		}
		if end > k {
			s.add(k, end, Key, "")
		}
		return end - 1
	}
	return i - 1
}

// keyHeader covers X-Api-Key, X-Auth-Token and the like.
func (s *scan) keyHeader(i int) int {
	v := &s.view
	k, names := i, false
	for k < len(v.char) && k-i < 40 && (v.solid(k) || v.char[k] == '-') {
		names = names || s.literal(k, "key") || s.literal(k, "token") || s.literal(k, "secret") || s.literal(k, "auth")
		k++
	}
	if names {
		return s.header(k, false)
	}
	return k - 1
}

// scheme covers what follows "Bearer " when it looks like a token.
func (s *scan) scheme(i int) {
	v := &s.view
	end := i
	for end < len(v.char) && chunkChar(v, end) && v.char[end] != ',' {
		end++
	}
	if end-i >= 16 && mixed(v.cased(i, end)) {
		s.add(i, end, Key, "")
	}
}
