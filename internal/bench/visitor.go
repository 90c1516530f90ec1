package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kefu/client"
)

// visitor is a customer who writes. Its counters are written by one goroutine
// each and read when the run is over.
type visitor struct {
	load  *load
	index int
	conn  *client.Conn
	conv  string

	sending   sync.Mutex
	buffer    []byte
	sent      atomic.Uint32
	acked     atomic.Uint32
	delivered atomic.Uint32
}

func (l *load) openVisitor(ctx context.Context, index int) error {
	hello := client.Hello{Role: "window", Lang: "en"}
	var err error
	if hello.Token, err = l.token(index); err != nil {
		return err
	}
	conn, err := client.Dial(ctx, client.Target{URL: l.window}, hello.Frame())
	if err != nil {
		return err
	}
	v := &visitor{load: l, index: index, conn: conn}
	l.people[index] = v
	l.attend(conn, "a visitor", v.receive)
	return nil
}

func (v *visitor) receive(frame []byte) {
	var head client.Head
	if !client.Scan(frame, &head) {
		v.load.fail(fmt.Errorf("bench: a visitor was sent %q", frame))
		return
	}
	switch string(head.Type) {
	case "stored":
		v.stored(head.ClientMsgID)
	case "welcome":
		if v.load.silent {
			v.load.ready.Done()
			return
		}
		if err := v.conn.Write(client.AppendStart(nil, uuid.NewString())); err != nil {
			v.load.fail(err)
		}
	case "started":
		if v.conv == "" {
			v.conv = string(head.Conv)
			v.load.ready.Done()
		}
	case "error":
		v.load.fail(fmt.Errorf("bench: the server refused a visitor's frame: %s", frame))
	}
}

func (v *visitor) stored(id []byte) {
	at, _, _, ok := v.load.stamp(id)
	if !ok {
		return
	}
	v.acked.Add(1)
	phase := v.load.phase.Load()
	if phase == measuring {
		v.load.ack.add(v.index, time.Since(at))
	}
	if phase < draining && v.load.rate == 0 {
		v.sendNow()
	}
}

func (v *visitor) sendNow() { v.sendDue(time.Now()) }

// sendDue sends the next message; due is what its latency counts from.
func (v *visitor) sendDue(due time.Time) {
	v.sending.Lock()
	defer v.sending.Unlock()
	number := v.sent.Load()
	var id [36]byte
	written := client.AppendMessageID(id[:0], due.UnixMilli(), fine(due), v.load.run<<52|uint64(v.index)<<32|uint64(number))
	v.buffer = appendMessage(v.buffer[:0], v.conv, written, word(v.index, number))
	v.sent.Add(1)
	if err := v.conn.Write(v.buffer); err != nil && !v.load.closed.Load() {
		v.load.fail(fmt.Errorf("bench: sending: %w", err))
	}
}

// fine is the part of a time below the millisecond in 1/4096 of it, as method 3
// of RFC 9562 section 6.2 puts it into a UUID.
func fine(t time.Time) uint16 { return uint16(int64(t.Nanosecond()%1e6) << 12 / 1e6) }

// stamp reads back when a message of this run was sent, by whom, and its number.
func (l *load) stamp(id []byte) (at time.Time, visitor int, number uint32, ok bool) {
	ms, sub, rest, ok := client.MessageIDParts(id)
	if !ok || rest>>52 != l.run {
		return time.Time{}, 0, 0, false
	}
	visitor = int(rest >> 32 & (1<<20 - 1))
	return time.UnixMilli(ms).Add(time.Duration(int64(sub) * 1e6 >> 12)), visitor, uint32(rest), visitor < len(l.people)
}

const message = "My transfer to Anna left the account two days ago and has not arrived. Can you look into it, please? Case "

// appendMessage appends a `send` with a body of 112 bytes that ends in a word
// of its own, by which the search can be asked for it.
func appendMessage(dst []byte, conv string, id []byte, own string) []byte {
	dst = append(dst, `{"t":"send","conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","client_msg_id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `","body":{"type":"text","text":"`...)
	dst = append(dst, message[len(message)-bodyBytes+len(own):]...)
	dst = append(dst, own...)
	return append(dst, `"}}`...)
}

// word is a word of nine letters that no other message of a run holds.
func word(visitor int, number uint32) string {
	const letters = "bcdfghjklmnpqrstvwxz"
	n := uint64(visitor)<<20 | uint64(number&(1<<20-1))
	var w [9]byte
	for i := range w {
		w[i] = letters[n%uint64(len(letters))]
		n /= uint64(len(letters))
	}
	return string(w[:])
}
