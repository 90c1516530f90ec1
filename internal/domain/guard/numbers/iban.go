package numbers

import (
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
)

// ibanLengths is the length of an account number by country, from the IBAN
// registry of ISO 13616.
func ibanLengths() map[string]int {
	const registry = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
	lengths := map[string]int{}
	for entry := range strings.FieldsSeq(registry) {
		lengths[strings.ToLower(entry[:2])] = int(entry[2]-'0')*10 + int(entry[3]-'0')
	}
	return lengths
}

// ibanNumbers finds account numbers with the check of ISO 13616 (modulo 97). The
// exact ones begin and end like one, and are no sentence that holds a number.
func (s *search) ibanNumbers(exact bool) {
	v := &s.View
	for i := 0; i+15 <= len(v.Char); i++ {
		if v.Class(i) != fold.Letter || v.Class(i+1) != fold.Letter || i > 0 && v.Class(i-1) == fold.Letter {
			continue
		}
		length, ok := s.lists.ibans[string(v.Char[i:i+2])]
		if !ok {
			continue
		}
		if exact && v.Class(i+2) != fold.Digit {
			continue
		}
		if end, ok := s.iban(i, length); ok && !s.Taken(i, end) && !(exact && end < len(v.Char) && v.Class(end) == fold.Digit) {
			s.Add(i, end, secret.ID, s.lastSolid(i, end))
		}
	}
}

// iban reads length letters and digits from i, small gaps allowed. At least half
// are digits; in prose they are letters.
func (s *search) iban(i, length int) (int, bool) {
	v := &s.View
	code := make([]rune, 0, 34)
	j, digits := i, 0
	for gap := 0; j < len(v.Char) && len(code) < length; j++ {
		r := v.Char[j]
		switch {
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			code = append(code, r)
			gap = 0
			if r <= '9' {
				digits++
			}
		case v.Class(j) == fold.Space || r == '.' || reading.Dash(r) || r == '_' || r == '/':
			if gap++; gap > 2 {
				return 0, false
			}
		default:
			return 0, false
		}
		if n := len(code); n == 4 && (code[2] > '9' || code[3] > '9') {
			return 0, false
		}
	}
	return j, len(code) == length && digits*2 >= length && mod97(code)
}

func mod97(code []rune) bool {
	n := 0
	for k := range code {
		switch r := code[(k+4)%len(code)]; {
		case r <= '9':
			n = (n*10 + int(r-'0')) % 97
		default:
			n = (n*100 + int(r-'a') + 10) % 97
		}
	}
	return n == 1
}
