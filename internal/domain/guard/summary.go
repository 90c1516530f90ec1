package guard

import (
	"slices"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/words"
)

// summary is what of a text matters to the texts after it: whether it can hold a
// part of a secret that they complete, and what it makes one expect of them.
type summary struct {
	read      bool
	kinds     words.Kind          // of all listed phrases
	asks      reading.Expectation // as a question, or as an announcement
	question  bool                // has a question mark
	announces bool                // ends in the name of a secret
	figures   bool                // digits, or several spelled ones in a row
	bare      bool                // figures and next to nothing else
	removed   bool                // a secret was removed
	iban      bool                // ends like the beginning of a bank account number
	bank      bool                // is four capitals, as those that follow it
	digits    int                 // figures, also spelled
	length    int                 // characters
	longest   int                 // longest run without white space

	// Characters before the first and behind the last of the figures, and of the
	// names of secrets.
	beforeFigures, afterFigures int
	beforeName, afterName       int
}

// Names of secrets; a value may come in another message.
const (
	namesNumber   = words.CVV | words.CVVWeak | words.OTP | words.Code | words.PIN | words.ID | words.Card
	namesPassword = words.Pass | words.PIN | words.PassWeak
	namesKey      = words.Token | words.Wallet | words.Private | words.Seed
	names         = namesNumber | namesPassword
)

// Lengths from which a text may hold a part of something longer.
const (
	keyPart     = 12 // characters of a key without white space
	keyMost     = 32 // of one that lacks only a little
	keyRest     = 40 // of a text that brings the rest
	spelledPart = 3  // spelled digits in a row
	accountText = 44 // of the longest bank account number with its name
	bareText    = 24 // characters, half of them figures
	edgeText    = 8  // characters before or behind one spelled digit
)

// Read makes a turn of a text. What later scans want to know of it is found out
// once; they read a turn made otherwise again each time.
func (d *Detector) Read(text string, own bool) Turn {
	m, part := d.read(text)
	return Turn{Text: text, Own: own, summary: m, part: part, of: text}
}

func (d *Detector) read(text string) (summary, recovery.Part) {
	if len(text) > pieceLength {
		return summary{read: true, kinds: namesNumber | namesPassword | namesKey, figures: true, longest: len(text)}, recovery.Part{}
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(text)
	return d.summary(s), d.recovery.Part(s)
}

// summary sums up a text that was read.
func (d *Detector) summary(s *reading.Scan) summary {
	n := len(s.View.Char)
	m := summary{read: true, kinds: s.Kinds, asks: asks(s.Kinds), longest: s.Longest, length: n, removed: s.Markers > 0, digits: s.Digits}
	for _, t := range s.Tokens {
		if t.Class != fold.Digit {
			continue
		}
		if !m.figures {
			m.figures, m.beforeFigures = true, t.Start
		}
		m.afterFigures = n - t.End
	}
	if s.Spelled > 0 {
		m.addSpelled(s, n)
	}
	m.bare = s.Digits >= 2 && (n <= bareText && s.Digits*2 >= n || s.Bare())
	m.question = slices.Contains(s.View.Char, '?')
	m.account(s)
	if s.Kinds&names != 0 {
		m.beforeName, m.afterName = s.Around(names)
	}
	m.announces = m.asks != 0 && s.Announces(names|words.Token|words.Private)
	return m
}

// account notes the first groups of a bank account number, "NL90" and "ABNA".
func (m *summary) account(s *reading.Scan) {
	const country, check, bank = 2, 2, 4 // characters
	k := len(s.Tokens) - 1
	if k < 0 {
		return
	}
	for i := 1; i <= k && s.Digits >= check && m.length <= accountText; i++ {
		a, b := s.Tokens[i-1], s.Tokens[i]
		m.bare = m.bare || b.Class == fold.Digit && b.Start == a.End && a.End-a.Start == country && s.View.Upper(a.Start)
	}
	last := s.Tokens[k]
	m.bank = k == 0 && last.Class == fold.Letter && last.End-last.Start == bank && m.length == bank && s.View.Upper(0) && s.View.Upper(bank-1)
	if k > 0 && last.Class == fold.Digit && last.End == m.length && last.End-last.Start == check {
		before := s.Tokens[k-1]
		m.iban = before.Class == fold.Letter && before.End == last.Start && before.End-before.Start == country
	}
}

// addSpelled counts spelled digits as figures, several in a row or one at an end
// of the text.
func (m *summary) addSpelled(s *reading.Scan, n int) {
	before, after := s.Around(words.Digit | words.Tens | words.Teen)
	if s.Spelled < spelledPart && min(before, after) > edgeText {
		return
	}
	if !m.figures {
		m.figures, m.beforeFigures, m.afterFigures = true, n, n
	}
	m.beforeFigures, m.afterFigures = min(m.beforeFigures, before), min(m.afterFigures, after)
}

// asks is what a text with these phrases makes one expect. A question for an
// order number, too, is no question for a secret that looks like one.
func asks(kinds words.Kind) reading.Expectation {
	expected := reading.ExpectNothing
	if kinds&words.CVV != 0 {
		expected |= reading.ExpectCVV
	}
	if kinds&(words.OTP|words.Code) != 0 {
		expected |= reading.ExpectOTP
	}
	if kinds&words.Pass != 0 {
		expected |= reading.ExpectPassword
	}
	if kinds&words.PIN != 0 {
		expected |= reading.ExpectPIN
	}
	if kinds&words.Claim == 0 {
		if kinds&words.ID != 0 {
			expected |= reading.ExpectID
		}
		if kinds&(words.Token|words.Private) != 0 {
			expected |= reading.ExpectKey
		}
	}
	return expected
}

// chatter tells texts like "wait" that say nothing of a secret and are part of
// none: they do not stand between the parts of one.
func (m summary) chatter() bool {
	const meaning = namesNumber | namesPassword | namesKey | words.Claim | words.Unit | words.Expiry | words.Tail | words.Is
	return !m.figures && !m.removed && m.kinds&meaning == 0 && m.longest < keyPart
}

// completes tells whether a text can complete a secret that was begun in the
// earlier ones, or name one.
func (m summary) completes(earlier summary) bool {
	switch {
	case m.figures && earlier.figures && earlier.afterFigures+m.beforeFigures <= reading.Reach,
		m.figures && earlier.kinds&namesNumber != 0 && earlier.afterName+m.beforeFigures <= reading.Reach,
		earlier.figures && m.kinds&(namesNumber|namesPassword) != 0 && earlier.afterFigures+m.beforeName <= reading.Reach,
		earlier.kinds&namesPassword != 0 && earlier.afterName <= reading.Reach,
		earlier.longest >= keyMost && earlier.kinds&namesKey != 0 && m.length <= keyRest,
		m.longest >= keyPart && (earlier.longest > keyPart || earlier.kinds&namesKey != 0),
		earlier.longest >= keyPart && m.kinds&namesKey != 0,
		earlier.removed && m.figures:
		return true
	}
	return false
}

// with is the summary of a text and the next one of the same sender.
func (m summary) with(next summary) summary {
	if !m.read {
		return next
	}
	m.afterFigures += next.length
	if next.figures {
		m.figures, m.afterFigures = true, next.afterFigures
	}
	m.afterName += next.length
	if next.kinds&names != 0 {
		m.afterName = next.afterName
	}
	m.kinds |= next.kinds
	m.removed, m.iban = m.removed || next.removed, next.iban
	m.length += next.length
	m.longest = max(m.longest, next.longest)
	return m
}
