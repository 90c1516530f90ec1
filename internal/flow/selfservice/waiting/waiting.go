// Package waiting is what flows may ask about waiting: how soon somebody answers who
// writes now, and what is open of a customer's own, with what happens next, by when, and
// what is needed from them. It promises nothing that the operator's targets, the queue or
// the case do not say.
package waiting

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/routing"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Conversations are those of a customer, as they or staff may see them.
type Conversations interface {
	ConversationsOf(ctx context.Context, p identity.Principal, limit int) ([]conversation.WindowLine, error)
	CustomerOf(ctx context.Context, p identity.Principal, id string) (customer.Customer, []conversation.State, error)
}

// Cases are those of a customer, likewise.
type Cases interface {
	List(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	Get(ctx context.Context, p identity.Principal, id string) (casework.Seen, error)
}

// Runs are what customers do for themselves.
type Runs interface {
	Pending(ctx context.Context, p identity.Principal, customer string) ([]selfservice.Pending, error)
}

// Queue is who waits at present.
type Queue interface {
	// Told is how long each of a customer's conversations still waits, as they were told.
	Told(customerID string) []routing.Eta
	// Last is how many wait, and what the one who waits longest from now was told.
	Last() (waiting int, last routing.Eta)
}

// Deps are what the reads stand on. What is nil is not to be had.
type Deps struct {
	Conversations Conversations
	Cases         func() Cases
	Runs          func() Runs
	Queue         func() Queue
	// Service is what customers of some kind are told of when somebody is there.
	Service func(sla.Subject) sla.Service
	// Title is what a kind of case is called.
	Title func(t jurisdiction.Type, lang string) string
}

// most bounds what is listed of either.
const most = 10

// topics are what somebody may want to know the time of. With hyphens they are the tags
// that the window's topics give to a conversation, by which targets are chosen.
func topics() []string {
	return []string{"payment_failed", "not_arrived", "refund", "security", "question"}
}

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	return []reads.Read{
		{
			Read: selfservice.Read{
				Name: "response_times", With: map[string]selfservice.Given{"topic": {Type: selfservice.Choice}},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"open": sheet.IsYes, "promised": sheet.IsYes, "opens": sheet.IsYes, "nobody": sheet.IsYes, "waiting": sheet.IsCount},
					Figures: map[string]sheet.Named{"answer_by": {Shape: sheet.OfTime}, "opens_at": {Shape: sheet.OfTime}, "closes_at": {Shape: sheet.OfTime}},
				},
			},
			Sheet: d.times,
		},
		{
			Read: selfservice.Read{
				Name: "my_open_matters",
				Has:  sheet.Declared{Facts: map[string]sheet.Kind{"many": sheet.IsCount, "cases": sheet.IsCount, "mine": sheet.IsYes, "late": sheet.IsYes, "partly": sheet.IsYes}},
			},
			Sheet: d.overview,
		},
		{
			Read:    selfservice.Read{Name: "my_matters", List: true, Has: sheet.Declared{Facts: map[string]sheet.Kind{"kind": sheet.IsWord, "mine": sheet.IsYes, "late": sheet.IsYes}}},
			Entries: d.entries,
		},
		{
			Read: selfservice.Read{
				Name: "my_matter", With: map[string]selfservice.Given{"matter": {Type: selfservice.Entry}},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"kind": sheet.IsWord, "next": sheet.IsWord, "mine": sheet.IsYes, "late": sheet.IsYes, "known": sheet.IsYes},
					Figures: map[string]sheet.Named{"by": {Shape: sheet.OfTime}, "reference": {Shape: sheet.OfText}},
				},
			},
			Sheet: d.detail,
		},
	}
}

// times is how soon somebody answers who writes now about a topic.
func (d Deps) times(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	if d.Service == nil || d.Queue == nil {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "waiting.times", "nobody reckons it")
	}
	subject := sla.Subject{Channel: "chat", Priority: conversation.Normal, Language: a.Language}
	if topic := a.Args["topic"].Text; slices.Contains(topics(), topic) {
		subject.Tags = []string{strings.ReplaceAll(topic, "_", "-")}
		if topic == "security" {
			subject.Priority = conversation.Urgent
		}
	}
	now := d.Service(subject)
	n, last := d.Queue().Last()
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{"open": sheet.Is(now.Open), "promised": sheet.Is(now.AnswerBy != 0), "opens": sheet.Is(now.OpensAt != 0), "nobody": sheet.Is(last.Nobody), "waiting": sheet.Many(int64(n))},
		Named: map[string]sheet.Figure{},
	}
	for name, at := range map[string]int64{"answer_by": now.AnswerBy, "opens_at": now.OpensAt, "closes_at": now.ClosesAt} {
		if at != 0 {
			s.Named[name] = sheet.At(wallet.Time(at))
		}
	}
	heading := sheet.Say("If you write here now", "现在在这里留言")
	s.Add(&heading, append(here(now), line(now, n, last)...)...)
	return s, nil
}

// here is when somebody should be there, and by when they answer. Whether anybody is, hours
// do not say.
func here(now sla.Service) []sheet.Row {
	name := sheet.Say("Our hours", "服务时间")
	var rows []sheet.Row
	switch {
	case now.Open && now.ClosesAt != 0:
		rows = append(rows, sheet.Line(name, sheet.Say("Until {at}", "到 {at}").With("at", sheet.At(wallet.Time(now.ClosesAt))).Cell()))
	case now.Open:
		rows = append(rows, sheet.Line(name, sheet.Say("Day and night", "全天").Cell()))
	case now.OpensAt != 0:
		rows = append(rows, sheet.Line(name, sheet.Say("Again from {at}", "{at} 起").With("at", sheet.At(wallet.Time(now.OpensAt))).Cell()).In(sheet.Warning))
	default:
		rows = append(rows, sheet.Line(name, sheet.Say("Not set", "未设定").Cell()).In(sheet.Warning))
	}
	if now.AnswerBy != 0 {
		return append(rows, sheet.Line(sheet.Say("An answer by", "最晚答复"), sheet.At(wallet.Time(now.AnswerBy)).Cell()).Noted(sheet.Say("You need not wait here: the answer stays in this window.", "不用在这里等，答复会留在这个窗口里。")))
	}
	return append(rows, sheet.Line(sheet.Say("An answer by", "最晚答复"), sheet.Say("No time is promised for this", "没有承诺时间").Cell()))
}

// line is who waits already.
func line(now sla.Service, n int, last routing.Eta) []sheet.Row {
	rows := []sheet.Row{sheet.Line(sheet.Say("People who wait", "正在等待的人数"), sheet.Number(int64(n)).Cell())}
	switch {
	case n == 0 || !now.Open:
		return rows
	case last.Nobody:
		return append(rows, sheet.Line(sheet.Say("The last of them", "其中最后一位"), sheet.Say("Nobody is free at present", "目前没有空闲的客服").Cell()).In(sheet.Warning))
	case last.P80 > 0:
		return append(rows, sheet.Line(sheet.Say("The last of them still waits", "其中最后一位还要等"), between(last)))
	default:
		return rows
	}
}

// between is a range of time.
func between(e routing.Eta) sheet.Cell {
	if e.P80 <= 60 || (e.P50+59)/60 == (e.P80+59)/60 {
		return sheet.Say("about {most}", "大约 {most}").With("most", sheet.Seconds(int64(e.P80))).Cell()
	}
	return sheet.Say("{least} to {most}", "{least} 到 {most}").With("least", sheet.Seconds(int64(e.P50))).With("most", sheet.Seconds(int64(e.P80))).Cell()
}

// who asks in whose name: a run that goes on by itself asks as its customer.
func who(a reads.Asked) identity.Principal {
	if a.Who.Kind == identity.System {
		return identity.Principal{Kind: identity.Customer, ID: a.Customer, Level: identity.AL1}
	}
	return a.Who
}

// open are the customer's conversations that go on, the newest first. That of the run
// itself is none of them.
func (d Deps) open(ctx context.Context, a reads.Asked) ([]conversation.State, error) {
	if d.Conversations == nil {
		return nil, fault.New(fault.Unavailable, "waiting.open", "there are no conversations")
	}
	var all []conversation.State
	if p := who(a); p.Kind == identity.Staff {
		_, states, err := d.Conversations.CustomerOf(ctx, p, a.Customer)
		if err != nil {
			return nil, kept(err)
		}
		all = states
	} else {
		lines, err := d.Conversations.ConversationsOf(ctx, p, 50)
		if err != nil {
			return nil, kept(err)
		}
		for _, l := range lines {
			all = append(all, l.State)
		}
	}
	all = slices.DeleteFunc(all, func(s conversation.State) bool {
		return s.ID == a.Conversation || s.MergedInto != "" || s.Status == conversation.Resolved || s.LastSeq == 0
	})
	return all[:min(len(all), most)], nil
}

// files are the customer's cases that are not over, the newest first.
func (d Deps) files(ctx context.Context, a reads.Asked) ([]casework.Seen, error) {
	if d.Cases == nil || d.Title == nil {
		return nil, fault.New(fault.Unavailable, "waiting.files", "there are no cases")
	}
	p := who(a)
	rows, err := d.Cases().List(ctx, p, cases.Query{List: cases.All, CustomerID: a.Customer, Limit: cases.MaxPage})
	if err != nil {
		return nil, kept(err)
	}
	var all []casework.Seen
	for _, r := range rows {
		if r.Stage.Over() || len(all) == most {
			continue
		}
		one, err := d.Cases().Get(ctx, p, r.ID)
		if fault.Is(err, fault.NotFound) { // it went meanwhile
			continue
		}
		if err != nil {
			return nil, kept(err)
		}
		all = append(all, one)
	}
	return all, nil
}

// kept is an error as a flow takes it: what somebody may not see cannot be told them.
func kept(err error) error {
	if fault.Is(err, fault.Forbidden) {
		return fault.New(fault.Unavailable, "waiting", "whoever asks may not see it")
	}
	return err
}

// matter is a conversation, a case or a run with what can be said of it.
type matter struct {
	id, kind  string
	name      sheet.Sentence
	state     sheet.Sentence
	tone      sheet.Tone
	since, by wallet.Time
	mine      bool // it is the customer's turn
	late      bool
	next      string
	reference string
	amount    *wallet.Money
	rows      []sheet.Row
}

// pending is what the customer has asked for or had watched, and that goes on. The run that
// asks is none of it.
func (d Deps) pending(ctx context.Context, a reads.Asked) ([]selfservice.Pending, error) {
	if d.Runs == nil {
		return nil, fault.New(fault.Unavailable, "waiting.pending", "there are no runs")
	}
	all, err := d.Runs().Pending(ctx, who(a), a.Customer)
	if err != nil {
		return nil, kept(err)
	}
	all = slices.DeleteFunc(all, func(p selfservice.Pending) bool { return p.Run == a.Run })
	return all[:min(len(all), most)], nil
}

// matters are all that is open of a customer's: cases first, which have times of their
// own, then what goes on in the wallet. Partly tells that some of it is not to be had.
func (d Deps) matters(ctx context.Context, a reads.Asked) (all []matter, partly bool, err error) {
	files, wrong := d.files(ctx, a)
	if wrong != nil && !fault.Is(wrong, fault.Unavailable) {
		return nil, false, wrong
	}
	talks, err := d.open(ctx, a)
	if err != nil && (wrong != nil || !fault.Is(err, fault.Unavailable)) {
		return nil, false, err
	}
	waits, gone := d.pending(ctx, a)
	if gone != nil && !fault.Is(gone, fault.Unavailable) {
		return nil, false, gone
	}
	for _, f := range files {
		all = append(all, d.ofCase(f, a))
	}
	for _, p := range waits {
		all = append(all, ofRun(p))
	}
	var told []routing.Eta
	if d.Queue != nil {
		told = d.Queue().Told(a.Customer)
	}
	for _, s := range talks {
		all = append(all, ofConversation(s, told))
	}
	return all, wrong != nil || err != nil || gone != nil, nil
}

// overview is everything that is open, in a line each.
func (d Deps) overview(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, partly, err := d.matters(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	var s sheet.Sheet
	var files, runs, talks []sheet.Row
	mine, late := false, false
	for _, m := range all {
		mine, late = mine || m.mine, late || m.late
		row := sheet.Line(m.name, m.state.Status()).In(m.tone)
		if m.by != 0 {
			row = row.Noted(until(m))
		}
		switch m.kind {
		case "case":
			files = append(files, row)
		case "run":
			runs = append(runs, row)
		default:
			talks = append(talks, row)
		}
	}
	cases, conversations := sheet.Say("Your cases", "您的案件"), sheet.Say("Your conversations", "您的会话")
	goesOn := sheet.Say("What you asked for in the wallet", "您在钱包中申请的事项")
	s.Add(&cases, files...)
	s.Add(&goesOn, runs...)
	s.Add(&conversations, talks...)
	s.Facts = map[string]sheet.Fact{"many": sheet.Many(int64(len(all))), "cases": sheet.Many(int64(len(files))), "mine": sheet.Is(mine), "late": sheet.Is(late), "partly": sheet.Is(partly)}
	return s, nil
}

// until is by when a customer hears.
func until(m matter) sheet.Sentence {
	at := sheet.At(m.by)
	if m.late {
		return sheet.Say("You should have heard by {at}.", "本应在 {at} 前答复您。").With("at", at)
	}
	return sheet.Say("You hear by {at}.", "最晚 {at} 答复您。").With("at", at)
}

// entries are the same to choose from.
func (d Deps) entries(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	all, _, err := d.matters(ctx, a)
	if err != nil {
		return nil, err
	}
	var list []sheet.Entry
	for _, m := range all {
		state := m.state
		list = append(list, sheet.Entry{ID: m.id, Label: m.name, Hint: &state, Amount: m.amount, At: m.since, Facts: map[string]sheet.Fact{"kind": sheet.Code(m.kind), "mine": sheet.Is(m.mine), "late": sheet.Is(m.late)}})
	}
	return list, nil
}

// detail is one of them, as it stands now. Errors: NotFound when it is over.
func (d Deps) detail(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, _, err := d.matters(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	ref := a.Args["matter"].Ref()
	i := slices.IndexFunc(all, func(m matter) bool { return m.id == ref })
	if i < 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "waiting.detail", "it is over")
	}
	m := all[i]
	name := m.name
	s := sheet.Sheet{
		Heading: &name, Named: map[string]sheet.Figure{},
		Facts: map[string]sheet.Fact{"kind": sheet.Code(m.kind), "next": sheet.Code(m.next), "mine": sheet.Is(m.mine), "late": sheet.Is(m.late), "known": sheet.Is(m.by != 0)},
	}
	if m.by != 0 {
		s.Named["by"] = sheet.At(m.by)
	}
	if m.reference != "" {
		s.Named["reference"] = sheet.Text(m.reference)
	}
	s.Add(nil, append([]sheet.Row{sheet.Line(sheet.Say("How it stands", "进展"), m.state.Status()).In(m.tone)}, m.rows...)...)
	return s, nil
}
