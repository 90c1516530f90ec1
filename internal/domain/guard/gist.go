package guard

import (
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
	announces bool                // ends in the name of a secret
	figures   bool                // digits, or several spelled ones in a row
	length    int                 // characters
	words     int                 // written ones
	longest   int                 // longest run without white space
	han       int                 // Chinese characters, when there is nothing else
	head      recovery.Edge       // how much it begins like a recovery phrase
	tail      recovery.Edge       // how much it ends like one

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
	few         = 3  // words of a text that goes on with what came before
	edgeText    = 8  // characters before or behind one spelled digit
	phrasePart  = 23 // Chinese characters of a recovery phrase, one short of the longest
	phraseAll   = 11 // of the shortest, one missing
)

// Read makes a turn of a text. What later scans want to know of it is found out
// once; they read a turn made otherwise again each time.
func (d *Detector) Read(text string, own bool) Turn {
	return Turn{Text: text, Own: own, gist: d.read(text), of: text}
}

func (d *Detector) read(text string) gist {
	if len(text) > pieceLength {
		return gist{
			read: true, kinds: namesNumber | namesPassword | namesKey, figures: true, longest: len(text),
			head: recovery.EdgeClear, tail: recovery.EdgeClear,
		}
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(text)
	return d.gist(s)
}

// gist sums up a text that was read.
func (d *Detector) gist(s *reading.Scan) gist {
	n := len(s.View.Char)
	g := gist{read: true, kinds: s.Kinds, asks: asks(s.Kinds), longest: s.Longest, length: n}
	for _, t := range s.Tokens {
		if t.Class != fold.Digit {
			g.words++
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
	if s.Kinds&names != 0 {
		g.beforeName, g.afterName = s.Around(names)
	}
	if g.words == 0 {
		g.han = s.Han
	}
	g.head, g.tail = d.phrases.Edges(s)
	g.announces = g.asks != 0 && s.Announces(names|words.Token|words.Private)
	return g
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
// none: they do not stand between the parts of one. Chinese characters can be a
// part of a recovery phrase, but not of a number.
func (g gist) chatter(number bool) bool {
	const meaning = namesNumber | namesPassword | namesKey | words.Claim | words.Unit | words.Expiry | words.Tail | words.Is
	phrase := g.words > 1 && max(g.head, g.tail) >= recovery.EdgeFair || g.han > 0 && !number
	return !g.figures && !phrase && g.kinds&meaning == 0 && g.longest < keyPart
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
		g.head >= recovery.EdgeFair && earlier.kinds&words.Seed != 0,
		g.continues(earlier):
		return true
	}
	han := g.han > 0 && g.han <= phrasePart
	return g.han > 0 && earlier.kinds&words.Seed != 0 || han && earlier.han > 0 && g.han+earlier.han >= phraseAll ||
		earlier.han > 0 && g.kinds&words.Seed != 0
}

// continues tells whether a recovery phrase may run from the end of the earlier
// text to the beginning of this one: both look a little like it, or one clearly.
func (g gist) continues(earlier gist) bool {
	low, high := min(g.head, earlier.tail), max(g.head, earlier.tail)
	return low >= recovery.EdgeFair || low == recovery.EdgeWeak && high == recovery.EdgeClear ||
		earlier.tail == recovery.EdgeClear && g.words <= few && g.words > 0
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
	g.length += next.length
	g.longest = max(g.longest, next.longest)
	if next.han <= phrasePart {
		g.han += next.han
	}
	if next.words > few || next.tail < recovery.EdgeFair {
		g.tail = recovery.EdgeNone
	}
	g.tail = max(g.tail, next.tail)
	return g
}
