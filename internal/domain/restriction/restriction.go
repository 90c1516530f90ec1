// Package restriction is what a house takes, by rules of its own, from what roles may
// do as Kefu is delivered: a right that is withheld from some, that needs a certificate
// or a fresh proof of who somebody is, or that there is at some hours or from some
// networks alone. A restriction never gives anything. What cannot be judged is kept
// from people, and so is what a rule says that this program does not understand.
package restriction

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

// Bounds.
const (
	MaxName         = 80   // characters, of a restriction and of a training
	MaxAdvice       = 200  // characters
	MaxRestrictions = 100  // that are in use
	MaxTrainings    = 100  // that are in use
	MaxCertificates = 2000 // that are in use
	maxPeople       = 100
	maxNetworks     = 50
	MaxProof        = 12 * 60    // minutes: no session lives longer
	MaxHours        = 10 * 8_760 // of a certificate: ten years
)

// Restriction is one rule of the house. It stands for whoever has one of the roles, or
// is one of the people; for all staff where it names neither. All that it asks for has
// to be there.
type Restriction struct {
	Name     string          `json:"name" maxLength:"80" doc:"how staff are told of it"`
	Actions  []policy.Action `json:"actions" nullable:"false" minItems:"1" maxItems:"100" guard:"-" doc:"the rights that it takes from, as the table of rights names them"`
	Roles    []identity.Role `json:"roles,omitempty" maxItems:"20" guard:"-" doc:"whom it concerns"`
	People   []string        `json:"people,omitempty" maxItems:"100" doc:"ids of members of staff whom it concerns too"`
	Withhold bool            `json:"withhold,omitempty" doc:"they may not at all"`
	Training string          `json:"training,omitempty" doc:"the id of a training of which they need a certificate"`
	Proof    int             `json:"proof_minutes,omitempty" minimum:"0" maximum:"720" doc:"they need to have proved who they are within so many minutes"`
	Calendar string          `json:"calendar,omitempty" doc:"the id of a calendar: only while people work by it"`
	Networks []string        `json:"networks,omitempty" maxItems:"50" guard:"-" doc:"only for requests that come from one of these networks, such as 192.0.2.0/24"`
	Advice   string          `json:"advice,omitempty" maxLength:"200" doc:"what staff are told to do about it, such as whom to ask"`

	broken error // it could not be read: nothing that it may have meant is open
}

// UnmarshalJSON reads one strictly, and never leaves one out: a restriction that is not
// understood, such as one that a newer program wrote, closes what it may concern.
func (r *Restriction) UnmarshalJSON(text []byte) error {
	type plain Restriction
	var read plain
	if err := strictjson.Decode(text, &read); err != nil {
		*r = Restriction{broken: err}
		return nil
	}
	*r = Restriction(read)
	return nil
}

// Kind is its definition. It never takes the rights by which it is changed.
func Kind() settings.Definition {
	return settings.Define(settings.Kind[Restriction]{
		Name: "restriction", Read: policy.ReadSetup, Change: policy.ChangeSetup, FourEyes: true, Max: MaxRestrictions, Check: fits,
		Leans: func(r Restriction) []string { return []string{r.Training, r.Calendar} },
	})
}

// Open tells whether an action is one of those that no restriction takes: the desk
// could not be used without them, the queue would offer work to those who cannot do
// it, nobody could change the restrictions any more, or findings about staff would wait for
// a second person who may not decide them.
func Open(a policy.Action) bool {
	switch a {
	case policy.ReadConversation, policy.ReadInternal, policy.SendMessage, policy.WriteNote, policy.MarkSeen, policy.EditMessage,
		policy.WorkConversation, policy.ListInbox, policy.ReadOffer, policy.UseDraft, policy.UploadAttachment, policy.ReadAttachment,
		policy.ListStaff, policy.UsePresence, policy.ReadQueue, policy.ReadDuties, policy.ReadWorkSettings, policy.UseOwnSetting,
		policy.ReadSetup, policy.ChangeSetup, policy.ReadApprovals, policy.DecideApproval, policy.WithdrawApproval,
		policy.ReadFindings, policy.DecideFinding, policy.ReadEmergencies, policy.CloseEmergency:
		return true
	default:
		return false
	}
}

// Restrictable are the actions that a restriction can take, in the order of the table:
// what some role of staff may do, and is not Open.
func Restrictable() []policy.Action {
	var all []policy.Action
	for _, row := range policy.Table() {
		staff := slices.ContainsFunc(row.Cells[policy.Owner:policy.System], func(s policy.Scope) bool { return s != policy.None })
		if staff && !Open(row.Action) {
			all = append(all, row.Action)
		}
	}
	return all
}

// Validate implements settings.Value.
func (r Restriction) Validate() error {
	const op = "restriction.Validate"
	if r.broken != nil {
		return r.broken
	}
	if err := settings.CheckLine("name", r.Name, MaxName); err != nil {
		return err
	}
	if err := settings.CheckLine("advice", r.Advice, MaxAdvice, true); err != nil {
		return err
	}
	if len(r.Actions) == 0 {
		return fault.InvalidFor(op, "actions", settings.Missing, "are none")
	}
	known := Restrictable()
	for i, a := range r.Actions {
		if !slices.Contains(known, a) || slices.Contains(r.Actions[:i], a) {
			return fault.InvalidFor(op, "actions."+strconv.Itoa(i), settings.Unknown, "cannot be taken, or is there twice")
		}
	}
	for i, role := range r.Roles {
		if !identity.ValidRole(role) || slices.Contains(r.Roles[:i], role) {
			return fault.InvalidFor(op, "roles."+strconv.Itoa(i), settings.Unknown, "is no role, or is there twice")
		}
	}
	if len(r.People) > maxPeople {
		return fault.InvalidFor(op, "people", settings.TooMany, "are more than %d", maxPeople)
	}
	for i, who := range r.People {
		if !id.Valid(who) || slices.Contains(r.People[:i], who) {
			return fault.InvalidFor(op, "people."+strconv.Itoa(i), settings.Malformed, "is no id, or is there twice")
		}
	}
	return r.checkTerms()
}

func (r Restriction) checkTerms() error {
	const op = "restriction.Validate"
	for field, of := range map[string]string{"training": r.Training, "calendar": r.Calendar} {
		if of != "" && !id.Valid(of) {
			return fault.InvalidFor(op, field, settings.Malformed, "is no id")
		}
	}
	if r.Proof < 0 || r.Proof > MaxProof {
		return fault.InvalidFor(op, "proof_minutes", settings.OutOfRange, "must lie between 0 and %d", MaxProof)
	}
	if len(r.Networks) > maxNetworks {
		return fault.InvalidFor(op, "networks", settings.TooMany, "are more than %d", maxNetworks)
	}
	for i, text := range r.Networks {
		if _, err := network(text); err != nil {
			return fault.InvalidFor(op, "networks."+strconv.Itoa(i), settings.Malformed, "is no network")
		}
	}
	asks := r.Training != "" || r.Proof > 0 || r.Calendar != "" || len(r.Networks) > 0
	if !r.Withhold && !asks {
		return fault.InvalidFor(op, "withhold", settings.Missing, "it asks for nothing")
	}
	if r.Withhold && asks {
		return fault.InvalidFor(op, "withhold", settings.Unknown, "what is withheld needs nothing else")
	}
	return nil
}

// network reads an address or a network.
func network(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}

// fits refuses a name that is taken, and a reference to nothing.
func fits(all *settings.Snapshot, of string, r Restriction) error {
	const op = "restriction.fits"
	for _, other := range settings.All[Restriction](all) {
		if other.ID != of && strings.EqualFold(other.Value.Name, r.Name) {
			return fault.InvalidFor(op, "name", settings.Taken, "another restriction has this name")
		}
	}
	if t, there := settings.Find[Training](all, r.Training); r.Training != "" && (!there || t.Archived) {
		return fault.InvalidFor(op, "training", settings.Unknown, "there is no such training")
	}
	if c, there := settings.Find[sla.Calendar](all, r.Calendar); r.Calendar != "" && (!there || c.Archived) {
		return fault.InvalidFor(op, "calendar", settings.Unknown, "there is no such calendar")
	}
	return nil
}

// Training is something that staff can have a certificate of: a course, or the leave
// that a second person gives for a while.
type Training struct {
	Name  string `json:"name" maxLength:"80"`
	Hours int    `json:"valid_hours,omitempty" minimum:"0" maximum:"87600" doc:"how long a certificate is good for, from when it was given or given anew; 0: until it is taken back"`
	About string `json:"about,omitempty" maxLength:"200" doc:"what it is about, and how one comes by it"`
	// Given has Hours shorten what was given before too: else a certificate is good for as
	// long as its training said then.
	Given bool `json:"shortens_given,omitempty" doc:"certificates that were given before end as valid_hours says too, where that is earlier"`
}

// TrainingKind is its definition. Those who lead give certificates and say what of; one
// that a restriction needs is changed by two, and by nobody who has it.
func TrainingKind() settings.Definition {
	return settings.Define(settings.Kind[Training]{
		Name: "training", Read: policy.ReadSetup, Change: policy.ChangeWorkSettings, Max: MaxTrainings, Check: trainingFits, Unused: trainingUnused, Bound: holds,
	})
}

// holds tells whether somebody has, or had, a certificate of a training: how long it is
// good for is not theirs to say.
func holds(p identity.Principal, all *settings.Snapshot, training string) bool {
	return slices.ContainsFunc(settings.All[Certificate](all), func(e settings.Entry[Certificate]) bool {
		return e.Value.Staff == p.ID && e.Value.Training == training
	})
}

// Validate implements settings.Value.
func (t Training) Validate() error {
	if err := settings.CheckLine("name", t.Name, MaxName); err != nil {
		return err
	}
	if t.Hours < 0 || t.Hours > MaxHours {
		return fault.InvalidFor("restriction.Training", "valid_hours", settings.OutOfRange, "must lie between 0 and %d", MaxHours)
	}
	return settings.CheckLine("about", t.About, MaxAdvice, true)
}

func trainingFits(all *settings.Snapshot, of string, t Training) error {
	for _, other := range settings.All[Training](all) {
		if other.ID != of && strings.EqualFold(other.Value.Name, t.Name) {
			return fault.InvalidFor("restriction.trainingFits", "name", settings.Taken, "another training has this name")
		}
	}
	return nil
}

func trainingUnused(all *settings.Snapshot, of string) error {
	for _, r := range settings.All[Restriction](all) {
		if r.Value.Training == of {
			return fault.InvalidFor("restriction.trainingUnused", "training", settings.InUse, "a restriction needs it")
		}
	}
	return nil
}

// Certificate says that a member of staff has a training. Who gave it, and when, is
// who changed it last: to change it is to give it anew.
type Certificate struct {
	Training string `json:"training"`
	Staff    string `json:"staff" doc:"whose it is; nobody gives themselves one"`
	Until    int64  `json:"until,omitempty" minimum:"0" doc:"microseconds; earlier than the training says, or 0"`
	Hours    *int   `json:"valid_hours,omitempty" minimum:"0" maximum:"87600" doc:"how long it is good for, as its training said when it was given; noted when it is saved, whatever is sent. None: given before that was noted, and as its training says now"`
}

// CertificateKind is its definition.
func CertificateKind() settings.Definition {
	return settings.Define(settings.Kind[Certificate]{
		Name: "certificate", Read: policy.ReadSetup, Change: policy.ChangeWorkSettings, Max: MaxCertificates, Check: certificateFits, Complete: earned,
		May: func(p identity.Principal, c Certificate) bool { return c.Staff != p.ID },
	})
}

// earned notes with a certificate how long it is good for, as its training says now.
func earned(all *settings.Snapshot, c Certificate) Certificate {
	if t, there := settings.Find[Training](all, c.Training); there {
		hours := t.Value.Hours
		c.Hours = &hours
	}
	return c
}

// Validate implements settings.Value.
func (c Certificate) Validate() error {
	const op = "restriction.Certificate"
	for field, of := range map[string]string{"training": c.Training, "staff": c.Staff} {
		if of == "" {
			return fault.InvalidFor(op, field, settings.Missing, "is missing")
		}
		if !id.Valid(of) {
			return fault.InvalidFor(op, field, settings.Malformed, "is no id")
		}
	}
	if c.Hours != nil && (*c.Hours < 0 || *c.Hours > MaxHours) {
		return fault.InvalidFor(op, "valid_hours", settings.OutOfRange, "must lie between 0 and %d", MaxHours)
	}
	if c.Until < 0 {
		return fault.InvalidFor(op, "until", settings.OutOfRange, "is before all time")
	}
	return nil
}

func certificateFits(all *settings.Snapshot, of string, c Certificate) error {
	const op = "restriction.certificateFits"
	if t, there := settings.Find[Training](all, c.Training); !there || t.Archived {
		return fault.InvalidFor(op, "training", settings.Unknown, "there is no such training")
	}
	for _, other := range settings.All[Certificate](all) {
		if other.ID != of && other.Value.Training == c.Training && other.Value.Staff == c.Staff {
			return fault.InvalidFor(op, "training", settings.Taken, "they have one of it: give that one anew")
		}
	}
	return nil
}

// ends is when a certificate that was given at some time is over, in microseconds; 0:
// not by itself. What its training said then holds, unless the house has shortened it since
// and said that this is for what was given too.
func (c Certificate) ends(given int64, t Training) int64 {
	ends, hours := c.Until, t.Hours
	if c.Hours != nil {
		hours = *c.Hours
		if t.Given && t.Hours > 0 && (hours == 0 || t.Hours < hours) {
			hours = t.Hours
		}
	}
	if hours > 0 {
		if by := given + int64(hours)*3_600_000_000; ends == 0 || by < ends {
			ends = by
		}
	}
	return ends
}

var (
	_ json.Unmarshaler = (*Restriction)(nil)
)
