// Package demolife invents what happened in the demo's house before somebody looks
// at it: four weeks of conversations, and a few that are going on. Without them a
// desk shows empty lists, and reports nothing at all. It is made from a script and a
// random number that is always the same, relative to the day it is made on.
package demolife

import (
	_ "embed"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

//go:embed talks.yaml
var script []byte

// Person is a customer of the demo's wallet whom nobody plays.
type Person struct {
	ID       string // in Kefu
	Subject  string // in the wallet
	Name     string
	Language string
}

// People are the invented customers: those whose conversations these are.
func People() []Person {
	var all []Person
	for i, name := range []string{
		"Oliver Hughes", "Grace Adeyemi", "Lucas Moreau", "Hannah Fischer", "Marco Bianchi", "Sofie Lindqvist", "Daniel Kim", "Amara Nwosu", "Peter Novotný", "Isla Murray",
		"陈思远", "刘佳怡", "赵宇航", "孙雨晴", "周浩然", "吴梦琪", "郑凯", "冯晓彤",
	} {
		p := Person{ID: id.From("demo customer " + strconv.Itoa(i)), Subject: "cust-" + strconv.Itoa(1001+i), Name: name, Language: "en"}
		if i >= 10 {
			p.Language = "zh"
		}
		all = append(all, p)
	}
	return all
}

// Agent is a member of staff who has helped.
type Agent struct {
	ID    string
	Alias string
}

// Life is what is put into the store.
type Life struct {
	Talks   []storage.Imported
	Snoozed []string // conversations that their agents have put off
}

// talk is one conversation of the script.
type talk struct {
	Language string
	Now      string // "" for one that is over
	Topic    string
	Tags     []string
	Priority conversation.Priority
	WrapUp   string `yaml:"wrap_up"`
	Code     string // of its wrap-up, by the id that settings.yaml gives it
	Team     string
	Lines    []map[string]string
}

const (
	weeks = 4
	seed  = 20261126
)

// Invent makes the life before now, with agents who take turns; there must be one at
// least. Errors: Internal for a script that cannot be read.
func Invent(now time.Time, agents []Agent) (Life, error) {
	const op = "demolife.Invent"
	var talks []talk
	if err := yaml.Unmarshal(script, &talks); err != nil {
		return Life{}, fault.Wrap(op, err)
	}
	g := &generator{random: rand.New(rand.NewPCG(seed, 1)), now: now, agents: agents, people: map[string][]Person{}, over: map[string][]talk{}}
	for _, p := range People() {
		g.people[p.Language] = append(g.people[p.Language], p)
	}
	for _, t := range talks {
		if t.Now == "" {
			g.over[t.Language] = append(g.over[t.Language], t)
		}
	}
	var err error
	if g.codes, err = codes(); err != nil {
		return Life{}, err
	}
	for days := weeks * 7; days >= 0; days-- {
		g.day(now.AddDate(0, 0, -days))
	}
	ago := 4 * time.Minute
	for i, t := range talks {
		if t.Now != "" {
			g.tell(t, now.Add(-ago-time.Duration(len(t.Lines))*3*time.Minute), g.agents[i%len(g.agents)])
			ago += 7 * time.Minute
		}
	}
	return g.life, nil
}

type generator struct {
	random *rand.Rand
	now    time.Time
	agents []Agent
	people map[string][]Person
	over   map[string][]talk
	codes  map[string]wrapup.Ref
	life   Life
	made   int
}

// day invents the conversations that began on a day and are over by now.
func (g *generator) day(day time.Time) {
	count := 8 + g.random.IntN(6)
	if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
		count = 3 + g.random.IntN(4)
	}
	for range count {
		language := "en"
		if g.random.IntN(5) < 2 {
			language = "zh"
		}
		all := g.over[language]
		// Mornings and early evenings are busy.
		hour := 9 + g.random.NormFloat64()*1.8
		if g.random.IntN(2) == 0 {
			hour = 17 + g.random.NormFloat64()*2.2
		}
		begin := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location()).Add(time.Duration(min(max(hour, 0.5), 23) * float64(time.Hour)))
		if begin.After(g.now.Add(-3 * time.Hour)) {
			continue
		}
		g.tell(all[g.random.IntN(len(all))], begin, g.agents[g.random.IntN(len(g.agents))])
	}
}

// tell turns a talk of the script into a conversation that begins at a time.
func (g *generator) tell(t talk, begin time.Time, agent Agent) {
	g.made++
	people := g.people[t.Language]
	who := people[g.random.IntN(len(people))]
	fill := g.filler(t.Language, who)
	at := begin.UnixMicro()
	st := conversation.New(id.From("demo talk "+strconv.Itoa(g.made)), who.ID, "chat", t.Topic, t.Language, at)
	one := storage.Imported{StartRef: id.From("demo start " + strconv.Itoa(g.made))}
	customer, staff := conversation.Author{Kind: conversation.ByCustomer, ID: who.ID, Name: firstName(who.Name)}, conversation.Author{Kind: conversation.ByAgent, ID: agent.ID, Name: agent.Alias}
	add := func(kind conversation.EntryKind, by conversation.Author, c conversation.Content) {
		e := conversation.Entry{ConversationID: st.ID, Seq: int64(len(one.Entries) + 1), Kind: kind, Author: by, At: min(at, g.now.UnixMicro()), Content: c}
		if kind == conversation.KindMessage || kind == conversation.KindNote {
			e.ClientID = id.From("demo message " + strconv.Itoa(g.made) + "/" + strconv.FormatInt(e.Seq, 10))
			st.PreviewSeq = e.Seq
		}
		one.Entries = append(one.Entries, e)
	}
	add(conversation.KindTopic, conversation.Author{Kind: conversation.BySystem, ID: conversation.FormAuthor}, conversation.Content{Topic: t.Topic})
	for _, line := range t.Lines {
		for by, text := range line {
			switch by {
			case "c":
				add(conversation.KindMessage, customer, conversation.Content{Text: fill.Replace(text)})
				st.WaitingSince, st.Unread = min(at, g.now.UnixMicro()), st.Unread+1
				at += g.seconds(70, 0.7)
				continue
			case "a":
				if st.AssigneeID == "" {
					st.AssigneeID, st.AssigneeName = agent.ID, agent.Alias
					add(conversation.KindAssigned, staff, conversation.Content{Staff: &conversation.StaffRef{ID: agent.ID, Name: agent.Alias}})
					g.label(&st, t, func(kind conversation.EntryKind, c conversation.Content) { add(kind, staff, c) })
					at += g.seconds(45, 0.8)
				}
				add(conversation.KindMessage, staff, conversation.Content{Text: fill.Replace(text)})
				st.WaitingSince, st.Unread = 0, 0
			case "n":
				add(conversation.KindNote, staff, conversation.Content{Text: fill.Replace(text)})
			}
			at += g.seconds(95, 0.8)
		}
	}
	g.end(&st, t, staff, add)
	if st.Status == conversation.Resolved {
		at += g.seconds(120, 0.6)
		g.rate(&st, customer, at, add)
	}
	last := one.Entries[len(one.Entries)-1].At
	st.LastSeq, st.LastActivity = int64(len(one.Entries)), last
	one.State = st
	g.life.Talks = append(g.life.Talks, one)
}

// label puts priority, team and tags on, as agents do when they have read the question.
func (g *generator) label(st *conversation.State, t talk, add func(conversation.EntryKind, conversation.Content)) {
	if t.Priority != "" {
		st.Priority = t.Priority
		add(conversation.KindPriority, conversation.Content{Priority: t.Priority})
	}
	if t.Team != "" {
		st.TeamID = id.From("demo team " + t.Team)
		add(conversation.KindTeam, conversation.Content{Team: &conversation.TeamRef{ID: st.TeamID, Name: t.Team}})
	}
	if len(t.Tags) > 0 {
		st.Tags = t.Tags
		add(conversation.KindTags, conversation.Content{Tags: t.Tags})
	}
}

// end leaves the conversation as the script says. One that was never answered is
// still its agent's: a queue that nobody looks at would be no good first sight.
func (g *generator) end(st *conversation.State, t talk, staff conversation.Author, add func(conversation.EntryKind, conversation.Author, conversation.Content)) {
	if st.AssigneeID == "" {
		st.AssigneeID, st.AssigneeName = staff.ID, staff.Name
		add(conversation.KindAssigned, staff, conversation.Content{Staff: &conversation.StaffRef{ID: staff.ID, Name: staff.Name}})
		g.label(st, t, func(kind conversation.EntryKind, c conversation.Content) { add(kind, staff, c) })
	}
	switch t.Now {
	case "":
		was := conversation.Open
		if st.WaitingSince == 0 {
			was = conversation.Waiting
		}
		st.Status, st.WaitingSince, st.Unread = conversation.Resolved, 0, 0
		add(conversation.KindStatus, staff, conversation.Content{Status: conversation.Resolved, Was: was, WrapUp: t.WrapUp, Code: g.codeOf(st, t)})
	case "waiting":
		st.Status = conversation.Waiting
	case "snoozed":
		st.Status = conversation.Waiting
		g.life.Snoozed = append(g.life.Snoozed, st.ID)
	}
}

// codeOf is the code that a conversation ends with. Some agents forget to choose one.
func (g *generator) codeOf(st *conversation.State, t talk) *wrapup.Ref {
	ref, ok := g.codes[t.Code]
	if !ok || g.random.IntN(12) == 0 {
		return nil
	}
	if g.random.IntN(9) == 0 {
		ref = g.codes["silent"]
	}
	st.WrapUp = ref.ID
	return &ref
}

// codes are the wrap-up codes of the demo's house, by the ids that it has for them.
func codes() (map[string]wrapup.Ref, error) {
	all, err := items()
	if err != nil {
		return nil, err
	}
	found := map[string]wrapup.Ref{}
	for _, one := range all {
		if name, ok := one.Value["name"].(string); ok && one.Kind == "wrap_up_code" {
			found[one.ID] = wrapup.Ref{ID: one.at(), Name: name}
		}
	}
	return found, nil
}

// rate lets most customers say how it went. Most are content; some are not, as
// everywhere.
func (g *generator) rate(st *conversation.State, by conversation.Author, at int64, add func(conversation.EntryKind, conversation.Author, conversation.Content)) {
	if g.random.IntN(5) < 2 {
		return
	}
	scores := []int64{5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 1}
	st.Score, st.RatedAt = scores[g.random.IntN(len(scores))], at
	add(conversation.KindRated, by, conversation.Content{Score: st.Score})
}

// seconds is a time people take: around a median, some much longer.
func (g *generator) seconds(median, spread float64) int64 {
	return int64(median * math.Exp(g.random.NormFloat64()*spread) * 1e6)
}

// filler fills in what differs from one time to the next.
func (g *generator) filler(language string, who Person) *strings.Replacer {
	shops, amount := []string{"Fenwick & Sons", "Waterstones", "Noon", "Thalia", "Deliveroo"}, "€"+strconv.Itoa(12+g.random.IntN(240))+"."+strconv.Itoa(10+g.random.IntN(89))
	if language == "zh" {
		shops, amount = []string{"盒马鲜生", "京东商城", "瑞幸咖啡", "星云视界"}, strconv.Itoa(18+g.random.IntN(900))+"."+strconv.Itoa(10+g.random.IntN(89))+"元"
	}
	return strings.NewReplacer("{shop}", shops[g.random.IntN(len(shops))], "{amount}", amount, "{name}", firstName(who.Name))
}

// firstName is how somebody is spoken to; Chinese names stay whole.
func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}
