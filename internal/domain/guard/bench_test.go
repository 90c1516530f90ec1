package guard_test

import (
	"strings"
	"testing"
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
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newDetector(b)
	}
}
