package realtime_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/web/realtime"
)

// garbage are frames that no client should send, with the code of the answer.
func garbage() map[string][2]string {
	deep := strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)
	keys := `{"t":"ping"`
	for i := range 70 {
		keys += fmt.Sprintf(`,"k%d":1`, i)
	}
	return map[string][2]string{
		"nothing":               {``, "bad_frame"},
		"white space":           {"  \n ", "bad_frame"},
		"no JSON":               {`hello`, "bad_frame"},
		"half":                  {`{"t":"ping"`, "bad_frame"},
		"two frames":            {`{"t":"ping"}{"t":"ping"}`, "bad_frame"},
		"two lines":             {"{\"t\":\"ping\"}\n{\"t\":\"ping\"}", "bad_frame"},
		"a list":                {`[]`, "bad_frame"},
		"a string":              {`"ping"`, "bad_frame"},
		"a number":              {`1`, "bad_frame"},
		"null":                  {`null`, "unknown_type"},
		"no type":               {`{}`, "unknown_type"},
		"a type that is no one": {`{"t":1}`, "bad_frame"},
		"an unknown type":       {`{"t":"Sessions::Event::Base"}`, "unknown_type"},
		"an unknown field":      {`{"t":"ping","admin":true}`, "bad_frame"},
		"a duplicate":           {`{"t":"ping","t":"send"}`, "bad_frame"},
		"a disguised duplicate": {`{"t":"ping","\u0074":"send"}`, "bad_frame"},
		"in another case":       {`{"t":"ping","T":"send"}`, "bad_frame"},
		"nested":                {`{"t":"flow","input":` + deep + `}`, "bad_frame"},
		"nested lists":          {`{"t":"flow","input":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "bad_frame"},
		"many keys":             {keys + "}", "bad_frame"},
		"a wrong type":          {`{"t":"ack","conv":"x","up_to_seq":"1"}`, "bad_frame"},
		"a fraction":            {`{"t":"ack","conv":"x","up_to_seq":1.5}`, "bad_frame"},
		"a huge number":         {`{"t":"ack","conv":"x","up_to_seq":99999999999999999999}`, "bad_frame"},
		"an operator":           {`{"t":"fetch","conv":{"$ne":""},"after_seq":0}`, "bad_frame"},
		"SQL":                   {`{"t":"fetch","conv":"' OR 1=1 --","after_seq":0}`, "not_found"},
		"a zero byte":           {`{"t":"fetch","conv":"a\u0000b","after_seq":0}`, "not_found"},
		"a path":                {`{"t":"human","conv":"../../etc/passwd"}`, "not_found"},
		"ack of nothing":        {`{"t":"ack","conv":"x","up_to_seq":0}`, "invalid"},
		"read of less":          {`{"t":"read","conv":"x","seq":-1}`, "invalid"},
		"one byte too long":     {`{"t":"ping","lang":"` + strings.Repeat("x", 64<<10+1-22) + `"}`, "too_large"},
		"far too long":          {`{"t":"ping","lang":"` + strings.Repeat("x", 100<<10) + `"}`, "too_large"},
	}
}

func TestWhatIsNoFrameIsAnsweredByACodeAndNothingElse(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	h.window("bob")
	for name, test := range garbage() {
		t.Run(name, func(t *testing.T) {
			window.raw(gws.OpcodeText, []byte(test[0]))
			got := window.next("error")
			if got.text("code") != test[1] {
				t.Errorf("answered %v, want %s", got, test[1])
			}
			for field := range got {
				if !slices.Contains([]string{"t", "code", "ref"}, field) {
					t.Errorf("the answer tells more: %v", got)
				}
			}
			if ref := got.text("ref"); ref != "" && !strings.Contains(test[0], `"t":"`+ref+`"`) {
				t.Errorf("the answer names %q", ref)
			}
		})
	}
	window.raw(gws.OpcodeBinary, []byte{0, 1, 2})
	if got := window.next("error"); got.text("code") != "bad_frame" {
		t.Errorf("binary was answered %v", got)
	}
	whole := `{"t":"ping","lang":"` + strings.Repeat("x", 64<<10-22) + `"}`
	window.raw(gws.OpcodeText, []byte(whole))
	window.next("pong")
	if log := h.log.String(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

// TestWhatIsNoWebSocketEndsTheConnectionAndNoOther sends what RFC 6455 wants a
// connection to be failed for.
func TestWhatIsNoWebSocketEndsTheConnectionAndNoOther(t *testing.T) {
	h := open(t, choices{})
	bystander, _ := h.window("ann")
	for name, do := range map[string]func(*wire){
		"a giant":       func(w *wire) { w.raw(gws.OpcodeText, bytes.Repeat([]byte("x"), 129<<10)) },
		"invalid UTF-8": func(w *wire) { w.raw(gws.OpcodeText, []byte("{\"t\":\"ping\",\"lang\":\"\xff\xfe\"}")) },
		"not masked":    func(w *wire) { _, _ = w.conn.NetConn().Write([]byte{0x81, 0x02, '{', '}'}) },
		"noise":         func(w *wire) { _, _ = w.conn.NetConn().Write(bytes.Repeat([]byte{0xff}, 100)) },
		"a close":       func(w *wire) { _ = w.conn.WriteClose(1000, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := h.window("bob")
			do(w)
			w.gone("")
			bystander.rest()
		})
	}
	eventually(t, "places given back", func() bool { return h.server.Open() == 1 })
}

// eventually waits for something that the server does by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !holds(); {
		if time.Now().After(limit) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWebSocketPingsAreAnswered(t *testing.T) {
	h := open(t, choices{})
	h.server.SetSlowLimit(300 * time.Millisecond)
	window, _ := h.window("ann")
	window.rest()
	time.Sleep(310 * time.Millisecond) // the deadline of what was written before has passed now
	h.must(window.conn.WritePing([]byte("x")))
	window.rest()
}

func TestAFrameLimitIsTold(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.FramesPer10s = 20 }})
	window, _ := h.window("ann")
	for range 45 {
		window.say(frame{"t": "ping"})
	}
	if got := window.next("error"); got.text("code") != "rate_limited" || got.number("retry_after_ms") < 1 || got["ref"] != nil {
		t.Errorf("told %v", got)
	}
}

func TestOnlyThePagesOfTheListMayConnect(t *testing.T) {
	h := open(t, choices{})
	for _, foreign := range []string{"https://evil.test", "null", "https://desk.kefu.test.evil.test", "http://desk.kefu.test", "https://desk.kefu.test:8443"} {
		if _, response, err := h.tryDial(http.Header{"Origin": {foreign}}); err == nil || response == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("%s was answered %v", foreign, response)
		}
	}
	h.dial(http.Header{"Origin": {origin}}).hello(frame{"role": "window"})
}

func TestTheCookieOpensADesk(t *testing.T) {
	h := open(t, choices{})
	agent := h.colleague(identity.Agent)
	cookie := "__Host-kefu_session=" + agent.token
	w := h.dial(http.Header{"Origin": {origin}, "Cookie": {cookie}})
	if got := w.hello(frame{"role": "desk"}); got["staff"] == nil || got["staff"].(map[string]any)["id"] != agent.ID {
		t.Errorf("welcomed as %v", got)
	}
	planted := h.dial(http.Header{"Origin": {origin}, "Cookie": {cookie + "; __Host-kefu_session=planted"}})
	planted.refused(frame{"t": "hello", "v": 1, "role": "desk"}, "unauthenticated")
	window := h.dial(http.Header{"Origin": {origin}, "Cookie": {cookie}})
	if got := window.hello(frame{"role": "window"}); got["anonymous"] != true {
		t.Errorf("the cookie made a window %v", got)
	}
}

// Browsers count the window's page to the desk's site and send the cookie along
// with what it connects to.
func TestTheCookieDoesNotSpeakForTheWindowsPage(t *testing.T) {
	h := open(t, choices{})
	agent := h.colleague(identity.Agent)
	from := http.Header{"Origin": {widgetOrigin}, "Cookie": {"__Host-kefu_session=" + agent.token}}
	h.dial(from).refused(frame{"t": "hello", "v": 1, "role": "desk"}, "unauthenticated")
	h.dial(from).hello(frame{"role": "window"})
}

// FuzzReadFrame wants the reader of frames to survive everything, and the quick
// reader to understand what it takes as the other one does.
func FuzzReadFrame(f *testing.F) {
	for _, test := range garbage() {
		f.Add([]byte(test[0]))
	}
	for _, text := range hot() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = realtime.ReadFrame(data)
		if _, agree := realtime.ReadBothWays(data); !agree {
			t.Errorf("two readers take %q for different frames", data)
		}
	})
}

// hot are frames that the quick reader takes.
func hot() []string {
	conv := id.New()
	return []string{
		`{"t":"send","conv":"` + conv + `","client_msg_id":"0192d1b2-7c3a-7def-8000-000000000001","body":{"type":"text","text":"我的钱不见了"}}`,
		` { "body" : { "text" : "a" , "type" : "text" } , "note" : true , "reply_to" : 12 , "client_msg_id" : "m" , "conv" : "c" , "t" : "send" } `,
		`{"t":"send","conv":"","client_msg_id":"","body":{"type":"text","text":""},"note":false,"reply_to":0}`,
		`{"t":"send","conv":"c","client_msg_id":"m","body":{"type":"text","text":"a"},"seen":41}`,
		`{"t":"ack","conv":"` + conv + `","up_to_seq":999999999999999999}`,
		`{"t":"read","seq":7,"conv":"` + conv + `"}`,
		`{"t":"ping"}`,
	}
}

func TestTheQuickReaderTakesTheFramesOfEachMessage(t *testing.T) {
	for _, text := range hot() {
		if taken, agree := realtime.ReadBothWays([]byte(text)); !taken || !agree {
			t.Errorf("%s: taken %v, agree %v", text, taken, agree)
		}
	}
	for name, test := range garbage() {
		if _, agree := realtime.ReadBothWays([]byte(test[0])); !agree {
			t.Errorf("%s: the readers disagree", name)
		}
	}
	// Damage each byte of each frame, many times over.
	random := rand.New(rand.NewPCG(1, 2))
	for _, text := range hot() {
		for range 5_000 {
			damaged := []byte(text)
			for range 1 + random.IntN(3) {
				at := random.IntN(len(damaged))
				switch random.IntN(3) {
				case 0:
					damaged[at] = []byte(`"\{}[]:,0123456789 tfnaue` + "\x00\xff")[random.IntN(27)]
				case 1:
					damaged = append(damaged[:at], damaged[at+1:]...)
				default:
					damaged = append(damaged[:at:at], append([]byte{damaged[at]}, damaged[at:]...)...)
				}
			}
			if _, agree := realtime.ReadBothWays(damaged); !agree {
				t.Fatalf("the readers disagree about %q", damaged)
			}
		}
	}
}
