package guard_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/guard"
)

func benchScan(b *testing.B, text string) {
	d := newDetector(b)
	b.ReportAllocs()
	for b.Loop() {
		d.Scan(text)
	}
}

func BenchmarkEnglish(b *testing.B) {
	benchScan(b, "Hello, I would like to know why my transfer is still pending. It left my account some days ago. Thanks")
}

func BenchmarkChinese(b *testing.B) {
	benchScan(b, strings.Repeat("您好，我想问一下为什么我的转账还没有到账，已经等了好几天了，麻烦帮我查一下，谢谢。", 3)[:300])
}

func BenchmarkDigits(b *testing.B) {
	benchScan(b, "I paid 45.00 on 12/03/2024 with order 20240312884512, card ending in 1234, call me on +44 7700 900123 please")
}

func BenchmarkCard(b *testing.B) { benchScan(b, "my card is 4111 1111 1111 1111 12/26 123") }

// Worst cases fill a whole piece.
func BenchmarkWorstDigits(b *testing.B) { benchScan(b, strings.Repeat("4111 ", 13000)) }
func BenchmarkWorstWords(b *testing.B)  { benchScan(b, strings.Repeat("abandom abilty ", 4300)) }
func BenchmarkWorstHan(b *testing.B) {
	benchScan(b, strings.Repeat("的一是在不了有和人这中大", 1800))
}
func BenchmarkWorstTriggers(b *testing.B) {
	benchScan(b, strings.Repeat("code cvv password 123456 ", 2600))
}
func BenchmarkWorstConnects(b *testing.B) { benchScan(b, strings.Repeat("is the code ", 5400)) }
func BenchmarkWorstHex(b *testing.B)      { benchScan(b, "private key "+strings.Repeat("abcdef12", 8000)) }
func BenchmarkWorstNumerals(b *testing.B) { benchScan(b, strings.Repeat("四一一", 7000)) }
func BenchmarkWorstKeywords(b *testing.B) { benchScan(b, strings.Repeat("token: key=", 5900)) }
func BenchmarkWorstMadeUp(b *testing.B) {
	benchScan(b, "password "+strings.Repeat("1a", 32000))
}
func BenchmarkWorstAddresses(b *testing.B) { benchScan(b, "login "+strings.Repeat("a1@b.c1/", 8000)) }
func BenchmarkWorstProse(b *testing.B) {
	benchScan(b, strings.Repeat("about this time they have work ", 2000))
}
func BenchmarkWorstAnswers(b *testing.B) {
	d := newDetector(b)
	previous := []guard.Turn{d.Read("your code, cvv, password and pin please", false)}
	text := strings.Repeat("4711 ", 13000)
	for b.Loop() {
		d.ScanWindow(previous, text)
	}
}
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newDetector(b)
	}
}

// BenchmarkWindow is what each message costs: an ordinary text of 112 bytes
// after four ordinary ones.
func BenchmarkWindow(b *testing.B) {
	d := newDetector(b)
	for _, c := range []struct {
		name    string
		current string
		before  []string
	}{
		{"English", "Hello, I would like to know why my transfer is still pending. It left my account three days ago, please check it.", []string{
			"Hi there, good evening, I hope that somebody can help me with this problem because it has been going on for a while",
			"I have sent some money to my sister on Monday and she told me that nothing has arrived in her wallet until today...",
			"The app shows it as pending, I tried to refresh it and to sign in again but that did not change anything, it stays.",
			"My friend had the same problem last month and you solved it in a few minutes, so I think that you know what to do.",
		}},
		{"Chinese", "您好，我想问一下为什么我的转账还没有到账，已经等了好几天了，麻烦帮我查一下", []string{
			"晚上好，有人在吗，我这边遇到一个问题一直没有解决，希望你们能够帮忙看看到底怎么回事",
			"我星期一给我妹妹转了一笔钱，她说到今天为止钱包里面什么都没有收到，我也不知道怎么办",
			"软件里显示还在处理中，我刷新过也重新登录过，但是都没有变化，一直停在那里不动",
			"我朋友上个月也碰到过一样的情况，你们几分钟就帮他处理好了，所以我想你们应该知道",
		}},
		{"Figures", "I paid 45.00 on 12/03/2024 with order 20240312884512, card ending in 1234, call me on +44 7700 900123 please ok", []string{
			"My order 20240312884512 was charged twice, 45.00 and 45.00", "on 12/03/2024", "at 14:05 and 14:07", "the card ends in 1234",
		}},
	} {
		var previous []guard.Turn
		for i, text := range c.before {
			previous = append(previous, d.Read(text, i != 1))
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.ScanWindow(previous, c.current)
			}
		})
	}
}
