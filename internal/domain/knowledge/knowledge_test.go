package knowledge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/folder"
	"kefu/internal/domain/outbound"
)

type world struct{}

func (world) Flow(id string) bool { return id == "FL2" }
func (world) Article(id string) (knowledge.Audience, bool) {
	switch id {
	case "late-payment":
		return knowledge.Public, true
	case "for-staff":
		return knowledge.Staff, true
	}
	return "", false
}
func (world) Topic(id string) bool               { return id == "payments" }
func (world) Page(name string) bool              { return slices.Contains(knowledge.Pages(), name) }
func (world) Place(name string, block bool) bool { return knowledge.KnownPlace(name, block) }
func (world) Jurisdiction(id string) bool        { return id == "eu" }

func checker(t *testing.T) *knowledge.Checker {
	t.Helper()
	filter, err := outbound.New()
	if err != nil {
		t.Fatal(err)
	}
	return knowledge.NewChecker(filter)
}

func sound() knowledge.Article {
	return knowledge.Article{
		ID: "failed-payment", Audience: knowledge.Public, Flows: []string{"FL2"}, Related: []string{"late-payment"}, Keep: 6, Source: "en",
		Questions: map[string][]string{"en": {"my payment did not go through"}, "zh": {"付款失败了"}},
		Texts: map[string]knowledge.Text{
			"en": {Title: "A payment failed", Short: "Look at the payment first. It says where your money is.", Voice: "Look at the payment first.", Body: "Do not pay again yet. [Look at it](flow:FL2).\n\n{fees.transfer}\n"},
			"zh": {Title: "付款失败", Short: "先看这笔付款，里面写明钱在哪里。", Voice: "请先看这笔付款。", Body: "请先不要重复付款。[查看付款](flow:FL2)。\n\n{fees.transfer}\n"},
		},
	}
}

func TestASoundArticle(t *testing.T) {
	a := sound()
	if p := checker(t).Check(&a, world{}, "en", "zh"); len(p) > 0 {
		t.Fatalf("problems: %v", p)
	}
	if got, lang := a.In("zh-Hant"); lang != "zh" || got.Title != "付款失败" {
		t.Errorf("for zh-Hant: %q of %s", got.Title, lang)
	}
	if got := a.Languages(); !slices.Equal(got, []string{"en", "zh"}) {
		t.Errorf("languages %v", got)
	}
}

func TestWhatIsWrong(t *testing.T) {
	text := func(lang string, change func(*knowledge.Text)) func(*knowledge.Article) {
		return func(a *knowledge.Article) {
			x := a.Texts[lang]
			change(&x)
			a.Texts[lang] = x
		}
	}
	for reason, change := range map[string]func(*knowledge.Article){
		"id malformed":          func(a *knowledge.Article) { a.ID = "Failed Payment" },
		"audience unknown":      func(a *knowledge.Article) { a.Audience = "all" },
		"keep malformed":        func(a *knowledge.Article) { a.Keep = 0 },
		"source missing":        func(a *knowledge.Article) { a.Source = "fr" },
		"topic unknown":         func(a *knowledge.Article) { a.Topic = "gardens" },
		"flows unknown":         func(a *knowledge.Article) { a.Flows = []string{"FL99"} },
		"flows twice":           func(a *knowledge.Article) { a.Flows = []string{"FL2", "FL2"} },
		"jurisdictions unknown": func(a *knowledge.Article) { a.Jurisdictions = []string{"mars"} },
		"codes unknown":         func(a *knowledge.Article) { a.Codes = append(a.Codes, "no_such") },
		"related staff_only":    func(a *knowledge.Article) { a.Related = []string{"for-staff"} },
		"related unknown":       func(a *knowledge.Article) { a.Related = []string{"nowhere"} },
		"body missing":          func(a *knowledge.Article) { delete(a.Texts, "zh") },
		"questions malformed":   func(a *knowledge.Article) { a.Questions["en"] = []string{strings.Repeat("why ", 50)} },
		"title too_long":        text("en", func(x *knowledge.Text) { x.Title = strings.Repeat("a b ", 30) }),
		"short missing":         text("zh", func(x *knowledge.Text) { x.Short = " " }),
		"short figure_by_hand":  text("en", func(x *knowledge.Text) { x.Short = "It takes two days." }),
		"voice malformed":       text("en", func(x *knowledge.Text) { x.Voice = "Press **Payments**." }),
		"body figure_by_hand": text("zh", func(x *knowledge.Text) {
			x.Body = strings.Replace(x.Body, "付款。", "付款，3 天内到账。", 1)
		}),
		"body not_allowed": text("en", func(x *knowledge.Text) { x.Body += "\n<b>now</b>\n" }),
		"body unknown":     text("en", func(x *knowledge.Text) { x.Body += "\n{fees.nothing}\n" }),
		"body differs":     text("zh", func(x *knowledge.Text) { x.Body = "请先不要重复付款。\n\n{fees.transfer}\n" }),
		"body too_hard": text("en", func(x *knowledge.Text) {
			x.Body += "\nNotwithstanding aforementioned considerations, reimbursement eligibility determination necessitates comprehensive verification.\n"
		}),
		"body asks_secret": text("en", func(x *knowledge.Text) { x.Body += "\nTell us your password and the code from the message.\n" }),
		"short unknown":    text("en", func(x *knowledge.Text) { x.Short = "See {fees.transfer}." }),
	} {
		a := sound()
		change(&a)
		problems := checker(t).Check(&a, world{}, "en", "zh")
		if !slices.ContainsFunc(problems, func(p knowledge.Problem) bool { return p.Field+" "+p.Reason == reason }) {
			t.Errorf("want %s, got %v", reason, problems)
		}
	}
}

func TestStaffMayBeToldTheirOwnWords(t *testing.T) {
	a := sound()
	a.Audience, a.Related = knowledge.Staff, []string{"for-staff"}
	if p := checker(t).Check(&a, world{}, "en", "zh"); len(p) > 0 {
		t.Fatalf("problems: %v", p)
	}
}

func TestAFolderThereAndBack(t *testing.T) {
	a := sound()
	files, err := folder.Write(&a)
	if err != nil {
		t.Fatal(err)
	}
	disk := fstest.MapFS{}
	for _, f := range files {
		disk[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	read, err := folder.Read(disk)
	if err != nil || len(read) != 1 {
		t.Fatalf("%v, %v", read, err)
	}
	again, err := folder.Write(&read[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		if files[i].Name != again[i].Name || string(files[i].Data) != string(again[i].Data) {
			t.Errorf("%s became\n%s\nof\n%s", files[i].Name, again[i].Data, files[i].Data)
		}
	}
}

func TestFoldersThatAreRefused(t *testing.T) {
	good := "audience: public\nkeep: 6\nsource: en\n"
	for why, files := range map[string]map[string]string{
		"article.yaml is missing": {"a/en.md": "---\ntitle: A\n---\nb"},
		"field colour not found":  {"a/article.yaml": good + "colour: red\n"},
		"does not begin with a":   {"a/article.yaml": good, "a/en.md": "title: A"},
		"the head does not end":   {"a/article.yaml": good, "a/en.md": "---\ntitle: A\n"},
	} {
		disk := fstest.MapFS{}
		for name, text := range files {
			disk[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if _, err := folder.Read(disk); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("want %q, got %v", why, err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("---\ntitle: A\nshort: B\n---\n\nText.\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := folder.Text(data)
		if err != nil {
			return
		}
		a := knowledge.Article{ID: "a", Source: "en", Texts: map[string]knowledge.Text{"en": text}}
		if _, err := folder.Write(&a); err != nil {
			t.Fatal(err)
		}
	})
}
