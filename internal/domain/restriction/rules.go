package restriction

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
)

// Need is what a restriction asks for and somebody has not.
type Need string

// The needs. The desk has a sentence for each.
const (
	Withheld Need = "withheld"
	Certify  Need = "training"
	Prove    Need = "proof"
	AtHours  Need = "hours"
	Inside   Need = "network"
)

// Refusal says what was kept from somebody, and by which restriction.
type Refusal struct {
	Action   policy.Action
	Need     Need
	ID       string // of the restriction
	Name     string // of the restriction; "" where it could not be read
	Training string // of Certify: the name of the training
	Advice   string
	Opens    int64 // of AtHours: when people work next, microseconds; 0 where that is not known
}

// Who is whom a restriction is judged for.
type Who struct {
	ID      string
	Role    identity.Role
	Proved  int64      // when they last proved who they are, microseconds
	Network netip.Addr // from which the request comes; the zero value where that is not known
	Away    bool       // it is done in their name while they are not there: from where, and with which proof, was judged when they asked
}

// Rules are the restrictions of a house as they stand at one moment, in the form in
// which they judge. They never change; nil takes nothing.
type Rules struct {
	version string
	by      map[policy.Action][]compiled
	always  []compiled // those that could not be read: for every action that is not Open
	given   map[holding]int64
}

type holding struct{ staff, training string }

type compiled struct {
	Restriction
	id       string
	training string // its name
	dead     bool   // what it needs is not there any more, or cannot be read
	hours    *sla.Hours
	networks []netip.Prefix
}

// Compile makes Rules of the settings. Nothing that is wrong with one opens anything:
// a training or a calendar that is gone is one that nobody has, or that never opens.
func Compile(all *settings.Snapshot) *Rules {
	r := &Rules{by: map[policy.Action][]compiled{}, given: map[holding]int64{}}
	sum := sha256.New()
	fmt.Fprint(sum, policy.Version())
	for _, e := range settings.All[Restriction](all) {
		c := compileOne(all, e)
		text, err := json.Marshal(e.Value)
		fmt.Fprint(sum, "\x00", e.ID, "\x00", e.Revision, "\x00", string(text), err)
		if c.broken != nil {
			r.always = append(r.always, c)
			continue
		}
		for _, a := range e.Value.Actions {
			r.by[a] = append(r.by[a], c)
		}
	}
	for _, e := range settings.All[Certificate](all) {
		if t, there := settings.Find[Training](all, e.Value.Training); there && !t.Archived {
			r.given[holding{e.Value.Staff, e.Value.Training}] = e.Value.ends(e.ChangedAt, t.Value)
		}
	}
	r.version = policy.Version() + "-" + hex.EncodeToString(sum.Sum(nil)[:4])
	return r
}

func compileOne(all *settings.Snapshot, e settings.Entry[Restriction]) compiled {
	c := compiled{Restriction: e.Value, id: e.ID}
	if err := e.Value.Validate(); err != nil && c.broken == nil {
		c.broken = err
	}
	if c.Training != "" {
		t, there := settings.Find[Training](all, c.Training)
		c.training, c.dead = t.Value.Name, !there
	}
	if c.Calendar != "" {
		calendar, there := settings.Find[sla.Calendar](all, c.Calendar)
		hours, err := calendar.Value.Compile()
		c.hours, c.dead = hours, c.dead || !there || err != nil
	}
	for _, text := range c.Networks {
		if prefix, err := network(text); err == nil {
			c.networks = append(c.networks, prefix)
		}
	}
	return c
}

// Version names what decisions are made by: the table as it is delivered, and the
// restrictions.
func (r *Rules) Version() string {
	if r == nil {
		return policy.Version()
	}
	return r.version
}

// Empty tells whether nothing is taken from anybody.
func (r *Rules) Empty() bool { return r == nil || (len(r.by) == 0 && len(r.always) == 0) }

// Judge says what keeps an action from somebody at a time, in microseconds, of what
// their role lets them do. false: nothing. It allocates nothing where nothing does.
func (r *Rules) Judge(w *Who, a policy.Action, now int64) (Refusal, bool) {
	if r.Empty() || Open(a) {
		return Refusal{}, false
	}
	if len(r.always) > 0 {
		return Refusal{Action: a, Need: Withheld, ID: r.always[0].id}, true
	}
	for i := range r.by[a] {
		c := &r.by[a][i]
		if !c.concerns(w) {
			continue
		}
		if need, kept := r.needs(c, w, now); kept {
			refusal := Refusal{Action: a, Need: need, ID: c.id, Name: c.Name, Advice: c.Advice}
			switch need {
			case Certify:
				refusal.Training = c.training
			case AtHours:
				if next, there := c.hours.NextOpen(time.UnixMicro(now)); there {
					refusal.Opens = next.UnixMicro()
				}
			}
			return refusal, true
		}
	}
	return Refusal{}, false
}

func (c *compiled) concerns(w *Who) bool {
	return (len(c.Roles) == 0 && len(c.People) == 0) || slices.Contains(c.Roles, w.Role) || slices.Contains(c.People, w.ID)
}

func (r *Rules) needs(c *compiled, w *Who, now int64) (Need, bool) {
	switch {
	case c.Withhold || c.dead:
		return Withheld, true
	case c.Training != "" && !r.certified(w.ID, c.Training, now):
		return Certify, true
	case len(c.Networks) > 0 && !w.Away && !c.inside(w.Network):
		return Inside, true
	case c.Calendar != "" && !c.hours.IsOpen(time.UnixMicro(now)):
		return AtHours, true
	case c.Proof > 0 && !w.Away && now-w.Proved > int64(c.Proof)*60_000_000:
		return Prove, true
	default:
		return "", false
	}
}

func (c *compiled) inside(addr netip.Addr) bool {
	addr = addr.Unmap()
	return slices.ContainsFunc(c.networks, func(p netip.Prefix) bool { return addr.IsValid() && p.Contains(addr) })
}

func (r *Rules) certified(staff, training string, now int64) bool {
	ends, has := r.given[holding{staff, training}]
	return has && (ends == 0 || now < ends)
}
