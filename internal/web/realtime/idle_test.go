package realtime_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// maxIdle is what an idle connection may cost in heap and stack, this test's own
// end of it included. The process's other memory, such as garbage that is not
// collected yet, is measured by kefu bench idle.
const maxIdle = 14 << 10

func TestAnIdleConnectionCostsLittle(t *testing.T) {
	h := open(t, choices{})
	const n = 300
	h.idle("warm", 20)
	before := memory()
	h.idle("idle", n)
	if each := (memory() - before) / n; each > maxIdle {
		t.Errorf("an idle connection costs %d bytes, more than %d", each, maxIdle)
	}
}

func memory() int64 {
	runtime.GC() // twice: pools are emptied by the second, stacks shrink at each
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// idle opens windows by hand, which costs this side next to nothing, and leaves
// them after a ping.
func (h *house) idle(name string, count int) {
	h.t.Helper()
	for i := range count {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		h.must(err)
		h.t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, "GET /rt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Protocol: kefu.v1\r\n\r\n")
		h.must(err)
		from := bufio.NewReader(conn)
		response, err := http.ReadResponse(from, nil)
		h.must(err)
		if response.StatusCode != http.StatusSwitchingProtocols {
			h.t.Fatalf("the handshake was answered %d", response.StatusCode)
		}
		hello, err := json.Marshal(frame{"t": "hello", "v": 1, "role": "window", "token": h.walletToken(fmt.Sprint(name, i))})
		h.must(err)
		for _, data := range [][]byte{hello, []byte(`{"t":"ping"}`)} {
			_, err := conn.Write(masked(data))
			h.must(err)
			head := make([]byte, 4)
			_, err = io.ReadFull(from, head[:2])
			h.must(err)
			length := int64(head[1])
			if length == 126 {
				_, err = io.ReadFull(from, head[2:])
				h.must(err)
				length = int64(binary.BigEndian.Uint16(head[2:]))
			}
			_, err = io.CopyN(io.Discard, from, length)
			h.must(err)
		}
	}
}

// masked is a text message as a client writes it (RFC 6455 section 5.2), under a
// mask of zeros.
func masked(data []byte) []byte {
	message := []byte{0x81}
	if len(data) < 126 {
		message = append(message, 0x80|byte(len(data)))
	} else {
		message = binary.BigEndian.AppendUint16(append(message, 0x80|126), uint16(len(data)))
	}
	return append(append(message, 0, 0, 0, 0), data...)
}
