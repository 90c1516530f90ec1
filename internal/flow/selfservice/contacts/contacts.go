// Package contacts is what flows may ask the house's register of official ways about: what it
// says of a number, an address, an account or a link that somebody shows in the house's name.
// It never says that somebody is to be trusted: what is ours can be forged, and of what the
// register has nothing of the kind it cannot tell.
package contacts

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/official"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Deps are what the reads stand on.
type Deps struct {
	Book func() *official.Book // the register, now; nil: there is none
}

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	return []reads.Read{{
		Read: selfservice.Read{
			Name: "official_contact", With: map[string]selfservice.Given{"text": {Type: selfservice.Text}},
			Has: sheet.Declared{
				Facts:   map[string]sheet.Kind{"state": sheet.IsWord, "kind": sheet.IsWord},
				Figures: map[string]sheet.Named{"read": {Shape: sheet.OfText}, "ours": {Shape: sheet.OfText}},
			},
		},
		Sheet: d.check,
	}}
}

// check is what the register says of a text.
func (d Deps) check(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	if d.Book == nil {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "contacts.check", "there is no register")
	}
	v := look(d.Book(), a.Args["text"].Text)
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{"state": sheet.Code(string(v.State)), "kind": sheet.Code(string(v.Kind))},
		Named: map[string]sheet.Figure{},
	}
	row := sheet.Line(sheet.Say("Our register of official channels", "官方渠道名录"), said(v.State).Status()).Noted(meant(v))
	switch v.State {
	case official.Lookalike, official.NotOurs, official.Formerly:
		row = row.In(sheet.Warning)
	case official.Ours, official.OursAs, official.Unlisted, official.Unreadable:
	}
	var rows []sheet.Row
	if v.Read != "" {
		s.Named["read"] = sheet.Text(v.Read)
		rows = append(rows, sheet.Line(sheet.Say("What you were shown", "您看到的"), sheet.Text(v.Read).Cell()))
	}
	if v.Channel != nil {
		s.Named["ours"] = sheet.Text(v.Channel.Value)
	}
	s.Add(nil, append(rows, row)...)
	return s, nil
}

// maxParts bounds what is looked up of one text.
const maxParts = 6

// look is what the register says of a text as people write it. Where it is no single number,
// address, account or link, its parts are looked up, and the one that speaks most against it
// counts: nobody is told that something is ours while something else of it is not.
func look(b *official.Book, text string) official.Verdict {
	whole := b.Check(text)
	if whole.State != official.Unreadable {
		return whole
	}
	against := []official.State{official.Lookalike, official.NotOurs, official.Formerly, official.Unlisted, official.OursAs, official.Ours}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;\"“”，；、\n", r) })
	for _, part := range parts[:min(len(parts), maxParts)] {
		if !strings.ContainsAny(part, "0123456789.@/") { // a name that is no address
			continue
		}
		v := b.Check(strings.TrimSpace(part))
		if v.State != official.Unreadable && (whole.State == official.Unreadable || slices.Index(against, v.State) < slices.Index(against, whole.State)) {
			whole = v
		}
	}
	return whole
}

// said is a verdict in a few words. None of them says that something is safe.
func said(s official.State) sheet.Sentence {
	switch s {
	case official.Ours:
		return sheet.Say("It is in it", "在名录中")
	case official.OursAs:
		return sheet.Say("It depends on where you saw it", "要看在哪里看到")
	case official.Formerly:
		return sheet.Say("It was ours and is not any more", "曾经是，现在不是")
	case official.Lookalike:
		return sheet.Say("It is not ours, and looks like it", "不是我们，只是相似")
	case official.NotOurs:
		return sheet.Say("It is not ours", "不是我们")
	case official.Unlisted:
		return sheet.Say("It cannot tell: nothing of this kind is listed", "无法判断：未公布这类渠道")
	default:
		return sheet.Say("It cannot be read as a number, an address, an account or a link", "无法识别为号码、地址、账号或链接")
	}
}

// meant is what a verdict means for whoever asked.
func meant(v official.Verdict) sheet.Sentence {
	wait := [2]string{"Until somebody here has confirmed it, treat it as not ours.", "在这里得到确认之前，请当作不是我们。"}
	switch v.State {
	case official.Ours:
		return sheet.Say(
			"That alone proves nothing: numbers and senders can be forged, names and pictures copied. If they talk to you now, ask them for a code: this window shows who of us contacts you, and the same code. Whoever cannot give it is not us.",
			"仅凭这一点不能证明是我们：号码和发件人可以伪造，名称和头像可以照抄。如果对方正在联系您，请让对方给出口令：本窗口会显示是谁在联系您和同一个口令。给不出或对不上，就不是我们。")
	case official.OursAs:
		return named(v, "Ours is {ours}, and only there. The same name anywhere else, or as the sender of a message, is not ours: anybody can take it.",
			"我们的是 {ours}，仅限那里。同样的名字出现在别处，或显示为短信发件人，都不是我们：名字谁都可以取。")
	case official.Formerly:
		return sheet.Say("We gave it up, and somebody else may have it now. Whoever uses it is not us.", "我们已停用，现在可能归别人使用。用它的人不是我们。")
	case official.Lookalike:
		return named(v, "Ours is {ours}. What you saw is written differently, as impostors do it.", "我们的是 {ours}。您看到的写法不同，冒充者常用这种手法。")
	case official.NotOurs:
		return sheet.Say("It is not among our official channels. Whoever uses it is not us.", "它不在我们的官方渠道中。用它的人不是我们。")
	case official.Unlisted:
		return sheet.Say("It may be ours or not. "+wait[0], "它可能是我们，也可能不是。"+wait[1])
	default:
		return sheet.Say("So we do not know whether it is ours. "+wait[0], "所以不知道它是不是我们的。"+wait[1])
	}
}

// named is a sentence with what is ours, and on which network.
func named(v official.Verdict, en, zh string) sheet.Sentence {
	if v.Channel == nil {
		return sheet.Say("It is not in it.", "它不在名录中。")
	}
	where, there := Networks()[v.Channel.Network]
	if !there {
		return sheet.Say(en, zh).With("ours", sheet.Text(v.Channel.Value))
	}
	return sheet.Say(en, zh).With("ours", sheet.Word(v.Channel.Value+" ("+where[0]+")", v.Channel.Value+"（"+where[1]+"）"))
}

// Networks are the names of the networks and stores that the register knows, in English and
// Chinese.
func Networks() map[string][2]string {
	return map[string][2]string{
		"wechat": {"WeChat", "微信"}, "weibo": {"Weibo", "微博"}, "douyin": {"Douyin", "抖音"}, "xiaohongshu": {"Xiaohongshu", "小红书"}, "x": {"X", "X"},
		"facebook": {"Facebook", "Facebook"}, "instagram": {"Instagram", "Instagram"}, "youtube": {"YouTube", "YouTube"}, "tiktok": {"TikTok", "TikTok"},
		"linkedin": {"LinkedIn", "领英"}, "telegram": {"Telegram", "Telegram"}, "whatsapp": {"WhatsApp", "WhatsApp"}, "ios": {"iOS", "iOS"}, "android": {"Android", "安卓"},
	}
}
