package official

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mtibben/confusables"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// State is what the register says of something.
type State string

// The states.
const (
	Ours       State = "ours"
	OursAs     State = "ours_as"    // it is ours as one thing and may be another: nobody said which
	Formerly   State = "formerly"   // it was ours and is not any more
	Lookalike  State = "lookalike"  // it is not ours and looks like it
	NotOurs    State = "not_ours"   // it is not in the register
	Unlisted   State = "unlisted"   // the register has nothing of its kind, and cannot tell
	Unreadable State = "unreadable" // it is no number, address, account or link
)

// Verdict is what the register says of what somebody asked about.
type Verdict struct {
	State   State     `json:"state" enum:"ours,ours_as,formerly,lookalike,not_ours,unlisted,unreadable"`
	Kind    Kind      `json:"kind,omitempty" doc:"what it was read as"`
	Network string    `json:"network,omitempty"`
	Read    string    `json:"read,omitempty" doc:"how it was read"`
	ASCII   string    `json:"ascii,omitempty" doc:"the name as the network knows it (RFC 3492), where that is another"`
	Channel *Channel  `json:"channel,omitempty" doc:"which of ours it is, was, or looks like"`
	As      []Channel `json:"as,omitempty" doc:"of ours_as: what it has to be to be ours"`
	Marks   []Mark    `json:"marks,omitempty" doc:"of what looks like ours: where it is another"`

	unlikely bool // of the reading
}

// Mark is a stretch of Verdict.Read, in characters.
type Mark struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Script string `json:"script,omitempty" doc:"whose letters these are, where they are not Latin"`
}

// Check says what the register says of a text. It is total: whatever it is given, there
// is an answer, and of what cannot be read the answer is that.
func (b *Book) Check(text string) Verdict {
	if len(text) > MaxInput {
		return Verdict{State: Unreadable}
	}
	plain, hidden := tidy(text)
	var all []Verdict
	for _, r := range b.read(plain) {
		v := b.judge(r)
		if hidden && (v.State == Ours || v.State == OursAs) && r.kind != Phone {
			v.State, v.As = Lookalike, nil // somebody has put marks into it that nobody sees
		}
		v.unlikely = r.unlikely
		all = append(all, v)
	}
	return together(all)
}

// together is one answer of those to each way in which a text can be read. It is ours
// only when it is so however it is read: whoever looks at an account must not be told
// that a site of its name is ours.
func together(all []Verdict) Verdict {
	best, ours := Verdict{State: Unreadable}, []Channel(nil)
	certain := true
	for _, v := range all {
		switch v.State {
		case Ours:
			ours = append(ours, *v.Channel)
		case OursAs:
			ours, certain = append(ours, v.As...), false
		default:
			certain = certain && v.unlikely
		}
		if rank(v.State) < rank(best.State) {
			best = v
		}
	}
	if len(ours) > 0 && !certain {
		best.State, best.As = OursAs, ours
	}
	return best
}

// rank puts what is known for certain first; nothing that only looks like ours hides that
// something is.
func rank(s State) int {
	return slices.Index([]State{Ours, OursAs, Lookalike, Formerly, NotOurs, Unlisted, Unreadable}, s)
}

func (b *Book) judge(r reading) Verdict {
	v := Verdict{State: NotOurs, Kind: r.kind, Network: r.network, Read: r.value, ASCII: asciiOf(r)}
	for _, e := range b.entries {
		if !e.is(r) && (e.ours || !e.maybe(r)) {
			continue
		}
		if e.ours {
			return v.with(Ours, e)
		}
		v = v.with(Formerly, e)
	}
	for _, e := range b.entries {
		if e.ours && e.maybe(r) {
			v.As = append(v.As, e.Channel)
			if len(v.As) == 1 {
				v = v.with(OursAs, e)
			}
		}
	}
	if v.State == OursAs || v.State == Formerly {
		return v
	}
	if !b.lists(r.kind) {
		v.State = Unlisted
	}
	for _, same := range []bool{true, false} { // of the same kind before others
		for _, e := range b.entries {
			if e.ours && (e.Kind == r.kind) == same && e.resembles(r) {
				v = v.with(Lookalike, e)
				v.Marks = marks(r.value, e.shown(r))
				return v
			}
		}
	}
	return v
}

// lists tells whether the register has anything of a kind now: of what it has nothing of,
// it does not know that it is not ours.
func (b *Book) lists(k Kind) bool {
	return slices.ContainsFunc(b.entries, func(e entry) bool {
		return e.ours && (e.Kind == k || (k == Mail && e.Kind == MailDomain))
	})
}

func (v Verdict) with(s State, e entry) Verdict {
	c := e.Channel
	v.State, v.Channel = s, &c
	if v.Network == "" {
		v.Network = c.Network
	}
	return v
}

// is tells whether a reading is this very way.
func (e entry) is(r reading) bool {
	switch e.Kind {
	case Site:
		return r.kind == Site && (r.value == e.value || (e.Below && strings.HasSuffix(r.value, "."+e.value)))
	case MailDomain:
		_, host, found := strings.Cut(r.value, "@")
		return r.kind == Mail && found && (host == e.value || (e.Below && strings.HasSuffix(host, "."+e.value)))
	case Social:
		section, _ := cutAccount(r.value)
		whole := !r.further && (section != "" || r.network != "linkedin")
		return r.kind == Social && r.value == e.value && r.network == e.Network && whole
	default:
		return r.kind == e.Kind && r.value == e.value && r.network == e.Network
	}
}

// maybe tells whether a reading is this way if it was seen where this way is: a name of
// which nobody said on which network or in which section of it it stands can be anybody's
// elsewhere.
func (e entry) maybe(r reading) bool {
	if (e.Kind != Social && e.Kind != App) || r.kind != e.Kind || (r.network != "" && r.network != e.Network) {
		return false
	}
	ours, name := cutAccount(e.value)
	section, said := cutAccount(r.value)
	return name == said && (ours == section || ours == "" || section == "")
}

// shown is of an entry what a reading is held against.
func (e entry) shown(r reading) string {
	if e.Kind == MailDomain {
		local, _, _ := strings.Cut(r.value, "@")
		return local + "@" + e.value
	}
	return e.value
}

// resembles tells whether a reading, which is not ours, would be taken for this one of
// ours. It errs on the side of saying so.
func (e entry) resembles(r reading) bool {
	switch e.Kind {
	case Phone:
		return r.kind == Phone && closeNumbers(r.value, e.value)
	case Social, App:
		if r.kind != Social && r.kind != App {
			return false
		}
		_, theirs := cutAccount(r.value)
		_, ours := cutAccount(e.value)
		return closeNames(theirs, ours)
	case Mail:
		local, host, _ := strings.Cut(e.value, "@")
		theirs, at, found := strings.Cut(r.value, "@")
		if r.kind == Mail && found && at == host {
			return closeNames(theirs, local)
		}
		return closeHosts(r, host)
	default:
		return closeHosts(r, e.value)
	}
}

// closeNumbers tells numbers that differ in one place, by two neighbours that were
// exchanged, or by their country alone.
func closeNumbers(a, b string) bool {
	if distance(a, b) <= 1 {
		return true
	}
	const national = 8 // digits that hardly two numbers share by chance
	return len(a) > national && len(b) > national && a[len(a)-national:] == b[len(b)-national:]
}

// least is how many letters a name has to have that is looked for inside of others.
const least = 4

// closeNames tells names that look alike, differ in a letter, or of which one holds the
// other.
func closeNames(a, b string) bool {
	sa, sb := skeleton(a), skeleton(b)
	plain := strings.NewReplacer(".", "", "_", "", "-", "").Replace
	sa, sb = plain(sa), plain(sb)
	switch {
	case sa == "" || sb == "":
		return false
	case sa == sb:
		return true
	case len(sb) >= least && strings.Contains(sa, sb):
		return true
	default:
		return len(sb) > least && distance(sa, sb) <= 1
	}
}

// closeHosts tells names that look like a host of ours: by letters that look like others,
// by a slip, by ours standing inside of them or before the account of a link.
func closeHosts(r reading, ours string) bool {
	if r.kind != Site && r.kind != Mail {
		return false
	}
	local, host, isMail := strings.Cut(r.value, "@")
	if !isMail {
		local, host = "", r.value
	}
	theirs, own := registrable(host), registrable(ours)
	if skeleton(host) == skeleton(ours) || skeleton(theirs) == skeleton(own) || strings.Contains(skeleton(r.around), skeleton(ours)) {
		return true
	}
	label, _, _ := strings.Cut(own, ".")
	if n := len(label); n > least {
		their, _, _ := strings.Cut(theirs, ".")
		if d := distance(skeleton(their), skeleton(label)); d <= 1 || (n >= 10 && d <= 2) {
			return true
		}
	}
	if len(label) < least {
		return false
	}
	name := skeleton(label)
	return strings.Contains(skeleton(host), name) || (isMail && strings.Contains(skeleton(local), name))
}

// registrable is the part of a host that somebody can own, by the list of public
// suffixes; of what has none, the host.
func registrable(host string) string {
	if own, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return own
	}
	return host
}

// skeleton brings letters that look alike to one form (UTS #39, section 4), and further
// ones that impostors use for one another.
func skeleton(text string) string {
	text = confusables.Skeleton(strings.ToLower(text))
	return strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "0", "o", "1", "l", "5", "s").Replace(strings.ToLower(text))
}

// distance is how many letters have to be put in, left out, replaced, or exchanged with
// their neighbour to make one text of the other (Damerau and Levenshtein, optimal string
// alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// marks are the stretches of a text that the other has not, by their longest common
// subsequence.
func marks(text, ours string) []Mark {
	x, y := []rune(text), []rune(ours)
	common := make([][]int, len(x)+1)
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Mark
	for i, j := 0, 0; i < len(x); {
		switch {
		case j < len(y) && x[i] == y[j]:
			i, j = i+1, j+1
		case j < len(y) && common[i][j+1] > common[i+1][j]:
			j++
		default:
			script := scriptOf(x[i])
			if n := len(out); n > 0 && out[n-1].To == i && out[n-1].Script == script {
				out[n-1].To++
			} else {
				out = append(out, Mark{From: i, To: i + 1, Script: script})
			}
			i++
		}
	}
	return out
}

// scriptOf names the writing of a letter that is not Latin, as Unicode does, or "".
func scriptOf(r rune) string {
	if r < 0x80 || unicode.Is(unicode.Latin, r) || !unicode.IsLetter(r) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// asciiOf is how the network knows a name that is written in other letters.
func asciiOf(r reading) string {
	if r.kind != Site && r.kind != Mail {
		return ""
	}
	host := r.value[strings.LastIndexByte(r.value, '@')+1:]
	ascii, err := idna.New(idna.MapForLookup(), idna.StrictDomainName(false)).ToASCII(host)
	if err != nil || ascii == host {
		return ""
	}
	return ascii
}
