package credentials

import (
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// tokenRule describes a credential by its prefix and what follows it.
type tokenRule struct {
	prefix  string
	charset string // characters besides letters and digits
	least   int    // of them
}

// tokenRules lists credentials that are recognised wherever they stand, by the
// formats their issuers publish for secret scanning.
func tokenRules() []tokenRule {
	return []tokenRule{
		{"eyJ", "-_.=", 30},     // JWT and JWE, RFC 7519
		{"kefu_key_", "-_", 20}, // our own, see package apikey
		{"sk_live_", "_", 10}, {"rk_live_", "_", 10}, {"sk_test_", "_", 10}, {"rk_test_", "_", 10}, {"whsec_", "_+/=", 16},
		{"AKIA", "", 12}, {"ASIA", "", 12}, {"AGPA", "", 16}, {"AROA", "", 16}, {"ABIA", "", 16},
		{"ghp_", "", 20}, {"gho_", "", 20}, {"ghu_", "", 20}, {"ghs_", "", 20}, {"ghr_", "", 20}, {"github_pat_", "_", 20}, {"glpat-", "-_", 16},
		{"xoxb-", "-", 10}, {"xoxp-", "-", 10}, {"xoxa-", "-", 10}, {"xoxr-", "-", 10}, {"xoxs-", "-", 10}, {"xapp-", "-", 10}, {"xoxe.", "-.", 10},
		{"AIza", "-_", 30}, {"ya29.", "-_", 20}, {"GOCSPX-", "-_", 20}, {"1//0", "-_", 30},
		{"sk-ant-", "-_", 16}, {"sk-proj-", "-_", 16}, {"sk-or-", "-_", 16}, {"sk-", "-_", 24}, {"hf_", "", 24}, {"gsk_", "", 30},
		{"npm_", "", 30}, {"pypi-", "-_", 30}, {"SG.", "-_.", 30}, {"key-", "", 30}, {"shpat_", "", 20}, {"shpss_", "", 20},
		{"dop_v1_", "", 30}, {"sq0atp-", "-_", 18}, {"sq0csp-", "-_", 18}, {"EAACEdEose0cBA", "", 10}, {"EAAA", "-_", 50},
		{"LTAI", "", 12}, {"AKID", "", 24}, {"hvs.", "-_", 20}, {"lin_api_", "", 20}, {"access_token$production$", "$", 20},
		{"xprv", "", 90}, {"yprv", "", 90}, {"zprv", "", 90}, {"tprv", "", 90}, {"uprv", "", 90}, {"vprv", "", 90}, {"xprv9s21", "", 40},
		{"AGE-SECRET-KEY-1", "", 40}, {"PMAK-", "-", 30}, {"rzp_live_", "", 12}, {"rzp_test_", "", 12}, {"AccountKey=", "+/=", 40},
	}
}

// detectKeys looks for credentials: PEM blocks, headers, known formats, private
// keys of wallets, and values assigned to names like api_key.
func (s *search) detectKeys() {
	s.detectHeaders()
	v := &s.View
	for i := 0; i < len(v.Char); {
		if !chunkChar(v, i) {
			i++
			continue
		}
		j := i + 1
		for j < len(v.Char) && chunkChar(v, j) {
			j++
		}
		if j-i >= 16 {
			s.keysInChunk(i, j)
		}
		i = j
	}
	if s.Kinds&(words.Token|words.Wallet|words.Seed) != 0 {
		s.assignedKeys()
		s.brokenHex()
	}
	if s.Expected&reading.ExpectKey != 0 {
		s.answeredKeys()
	}
}

// answeredKeys takes a long random word, most of the text, as the answer to a question for a key.
func (s *search) answeredKeys() {
	for i := 0; i < len(s.View.Char); i++ {
		if !s.opens(i) {
			continue
		}
		end := i
		for end < len(s.View.Char) && chunkChar(&s.View, end) {
			end++
		}
		value := s.View.Cased(i, end)
		if (end-i)*2 >= len(s.View.Char) && random(value) && mixed(value) && !s.publicHere(value) && !strings.Contains(value, "://") && !s.Taken(i, end) {
			s.Add(i, end, secret.Key, "")
		}
		i = end
	}
}

// publicHere tells addresses. Where the rest of a key may stand, those that merely
// look like one are none.
func (s *search) publicHere(value string) bool {
	return publicAddress(value) && (s.Expected&reading.ExpectRest == 0 || !base58Form(value) || base58Check(value))
}

// chunkChar tells characters that are written without gaps in credentials.
func chunkChar(v *fold.View, i int) bool {
	r := v.Char[i]
	return r > ' ' && r < 0x7F && v.Mark[i]&fold.Wide == 0 && v.Class(i) != fold.Opaque && r != '"' && r != '\'' && r != '`'
}

// keysInChunk tries every known format on a run without white space.
func (s *search) keysInChunk(start, end int) {
	chunk := s.View.Cased(start, end)
	for _, rule := range s.rules {
		s.keysOfRule(chunk, start, rule)
	}
	s.credentialURL(chunk, start)
	s.botToken(chunk, start)
	s.walletKeys(chunk, start)
}

// keysOfRule finds every credential of one format in a run.
func (s *search) keysOfRule(chunk string, start int, rule tokenRule) {
	for from := 0; from < len(chunk); {
		at := strings.Index(chunk[from:], rule.prefix)
		if at < 0 {
			return
		}
		at += from
		stop := at + len(rule.prefix)
		for stop < len(chunk) && (alphanumeric(chunk[stop]) || strings.IndexByte(rule.charset, chunk[stop]) >= 0) {
			stop++
		}
		from = stop
		if at > 0 && alphanumeric(chunk[at-1]) || stop-at-len(rule.prefix) < rule.least {
			continue
		}
		if rest := chunk[at+len(rule.prefix) : stop]; !mixed(rest) && !accessKeyID(rule.prefix, rest) {
			continue
		}
		s.Add(start+at, start+stop, secret.Key, "")
	}
}

// accessKeyID tells the rest of an AWS identifier: sixteen of its 32 characters,
// which may happen to be capitals only.
func accessKeyID(prefix, rest string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return len(prefix) == 4 && strings.Trim(prefix, alphabet) == "" && len(rest) == 16 && strings.Trim(rest, alphabet) == ""
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// mixed tells whether a string looks drawn at random: not a written word.
func mixed(text string) bool {
	var digits, lower, upper int
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			digits++
		case b >= 'a' && b <= 'z':
			lower++
		case b >= 'A' && b <= 'Z':
			upper++
		}
	}
	return digits > 0 && lower+upper > 0 || lower > 2 && upper > 2
}

// credentialURL finds the password of scheme://user:password@host.
func (s *search) credentialURL(chunk string, start int) {
	at := strings.Index(chunk, "://")
	if at < 0 {
		return
	}
	rest := chunk[at+3:]
	host := strings.LastIndexByte(rest, '@')
	colon := strings.IndexByte(rest, ':')
	if colon < 0 || host < colon+2 || strings.ContainsAny(rest[:colon], "/?#") {
		return
	}
	s.Add(start+at+3+colon+1, start+at+3+host, secret.Password, "")
}

// botToken finds the token of a Telegram bot, 123456789:AA….
func (s *search) botToken(chunk string, start int) {
	colon := strings.Index(chunk, ":AA")
	if colon < 8 {
		return
	}
	from := colon
	for from > 0 && chunk[from-1] >= '0' && chunk[from-1] <= '9' {
		from--
	}
	to := colon + 1
	for to < len(chunk) && (alphanumeric(chunk[to]) || chunk[to] == '-' || chunk[to] == '_') {
		to++
	}
	if colon-from >= 8 && to-colon >= 30 {
		s.Add(start+from, start+to, secret.Key, "")
	}
}

// assignedKeys finds values named as keys or tokens: "api_key=…".
func (s *search) assignedKeys() {
	v := &s.View
	for _, m := range s.Marks {
		if m.Word.Kind&(words.Token|words.Wallet) == 0 {
			continue
		}
		i := m.End
		for i < len(v.Char) && i-m.End <= reading.Reach && !s.opens(i) {
			i++
		}
		j := i
		for j < len(v.Char) && chunkChar(v, j) && v.Char[j] != ',' && v.Char[j] != ';' && v.Char[j] != '&' && v.Char[j] != '}' {
			j++
		}
		if j-i >= 16 && !s.Taken(i, j) {
			s.assignedKey(m, i, j)
		}
	}
}

// opens tells whether a long value begins at i.
func (s *search) opens(i int) bool {
	v := &s.View
	if !v.Solid(i) || v.Char[i] > 0x7F || i > 0 && chunkChar(v, i-1) && v.Solid(i-1) {
		return false
	}
	for j := i; j < i+16; j++ {
		if j >= len(v.Char) || !chunkChar(v, j) || v.Char[j] == '=' && j < i+12 {
			return false
		}
	}
	return true
}

func (s *search) assignedKey(m reading.Mark, start, end int) {
	value := s.View.Cased(start, end)
	if strings.Contains(value, "://") || strings.HasPrefix(value, "www.") || !mixed(value) {
		return
	}
	if s.Any(m.End, start, words.Claim) || s.SentenceEnds(m.End, start) && !s.Only(m.End, start, reading.Linking) {
		return
	}
	if m.Word.Kind&words.Token == 0 && publicAddress(value) {
		return
	}
	if m.Word.Kind&words.Token != 0 && allDigitsText(value) || publicAddress(value) && m.Word.Kind&words.Wallet != 0 {
		return
	}
	if random(value) {
		for start > m.End+1 && s.View.Char[start-1] == '=' || start > m.End && !s.opens(start) && chunkChar(&s.View, start-1) && start > m.End+1 {
			start--
		}
		s.Add(start, end, secret.Key, "")
	}
}

func allDigitsText(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// random tells values with enough digits or changes of case to be no words.
func random(value string) bool {
	digits, changes := 0, 0
	for i := range len(value) {
		if value[i] >= '0' && value[i] <= '9' {
			digits++
		}
		if i > 0 && (value[i] >= 'A' && value[i] <= 'Z') != (value[i-1] >= 'A' && value[i-1] <= 'Z') {
			changes++
		}
	}
	return digits >= 2 || changes >= 5
}

// publicAddress tells addresses and hashes that anyone may see.
func publicAddress(value string) bool {
	switch {
	case strings.HasPrefix(value, "0x") && len(value) == 42,
		strings.HasPrefix(value, "bc1"), strings.HasPrefix(value, "tb1"), strings.HasPrefix(value, "ltc1"), strings.HasPrefix(value, "cosmos1"), strings.HasPrefix(value, "addr1"),
		strings.HasPrefix(value, "xpub"), strings.HasPrefix(value, "ypub"), strings.HasPrefix(value, "zpub"), strings.HasPrefix(value, "pk_live_"), strings.HasPrefix(value, "pk_test_"):
		return true
	}
	return base58Form(value)
}

// base58Form tells what is as long as an address in base 58 and begins like one.
func base58Form(value string) bool {
	return len(value) >= 26 && len(value) <= 35 && !hexDigits(value) && strings.IndexByte("13TrDL", value[0]) >= 0
}
