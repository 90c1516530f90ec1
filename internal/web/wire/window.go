package wire

import "kefu/internal/domain/conversation"

// WindowLine is a conversation in the list of its customer's window: in welcome, and
// in the pages that follow it.
type WindowLine struct {
	Conv         string `json:"conv"`
	Status       string `json:"status"`
	LastSeq      int64  `json:"last_seq"`
	ReadSeq      int64  `json:"read_seq"`
	AgentReadSeq int64  `json:"agent_read_seq,omitempty"`
	Unread       int    `json:"unread"`
	LastActivity int64  `json:"last_activity"` // microseconds since 1970
}

// WindowLines writes a list of conversations for their customer's window.
func WindowLines(lines []conversation.WindowLine) []WindowLine {
	told := make([]WindowLine, 0, len(lines))
	for _, line := range lines {
		s := line.State
		told = append(told, WindowLine{
			Conv: s.ID, Status: string(s.Status), LastSeq: s.LastSeq, ReadSeq: s.CustomerRead, AgentReadSeq: s.AgentRead,
			Unread: line.Unread, LastActivity: s.LastActivity,
		})
	}
	return told
}
