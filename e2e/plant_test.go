package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kefu/client"
)

// field is a running server into which secrets are planted.
type field struct {
	*server
	m       *maker
	agent   string // session tokens
	owner   string
	convs   []string
	files   []string
	control string // a word that is no secret, in a message of every conversation
	tag     string // likewise, where words are kept as they are
}

func newField(s *server, m *maker) *field {
	return &field{server: s, m: m, agent: s.desk("agent").Token, owner: s.desk("owner").Token, control: m.word(), tag: m.word()}
}

// begins starts a conversation in which something harmless is said.
func (f *field) begins(k *talker) string {
	conv := k.begin()
	f.convs = append(f.convs, conv)
	k.say(conv, "nothing to hide: "+f.control)
	return conv
}

// messages plants what customers and a visitor say, over both transports.
func (f *field) messages(secrets []planted) {
	visitor := talk(f.t, client.Config{Target: client.Target{URL: f.base()}, Role: "window"})
	for by, k := range map[string]*talker{
		"WebSocket": f.customer("plant-"+f.m.unique(), client.WebSocket),
		"stream":    f.customer("plant-"+f.m.unique(), client.Stream),
		"a visitor": visitor,
	} {
		for _, secret := range secrets {
			conv := f.begins(k)
			stored := k.say(conv, secret.text)
			// A disguised number may be taken for one of another kind.
			if len(stored.Classes) == 0 || secret.form == "whole" && !slices.Contains(stored.Classes, secret.class) {
				f.t.Errorf("%s (%s) by %s: the guard found %v", secret.class, secret.form, by, stored.Classes)
			}
			for _, trace := range secret.trace {
				if strings.Contains(stored.Text, trace) {
					f.t.Errorf("%s (%s) by %s: stored as %q", secret.class, secret.form, by, stored.Text)
				}
			}
		}
	}
}

// staffWrites plants what is written at the desk.
func (f *field) staffWrites(secrets []planted) {
	k := f.customer("desk-"+f.m.unique(), client.WebSocket)
	for _, secret := range secrets {
		conv := f.begins(k)
		at := "/v1/conversations/" + conv
		var said struct{ Seq int64 }
		f.wants(f.call(http.MethodPost, at+"/messages", f.agent, map[string]any{"client_msg_id": messageID(f.t), "text": secret.text, "note": true}, nil), http.StatusCreated)
		f.wants(f.call(http.MethodPost, at+"/messages", f.agent, map[string]any{"client_msg_id": messageID(f.t), "text": secret.text}, nil), http.StatusCreated)
		first := f.call(http.MethodPost, at+"/messages", f.agent, map[string]any{"client_msg_id": messageID(f.t), "text": "to be edited"}, nil)
		f.wants(first, http.StatusCreated)
		if err := json.Unmarshal(first.body, &said); err != nil {
			f.t.Fatal(err)
		}
		f.wants(f.call(http.MethodPatch, fmt.Sprintf("%s/messages/%d", at, said.Seq), f.agent, map[string]any{"text": secret.text}, nil), http.StatusOK, http.StatusNoContent)
		f.wants(f.call(http.MethodPut, at+"/draft", f.agent, map[string]any{"text": secret.text}, nil), http.StatusOK, http.StatusNoContent)
		// Too long or of more than one line, these may be refused; stored they must be clean.
		line := strings.ReplaceAll(secret.text, "\n", " ")
		f.call(http.MethodPut, at+"/tags", f.agent, map[string]any{"tags": []string{f.tag, line}}, nil)
		f.call(http.MethodPut, at+"/topic", f.agent, map[string]any{"topic": line}, nil)
		for _, trace := range secret.trace {
			f.call(http.MethodPut, at+"/language", f.agent, map[string]any{"language": trace}, nil)
		}
		f.call(http.MethodPut, at+"/priority", f.agent, map[string]any{"priority": secret.text}, nil)
		f.wants(f.call(http.MethodPut, at+"/status", f.agent, map[string]any{"status": "resolved", "wrap_up": secret.text}, nil), http.StatusOK, http.StatusNoContent)
		f.call(http.MethodPut, at+"/status", f.agent, map[string]any{"status": secret.text}, nil)
		f.call(http.MethodGet, "/v1/search?q="+url.QueryEscape(secret.text), f.agent, nil, nil)
		f.wants(f.upload("/v1/attachments", f.agent, line+".txt", "notes\n"+secret.text+"\n"), http.StatusCreated)
		f.call(http.MethodPost, "/v1/staff", f.owner, map[string]any{
			"email": f.m.unique() + "@kefu.demo", "name": line, "alias": line, "role": "agent", "password": "violet-otter-" + f.m.unique(),
		}, nil)
	}
	f.call(http.MethodPut, "/v1/conversations/"+f.convs[0]+"/tags", f.agent, map[string]any{"tags": []string{f.tag}}, nil)
}

func (f *field) wants(got reply, statuses ...int) {
	f.t.Helper()
	if !slices.Contains(statuses, got.status) {
		f.t.Errorf("status %d, not %v: %s", got.status, statuses, got.body)
	}
}

func messageID(t *testing.T) string {
	t.Helper()
	id, err := client.NewMessageID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// attached plants in names and texts of files that a customer sends.
func (f *field) attached(secrets []planted) {
	k := f.customer("files-"+f.m.unique(), client.WebSocket)
	for _, secret := range secrets {
		conv := f.begins(k)
		sent := f.upload("/rt/attachments", k.welcom.Session, strings.ReplaceAll(secret.text, "\n", " ")+".txt", f.control+"\n"+secret.text+"\n")
		f.wants(sent, http.StatusOK)
		var file struct{ ID string }
		if err := json.Unmarshal(sent.body, &file); err != nil {
			f.t.Fatalf("%v: %s", err, sent.body)
		}
		f.files = append(f.files, file.ID)
		id := k.send(client.Outgoing{Conv: conv, Attachments: []string{file.ID}, Text: secret.text})
		k.until("a message with a file", func() bool { return k.stored[id] != nil })
	}
}

// identities plants what comes in wallets' tokens and hellos.
func (f *field) identities(secrets []planted) {
	for _, secret := range secrets {
		for _, trace := range secret.trace {
			token := f.walletToken("named-"+f.m.unique(), secret.text, trace[:min(len(trace), 35)])
			f.speak(client.Hello{Role: "window", Token: token, Lang: trace}, startFrame(secret.text, trace, uuid.NewString()))
		}
		f.speak(client.Hello{Role: "window", Lang: secret.text}, startFrame(secret.text, "en", uuid.NewString()))
		f.speak(client.Hello{Role: "window", Lang: "en"}, startFrame("x", "en", secret.trace[0]))
		f.speak(client.Hello{Role: "window", Token: secret.text})
		f.speak(client.Hello{Role: "window", Visitor: secret.text})
		f.speak(client.Hello{Role: "desk", Token: secret.text})
		f.speak(client.Hello{Role: secret.text})
	}
}

func startFrame(topic, lang, ref string) string {
	raw, _ := json.Marshal(map[string]string{"t": "start", "ref": ref, "topic": topic, "lang": lang}) // strings always marshal
	return string(raw)
}

// speak says hello and some frames on a bare connection, and waits for the pong
// that says they were all dealt with.
func (f *field) speak(hello client.Hello, frames ...string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), answerLimit)
	defer cancel()
	conn, err := client.Dial(ctx, client.Target{URL: f.base()}, hello.Frame())
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(answerLimit))
	for _, frame := range append(frames, `{"t":"ping"}`) {
		if conn.Write([]byte(frame)) != nil {
			return // the hello was refused
		}
	}
	_ = conn.Run(func(frame []byte) { // its end is a pong, or a hello that was refused
		if strings.Contains(string(frame), `"t":"pong"`) {
			conn.Close()
		}
	})
}

// edges plants what no program of ours would send.
func (f *field) edges(secrets []planted) {
	k := f.customer("edges-"+f.m.unique(), client.WebSocket)
	conv := f.begins(k)
	for _, secret := range secrets {
		quoted, _ := json.Marshal(secret.text) // a string always marshals
		f.speak(client.Hello{Role: "window", Lang: "en"},
			secret.text, `{"t":`+string(quoted)+`}`, `{"t":"send","conv":`+string(quoted)+`}`, `{`+string(quoted)+`:1}`,
			`{"t":"send","conv":"`+conv+`","client_msg_id":`+string(quoted)+`,"body":{"type":"text","text":"x"}}`,
			`{"t":"send","conv":"`+conv+`","client_msg_id":"x","body":{"type":`+string(quoted)+`}}`,
			`{"t":"fetch","conv":`+string(quoted)+`,"after_seq":0}`, `{"t":"ack","conv":`+string(quoted)+`,"up_to_seq":1}`,
			`{"t":"flow","conv":"`+conv+`","flow_id":`+string(quoted)+`,"step":"s","input":`+string(quoted)+`,"op_id":"o"}`,
			`{"t":"identify","token":`+string(quoted)+`}`, `{"t":"typing","conv":`+string(quoted)+`,"on":true}`,
			`{"t":"ping","t":`+string(quoted)+`}`,
		)
		k.send(client.Outgoing{Conv: conv, Text: "harmless", Attachments: []string{secret.trace[0]}})
		f.call(http.MethodPost, "/v1/session", "", map[string]string{"email": secret.text, "password": secret.text, "totp": secret.trace[0][:6]}, nil)
		f.call(http.MethodPost, "/v1/session", "", map[string]string{"email": "ingrid@kefu.demo", "password": secret.text, "totp": "123456"}, nil)
		f.requests(secret)
	}
}

// requests plants in every part of a request.
func (f *field) requests(secret planted) {
	escaped, query := url.PathEscape(secret.text), url.QueryEscape(secret.text)
	for _, path := range []string{"/" + escaped, "/desk/" + escaped, "/v1/conversations/" + escaped, "/v1/" + escaped + "?q=" + query, "/rt?token=" + query, "/healthz?" + query, "/v1/search?" + query + "=1"} {
		f.call(http.MethodGet, path, f.agent, nil, nil)
	}
	value := strings.ReplaceAll(secret.text, "\n", " ")
	headers := http.Header{}
	for _, name := range []string{"User-Agent", "Referer", "X-Forwarded-For", "Accept-Language", "Traceparent", "Tracestate", "Baggage", "X-Request-Id", "Origin"} {
		headers.Set(name, value)
	}
	headers.Set("Cookie", "kefu_session="+query)
	for _, path := range []string{"/v1/session", "/desk/", "/rt", "/healthz"} {
		f.call(http.MethodGet, path, "", nil, headers)
	}
	f.call(http.MethodGet, "/v1/session", query, nil, nil)
	for _, path := range []string{"/rt/sessions", "/rt/frames", "/v1/session", "/v1/attachments"} {
		f.call(http.MethodPost, path, query, strings.NewReader(secret.text), http.Header{"Content-Type": {"application/json"}})
	}
	for _, raw := range []string{secret.text + "\r\n\r\n", value + " / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: " + query + "\r\n" + value + "\r\n\r\n", "GET / " + value + "\r\n\r\n"} {
		f.raw(raw)
	}
}

// raw writes bytes to the server's port.
func (f *field) raw(text string) {
	f.t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("localhost", f.port), answerLimit)
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(answerLimit))
	_, _ = io.WriteString(conn, text)
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
}

// growing is a split secret of which all but the last part is said.
type growing struct {
	split
	conv string
	k    *talker
}

// begun says all but the last part of each, with others speaking in between.
func (f *field) begun(secrets []split) []growing {
	var all []growing
	for i, secret := range secrets {
		by := client.WebSocket
		if i%2 == 1 {
			by = client.Stream
		}
		k := f.customer("split-"+f.m.unique(), by)
		g := growing{secret, f.begins(k), k}
		for _, part := range secret.parts[:len(secret.parts)-1] {
			k.say(g.conv, part)
			f.wants(f.call(http.MethodPost, "/v1/conversations/"+g.conv+"/messages", f.agent, map[string]any{"client_msg_id": messageID(f.t), "text": "I see, please go on"}, nil), http.StatusCreated)
		}
		all = append(all, g)
	}
	return all
}

// saidByStaff plants a split secret that a member of staff writes, which no client
// is told of twice.
func (f *field) saidByStaff(secrets []split) {
	k := f.customer("staff-split-"+f.m.unique(), client.WebSocket)
	for _, secret := range secrets {
		conv := f.begins(k)
		for _, part := range secret.parts {
			f.wants(f.call(http.MethodPost, "/v1/conversations/"+conv+"/messages", f.agent, map[string]any{"client_msg_id": messageID(f.t), "text": part, "note": true}, nil), http.StatusCreated)
		}
	}
}

// completed says the last part, and waits until the earlier ones are withdrawn.
func (f *field) completed(all []growing) {
	for _, g := range all {
		stored := g.k.say(g.conv, g.parts[len(g.parts)-1])
		if !slices.Contains(stored.Classes, g.class) {
			f.t.Errorf("%s (%s): the last part was stored with %v", g.class, g.form, stored.Classes)
			continue
		}
		g.k.until(fmt.Sprintf("a withdrawal of %s (%s)", g.class, g.form), func() bool {
			return slices.ContainsFunc(g.k.of(g.conv), func(e client.Event) bool { return e.Kind == "redacted" })
		})
	}
}

// readable is every word that the desk can read of the field's conversations.
func (f *field) readable() string {
	f.t.Helper()
	var out strings.Builder
	read := func(path, token string) {
		got := f.call(http.MethodGet, path, token, nil, nil)
		if got.status != http.StatusOK {
			f.t.Errorf("GET %s: status %d: %s", path, got.status, got.body)
		}
		out.WriteString(words(got.body))
	}
	customers := map[string]bool{}
	for _, conv := range f.convs {
		at := "/v1/conversations/" + conv
		line := f.call(http.MethodGet, at, f.agent, nil, nil)
		var named struct{ Customer struct{ ID string } }
		if err := json.Unmarshal(line.body, &named); err != nil {
			f.t.Errorf("%s: %v", line.body, err)
		}
		out.WriteString(words(line.body))
		read(at+"/entries?after=0&limit=200", f.agent)
		read(at+"/draft", f.agent)
		customers[named.Customer.ID] = true
	}
	for id := range customers {
		read("/v1/customers/"+id, f.agent)
	}
	for _, id := range f.files {
		out.WriteString(f.download(id))
	}
	for _, status := range []string{"open", "waiting", "resolved"} {
		read("/v1/conversations?status="+status+"&limit=100", f.agent)
	}
	read("/v1/staff", f.owner)
	return out.String()
}

// download is the content of a file, by a link that the desk gives.
func (f *field) download(id string) string {
	f.t.Helper()
	got := f.call(http.MethodGet, "/v1/attachments/"+id+"/link", f.agent, nil, nil)
	var link struct{ URL string }
	if err := json.Unmarshal(got.body, &link); err != nil || link.URL == "" {
		f.t.Errorf("a link to a file: status %d: %s", got.status, got.body)
		return ""
	}
	client := browser()
	defer client.CloseIdleConnections()
	response, err := client.Get(link.URL)
	if err != nil {
		f.t.Error(err)
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), f.control) {
		f.t.Errorf("a file: status %d, error %v: %q", response.StatusCode, err, text)
	}
	return string(text) + "\n"
}
