package pages

import (
	"bytes"
	_ "embed"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"kefu/internal/platform/fault"
)

//go:embed embed.html
var embedPage string

//go:embed embed.css
var embedStyle []byte

// embedPart is one way to embed the window.
type embedPart struct{ ID, Title, Text, Code string }

// embedText is what the page says in one language: its title, a lead, and of each
// part the title and a text.
type embedText struct {
	Title, Lead string
	Parts       [][3]string // the file of the code or "", title, text
}

// embedGuide serves how to embed the window, the code with this deployment's own
// addresses. examples are those of the folder of that name.
func (s *Site) embedGuide(examples fs.FS) (map[string]asset, error) {
	const op = "pages.embedGuide"
	page, err := template.New("embed").Parse(embedPage)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	public := s.options.Public.Scheme + "://" + s.options.Public.Host
	inside := s.options.Public.Scheme + "://" + s.options.Widget + "/frame"
	all := map[string]asset{}
	for lang, text := range map[string]embedText{"en": embedEnglish(), "zh": embedChinese()} {
		var parts []embedPart
		for _, p := range text.Parts {
			part := embedPart{ID: strings.ReplaceAll(p[0], "/", "-"), Title: p[1], Text: p[2]}
			if p[0] != "" {
				code, err := fs.ReadFile(examples, p[0])
				if err != nil {
					return nil, fault.Wrap(op, err)
				}
				part.Code = s.own(string(code), public, inside)
			}
			parts = append(parts, part)
		}
		var out bytes.Buffer
		if err := page.Execute(&out, map[string]any{"Lang": lang, "T": text, "Parts": parts}); err != nil {
			return nil, fault.Wrap(op, err)
		}
		all[lang] = newAsset("embed.html", out.Bytes())
	}
	return all, nil
}

// own puts this deployment's addresses into an example. The frame's address is
// written only where the loader would not find it by itself.
func (s *Site) own(code, public, frame string) string {
	code = strings.ReplaceAll(code, "https://kefu.example", public)
	if s.options.Widget == "widget."+s.options.Public.Host {
		return code
	}
	code = strings.Replace(code, "data-kefu-app=", `data-kefu-frame="`+frame+`" data-kefu-app=`, 1)
	return strings.Replace(code, "    if (language) script", "    script.dataset.kefuFrame = '"+frame+"';\n    if (language) script", 1)
}

func (s *Site) mountEmbed(mux *http.ServeMux) {
	p := policy{csp: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	mux.HandleFunc("GET /embed", func(w http.ResponseWriter, r *http.Request) {
		p.set(w.Header())
		w.Header().Set("Cache-Control", "no-cache")
		lang := "en"
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
			lang = "zh"
		}
		w.Header().Add("Vary", "Accept-Language")
		s.embed[lang].serve(w, r)
	})
	style := newAsset("embed.css", embedStyle)
	mux.HandleFunc("GET /embed.css", func(w http.ResponseWriter, r *http.Request) {
		p.set(w.Header())
		w.Header().Set("Cache-Control", "no-cache")
		style.serve(w, r)
	})
}

func embedEnglish() embedText {
	return embedText{
		Title: "Put the window into your wallet",
		Lead:  "One script tag draws the button. The window itself is fetched when it is first opened, or, for who has written before, when the page is idle, so that the button shows what is unread. The page's origin must be among those that may embed it (the setting origins.embed, or the embedding setting of the desk).",
		Parts: [][3]string{
			{"plain/index.html", "A page", "The commands: kefu('open'), with { transaction: its id } where help is wanted with one, and kefu('close'); kefu('identify', token or function) when somebody has signed in, kefu('identify', null) when nobody is or they sign out: the customer's session ends and nothing of theirs stays in the browser; a visitor goes on as one. A function that has no token gives null. Attributes of the tag: data-kefu-lang, data-kefu-theme (light or dark), data-kefu-side (start), data-kefu-app (your version, for technical details that customers agree to send)."},
			{"react/Help.tsx", "React", "Render Help once, with who is signed in; call openHelp() from your own buttons, with the id of a transaction where help is wanted with one."},
			{"token.mjs", "Identity", "Your server says who is signed in, by a token that it signs (EdDSA or ES256), good for at most ten minutes and once. Register the public key as an issuer. Never sign in the browser."},
			{"android/HelpActivity.kt", "Android", "Embed the window in a page of your own, as above, and show that page. The activity opens the window, lets customers choose files and take photos, and keeps links outside; where no app takes a link, it says so."},
			{"ios/HelpView.swift", "iOS", "The same with WKWebView, which chooses files and takes photos by itself."},
			{"", "Telling of answers", "Closing the window is safe: answers wait in it, and its button shows how many. To tell by push, add a webhook at the desk for the event of an agent's message: it names the wallet's customer id, and no words; your server sends the push, and your app opens the help page."},
		},
	}
}

func embedChinese() embedText {
	return embedText{
		Title: "在钱包中嵌入客服窗口",
		Lead:  "只需一个 script 标签即可显示客服按钮，窗口在首次打开时才加载；以前咨询过的客户，会在页面空闲时自动加载，以便按钮显示未读数。嵌入页面的来源须在允许名单内（配置项 origins.embed，或工作台的嵌入设置）。",
		Parts: [][3]string{
			{"plain/index.html", "网页", "命令：kefu('open')（与某笔交易有关时加上 { transaction: 交易编号 }）、kefu('close')；登录后调用 kefu('identify', 令牌或函数)，退出登录或无人登录时调用 kefu('identify', null)，客户的会话随即结束，浏览器里的内容清除，访客不受影响。函数拿不到令牌时请返回 null。标签属性：data-kefu-lang（语言）、data-kefu-theme（light 或 dark）、data-kefu-side（start 为左侧）、data-kefu-app（App 版本，客户同意后随设备信息发送）。"},
			{"react/Help.tsx", "React", "在应用中渲染一次 Help，并传入当前登录的客户；自己的按钮里调用 openHelp()，与某笔交易有关时传入交易编号。"},
			{"token.mjs", "身份令牌", "由您的服务器签发令牌（EdDSA 或 ES256），说明谁已登录；有效期不超过十分钟，只能使用一次。请把公钥登记为签发方，切勿在浏览器里签名。"},
			{"android/HelpActivity.kt", "Android", "按上面的方法在自己的网页里嵌入窗口，再用 WebView 打开该页面。示例会直接打开窗口，支持选择文件和拍照，链接在外部打开；没有应用可以打开时会告知客户。"},
			{"ios/HelpView.swift", "iOS", "用 WKWebView 打开同一页面，选择文件和拍照由系统处理。"},
			{"", "回复提醒", "关闭窗口不会丢失任何消息，回复保留在窗口里，按钮会显示未读数。如需推送，请在工作台为客服消息添加 webhook：通知中只有钱包的客户编号，不含消息内容，由您的服务器发送推送，点开后进入帮助页面。"},
		},
	}
}
