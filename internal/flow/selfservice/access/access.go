// Package access is what flows may ask about how somebody comes back into the wallet who
// cannot sign in any more. The wallet does it, on its own pages: what is asked here is by
// which ways, that it begins one, and how far it is. Nothing that is told depends on
// whether there is an account, until the wallet was shown a proof.
package access

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

type (
	// recovering is a wallet that lets people in again.
	recovering interface {
		Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error)
		Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error)
		Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error)
	}
	// watching is a wallet that tells customers who tries to come in as them.
	watching interface {
		Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error)
	}
)

// Reads gives the reads.
func Reads() []reads.Read {
	told := sheet.Declared{
		Facts:   map[string]sheet.Kind{"state": sheet.IsWord, "kind": sheet.IsWord, "request": sheet.IsWord, "place": sheet.IsWord, "mark": sheet.IsWord},
		Figures: map[string]sheet.Named{"expires_at": {Shape: sheet.OfTime}, "answer_by": {Shape: sheet.OfTime}, "until": {Shape: sheet.OfTime}, "limited_until": {Shape: sheet.OfTime}},
	}
	handle, before := selfservice.Given{Type: selfservice.Text}, selfservice.Given{Type: selfservice.Sheet, Optional: true}
	return []reads.Read{
		{
			Read: selfservice.Read{Name: "who_asks", Has: sheet.Declared{Facts: map[string]sheet.Kind{"signed_in": sheet.IsYes, "staff": sheet.IsYes, "offered": sheet.IsYes}}}, Sheet: who,
		},
		{
			Read: selfservice.Read{
				Name: "recovery_ways", List: true, With: map[string]selfservice.Given{"handle": handle, "before": before},
				Has: sheet.Declared{Facts: map[string]sheet.Kind{"kind": sheet.IsWord, "hint": sheet.IsWord}},
			},
			Entries: ways,
		},
		{
			Read:  selfservice.Read{Name: "recovery_begin", With: map[string]selfservice.Given{"handle": handle, "way": {Type: selfservice.Entry}, "before": before}, Has: told},
			Sheet: begin,
		},
		{Read: selfservice.Read{Name: "recovery_state", With: map[string]selfservice.Given{"begun": {Type: selfservice.Sheet}}, Has: told}, Sheet: state},
		{Read: selfservice.Read{Name: "own_recoveries", List: true, Has: sheet.Declared{Facts: map[string]sheet.Kind{"state": sheet.IsWord}}}, Entries: own},
	}
}

// who is whoever answers at present: a customer who is signed in, one who is not, or staff.
func who(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	staff := a.Who.Kind == identity.Staff
	return sheet.Sheet{Facts: map[string]sheet.Fact{
		"staff": sheet.Is(staff), "signed_in": sheet.Is(!staff && a.Who.Level >= identity.AL1), "offered": sheet.Is(a.Wallet != nil && a.Wallet.Reads(ctx, wallet.ReadRecovery)),
	}}, nil
}

// actor is on whose behalf the wallet is asked: nobody whom it knows, or a member of staff.
func actor(a reads.Asked) wallet.Actor {
	if a.Who.Kind == identity.Staff {
		return wallet.Actor{Kind: a.Who.Kind.String(), ID: a.Who.ID, Role: string(a.Who.Role), Case: a.Conversation, Purpose: wallet.PurposeView}
	}
	return wallet.Actor{Kind: identity.Customer.String(), ID: a.Customer, Case: a.Conversation, Purpose: wallet.PurposeOwn}
}

// key is under what something is asked once, in a run.
func key(a reads.Asked, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{a.Run}, parts...), "\n")))
	return "rc-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// hops is how many requests that are over are gone past at a time.
const hops = 8

// place is which request of a handle in a run it is, so that the next question goes on from
// there.
type place struct {
	handle string // keyed, for it is told to whoever reads the run
	nth    int
}

func (p place) String() string { return p.handle + "." + strconv.Itoa(p.nth) }

// placed is the place of what was begun before, where it was for the same handle.
func placed(a reads.Asked, handle string) place {
	p := place{handle: key(a, "handle", handle)}
	if before := a.Args["before"].Sheet; before != nil {
		if of, nth, ok := strings.Cut(before.Facts["place"].Word, "."); ok && of == p.handle {
			p.nth, _ = strconv.Atoi(nth) // what is no number is the first
		}
	}
	return p
}

// asked asks the wallet for the ways of what was typed: those of the newest request of this
// run, or of a new one where nothing can be sent by that any more. Too many questions, and
// what nobody can be known by, are answered in the same way as a wallet that is not there.
func asked(ctx context.Context, a reads.Asked) (recovering, recovery.Offer, place, error) {
	from, err := reads.Part[recovering](ctx, a.Wallet, wallet.ReadRecovery)
	if err != nil {
		return nil, recovery.Offer{}, place{}, err
	}
	handle := strings.TrimSpace(a.Args["handle"].Text)
	at := placed(a, handle)
	for range hops {
		offer, err := from.Ways(ctx, actor(a), recovery.Asking{Key: key(a, "ways", at.String()), Handle: handle})
		if err != nil {
			return nil, recovery.Offer{}, place{}, passing(err)
		}
		usable, err := takes(ctx, a, from, offer)
		if usable || err != nil {
			return from, offer, at, passing(err)
		}
		at.nth++
	}
	return nil, recovery.Offer{}, place{}, fault.New(fault.Unavailable, "access.asked", "too many requests of this run are over")
}

// takes tells whether something can still be sent by a request: it was not begun, or waits.
func takes(ctx context.Context, a reads.Asked, from recovering, o recovery.Offer) (bool, error) {
	r, err := from.Recovery(ctx, actor(a), o.ID)
	if fault.Is(err, fault.NotFound) { // nothing was begun in it
		return o.ExpiresAt > a.Now, nil
	}
	return r.State == recovery.Sent || r.State == recovery.Locked, err
}

// passing makes of what the wallet refuses for the moment that it is not to be had.
func passing(err error) error {
	if fault.Is(err, fault.TooMany) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return &fault.Error{Code: fault.Unavailable, Op: "access.passing", Message: "the wallet does not do it at present", Err: err}
	}
	return err
}

func ways(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	_, offer, _, err := asked(ctx, a)
	if err != nil {
		return nil, err
	}
	list := make([]sheet.Entry, 0, len(offer.Ways))
	for _, w := range offer.Ways {
		e := sheet.Entry{ID: w.ID, Facts: map[string]sheet.Fact{"kind": sheet.Code(w.Kind), "hint": sheet.Code(w.Hint)}}
		note := sheet.Sentence{}
		switch w.Kind {
		case recovery.Email:
			e.Label, note = sheet.Say("A link to "+w.Hint, "发送链接到 "+w.Hint), sheet.Say("Only if you can still read that mailbox", "请确认您还能打开这个邮箱")
		case recovery.SMS:
			e.Label, note = sheet.Say("A code to the number "+w.Hint, "用尾号 "+w.Hint+" 的手机接收验证码"), sheet.Say("Only if you still have this number", "请确认这个号码仍由您本人使用")
		case recovery.Code:
			e.Label, note = sheet.Say("A recovery code that I kept", "我保存的恢复码"), sheet.Say("You type it on the wallet's page, not here", "在钱包页面输入，不要发到这里")
		default:
			e.Label, note = sheet.Say("My document and a picture of me", "身份证件和本人照片"), sheet.Say("Takes a day or longer; for whoever has none of the others", "需要一天或更久，适合其他方式都无法使用的情况")
		}
		e.Hint = &note
		list = append(list, e)
	}
	return list, nil
}

// begin has the wallet send it, once for what was begun before: after a crash the same is
// asked again, and the customer who asks once more asks anew.
func begin(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	from, offer, at, err := asked(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	way, err := offered(offer, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	mark := ""
	if before := a.Args["before"].Sheet; before != nil {
		mark = before.Facts["mark"].Word
	}
	mark = key(a, "begin", at.String(), way, mark)
	r, err := from.Begin(ctx, actor(a), offer.ID, recovery.Begin{Key: mark, Way: way})
	if err != nil {
		return sheet.Sheet{}, passing(err)
	}
	s := told(r)
	s.Facts["request"], s.Facts["place"], s.Facts["mark"] = sheet.Code(offer.ID), sheet.Code(at.String()), sheet.Code(mark)
	return s, nil
}

// offered is the way that was chosen, in a request that may be another one than that in which
// it was chosen: each has ids of its own. To another address it is another way.
func offered(o recovery.Offer, a reads.Asked) (string, error) {
	chosen := a.Args["way"].Entry
	if chosen == nil {
		return "", fault.New(fault.NotFound, "access.offered", "no way was chosen")
	}
	for _, w := range o.Ways {
		if w.ID == chosen.ID {
			return w.ID, nil
		}
	}
	for _, w := range o.Ways {
		if w.Kind == chosen.Facts["kind"].Word && w.Hint == chosen.Facts["hint"].Word {
			return w.ID, nil
		}
	}
	return "", fault.New(fault.NotFound, "access.offered", "the way is not offered any more")
}

// state is how far what was begun is. It begins and asks for nothing.
func state(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	from, err := reads.Part[recovering](ctx, a.Wallet, wallet.ReadRecovery)
	if err != nil {
		return sheet.Sheet{}, err
	}
	begun := a.Args["begun"].Sheet
	if begun == nil || begun.Facts["request"].Word == "" {
		return sheet.Sheet{}, fault.New(fault.NotFound, "access.state", "nothing was begun")
	}
	r, err := from.Recovery(ctx, actor(a), begun.Facts["request"].Word)
	if err != nil {
		return sheet.Sheet{}, passing(err)
	}
	return told(r), nil
}

// told is how far it is, as whoever asked may know it.
func told(r recovery.Recovery) sheet.Sheet {
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"state": sheet.Code(string(r.State)), "kind": sheet.Code(r.Kind)}, Named: map[string]sheet.Figure{}}
	for name, at := range map[string]wallet.Time{"expires_at": r.ExpiresAt, "answer_by": r.AnswerBy, "until": r.Until, "limited_until": r.LimitedUntil} {
		if at != 0 {
			s.Named[name] = sheet.At(at)
		}
	}
	how, tone := stands(r.State)
	row := sheet.Line(sheet.Say("Getting back in", "找回账户"), how.Status())
	if tone != "" {
		row = row.In(tone)
	}
	rows := []sheet.Row{row}
	switch r.State {
	case recovery.Sent:
		rows = append(rows, sheet.Line(sheet.Say("Counts until", "有效期至"), sheet.At(r.ExpiresAt).Cell()))
	case recovery.Reviewing:
		rows = append(rows, sheet.Line(sheet.Say("An answer by", "最晚答复"), sheet.At(r.AnswerBy).Cell()))
	case recovery.Cooling:
		rows = append(rows, sheet.Line(sheet.Say("Goes on from", "可继续的时间"), sheet.At(r.Until).Cell()))
	case recovery.Locked:
		rows = append(rows, sheet.Line(sheet.Say("Possible again from", "可再次申请的时间"), sheet.At(r.Until).Cell()))
	case recovery.Done:
		rows = append(rows, sheet.Line(sheet.Say("Little can be spent until", "限额至"), sheet.At(r.LimitedUntil).Cell()))
	}
	if r.Link != "" && (r.State == recovery.Sent || r.State == recovery.Proven || r.State == recovery.Cooling) {
		rows = append(rows, sheet.Row{Name: sheet.Say("Open the wallet's page", "打开钱包页面"), Link: r.Link})
	}
	s.Add(nil, rows...)
	return s
}

func stands(at recovery.Status) (sheet.Sentence, sheet.Tone) {
	switch at {
	case recovery.Sent:
		return sheet.Say("Waits for you, on the wallet's page", "等待您在钱包页面完成"), ""
	case recovery.Proven:
		return sheet.Say("Choose a new password on the wallet's page", "请在钱包页面设置新密码"), ""
	case recovery.Reviewing:
		return sheet.Say("People look at your document", "正在人工审核证件"), ""
	case recovery.Cooling:
		return sheet.Say("Confirmed; waits for your safety", "已确认，安全等待期"), sheet.Good
	case recovery.Done:
		return sheet.Say("You are in again", "已找回"), sheet.Good
	case recovery.Locked:
		return sheet.Say("Too many tries", "尝试次数过多"), sheet.Warning
	case recovery.Expired:
		return sheet.Say("Out of time", "已过期"), sheet.Warning
	case recovery.Stopped:
		return sheet.Say("Stopped: somebody said it was not the owner", "已终止：有人表示并非本人申请"), sheet.Warning
	default:
		return sheet.Say("Not confirmed", "未通过"), sheet.Warning
	}
}

// own are the recoveries of a customer's account that go on, whoever asked for them.
func own(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	all, err := reads.Ask(ctx, a, wallet.ReadRecoveries, watching.Recoveries)
	if err != nil {
		return nil, err
	}
	list := []sheet.Entry{}
	for _, r := range all {
		if !r.State.Open() {
			continue
		}
		label := map[string]sheet.Sentence{
			recovery.Email: sheet.Say("By a link to your mailbox", "通过邮箱链接"), recovery.SMS: sheet.Say("By a code to your number", "通过短信验证码"),
			recovery.Code: sheet.Say("By a recovery code", "通过恢复码"), recovery.Document: sheet.Say("By a document", "通过身份证件"),
		}[r.Kind]
		list = append(list, sheet.Entry{ID: r.ID, Label: label, At: r.BegunAt, Facts: map[string]sheet.Fact{"state": sheet.Code(string(r.State))}})
	}
	return list, nil
}
