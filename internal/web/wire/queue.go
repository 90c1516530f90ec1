package wire

import (
	"strconv"

	"kefu/internal/flow/routing"
	"kefu/internal/platform/strictjson"
)

func appendText(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return strictjson.AppendString(dst, value)
}

func appendInt(dst []byte, name string, value int64) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return strconv.AppendInt(dst, value, 10)
}

// AppendOffer appends an `offer` frame. now is for clients whose clock is wrong:
// they are told how long the offer stands.
func AppendOffer(dst []byte, o routing.Offer, now int64) []byte {
	dst = append(dst, `{"t":"offer"`...)
	dst = appendText(dst, "conv", o.ConversationID)
	dst = appendText(dst, "channel", o.Channel)
	dst = appendText(dst, "lang", o.Language)
	dst = appendText(dst, "team", o.TeamID)
	dst = appendText(dst, "priority", o.Priority)
	dst = appendInt(dst, "since", o.Since)
	dst = appendInt(dst, "until", o.Until)
	dst = appendInt(dst, "left_ms", max(0, o.Until-now)/1000)
	if o.Known {
		dst = append(dst, `,"known":true`...)
	}
	return append(dst, '}')
}

// AppendOfferOver appends an `offer_over` frame.
func AppendOfferOver(dst []byte, conv, reason string) []byte {
	dst = append(dst, `{"t":"offer_over"`...)
	dst = appendText(dst, "conv", conv)
	dst = appendText(dst, "reason", reason)
	return append(dst, '}')
}

// AppendPresence appends a `presence` frame.
func AppendPresence(dst []byte, s routing.Standing) []byte {
	dst = append(dst, `{"t":"presence"`...)
	dst = appendText(dst, "state", string(s.State))
	dst = appendText(dst, "reason", s.Reason)
	dst = appendInt(dst, "since", s.Since)
	dst = appendInt(dst, "load", int64(s.Load))
	dst = appendInt(dst, "holds", int64(s.Holds))
	return append(dst, '}')
}

// AppendEta appends an `eta` frame. A range that is not known is left out.
func AppendEta(dst []byte, e routing.Eta) []byte {
	dst = append(dst, `{"t":"eta"`...)
	dst = appendText(dst, "conv", e.ConversationID)
	dst = appendInt(dst, "position", int64(e.Position))
	if e.P80 > 0 {
		dst = appendInt(dst, "p50", int64(e.P50))
		dst = appendInt(dst, "p80", int64(e.P80))
	}
	if e.Nobody {
		dst = append(dst, `,"nobody":true`...)
	}
	return append(dst, '}')
}
