package guard_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/guard"
)

// hostile are pieces of texts that give the detectors as much to try as they can.
func hostile() []string {
	return []string{
		"1", "1 ", "4111 ", "4111-1111-1111-1112 ", "one ", "four one one one ", "五", "壹佰 ", "１", "①", "4\u0301", "\u200b4",
		"abandon ", "zoo ", "seed ", "seed phrase ", "word 1: abandon\n", "1. abandon 2. ability ", "abandon seed. ", "的", "的 ", "助记词", "助记词的 ",
		"password: ", "password is hunter2 ", "pass ", "code ", "my pin is ", "cvv ", "验证码是", "密码", "密码是a1 ", "sms code 123 ",
		"0x", "f", "ff ", "sk_live_", "eyJhbGciOi.", "-----BEGIN PRIVATE KEY-----", "5xKXt", "a1", "l1I|O0", "MTIz", "K", "=", "(",
		"https://a.b/?x=%34%31&", "%34%31", "&#52;", "\\u0034", "a.b/", "1.", "1,", "the ", "ab\n", "1\n", "II IV ", "id 110101199003071234 ", "5500 0000 ",
	}
}

// shapes are texts of a length made of one piece.
func shapes(piece string, chars int) []string {
	n := chars / len([]rune(piece))
	half := strings.Repeat(piece, (n-chars/200)/2)
	return []string{strings.Repeat(piece, n), half + strings.Repeat("\n", 30) + half, half + " x. " + half}
}

// A message costs its reader time: nobody may be able to keep the server busy with
// a few of them. Four times the text may take some four times as long, and takes
// sixteen times as long when the work grows with the square of the length.
func TestTheWorkGrowsWithTheText(t *testing.T) {
	const most, slow, growth, tries = 8000, 200 * time.Millisecond, 10, 5
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	scan := func(text string) time.Duration {
		turn := d.Read(text, true)
		turn.Own = true
		turns := []guard.Turn{turn, turn, turn, turn, turn}
		began := time.Now()
		d.ScanWindow(turns, text)
		return time.Since(began)
	}
	for _, piece := range hostile() {
		quarters := shapes(piece, most/4)
		for shape, text := range shapes(piece, most) {
			grows := func() bool { // others at work on the machine look like growth, too, but not each time
				took := scan(text)
				return took > slow && took > growth*scan(quarters[shape])
			}
			for try := 1; grows(); try++ {
				if try == tries {
					t.Errorf("%q in shape %d takes more than %s", piece, shape, slow)
					break
				}
			}
		}
	}
}
