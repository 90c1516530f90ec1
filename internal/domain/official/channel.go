// Package official is the register of the ways by which the house reaches customers:
// its telephone numbers, mail, web sites, accounts and apps, each from and until a day.
// It reads what a customer was rung, written or linked by, in whatever form they type
// it, and says whether that is in the register, was, or only looks like it. It knows
// nothing beyond the register, and who rings under a number that is ours it cannot tell:
// numbers and senders can be forged, which is what codes are for (domain/vouch).
package official

import (
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Kind is what kind of way something is.
type Kind string

// The kinds.
const (
	Phone      Kind = "phone"       // a telephone number, from which calls and messages come
	Mail       Kind = "mail"        // one e-mail address
	MailDomain Kind = "mail_domain" // every address of a domain
	Site       Kind = "site"        // a host name
	Social     Kind = "social"      // an account on a network
	App        Kind = "app"         // an app, by its identifier in a store
)

func kinds() []Kind { return []Kind{Phone, Mail, MailDomain, Site, Social, App} }

// Bounds of the register.
const (
	MaxChannels = 500
	MaxInput    = 300 // bytes of what somebody asks about
	MaxName     = 80  // characters
	maxValue    = 200
)

// The reasons why a way is refused, beside those of package settings.
const (
	NoCountry = "no_country" // a telephone number without the country it is of
	Confusing = "confusing"  // it is written with letters that look like others
)

// Channel is one way by which customers are reached.
type Channel struct {
	Kind    Kind   `json:"kind" enum:"phone,mail,mail_domain,site,social,app"`
	Network string `json:"network,omitempty" maxLength:"20" doc:"of an account: the network; of an app: ios or android"`
	Value   string `json:"value" guard:"-" maxLength:"200" doc:"number, address, host, account or identifier"`
	Country string `json:"country,omitempty" maxLength:"2" doc:"of a telephone number that does not begin with +: its country, as ISO 3166-1 has it"`
	Name    string `json:"name,omitempty" maxLength:"80" doc:"what it is for, as customers are told"`
	Below   bool   `json:"below,omitempty" doc:"of a site or the domain of addresses: every name below it too"`
	From    string `json:"from,omitempty" maxLength:"10" doc:"the first day on which it is ours, in UTC, as 2006-01-02; none: always"`
	Until   string `json:"until,omitempty" maxLength:"10" doc:"the last such day"`
}

// Definition makes the register a kind of setting. A change takes two people: a number
// that an impostor gets into it makes every one of their calls ours.
func Definition() settings.Definition {
	return settings.Define(settings.Kind[Channel]{
		Name: "official_channel", Max: MaxChannels, FourEyes: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup, Check: once,
	})
}

// Validate implements settings.Value.
func (c Channel) Validate() error {
	const op = "official.Channel.Validate"
	if !slices.Contains(kinds(), c.Kind) {
		return fault.InvalidFor(op, "kind", settings.Unknown, "is none of the kinds")
	}
	if err := settings.CheckLine("value", c.Value, maxValue); err != nil {
		return err
	}
	if err := settings.CheckLine("name", c.Name, MaxName, true); err != nil {
		return err
	}
	switch {
	case c.Kind == Social && !slices.Contains(Networks(), c.Network):
		return fault.InvalidFor(op, "network", settings.Unknown, "is none of the networks")
	case c.Kind == App && !slices.Contains(Stores(), c.Network):
		return fault.InvalidFor(op, "network", settings.Unknown, "is neither ios nor android")
	case c.Kind != Social && c.Kind != App && c.Network != "":
		return fault.InvalidFor(op, "network", settings.Unknown, "is for accounts and apps")
	case c.Below && c.Kind != Site && c.Kind != MailDomain:
		return fault.InvalidFor(op, "below", settings.Unknown, "is for names")
	case c.Country != "" && (c.Kind != Phone || !isCountry(c.Country)):
		return fault.InvalidFor(op, "country", settings.Unknown, "is no country of a telephone number")
	}
	if _, reason := c.plain(); reason != "" {
		return fault.InvalidFor(op, "value", reason, "cannot be read as %s", c.Kind)
	}
	from, until, err := c.span()
	if err == nil && !until.IsZero() && !until.After(from) {
		err = fault.InvalidFor(op, "until", settings.Malformed, "is before the first day")
	}
	return err
}

// span is when it is ours: from the one until before the other; zero for no bound.
func (c Channel) span() (from, until time.Time, err error) {
	const op = "official.span"
	if c.From != "" {
		if from, err = time.Parse(time.DateOnly, c.From); err != nil {
			return from, until, fault.InvalidFor(op, "from", settings.Malformed, "is no day")
		}
	}
	if c.Until != "" {
		if until, err = time.Parse(time.DateOnly, c.Until); err != nil {
			return from, until, fault.InvalidFor(op, "until", settings.Malformed, "is no day")
		}
		until = until.AddDate(0, 0, 1)
	}
	return from, until, nil
}

// at tells whether it is ours at a time, and whether it was before.
func (c Channel) at(now time.Time) (ours, before bool) {
	from, until, err := c.span()
	if err != nil || now.Before(from) {
		return false, false
	}
	over := !until.IsZero() && !now.Before(until)
	return !over, over
}

// plain is its value in the one form that is compared, or the reason why it has none.
func (c Channel) plain() (value, reason string) {
	ascii := strings.IndexFunc(c.Value, func(r rune) bool { return r > 127 }) < 0
	var ok bool
	switch c.Kind {
	case Phone:
		if !strings.HasPrefix(strings.TrimSpace(c.Value), "+") && c.Country == "" {
			return "", NoCountry
		}
		value, ok = readPhone(c.Value, c.Country)
	case Mail:
		value, ok = readMail(c.Value)
	case MailDomain, Site:
		value, ok = readHost(c.Value)
	case Social:
		if value, ok = accountOn(c.Network, c.Value); ok && !ascii {
			return "", Confusing
		}
	case App:
		value, ok = readApp(c.Value)
	}
	if !ok {
		return "", settings.Malformed
	}
	return value, ""
}

// once refuses what is in the register already for days that overlap.
func once(all *settings.Snapshot, id string, c Channel) error {
	value, _ := c.plain()
	from, until, err := c.span()
	if err != nil {
		return err
	}
	for _, other := range settings.All[Channel](all) {
		o := other.Value
		theirs, _ := o.plain()
		if other.ID == id || o.Kind != c.Kind || o.Network != c.Network || theirs != value {
			continue
		}
		begins, ends, err := o.span()
		if err != nil || ((ends.IsZero() || from.Before(ends)) && (until.IsZero() || begins.Before(until))) {
			return fault.InvalidFor("official.once", "value", settings.Taken, "is in the register already")
		}
	}
	return nil
}

// Book is the register at one time.
type Book struct {
	entries   []entry
	countries []string // of its telephone numbers: by these a number without + is read
	now       time.Time
}

type entry struct {
	Channel
	value        string
	ours, before bool
}

// BookOf reads the register as it is set.
func BookOf(all *settings.Snapshot, now clock.Clock) *Book {
	b := &Book{now: now()}
	for _, it := range settings.All[Channel](all) {
		b.add(it.Value)
	}
	return b
}

// NewBook is BookOf for a list.
func NewBook(now time.Time, channels ...Channel) *Book {
	b := &Book{now: now}
	for _, c := range channels {
		b.add(c)
	}
	return b
}

func (b *Book) add(c Channel) {
	value, reason := c.plain()
	if reason != "" { // stored by an older version
		return
	}
	e := entry{Channel: c, value: value}
	if e.ours, e.before = c.at(b.now); !e.ours && !e.before {
		return
	}
	b.entries = append(b.entries, e)
	if c.Kind == Phone {
		if country := countryOf(value, c.Country); country != "" && !slices.Contains(b.countries, country) {
			b.countries = append(b.countries, country)
		}
	}
}

// Listed are the ways that are ours now, in the order of their kinds, as they are shown.
func (b *Book) Listed() []Channel {
	var list []Channel
	for _, kind := range kinds() {
		for _, e := range b.entries {
			if e.Kind == kind && e.ours {
				list = append(list, e.Channel)
			}
		}
	}
	return list
}
