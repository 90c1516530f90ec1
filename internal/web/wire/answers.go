package wire

import (
	"strconv"

	"kefu/internal/flow/intake"
	"kefu/internal/platform/strictjson"
)

// AppendReceipt appends a `receipt` frame: how far one side has got.
func AppendReceipt(dst []byte, conv, by string, delivered, read int64) []byte {
	dst = append(dst, `{"t":"receipt","conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","by":"`...)
	dst = append(dst, by...)
	dst = append(dst, `","delivered":`...)
	dst = strconv.AppendInt(dst, delivered, 10)
	dst = append(dst, `,"read":`...)
	dst = strconv.AppendInt(dst, read, 10)
	return append(dst, '}')
}

// AppendClosing appends a `closing` frame: why the server ends a connection.
func AppendClosing(dst []byte, reason string, retryAfterMS int64) []byte {
	dst = append(dst, `{"t":"closing","reason":"`...)
	dst = append(dst, reason...)
	dst = append(dst, '"')
	if retryAfterMS > 0 {
		dst = append(dst, `,"retry_after_ms":`...)
		dst = strconv.AppendInt(dst, retryAfterMS, 10)
	}
	return append(dst, '}')
}

// AppendStored appends a `stored` frame, the answer to a message that is durable.
func AppendStored(dst []byte, conv, clientID string, said intake.Said) []byte {
	dst = append(dst, `{"t":"stored","client_msg_id":`...)
	dst = strictjson.AppendString(dst, clientID)
	dst = append(dst, `,"conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, said.Seq, 10)
	dst = append(dst, `,"at":`...)
	dst = strconv.AppendInt(dst, said.At, 10)
	if len(said.Classes) > 0 {
		dst = append(dst, `,"classes":[`...)
		for i, class := range said.Classes {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strictjson.AppendString(dst, class)
		}
		dst = append(dst, `],"text":`...)
		dst = strictjson.AppendString(dst, said.Text)
	}
	return append(dst, '}')
}
