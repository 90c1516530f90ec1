package replay

import (
	"fmt"
	"iter"
	"slices"
)

// Row is one entry of a conversation's log as the database holds it. Every
// entry is a row, messages or not; those that are not have no ClientMsgID.
type Row struct {
	Conv        string
	Seq         int64
	ClientMsgID string
	Author      string // customer, agent, assistant or system
	Text        string // as stored, decrypted
}

// Tally is the result of a replay; docs/how-to/measure.md defines each count.
type Tally struct {
	Sent       int     `json:"sent"`
	Stored     int     `json:"stored"`
	Delivered  int     `json:"delivered"`
	Answered   int     `json:"answered"`
	Lost       int     `json:"lost"`
	Duplicated int     `json:"duplicated"`
	OutOfOrder int     `json:"out_of_order"`
	Restarts   int     `json:"restarts"`
	Seconds    float64 `json:"seconds"`
}

// sentMessage is what the journals and the database say of one message.
type sentMessage struct {
	id, conv, text string
	acked          bool
	ackedSeq       int64
	expected       string
	rows           int
	seq            int64
	stored         string
	handed         bool // to the other side
}

// checker compares both sides' journals with the database. It trusts neither:
// what a client was told must be in the database, and what is in the database
// must have come to the clients.
type checker struct {
	tally      Tally
	say        func(format string, args ...any) // one line for each finding
	messages   map[string]*sentMessage          // by client_msg_id
	byCustomer []*sentMessage                   // in the order of sending, customer by customer
	byAgent    []*sentMessage
	convs      map[string]string             // conversation → customer
	rewritten  map[string]map[int64]string   // texts that an edit or a redaction left
	answers    map[string]bool               // customers who were handed an agent's message
	places     map[string]map[int64]struct{} // of the database
}

// check computes the tally of the journals of both sides and the rows.
func check(customers, agents [][]record, rows iter.Seq2[Row, error], say func(string, ...any)) (Tally, error) {
	c := &checker{
		say: say, messages: map[string]*sentMessage{}, convs: map[string]string{},
		rewritten: map[string]map[int64]string{}, answers: map[string]bool{}, places: map[string]map[int64]struct{}{},
	}
	for _, records := range customers {
		c.byCustomer = append(c.byCustomer, c.journalled(records)...)
	}
	for _, records := range agents {
		c.byAgent = append(c.byAgent, c.journalled(records)...)
	}
	for _, records := range customers {
		c.handed(records, "agent")
	}
	for _, records := range agents {
		c.handed(records, "customer")
	}
	for row, err := range rows {
		if err != nil {
			return Tally{}, fmt.Errorf("replay: reading the database: %w", err)
		}
		c.row(row)
	}
	c.count()
	return c.tally, nil
}

// journalled takes a client's own messages and their acknowledgements.
func (c *checker) journalled(records []record) []*sentMessage {
	var sent []*sentMessage
	for _, r := range records {
		switch r.Op {
		case "start":
			c.convs[r.Conv] = r.Customer
		case "send":
			if c.messages[r.ID] != nil {
				continue // the program asked for the same message again
			}
			m := &sentMessage{id: r.ID, conv: r.Conv, text: r.Text, expected: r.Text}
			c.messages[r.ID] = m
			sent = append(sent, m)
		case "stored":
			if m := c.messages[r.ID]; m != nil {
				m.acked, m.ackedSeq, m.conv = true, r.Seq, r.Conv
				if r.Rewrote {
					m.expected = r.Text
				}
			}
		}
	}
	return sent
}

// handed goes through what a client was handed: it must come in order, once.
func (c *checker) handed(records []record, others string) {
	last := map[string]int64{}
	for _, r := range records {
		if r.Op != "event" {
			continue
		}
		switch have := last[r.Conv]; {
		case r.Seq == have+1:
			last[r.Conv] = r.Seq
		case r.Seq <= have:
			c.tally.Duplicated++
			c.say("conversation %s: entry %d was handed to a client again after entry %d", r.Conv, r.Seq, have)
		default:
			c.tally.OutOfOrder++
			c.say("conversation %s: entry %d was handed to a client after entry %d", r.Conv, r.Seq, have)
			last[r.Conv] = r.Seq
		}
		if r.Of != 0 {
			if c.rewritten[r.Conv] == nil {
				c.rewritten[r.Conv] = map[int64]string{}
			}
			c.rewritten[r.Conv][r.Of] = r.Text
		}
		if r.Author != others {
			continue
		}
		if m := c.messages[r.ID]; m != nil {
			m.handed = true
		}
		if others == "agent" && c.convs[r.Conv] != "" {
			c.answers[c.convs[r.Conv]] = true
		}
	}
}

// row takes one entry of the database; entries of conversations that are not
// the replay's are none of its business.
func (c *checker) row(r Row) {
	if _, ours := c.convs[r.Conv]; !ours {
		return
	}
	if c.places[r.Conv] == nil {
		c.places[r.Conv] = map[int64]struct{}{}
	}
	if _, taken := c.places[r.Conv][r.Seq]; taken {
		c.tally.Duplicated++
		c.say("conversation %s: the database holds entry %d twice", r.Conv, r.Seq)
	}
	c.places[r.Conv][r.Seq] = struct{}{}
	if r.ClientMsgID == "" {
		return
	}
	m := c.messages[r.ClientMsgID]
	if m == nil {
		c.tally.Duplicated++
		c.say("conversation %s: entry %d (%s) is a message that no client sent", r.Conv, r.Seq, r.ClientMsgID)
		return
	}
	if m.rows++; m.rows > 1 {
		c.tally.Duplicated++
		c.say("message %s: stored again as entry %d of %s", m.id, r.Seq, r.Conv)
		return
	}
	m.seq, m.stored, m.conv = r.Seq, r.Text, r.Conv
}

func (c *checker) count() {
	for _, m := range c.byCustomer {
		c.tally.Sent++
		if m.acked {
			c.tally.Stored++
		}
		if m.handed {
			c.tally.Delivered++
		}
	}
	c.tally.Answered = len(c.answers)
	for _, side := range [][]*sentMessage{c.byCustomer, c.byAgent} {
		last := map[string]int64{}
		for _, m := range side {
			if why := c.lossOf(m); why != "" {
				c.tally.Lost++
				c.say("message %s: %s", m.id, why)
				continue
			}
			if m.seq <= last[m.conv] || m.seq != m.ackedSeq {
				c.tally.OutOfOrder++
				c.say("message %s: it is entry %d, was acknowledged as %d, and the one sent before it is %d", m.id, m.seq, m.ackedSeq, last[m.conv])
			}
			last[m.conv] = max(last[m.conv], m.seq)
		}
	}
	c.gaps()
}

// lossOf tells in which way a message was lost, or "".
func (c *checker) lossOf(m *sentMessage) string {
	expected := m.expected
	if text, ok := c.rewritten[m.conv][m.seq]; ok && m.rows > 0 {
		expected = text
	}
	switch {
	case !m.acked && m.rows == 0:
		return "sent, never stored"
	case !m.acked:
		return "stored, never acknowledged"
	case m.rows == 0:
		return fmt.Sprintf("acknowledged as entry %d and not in the database", m.ackedSeq)
	case m.stored != expected:
		return "the database holds other words than were acknowledged"
	case !m.handed:
		return "stored and never handed to the other side"
	default:
		return ""
	}
}

// gaps looks for sequence numbers that the database left out.
func (c *checker) gaps() {
	for conv, places := range c.places {
		numbers := make([]int64, 0, len(places))
		for seq := range places {
			numbers = append(numbers, seq)
		}
		if last := slices.Max(numbers); last != int64(len(numbers)) || slices.Min(numbers) != 1 {
			c.tally.OutOfOrder++
			c.say("conversation %s: %d entries, numbered up to %d", conv, len(numbers), last)
		}
	}
}
