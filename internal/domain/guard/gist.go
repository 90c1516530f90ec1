package guard

import (
	"slices"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/words"
)

// gist is what of a text matters to the texts after it: whether it can hold a
// part of a secret that they complete, and what it makes one expect of them.
type gist struct {
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
	g, part := d.read(text)
	return Turn{Text: text, Own: own, gist: g, part: part, of: text}
}

func (d *Detector) read(text string) (gist, recovery.Part) {
	if len(text) > pieceLength {
		return gist{read: true, kinds: namesNumber | namesPassword | namesKey, figures: true, longest: len(text)}, recovery.Part{}
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(text)
	return d.gist(s), d.recovery.Part(s)
}

// gist sums up a text that was read.
func (d *Detector) gist(s *reading.Scan) gist {
	n := len(s.View.Char)
	g := gist{read: true, kinds: s.Kinds, asks: asks(s.Kinds), longest: s.Longest, length: n, removed: s.Markers > 0, digits: s.Digits}
	for _, t := range s.Tokens {
		if t.Class != fold.Digit {
			continue
		}
		if !g.figures {
			g.figures, g.beforeFigures = true, t.Start
		}
		g.afterFigures = n - t.End
	}
	if s.Spelled > 0 {
		g.addSpelled(s, n)
	}
	g.bare = s.Digits >= 2 && (n <= bareText && s.Digits*2 >= n || s.Bare())
	g.question = slices.Contains(s.View.Char, '?')
	g.account(s)
	if s.Kinds&names != 0 {
		g.beforeName, g.afterName = s.Around(names)
	}
	g.announces = g.asks != 0 && s.Announces(names|words.Token|words.Private)
	return g
}

// account notes the first groups of a bank account number, "NL90" and "ABNA".
func (g *gist) account(s *reading.Scan) {
	const country, check, bank = 2, 2, 4 // characters
	k := len(s.Tokens) - 1
	if k < 0 {
		return
	}
	for i := 1; i <= k && s.Digits >= check && g.length <= accountText; i++ {
		a, b := s.Tokens[i-1], s.Tokens[i]
		g.bare = g.bare || b.Class == fold.Digit && b.Start == a.End && a.End-a.Start == country && s.View.Upper(a.Start)
	}
	last := s.Tokens[k]
	g.bank = k == 0 && last.Class == fold.Letter && last.End-last.Start == bank && g.length == bank && s.View.Upper(0) && s.View.Upper(bank-1)
	if k > 0 && last.Class == fold.Digit && last.End == g.length && last.End-last.Start == check {
		before := s.Tokens[k-1]
		g.iban = before.Class == fold.Letter && before.End == last.Start && before.End-before.Start == country
	}
}

// addSpelled counts spelled digits as figures, several in a row or one at an end
// of the text.
func (g *gist) addSpelled(s *reading.Scan, n int) {
	before, after := s.Around(words.Digit | words.Tens | words.Teen)
	if s.Spelled < spelledPart && min(before, after) > edgeText {
		return
	}
	if !g.figures {
		g.figures, g.beforeFigures, g.afterFigures = true, n, n
	}
	g.beforeFigures, g.afterFigures = min(g.beforeFigures, before), min(g.afterFigures, after)
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
func (g gist) chatter() bool {
	const meaning = namesNumber | namesPassword | namesKey | words.Claim | words.Unit | words.Expiry | words.Tail | words.Is
	return !g.figures && !g.removed && g.kinds&meaning == 0 && g.longest < keyPart
}

// completes tells whether a text can complete a secret that was begun in the
// earlier ones, or name one.
func (g gist) completes(earlier gist) bool {
	switch {
	case g.figures && earlier.figures && earlier.afterFigures+g.beforeFigures <= reading.Reach,
		g.figures && earlier.kinds&namesNumber != 0 && earlier.afterName+g.beforeFigures <= reading.Reach,
		earlier.figures && g.kinds&(namesNumber|namesPassword) != 0 && earlier.afterFigures+g.beforeName <= reading.Reach,
		earlier.kinds&namesPassword != 0 && earlier.afterName <= reading.Reach,
		earlier.longest >= keyMost && earlier.kinds&namesKey != 0 && g.length <= keyRest,
		g.longest >= keyPart && (earlier.longest > keyPart || earlier.kinds&namesKey != 0),
		earlier.longest >= keyPart && g.kinds&namesKey != 0,
		earlier.removed && g.figures:
		return true
	}
	return false
}

// with is the gist of a text and the next one of the same sender.
func (g gist) with(next gist) gist {
	if !g.read {
		return next
	}
	g.afterFigures += next.length
	if next.figures {
		g.figures, g.afterFigures = true, next.afterFigures
	}
	g.afterName += next.length
	if next.kinds&names != 0 {
		g.afterName = next.afterName
	}
	g.kinds |= next.kinds
	g.removed, g.iban = g.removed || next.removed, next.iban
	g.length += next.length
	g.longest = max(g.longest, next.longest)
	return g
}
