package official

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Networks are those on which there are accounts.
func Networks() []string {
	return []string{"wechat", "weibo", "douyin", "xiaohongshu", "x", "facebook", "instagram", "youtube", "tiktok", "linkedin", "telegram", "whatsapp"}
}

// Stores are the platforms of apps.
func Stores() []string { return []string{"ios", "android"} }

// networkOf is whose accounts the addresses of a host are.
func networkOf(host string) string {
	for site, network := range map[string]string{
		"weibo.com": "weibo", "weibo.cn": "weibo", "douyin.com": "douyin", "xiaohongshu.com": "xiaohongshu", "x.com": "x", "twitter.com": "x",
		"facebook.com": "facebook", "fb.com": "facebook", "instagram.com": "instagram", "youtube.com": "youtube", "tiktok.com": "tiktok",
		"linkedin.com": "linkedin", "t.me": "telegram", "telegram.me": "telegram", "wa.me": "whatsapp",
	} {
		before, below := strings.CutSuffix(host, "."+site)
		// Not every name below: on some networks that is an account itself.
		if host == site || (below && (slices.Contains([]string{"www", "m", "mobile", "web"}, before) || network == "linkedin" && len(before) == 2)) {
			return network
		}
	}
	return ""
}

// sections are where a network has accounts of more than one kind, of which each may have
// the same name and another owner: what stands before the name in their addresses. Of no
// network: those of all.
func sections(network string) []string {
	all := map[string][]string{
		"linkedin": {"company", "in", "school", "showcase"}, "youtube": {"c", "user", "channel"}, "weibo": {"u", "n"},
		"douyin": {"user"}, "xiaohongshu": {"user/profile"}, "telegram": {"s"},
	}
	if network != "" {
		return all[network]
	}
	var every []string
	for _, some := range all {
		every = append(every, some...)
	}
	return every
}

// cutAccount parts an account from its section: "@" is that of YouTube's handles.
func cutAccount(value string) (section, name string) {
	if name, handle := strings.CutPrefix(value, "@"); handle {
		return "@", name
	}
	at := strings.LastIndexByte(value, '/')
	return value[:max(at, 0)], value[at+1:]
}

// reading is one way to understand what somebody typed.
type reading struct {
	kind    Kind
	network string // of an account or an app; "" when it was not said
	value   string // in the form that is compared
	further bool   // more follows the name of an account in its address, and may lead anywhere
	around  string // what stood beside the host of a link, which may name us to deceive
	// no such number is given out in that country, so nobody means it
	unlikely bool
}

// tidy brings a text to the form in which it is read: compatible letters and digits are
// folded (Unicode NFKC), white space and marks that are not seen go from its ends.
// hidden says that such marks stood inside of it.
func tidy(text string) (plain string, hidden bool) {
	text = norm.NFKC.String(strings.ToValidUTF8(text, ""))
	unseen := func(r rune) bool {
		return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Z, unicode.Variation_Selector)
	}
	text = strings.TrimFunc(text, unseen)
	var b strings.Builder
	for _, r := range text {
		if unicode.IsSpace(r) {
			b.WriteByte(' ')
			continue
		}
		if unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) {
			hidden = true
			continue
		}
		b.WriteRune(r)
	}
	return b.String(), hidden
}

// read finds what a text may mean, the likeliest first.
func (b *Book) read(text string) []reading {
	lower := strings.ToLower(text)
	if number, ok := strings.CutPrefix(lower, "tel:"); ok {
		return b.phones(number)
	}
	if address, ok := strings.CutPrefix(lower, "mailto:"); ok {
		text, _, _ = strings.Cut(address, "?")
	}
	if network, account, ok := named(text); ok {
		return []reading{{kind: Social, network: network, value: account}}
	}
	if link, ok := linkOf(text); ok {
		return link
	}
	if strings.HasPrefix(text, "@") {
		if account, ok := readAccount(text); ok {
			return []reading{{kind: Social, value: account}}
		}
		return nil
	}
	if strings.Contains(text, "@") {
		if address, ok := readMail(text); ok {
			return []reading{{kind: Mail, value: address}}
		}
		return nil
	}
	if found := b.phones(text); len(found) > 0 {
		return found
	}
	var found []reading
	if app, ok := readApp(text); ok {
		found = append(found, reading{kind: App, value: app})
	}
	if strings.Contains(text, ".") {
		if host, ok := readHost(text); ok {
			found = append(found, reading{kind: Site, value: host})
		}
	}
	if account, ok := accountOn("", text); ok {
		found = append(found, reading{kind: Social, value: account})
	}
	return found
}

// linkOf reads an address of the web: a page of ours or of somebody's, an account on a
// network, an app in a store. Two addresses in one text are none: which one would be
// followed nobody knows.
func linkOf(text string) ([]reading, bool) {
	text = strings.ReplaceAll(text, "\\", "/") // as browsers do (WHATWG URL, section 4.4)
	rest := text
	scheme, after, found := strings.Cut(text, "://")
	lower := strings.ToLower(scheme)
	switch {
	case found && (lower != "https" && lower != "http" || strings.Contains(after, "://")):
		return nil, true
	case found:
		rest = after
	case strings.HasPrefix(lower, "www."), strings.Contains(text, ".") && strings.ContainsAny(text, "/?#") && !strings.Contains(text, " "):
	default:
		return nil, false
	}
	u, err := url.Parse("https://" + rest)
	if err != nil || strings.Contains(rest, " ") {
		return nil, true
	}
	host, ok := readHost(u.Hostname())
	if !ok {
		return nil, true
	}
	around := strings.ToLower(u.Path + " " + u.RawQuery + " " + u.Fragment)
	if u.User != nil {
		around = strings.ToLower(u.User.String()) + " " + around
	}
	steps := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if network := networkOf(host); network != "" {
		if r, ok := accountOf(network, u, steps); ok {
			return []reading{r}, true
		}
	}
	if host == "play.google.com" && strings.Join(steps, "/") == "store/apps/details" && len(u.Query()["id"]) == 1 {
		if app, ok := readApp(u.Query().Get("id")); ok {
			return []reading{{kind: App, network: "android", value: app}}, true
		}
	}
	if host == "apps.apple.com" && len(steps) > 1 && len(steps) < 5 && slices.Contains(steps[:2], "app") {
		if app, ok := readApp(steps[len(steps)-1]); ok {
			return []reading{{kind: App, network: "ios", value: app}}, true
		}
	}
	return []reading{{kind: Site, value: host, around: around}}, true
}

// accountOf reads the address of an account. What follows the name is not left out: a
// post is found by its number, whatever name stands before it.
func accountOf(network string, u *url.URL, steps []string) (reading, bool) {
	if len(steps) == 0 {
		return reading{}, false
	}
	r := reading{kind: Social, network: network, further: u.RawQuery != "" || u.Fragment != "" || u.User != nil}
	for _, section := range sections(network) {
		deep := strings.Count(section, "/") + 1
		if len(steps) > deep && strings.EqualFold(strings.Join(steps[:deep], "/"), section) {
			r.value, steps = section+"/", steps[deep:]
			break
		}
	}
	if network == "youtube" && r.value == "" && strings.HasPrefix(steps[0], "@") {
		r.value = "@"
	}
	account, ok := readAccount(steps[0])
	r.value += account
	r.further = r.further || len(steps) > 1
	return r, ok
}

// accountOn reads an account as it is said: its name, or with the section that it is in.
func accountOn(network, text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	section, name := cutAccount(text)
	if strings.HasPrefix(text, "/") || (section != "" && section != "@" && !slices.Contains(sections(network), section)) {
		return "", false
	}
	account, ok := readAccount(name)
	switch {
	case !ok:
		return "", false
	case network == "youtube" && (section == "" || section == "@"):
		return "@" + account, true
	case section == "" || section == "@":
		return account, true
	}
	return section + "/" + account, true
}

// named reads "WeChat: name" and the like.
func named(text string) (network, account string, ok bool) {
	before, after, found := strings.Cut(strings.Replace(text, "：", ":", 1), ":")
	if !found {
		return "", "", false
	}
	network = strings.ToLower(strings.TrimSpace(before))
	if other, known := map[string]string{"twitter": "x", "微信": "wechat", "公众号": "wechat", "微博": "weibo", "抖音": "douyin", "小红书": "xiaohongshu"}[network]; known {
		network = other
	}
	if !slices.Contains(Networks(), network) {
		return "", "", false
	}
	account, ok = accountOn(network, after)
	return network, account, ok
}

// phones reads a telephone number: with its country, or as one of the countries of the
// register has it.
func (b *Book) phones(text string) []reading {
	var found []reading
	countries := b.countries
	if international(text) || len(countries) == 0 {
		countries = []string{"ZZ"}
	}
	for _, country := range countries {
		if number, ok := readPhone(text, country); ok && !slices.ContainsFunc(found, func(r reading) bool { return r.value == number }) {
			found = append(found, reading{kind: Phone, value: number})
		}
	}
	for i := range found {
		found[i].unlikely = len(found) > 1 && !givenOut(found[i].value)
	}
	return found
}

func givenOut(e164 string) bool {
	number, err := phonenumbers.Parse(e164, "ZZ")
	return err == nil && phonenumbers.IsValidNumber(number)
}

func international(text string) bool {
	return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00")
}

// readPhone gives a number as ITU-T E.164 writes it. Numbers that are too short for that
// plan, as hotlines are, are read by their country alone.
func readPhone(text, country string) (string, bool) {
	text = norm.NFKC.String(strings.TrimSpace(text))
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("+-()./ \u00a0\u2010\u2011\u2012\u2013#*", r):
			return "", false
		}
	}
	if digits < 3 || digits > 20 || strings.LastIndexByte(text, '+') > 0 {
		return "", false
	}
	if strings.HasPrefix(text, "00") && digits > 8 {
		text = "+" + text[2:]
	}
	number, err := phonenumbers.Parse(text, country)
	if err != nil {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

func isCountry(code string) bool {
	return code == strings.ToUpper(code) && phonenumbers.GetCountryCodeForRegion(code) != 0
}

// countryOf is the country of a number, as ISO 3166-1 has it, or "".
func countryOf(e164, said string) string {
	if said != "" {
		return said
	}
	number, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
}

// readMail gives an e-mail address: in lower case, its domain as readHost has it, and
// without a sub-address (RFC 5233), which leads to the same box.
func readMail(text string) (string, bool) {
	text, _ = tidy(text)
	at := strings.LastIndexByte(text, '@')
	if parsed, err := mail.ParseAddress(text); err == nil {
		text = parsed.Address
		at = strings.LastIndexByte(text, '@')
	}
	if at <= 0 || len(text) > maxValue {
		return "", false
	}
	local, _, _ := strings.Cut(strings.ToLower(text[:at]), "+")
	host, ok := readHost(text[at+1:])
	if !ok || local == "" || strings.ContainsAny(local, " \t<>()[],;:\\\"@") {
		return "", false
	}
	return local + "@" + host, true
}

// readHost gives a host name in lower case and in letters, not in their encoding
// (UTS #46), without the dot at its end.
func readHost(text string) (string, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if host, port, found := strings.Cut(text, ":"); found && strings.Trim(port, "0123456789") == "" {
		text = host
	}
	if text == "" || len(text) > 253 || strings.ContainsAny(text, " /\\@?#%") {
		return "", false
	}
	// Lenient on purpose: what a strict reading refuses is what impostors use.
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))
	host, err := profile.ToUnicode(text)
	if err != nil && host == "" {
		return "", false
	}
	host = strings.ToLower(norm.NFC.String(host))
	labels := strings.Split(host, ".")
	if len(labels) < 2 || slices.Contains(labels, "") {
		return "", false
	}
	return host, true
}

// readAccount gives the name of an account in lower case, without what stands before it.
func readAccount(text string) (string, bool) {
	text = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "@"))
	if text == "" || len(text) > 64 || strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune("._-", r)
	}) >= 0 {
		return "", false
	}
	return text, true
}

// readApp gives the identifier of an app: a name in reverse, as both platforms have it,
// or the number of Apple's store.
func readApp(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if regexp.MustCompile(`^id[0-9]{6,12}$`).MatchString(text) {
		return text, true
	}
	return text, len(text) <= 150 && regexp.MustCompile(`^\p{L}[\p{L}\p{M}0-9_-]*(\.[\p{L}\p{M}0-9_-]+){2,}$`).MatchString(text)
}
