package privacy

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
)

// sink writes rows as a page to read or as data, one after the other.
type sink struct {
	to   io.Writer
	page bool
	w    words
	n    int
	err  error
}

// fail notes an error, and tells whether there is one.
func (s *sink) fail(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err != nil
}

func (s *sink) put(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.to, text)
	}
}

func pageHead(language, title string) string {
	return fmt.Sprintf(`<!doctype html><html lang="%s"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}h2{margin-top:2rem}p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0 1rem}small{color:#555}</style></head><body><h1>%s</h1>`, language, html.EscapeString(title), html.EscapeString(title))
}

func (s *sink) open(title string) {
	if s.page {
		s.put(pageHead(s.w.language, title))
		return
	}
	s.put("[")
}

func (s *sink) close() {
	switch {
	case s.page && s.n == 0:
		s.put("<p>" + html.EscapeString(s.w.nothing) + "</p></body></html>\n")
	case s.page:
		s.put("</body></html>\n")
	default:
		s.put("\n]\n")
	}
}

// head begins a conversation or a case on a page.
func (s *sink) head(title string, at int64) {
	if s.page {
		s.put("<h2>" + html.EscapeString(strings.TrimSpace(title+" "+stamp(at))) + "</h2>")
	}
}

// row writes one thing: on a page when, what, by whom and the words; else the data.
func (s *sink) row(at int64, what, by, text string, data map[string]any) {
	if s.err != nil {
		return
	}
	s.n++
	if s.page {
		name := s.w.kind[what]
		if name == "" {
			name = what
		}
		s.put("<small>" + html.EscapeString(strings.TrimSpace(stamp(at)+" · "+name+" "+by)) + "</small><p>" + html.EscapeString(text) + "</p>")
		return
	}
	if s.n > 1 {
		s.put(",")
	}
	body, err := json.Marshal(data)
	if !s.fail(err) {
		s.put("\n" + string(body))
	}
}

// words are those of the pages.
type words struct {
	language, lead, without, proof, more, nothing, phrase string
	title, kind                                           map[string]string
}

func wordsOf(language string) words {
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return words{
			language: "zh", nothing: "没有内容。", phrase: "已设置暗语（内容不在副本中）",
			lead:    "这是客服系统中保存的您的信息副本。每一部分都有可阅读的页面和可转移到别处的数据（JSON）。",
			without: "副本不包括：员工之间的内部备注、密钥和验证码，以及钱包本身保存的信息。其他人的信息只包含您当时看到的内容；我们的员工以您看到的称呼出现。",
			proof:   "整个文件经过签名（Ed25519）：可用 kefu evidence verify 离线验证每个字节未被更改。",
			more:    "还有 %d 个文件放不进一份副本，请向客服索取。",
			title:   map[string]string{"index": "您的信息副本", "profile": "个人资料", "conversations": "会话", "cases": "案件与信函", "steps": "自助办理记录", "acts": "在钱包中的操作"},
			kind:    map[string]string{"customer": "您", "agent": "客服", "system": "系统", "assistant": "助手", "program": "程序", "written": "信函", "opened": "您告知我们", "profile": "姓名", "phrase": "暗语", "email": "电子邮件", "phone": "电话", "wallet": "钱包编号"},
		}
	}
	return words{
		language: "en", nothing: "There is nothing.", phrase: "You have set a phrase (its words are not in this copy)",
		lead:    "This is the copy of what is kept of you in customer service. Each part is there as a page to read and as data (JSON) to take elsewhere.",
		without: "Not in it: what our people noted for each other, keys and codes, and what the wallet itself keeps. Of other people it holds what you were shown; our people stand in it under the name that you saw.",
		proof:   "The file as a whole is signed (Ed25519): \"kefu evidence verify\" proves offline that no byte was changed.",
		more:    "%d more files do not fit into one copy: ask a person for them.",
		title:   map[string]string{"index": "Your copy", "profile": "Who you are", "conversations": "Conversations", "cases": "Cases and letters", "steps": "What you went through step by step", "acts": "What was done in your wallet"},
		kind:    map[string]string{"customer": "You", "agent": "Our people", "system": "Kefu", "written": "Letter", "opened": "You told us", "profile": "Name", "phrase": "Phrase", "email": "E-mail", "phone": "Telephone", "wallet": "Wallet id"},
	}
}
