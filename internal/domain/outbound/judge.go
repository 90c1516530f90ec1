package outbound

import (
	"slices"

	"kefu/internal/domain/guard/fold"
)

// topic is what was spoken of a moment ago and "it" may stand for.
type topic struct {
	secret bool // that the customer has, or is about to get
	safe   bool // an account that is called safe
	remote bool // a program for controlling somebody's device
	listed bool // what follows is a list of what is asked for
	left   int  // clauses in which it can still be meant
}

// reach is how many clauses on "it" may stand for what was named.
const reach = 3

// accountDigits are as many digits as no sum of money has, and the shortest number
// of an account does.
const accountDigits = 8

// listLength is how many clauses a list of what is asked for can have.
const listLength = 10

// judge tells whether a clause asks for what is never asked for.
func (r *reading) judge(i int, spoken topic) (Class, bool) {
	c := r.clauses[i]
	if r.negated(i) {
		return "", false
	}
	switch {
	case r.asksForControl(i) || r.asksToSee(i) || spoken.remote && c.has(operate|it) && !c.any(others|past):
		return Remote, true
	case r.asksToMove(i, spoken):
		return Safe, true
	case r.asksForSecret(i) || r.asksForIt(c, spoken) || spoken.listed && namesSecret(c) && !c.any(inApp):
		return Secret, true
	}
	return "", false
}

// after is what may be meant by "it" behind a clause. What somebody else asked
// for, or is never to be told, is not: "never share the code. Send me a picture".
func (r *reading) after(i int, spoken topic) topic {
	c := r.clauses[i]
	switch {
	case c.leads && c.any(give|need) && !r.negated(i) && !r.toldOfOthers(i):
		return topic{listed: true, left: listLength}
	case c.any(safeAccount) && !r.negated(i) && !c.any(others):
		return topic{safe: true, left: reach}
	case c.any(program) && !r.negated(i) && !r.toldOfOthers(i) && !c.any(others|past):
		return topic{remote: true, left: reach}
	case spoken.listed && spoken.left > 1:
		spoken.left--
		return spoken
	case (namesSecret(c) || c.any(weakSecret)) && !r.negated(i) && !c.any(others|give):
		return topic{secret: true, left: reach}
	case c.any(other) || spoken.left <= 1:
		return topic{}
	}
	spoken.left--
	return spoken
}

// negated tells whether a clause says not to. What was begun before a comma and
// says not what it is about goes on behind it: "never send, share or show".
func (r *reading) negated(i int) bool {
	c := r.clauses[i]
	if r.before(c, never, r.request(c)) || r.follows(c, never, secretWord|cardNumber) {
		return true
	}
	listed := true
	for k := i - 1; k >= 0 && r.clauses[k].sentence == c.sentence; k-- {
		before := r.clauses[k]
		listed = listed && r.view.Char[before.end-1] == '、'
		if listed && r.unfinished(before) {
			return true
		}
		if before.any(secretWord|program|control|safeAccount) && before.any(give|enter|operate) || c.any(breaks|please) {
			return false
		}
		if before.any(never) {
			return before.any(give|enter|operate|move) && !before.any(it)
		}
	}
	return false
}

// unfinished tells whether a clause says not to do something with a secret and breaks off
// in the list of them, with the verb still to come: "不要把密码、验证码发给任何人".
func (r *reading) unfinished(c clause) bool {
	if !c.has(never|secretWord) || c.any(give|enter|operate|move) {
		return false
	}
	return slices.ContainsFunc(r.view.Char[c.start:c.end], func(ch rune) bool { return ch == '把' || ch == '将' })
}

// request is where a clause begins to ask; its end when it does not.
func (r *reading) request(c clause) int {
	at := c.end
	for _, m := range r.marks[c.first:c.last] {
		if m.kind&(give|enter|need|move|operate) != 0 {
			at = m.start
		}
	}
	return at
}

// toldOfOthers tells whether a clause speaks of what somebody else asked for, or
// of what was: "did anyone ask you to send the code?"
func (r *reading) toldOfOthers(i int) bool {
	c := r.clauses[i]
	if c.any(pastBehind) {
		return true
	}
	if c.any(us) {
		return false
	}
	if r.before(c, others|past, r.request(c)) {
		return true
	}
	begins := c.first < c.last && r.marks[c.first].start == c.start && r.marks[c.first].kind&goesOn != 0
	return begins && i > 0 && r.clauses[i-1].sentence == c.sentence && r.toldOfOthers(i-1)
}

// namesSecret tells whether a clause names a secret, and not just the end of a number.
func namesSecret(c clause) bool {
	return c.any(secretWord) || c.any(cardNumber) && !c.any(lastFour)
}

// asksForSecret tells whether a clause asks for a secret that it names.
func (r *reading) asksForSecret(i int) bool {
	c := r.clauses[i]
	named := namesSecret(c) || c.has(weakSecret|us) || c.has(weakSecret|whatIs|your) || c.has(weakSecret|need)
	if !named || r.toldOfOthers(i) {
		return false
	}
	switch {
	case c.any(give):
		return c.any(us) || !c.any(inApp)
	case c.any(need):
		return !c.any(inApp)
	case c.any(enter): // "the app asks you to enter it" tells, and asks for nothing
		return c.any(us|please) && !c.any(inApp)
	case c.any(whatIs):
		return c.any(your) && !c.any(other)
	}
	return c.any(secretWord|cardNumber) && r.bare(c)
}

// bare tells whether a name is all that a clause says: "Your code, please?"
func (r *reading) bare(c clause) bool {
	if !c.asks && !(c.leads && c.alone) && !c.any(please) { // "my code: 123" tells it
		return false
	}
	said := 0
	for _, m := range r.marks[c.first:c.last] {
		if m.kind&(secretWord|cardNumber|your|please|us|weakSecret) == 0 {
			return false
		}
		said += m.end - m.start
	}
	written := 0
	for i := c.start; i < c.end; i++ {
		if r.view.Solid(i) {
			written++
		}
	}
	return written <= said+3
}

// asksForIt tells whether a clause asks for what was spoken of just before:
// "You will get a code. Send it to me."
func (r *reading) asksForIt(c clause, spoken topic) bool {
	if !spoken.secret || c.any(other|others|past) || namesSecret(c) {
		return false
	}
	switch {
	case c.any(give):
		return c.any(us) || c.any(it) && !c.any(inApp)
	case c.any(enter):
		return c.any(us)
	case c.any(need):
		return c.any(it)
	}
	return c.has(whatIs | it)
}

// asksForControl tells whether the customer is to let somebody into their device.
func (r *reading) asksForControl(i int) bool {
	c := r.clauses[i]
	if !c.any(program|control) || r.toldOfOthers(i) {
		return false
	}
	return c.any(operate | give | need)
}

// asksToSee tells whether we are to be shown the customer's screen.
func (r *reading) asksToSee(i int) bool {
	c := r.clauses[i]
	return c.has(screen|us) && c.any(operate|give) && !c.any(other) && !r.toldOfOthers(i)
}

// asksToMove tells whether money is to go to an account that somebody names.
func (r *reading) asksToMove(i int, spoken topic) bool {
	c := r.clauses[i]
	if !c.any(move) || r.toldOfOthers(i) {
		return false
	}
	switch {
	case c.any(safeAccount), spoken.safe && c.any(funds|it), c.any(funds|it) && c.any(elsewhere):
		return true
	case r.before(c, weDo, r.place(c, move)):
		return false
	}
	return c.has(funds|destination) || c.any(funds|destination) && r.named(c)
}

// named tells whether a clause says to which account: by its number or an address.
func (r *reading) named(c clause) bool {
	digits := 0
	for i := c.start; i < c.end; i++ {
		if r.view.Char[i] == '@' {
			return true
		}
		if r.view.Class(i) == fold.Digit {
			digits++
		}
	}
	return digits >= accountDigits
}
