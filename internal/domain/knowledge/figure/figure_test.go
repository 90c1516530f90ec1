package figure

import (
	"testing"
)

func TestWhatIsWrittenByHand(t *testing.T) {
	finder := New()
	for text, want := range map[string]Kind{
		"It costs €1.50 each time":      Money,
		"It costs 1,000 EUR":            Money,
		"You pay USD 20":                Money,
		"up to 50 dollars":              Money,
		"每笔收费2元":                        Money,
		"最高五千元":                         Money,
		"每笔 ￥３":                         Money,
		"a margin of 0.5 %":             Rate,
		"two and 3 per cent of it":      Rate,
		"费率为百分之三":                       Rate,
		"手续费 1％":                        Rate,
		"It takes 3 to 5 business days": Time,
		"within twenty-four hours":      Time,
		"a 24-hour wait":                Time,
		"after ten minutes":             Time,
		"half an hour":                  Time,
		"Reply by 3 March":              Time,
		"一般需要3个工作日":                     Time,
		"请在二十四小时内":                      Time,
		"等待 5-10 分钟":                    Time,
		"自2026年3月1日起":                   Time,
		"three months":                  Time,
		"the 30 days after":             Time,
		"请在 13 个月内提出":                   Time,
	} {
		found := finder.Find(text)
		if len(found) == 0 || found[0].Kind != want {
			t.Errorf("%q: found %v, want %s", text, found, want)
		}
	}
}

func TestWhatIsNoFigure(t *testing.T) {
	finder := New()
	for _, text := range []string{
		"Turn on two-factor authentication", "3-D Secure asks your bank", "Choose one of the two ways",
		"Step 2: open the app", "PSD2 and IPv6", "a few days", "one day you may need it", "the phrase has twelve or 24 words",
		"第2步：打开应用", "两种方式", "数天后", "双重验证", "一次性验证码", "请选择其中一项", "请拨打110报警", "each month", "the last four digits", "the same day",
	} {
		if found := finder.Find(text); len(found) > 0 {
			t.Errorf("%q: found %v", text, found)
		}
	}
}

func TestFoundOnceInOrder(t *testing.T) {
	found := New().Find("费用 2 元，需要 3 天, then 4 % more.")
	if len(found) != 3 || found[0].Text != "2 元" || found[1].Text != "3 天" || found[2].Text != "4 %" {
		t.Fatalf("found %v", found)
	}
	if found[0].At != 3 {
		t.Fatalf("the first stands at %d", found[0].At)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("费用 2 元，需要 3 天, then 4 % more than €5")
	finder := New()
	f.Fuzz(func(t *testing.T, text string) {
		last := -1
		for _, found := range finder.Find(text) {
			if found.At <= last || found.Text == "" {
				t.Fatalf("%q: %v after %d", text, found, last)
			}
			last = found.At
		}
	})
}
