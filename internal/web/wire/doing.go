package wire

import "kefu/internal/domain/event"

// AppendRun appends a `run` frame: a run is another revision now. conv is that beside
// which a desk shows it, and empty for a window.
func AppendRun(dst []byte, c *event.RunChange, conv string) []byte {
	dst = append(dst, `{"t":"run"`...)
	dst = appendText(dst, "conv", conv)
	dst = appendText(dst, "run", c.ID)
	dst = appendText(dst, "state", c.State)
	dst = appendInt(dst, "revision", c.Revision)
	return append(dst, '}')
}

// AppendAct appends an `act` frame: what is done in the wallet is another revision now.
// conv is that beside which a desk shows it.
func AppendAct(dst []byte, c *event.ActChange, conv string) []byte {
	dst = append(dst, `{"t":"act"`...)
	dst = appendText(dst, "conv", conv)
	dst = appendText(dst, "act", c.ID)
	dst = appendInt(dst, "revision", c.Revision)
	return append(dst, '}')
}
