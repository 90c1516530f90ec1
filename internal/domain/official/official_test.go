package official_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/official"
	"kefu/internal/platform/fault"
)

func today() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }

func book() *official.Book {
	return official.NewBook(today(),
		official.Channel{Kind: official.Phone, Value: "+86 400 123 4567", Name: "Help"},
		official.Channel{Kind: official.Phone, Value: "95188", Country: "CN"},
		official.Channel{Kind: official.Phone, Value: "+44 20 7946 0018", Until: "2026-06-30"},
		official.Channel{Kind: official.Phone, Value: "+1 202 555 0143", From: "2027-01-01"},
		official.Channel{Kind: official.Mail, Value: "help@lotuswallet.example"},
		official.Channel{Kind: official.MailDomain, Value: "mail.lotuswallet.example"},
		official.Channel{Kind: official.Site, Value: "lotuswallet.example", Below: true},
		official.Channel{Kind: official.Site, Value: "xn--fiqs8s.example"},
		official.Channel{Kind: official.Social, Network: "wechat", Value: "LotusWallet"},
		official.Channel{Kind: official.Social, Network: "x", Value: "@lotus_wallet"},
		official.Channel{Kind: official.App, Network: "android", Value: "example.lotus.wallet"},
		official.Channel{Kind: official.App, Network: "ios", Value: "id1234567890"},
	)
}

func TestWhatTheRegisterSays(t *testing.T) {
	for text, want := range map[string]official.State{
		// However it is written.
		"+864001234567": official.Ours, "0086 400 123 4567": official.Ours, "400-123-4567": official.Ours, "tel:+86-400-123-4567": official.Ours,
		"４００１２３４５６７": official.Ours, "\u202a+86 400 123 4567\u202c": official.Ours, "95188": official.Ours, "(400) 123.4567": official.Ours,
		"help@lotuswallet.example": official.Ours, "HELP+case-17@LotusWallet.example": official.Ours, "Lotus <help@lotuswallet.example>": official.Ours,
		"mailto:help@lotuswallet.example?subject=x": official.Ours, "anybody@mail.lotuswallet.example": official.Ours,
		"https://lotuswallet.example/help?x=1": official.Ours, "www.lotuswallet.example": official.Ours, "LOTUSWALLET.EXAMPLE.": official.OursAs,
		"http://中国.example": official.Ours, "xn--fiqs8s.example": official.OursAs, "https://lotuswallet.example:443/": official.Ours, "lotuswallet.example/pay": official.Ours,
		"@LotusWallet": official.OursAs, "LotusWallet": official.OursAs, "lotus_wallet": official.OursAs, "id1234567890": official.OursAs, "微信：lotuswallet": official.Ours, "wechat: LotusWallet": official.Ours, "https://x.com/lotus_wallet/status/1": official.OursAs, "https://x.com/lotus_wallet/": official.Ours, "twitter:lotus_wallet": official.Ours,
		"example.lotus.wallet": official.OursAs, "https://play.google.com/store/apps/details?id=example.lotus.wallet": official.Ours, "https://apps.apple.com/cn/app/lotus/id1234567890": official.Ours,

		"+44 20 7946 0018": official.Formerly, "+1 202 555 0143": official.NotOurs,

		// What is made to be taken for ours.
		"+86 400 123 4568": official.Lookalike, "+86 400 132 4567": official.Lookalike, "+852 400 123 4567": official.Lookalike,
		"lоtuswallet.example": official.Lookalike, "lotuswaIlet.example": official.Lookalike, "1otuswallet.example": official.Lookalike, "lotuswallet.example.evil.test": official.Lookalike,
		"lotuswallet-help.test": official.Lookalike, "lotuswalet.example": official.Lookalike, "lotuswallet.test": official.Lookalike, "https://lotuswallet.example@evil.test/": official.Lookalike,
		"https://evil.test/lotuswallet.example": official.Lookalike, "https:\\\\evil.test\\lotuswallet.example": official.Lookalike, "https://evil.test\\@lotuswallet.example": official.Lookalike, "lotus\u200bwallet.example": official.Lookalike,
		"help@lotuswallet.example.evil.test": official.Lookalike, "lotuswallet.help@freemail.test": official.Lookalike, "he1p@lotuswallet.example": official.Lookalike, "x@lotusvvallet.example": official.Lookalike,
		"xn--ltuswallet-evi.example": official.Lookalike, "@LotusWalletSupport": official.Lookalike, "@lotus.wallet_": official.Lookalike, "telegram: lotuswallet": official.Lookalike, "https://t.me/lotuswallet_help": official.Lookalike,
		"example.lotus.wallet2": official.Lookalike,

		"+49 30 901820": official.NotOurs, "110": official.NotOurs, "someone@else.test": official.NotOurs, "https://else.test/": official.NotOurs, "@somebody": official.NotOurs,

		"": official.Unreadable, "   ": official.Unreadable, "a b c ?": official.Unreadable, "@": official.Unreadable, "a@": official.Unreadable, "https://": official.Unreadable,
		strings.Repeat("1", 400): official.Unreadable, "\xff\xfe": official.Unreadable, "javascript:alert(1)": official.Unreadable,
	} {
		if got := book().Check(text); got.State != want {
			t.Errorf("%q: %+v, want %s", text, got, want)
		}
	}
}

// The letter that is another one is shown, with whose it is.
func TestTheHomographIsShown(t *testing.T) {
	v := book().Check("https://lоtuswallet.example/pay")
	if v.State != official.Lookalike || v.Channel == nil || v.Channel.Value != "lotuswallet.example" || !strings.HasPrefix(v.ASCII, "xn--") {
		t.Fatalf("%+v", v)
	}
	if len(v.Marks) != 1 || v.Marks[0] != (official.Mark{From: 1, To: 2, Script: "Cyrillic"}) {
		t.Errorf("%+v", v.Marks)
	}
	if v = book().Check("lotuswallet-help.test"); len(v.Marks) == 0 || v.Marks[0].From != 11 {
		t.Errorf("%+v", v)
	}
}

// An empty register knows nothing, and nothing looks like it.
func TestAnEmptyRegister(t *testing.T) {
	for _, text := range []string{"+86 400 123 4567", "help@lotuswallet.example", "lotuswallet.example", "@lotus"} {
		if v := official.NewBook(today()).Check(text); v.State != official.Unlisted || v.Channel != nil {
			t.Errorf("%q: %+v", text, v)
		}
	}
}

// A name of which nobody said where it stands is never ours alone: the same one is free
// to anybody elsewhere.
func TestWhatIsOursAsOneThing(t *testing.T) {
	b := official.NewBook(today(),
		official.Channel{Kind: official.Social, Network: "wechat", Value: "LotusWallet"},
		official.Channel{Kind: official.Social, Network: "weibo", Value: "lotuswallet"},
		official.Channel{Kind: official.Social, Network: "x", Value: "lotuswallet", Until: "2026-01-01"},
		official.Channel{Kind: official.Social, Network: "x", Value: "lotus_old", Until: "2026-01-01"},
		official.Channel{Kind: official.Social, Network: "instagram", Value: "acme.me"},
		official.Channel{Kind: official.App, Network: "android", Value: "com.acme.app"},
		official.Channel{Kind: official.Site, Value: "lotus.example"},
		official.Channel{Kind: official.Phone, Value: "+86 10 6552 9988"},
		official.Channel{Kind: official.Phone, Value: "+44 20 7946 0018"},
		official.Channel{Kind: official.Phone, Value: "+49 30 901820"},
	)
	for text, as := range map[string]string{
		"@LotusWallet": "social/wechat social/weibo", "LotusWallet": "social/wechat social/weibo", "acme.me": "social/instagram", "com.acme.app": "app/android", "lotus.example": "site/",
		"020 7946 0018": "phone/", // as it is dialled in Britain; in China it is another's
	} {
		v := b.Check(text)
		var got []string
		for _, c := range v.As {
			got = append(got, string(c.Kind)+"/"+c.Network)
		}
		if v.State != official.OursAs || strings.Join(got, " ") != as || v.Channel == nil || *v.Channel != v.As[0] {
			t.Errorf("%q: %+v, want %s", text, v, as)
		}
	}
	for text, want := range map[string]official.State{
		"x@y.test": official.Unlisted, "https://acme.me/": official.NotOurs, "https://com.acme.app": official.NotOurs, "https://lotus.example": official.Ours, "instagram: acme.me": official.Ours,
		"wechat: LotusWallet": official.Ours, "telegram: LotusWallet": official.Lookalike, "x: lotuswallet": official.Formerly, "@lotus_old": official.Formerly,
		"030 901820": official.Ours, "+44 20 7946 0018": official.Ours, "@lotus\u200bwallet": official.Lookalike,
	} {
		if v := b.Check(text); v.State != want || len(v.As) > 0 {
			t.Errorf("%q: %+v, want %s", text, v, want)
		}
	}
}

// Of an address of an account only the whole is one: posts are found by their number, and
// the same name in another section is somebody else.
func TestAddressesOfAccounts(t *testing.T) {
	b := official.NewBook(today(),
		official.Channel{Kind: official.Social, Network: "x", Value: "lotus_wallet"},
		official.Channel{Kind: official.Social, Network: "linkedin", Value: "company/lotuswallet"},
		official.Channel{Kind: official.Social, Network: "youtube", Value: "lotuswallet"},
		official.Channel{Kind: official.Social, Network: "telegram", Value: "lotuswallet"},
		official.Channel{Kind: official.Social, Network: "xiaohongshu", Value: "user/profile/5f00"},
		official.Channel{Kind: official.App, Network: "ios", Value: "id1234567890"},
		official.Channel{Kind: official.App, Network: "android", Value: "example.lotus.wallet"},
		official.Channel{Kind: official.Site, Value: "lotuswallet.example"},
	)
	for text, want := range map[string]official.State{
		"https://x.com/lotus_wallet": official.Ours, "x.com/Lotus_Wallet/": official.Ours, "https://mobile.twitter.com/lotus_wallet": official.Ours,
		"https://x.com/lotus_wallet/status/1": official.OursAs, "https://x.com/lotus_wallet?s=20": official.OursAs, "https://x.com/lotus_wallet#a": official.OursAs, "https://x.com/evil/status/1": official.NotOurs,
		"https://www.linkedin.com/company/lotuswallet": official.Ours, "https://cn.linkedin.com/company/lotuswallet/": official.Ours, "linkedin: company/lotuswallet": official.Ours,
		"https://www.linkedin.com/in/lotuswallet": official.Lookalike, "linkedin: lotuswallet": official.OursAs, "company/lotuswallet": official.OursAs,
		"https://www.youtube.com/@lotuswallet": official.Ours, "youtube: lotuswallet": official.Ours, "https://youtube.com/c/lotuswallet": official.Lookalike, "https://youtube.com/user/lotuswallet": official.Lookalike, "https://youtube.com/lotuswallet": official.OursAs,
		"https://t.me/lotuswallet": official.Ours, "https://t.me/lotuswallet/12": official.OursAs, "https://evil.t.me/lotuswallet": official.NotOurs, "https://t.me/s/lotuswallet": official.OursAs,
		"https://www.xiaohongshu.com/user/profile/5f00": official.Ours, "https://www.xiaohongshu.com/user/profile/5f01x": official.NotOurs,
		"https://apps.apple.com/cn/app/lotus/id1234567890": official.Ours, "https://apps.apple.com/cn/developer/lotus/id1234567890": official.NotOurs,
		"https://play.google.com/store/apps/details?id=example.lotus.wallet&hl=zh": official.Ours, "https://play.google.com/store/apps/details?id=example.lotus.wallet&id=evil.a.b": official.NotOurs, "https://play.google.com/store/search?id=example.lotus.wallet": official.NotOurs,

		// One at a time.
		"https://lotuswallet.example/ https://evil.test/": official.Unreadable, "https://lotuswallet.example\nevil.test": official.Unreadable, "https://lotuswallet.example\tx": official.Unreadable, "https://lotuswallet.example/\u3000evil.test": official.Unreadable,
		"www.lotuswallet.example evil.test": official.Unreadable, "lotuswallet.example evil.test": official.Unreadable, "lotuswallet.example\u2028evil.test": official.Unreadable, "https://lotuswallet.example/?to=https://evil.test": official.Unreadable, "lotuswallet.example/https://evil.test": official.Unreadable,
		"intent://lotuswallet.example/": official.Unreadable, " https://lotuswallet.example/\r\n": official.Ours, "lotus\nwallet": official.Unreadable,
	} {
		if v := b.Check(text); v.State != want {
			t.Errorf("%q: %+v, want %s", text, v, want)
		}
	}
}

func TestWhatMayBeRegistered(t *testing.T) {
	for name, c := range map[string]struct {
		channel official.Channel
		want    string
	}{
		"a number":               {official.Channel{Kind: official.Phone, Value: "+86 400 123 4567"}, " "},
		"a hotline":              {official.Channel{Kind: official.Phone, Value: "95188", Country: "CN"}, " "},
		"a hotline of nowhere":   {official.Channel{Kind: official.Phone, Value: "95188"}, "value no_country"},
		"a country of nowhere":   {official.Channel{Kind: official.Phone, Value: "95188", Country: "XX"}, "country unknown"},
		"letters for a number":   {official.Channel{Kind: official.Phone, Value: "+86 CALL"}, "value malformed"},
		"no kind":                {official.Channel{Value: "x"}, "kind unknown"},
		"nothing":                {official.Channel{Kind: official.Site}, "value missing"},
		"no host":                {official.Channel{Kind: official.Site, Value: "localhost"}, "value malformed"},
		"a page":                 {official.Channel{Kind: official.Site, Value: "a.example/b"}, "value malformed"},
		"an account":             {official.Channel{Kind: official.Social, Network: "weibo", Value: "@lotus"}, " "},
		"in other letters":       {official.Channel{Kind: official.Social, Network: "x", Value: "lоtus"}, "value confusing"},
		"of no network":          {official.Channel{Kind: official.Social, Network: "myspace", Value: "lotus"}, "network unknown"},
		"a network of a number":  {official.Channel{Kind: official.Phone, Network: "x", Value: "+86 400 123 4567"}, "network unknown"},
		"an app":                 {official.Channel{Kind: official.App, Network: "ios", Value: "id123456789"}, " "},
		"no app":                 {official.Channel{Kind: official.App, Network: "ios", Value: "Lotus"}, "value malformed"},
		"below an address":       {official.Channel{Kind: official.Mail, Value: "a@b.example", Below: true}, "below unknown"},
		"days":                   {official.Channel{Kind: official.Mail, Value: "a@b.example", From: "2026-01-01", Until: "2026-01-01"}, " "},
		"days the wrong way":     {official.Channel{Kind: official.Mail, Value: "a@b.example", From: "2026-01-02", Until: "2026-01-01"}, "until malformed"},
		"no day":                 {official.Channel{Kind: official.Mail, Value: "a@b.example", From: "yesterday"}, "from malformed"},
		"a name over two lines":  {official.Channel{Kind: official.Mail, Value: "a@b.example", Name: "a\nb"}, "name control"},
		"a value that is hidden": {official.Channel{Kind: official.Site, Value: "a\u202eb.example"}, "value control"},
	} {
		err := c.channel.Validate()
		if got := fault.FieldOf(err) + " " + fault.ReasonOf(err); got != c.want || (c.want == " ") != (err == nil) {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func TestWhatIsListed(t *testing.T) {
	list := book().Listed()
	if len(list) != 10 {
		t.Errorf("%d: %+v", len(list), list)
	}
	for _, c := range list {
		if c.Until != "" || c.From != "" {
			t.Errorf("%+v is not ours now", c)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{"+86 400 123 4567", "help+x@lotuswallet.example", "https://lotuswallet.example@evil/", "wechat: x", "xn--fiqs8s.example", "a.b.c", "\u202e@", "https://[::1]:80/x", "00"} {
		f.Add(text)
	}
	b := book()
	f.Fuzz(func(t *testing.T, text string) {
		v := b.Check(text)
		switch v.State {
		case official.Ours, official.OursAs, official.Formerly, official.Lookalike:
			if v.Channel == nil {
				t.Errorf("%q: %+v names none of ours", text, v)
			}
		case official.NotOurs, official.Unlisted, official.Unreadable:
			if v.Channel != nil {
				t.Errorf("%q: %+v names one of ours", text, v)
			}
		default:
			t.Errorf("%q: %+v", text, v)
		}
		n := len([]rune(v.Read))
		for _, m := range v.Marks {
			if m.From < 0 || m.To <= m.From || m.To > n {
				t.Errorf("%q: %+v", text, v)
			}
		}
	})
}

func FuzzChannel(f *testing.F) {
	f.Add("phone", "+86 400 123 4567", "", "", "")
	f.Add("site", "lotuswallet.example", "", "2026-01-01", "2026-02-01")
	f.Add("social", "@lotus", "x", "", "")
	f.Fuzz(func(t *testing.T, kind, value, network, from, until string) {
		c := official.Channel{Kind: official.Kind(kind), Value: value, Network: network, From: from, Until: until}
		if err := c.Validate(); err != nil {
			if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) == "" || fault.ReasonOf(err) == "" {
				t.Errorf("%+v: %v", c, err)
			}
			return
		}
		// What may be registered is found by what was registered, on its days.
		c.From, c.Until = "", ""
		if c.Kind != official.MailDomain {
			if c.Kind == official.Social {
				value = network + ": " + value
			}
			if v := official.NewBook(today(), c).Check(value); v.State != official.Ours && v.State != official.OursAs || v.Channel == nil || *v.Channel != c {
				t.Errorf("%+v: %+v", c, v)
			}
		}
	})
}
