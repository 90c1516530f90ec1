package guardtest

import (
	"strings"
)

// disguise writes a number the way people do, and the way they do when they want
// to get past a filter.
func (m *maker) disguise(number, lang string, long bool) string {
	switch m.rand.IntN(19) {
	case 0, 1:
		return number
	case 2, 3:
		return m.grouped(number, " ")
	case 4:
		return m.grouped(number, pick(m, []string{"-", ".", "_", "/", " - ", ", ", "\n", "·", "—", "|"}))
	case 5:
		return fullWidth(number)
	case 6:
		return strings.Join(strings.Split(number, ""), pick(m, []string{" ", "-", ".", "\u200b", "\u200d", "*", "_", "  ", ", "}))
	case 7:
		return script(number, pick(m, []rune{'٠', '۰', '०', '𝟎', '𝟶', '๐'}))
	case 8:
		return keycaps(number)
	case 9:
		return circled(number)
	case 10, 11:
		return m.words(number, lang)
	case 12:
		return m.mixture(number, lang)
	case 13:
		if long {
			return lookAlike(number)
		}
		return number
	case 16:
		return script(number, pick(m, []rune{'०', '০', '߀', '꘠', '𝟘', '𝟢'}))
	case 17:
		return superscript(number)
	case 18:
		return m.grouped(number, pick(m, []string{" then ", " and then ", " dash ", "~", "…", "*", ") ("}))
	case 14:
		return m.grouped(fullWidth(number), pick(m, []string{"－", "　", " "}))
	default:
		return m.sprinkle(number)
	}
}

// short disguises a code, mostly not at all.
func (m *maker) short(number, lang string) string {
	if m.rand.IntN(3) > 0 {
		return number
	}
	switch m.rand.IntN(7) {
	case 0:
		return fullWidth(number)
	case 1:
		return strings.Join(strings.Split(number, ""), pick(m, []string{" ", "-", ".", "\u200b"}))
	case 2:
		return m.words(number, lang)
	case 3:
		return keycaps(number)
	case 4:
		return circled(number)
	case 5:
		return script(number, pick(m, []rune{'٠', '𝟎'}))
	default:
		if len(number) == 6 {
			return number[:3] + pick(m, []string{" ", "-"}) + number[3:]
		}
		return number
	}
}

func (m *maker) grouped(text, sep string) string {
	points := []rune(text)
	var parts []string
	if len(points) == 15 && sep != "" {
		return string(points[:4]) + sep + string(points[4:10]) + sep + string(points[10:])
	}
	for len(points) > 4 {
		parts = append(parts, string(points[:4]))
		points = points[4:]
	}
	return strings.Join(append(parts, string(points)), sep)
}

func fullWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r + 0xFEE0
		}
		return r
	}, text)
}

func script(number string, zero rune) string {
	return strings.Map(func(r rune) rune { return zero + r - '0' }, number)
}

func keycaps(number string) string {
	var b strings.Builder
	for _, r := range number {
		b.WriteRune(r)
		b.WriteString("\ufe0f\u20e3")
	}
	return b.String()
}

func circled(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '0' {
			return '⓪'
		}
		return '①' + r - '1'
	}, number)
}

func superscript(number string) string {
	return strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(number)
}

func lookAlike(number string) string {
	return strings.NewReplacer("0", "O", "1", "l").Replace(number[:len(number)-4]) + number[len(number)-4:]
}

// sprinkle puts invisible characters between some digits.
func (m *maker) sprinkle(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && m.rand.IntN(3) == 0 {
			b.WriteString(pick(m, []string{"\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad"}))
		}
		b.WriteRune(r)
	}
	return b.String()
}

func digitWords(lang string) [][]string {
	en := strings.Fields("zero one two three four five six seven eight nine")
	switch lang {
	case "zh":
		return [][]string{strings.Split("零一二三四五六七八九", ""), strings.Split("〇一二三四五六七八九", ""), strings.Split("零壹贰叁肆伍陆柒捌玖", ""), strings.Split("零幺二三四五六七八九", "")}
	case "other":
		return [][]string{
			strings.Fields("cero uno dos tres cuatro cinco seis siete ocho nueve"),
			strings.Fields("zéro un deux trois quatre cinq six sept huit neuf"),
			strings.Fields("null eins zwei drei vier fünf sechs sieben acht neun"),
		}
	}
	return [][]string{en, en, strings.Fields("oh one two three four five six seven eight nine"), strings.Fields("Zero One Two Three Four Five Six Seven Eight Nine")}
}

// words spells a number; repeated digits may become doubles.
func (m *maker) words(number, lang string) string {
	words := pick(m, digitWords(lang))
	sep := pick(m, []string{" ", " ", "-", ", "})
	if lang == "zh" {
		sep = pick(m, []string{"", "", " ", "、"})
	}
	double := lang == "en" && m.rand.IntN(3) == 0
	var parts []string
	for i := 0; i < len(number); i++ {
		if double && i+1 < len(number) && number[i] == number[i+1] {
			parts = append(parts, "double "+words[number[i]-'0'])
			i++
			continue
		}
		parts = append(parts, words[number[i]-'0'])
	}
	return strings.Join(parts, sep)
}

// mixture writes some groups in words and some in digits.
func (m *maker) mixture(number, lang string) string {
	var parts []string
	for len(number) > 4 {
		part := number[:4]
		if m.rand.IntN(2) == 0 {
			part = m.words(part, lang)
		}
		parts = append(parts, part)
		number = number[4:]
	}
	return strings.Join(append(parts, number), " ")
}
