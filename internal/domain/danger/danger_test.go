package danger_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/internal/domain/danger"
	"kefu/internal/platform/fault"
)

func words(t testing.TB) *danger.Words {
	t.Helper()
	w, err := danger.Load(os.DirFS("../../../content/danger"), []string{"FL3", "FL18", "FL19"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWhatPeopleInDangerWrite(t *testing.T) {
	w := words(t)
	for text, want := range map[string]string{
		"my phone was stolen":                                        "FL18",
		"Help!! Somebody just grabbed my iPhone on the tram":         "FL18",
		"Hi. I've lost my card.":                                     "FL18",
		"我的手机被偷了":                                                    "FL18",
		"我手机丢了，怎么办":                                                  "FL18",
		"someone is in my account":                                   "FL3",
		"I think I've been hacked, please help":                      "FL3",
		"I gave the code to a caller who said he was from your bank": "FL3",
		"ＭＹ　ＡＣＣＯＵＮＴ　ＷＡＳ　ＨＡＣＫＥＤ":                                      "FL3",
		"有人登录了我的账户":                                                  "FL3",
		"我把验证码告诉了对方":                                                 "FL3",
		"There are payments that I didn’t make":                      "FL19",
		"I was scammed":                                              "FL19",
		"我被骗了两千块":                                                    "FL19",
		"银行卡被盗刷":                                                     "FL19",

		"我的账户被盗了，现在收不到验证码":                                  "FL3",
		"My phone was stolen and I received a login code":   "FL18",
		"My card was stolen and I found payments on it":     "FL18",
		"手机被偷了，忘了密码，手机号不用了":                                 "FL18",
		"Someone has hacked my account and I cannot top up": "FL3",

		"": "",
		"I found my stolen card, can I reactivate it?": "",
		"收不到验证码，忘了密码给了哪个邮箱":                            "",
		"I lost my phone number somewhere":             "",
		"Hello. Where is my refund?":                   "",
		"I forgot my password":                         "",
		"How do I add a card to my phone?":             "",
		"The lost-and-found. My phone is new.":         "",
		"忘记密码了怎么办":                                     "",
		"手机银行怎么绑定":                                     "",
		strings.Repeat("a ", 9000) + "been hacked":     "",
	} {
		if got := w.Find(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var none *danger.Words
	if none.Find("my phone was stolen") != "" {
		t.Error("no words find something")
	}
}

func TestListsThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no yaml":           "- {",
		"none":              "[]",
		"a flow not there":  "- {flow: FL1, en: [[[a]]], zh: [[[甲]]]}",
		"one language":      "- {flow: FL3, en: [[[a]]]}",
		"an empty group":    "- {flow: FL3, en: [[[]]], zh: [[[甲]]]}",
		"an empty but word": "- {flow: FL3, en: [{all: [[a]], but: [\"\"]}], zh: [[[甲]]]}",
		"a but of the rule": "- {flow: FL3, en: [[[a]]], zh: [[[甲]]], but: [b]}",
		"a but alone":       "- {flow: FL3, en: [{but: [b]}], zh: [[[甲]]]}",
		"an unknown part":   "- {flow: FL3, en: [{all: [[a]], or: [b]}], zh: [[[甲]]]}",
		"an empty line":     "- {flow: FL3, en: [[]], zh: [[[甲]]]}",
		"capitals":          "- {flow: FL3, en: [[[Phone]]], zh: [[[甲]]]}",
		"an apostrophe":     "- {flow: FL3, en: [[[\"didn't\"]]], zh: [[[甲]]]}",
		"two sentences":     "- {flow: FL3, en: [[[\"a. b\"]]], zh: [[[甲]]]}",
		"an unknown member": "- {flow: FL3, en: [[[a]]], zh: [[[甲]]], de: [[[a]]]}",
		"too many groups":   "- {flow: FL3, en: [[[a],[a],[a],[a],[a]]], zh: [[[甲]]]}",
	} {
		if _, err := danger.Load(fstest.MapFS{"words.yaml": {Data: []byte(text)}}, []string{"FL3"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := danger.Load(fstest.MapFS{}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("no file: %v", err)
	}
}

func FuzzFind(f *testing.F) {
	w := words(f)
	f.Add("my phone was stolen")
	f.Add("有人在我的账户里\xff")
	f.Fuzz(func(t *testing.T, text string) {
		switch got := w.Find(text); got {
		case "", "FL3", "FL18", "FL19":
		default:
			t.Errorf("%q", got)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	w := words(b)
	text := strings.Repeat("Good morning, I would like to know where the refund of my order is that I sent back last week. ", 4)
	for b.Loop() {
		w.Find(text)
	}
}
