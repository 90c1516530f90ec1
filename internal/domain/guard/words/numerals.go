package words

// numeralWords are spelled numbers of one language: words for first, first+1 …
// separated by spaces, alternatives by bars.
type numeralWords struct {
	kind  Kind
	first int
	words string
}

// numerals lists spelled digits by language. Words that mean something else in
// English prose ("do", "no", "me") are left out.
func numerals() []numeralWords {
	digits := []string{
		"zero|oh|nought|naught|null one two three four|fore five|fife six seven eight nine|niner", // en
		"〇|零|洞 一|壹|壱|弌|幺|〡 二|贰|貳|弐|貮|〢 三|叁|參|参|弎|〣 四|肆|〤 五|伍|〥 六|陆|陸|〦 七|柒|漆|拐|〧 八|捌|〨 九|玖|勾|〩",   // zh
		"ling yi|yao er san si wu liu qi ba jiu",                             // pinyin
		"cero uno|una dos tres cuatro cinco seis siete ocho nueve",           // es
		"zero un|une deux trois quatre cinq six sept huit neuf",              // fr
		"null eins|ein zwei|zwo drei vier funf|fuenf sechs sieben acht neun", // de
		"zero um|uma dois|duas tres quatro cinco seis sete oito nove",        // pt
		"zero uno due tre quattro cinque sei sette otto nove",                // it
		"nul een twee drie vier vijf zes zeven acht negen",                   // nl
		"ноль|нуль один|раз два три четыре пять шесть семь восемь девять",    // ru
		"zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec",        // pl
		"sifir bir iki uc dort bes alti yedi sekiz dokuz",                    // tr
		"nol|kosong satu dua tiga empat lima enam tujuh delapan sembilan",    // id
		"không|khong mot hai ba bon|tu nam|lam sau bay tam chin",             // vi
		"ゼロ|れい いち|イチ に|ニ さん|サン よん|ヨン ご|ゴ ろく|ロク なな|ナナ|しち はち|ハチ きゅう|キュウ",       // ja
		"영|공 일 이 삼 사 오 육 칠 팔 구",                                              // ko
		"shunya ek - teen char|chaar paanch|panch chhe|chhah saat aath nau",  // hi, romanised
		"शून्य एक दो तीन चार पांच|पाँच छह|छः सात आठ नौ",                      // hi
		"صفر واحد اثنان|اثنين ثلاثة اربعة|أربعة خمسة ستة سبعة ثمانية تسعة",   // ar
		"ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า",                       // th
		"noll ett tva tre fyra fem sex sju atta nio",                         // sv
	}
	var all []numeralWords
	for _, words := range digits {
		all = append(all, numeralWords{Digit, 0, words})
	}
	return append(all,
		numeralWords{Teen, 10, "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"},
		numeralWords{Tens, 2, "twenty thirty forty|fourty fifty sixty seventy eighty ninety"},
		numeralWords{Repeat, 2, "double|dubble|doppel|doble triple|treble|tripple"},
	)
}
