package replay_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/replay"
)

// world is a run in which everything went well, for tests to spoil.
type world struct {
	customers, agents []replay.Record
	rows              []replay.Row
}

// well is one customer who writes n lines and is answered after the first.
func well(n int) *world {
	w := &world{}
	w.customers = append(w.customers, replay.Record{Op: "start", Customer: "ann", Conv: "c"})
	seq := int64(0)
	for i := range n {
		seq++
		w.message(&w.customers, &w.agents, "customer", fmt.Sprintf("q%d", i), seq)
		if i == 0 {
			seq++
			w.message(&w.agents, &w.customers, "agent", "a", seq)
			seq++ // the status that an answer brings
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: seq, Author: "system"})
			for _, side := range []*[]replay.Record{&w.customers, &w.agents} {
				*side = append(*side, replay.Record{Op: "event", Conv: "c", Seq: seq, Kind: "status", Author: "system"})
			}
		}
	}
	return w
}

func (w *world) message(from, to *[]replay.Record, author, id string, seq int64) {
	text := "words of " + id
	*from = append(*from,
		replay.Record{Op: "send", Conv: "c", ID: id, Text: text},
		replay.Record{Op: "stored", Conv: "c", ID: id, Seq: seq})
	for _, side := range []*[]replay.Record{from, to} {
		*side = append(*side, replay.Record{Op: "event", Conv: "c", Seq: seq, Kind: "message", Author: author, ID: id, Text: text})
	}
	w.rows = append(w.rows, replay.Row{Conv: "c", Seq: seq, ClientMsgID: id, Author: author, Text: text})
}

// fatal is what *testing.T and *rapid.T share.
type fatal interface{ Fatal(args ...any) }

func (w *world) check(t fatal) replay.Tally {
	rows := func(yield func(replay.Row, error) bool) {
		for _, r := range w.rows {
			if !yield(r, nil) {
				return
			}
		}
	}
	tally, err := replay.Check([][]replay.Record{w.customers}, [][]replay.Record{w.agents}, rows, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func (w *world) row(id string) *replay.Row {
	return &w.rows[slices.IndexFunc(w.rows, func(r replay.Row) bool { return r.ClientMsgID == id })]
}

func without(records []replay.Record, drop func(replay.Record) bool) []replay.Record {
	return slices.DeleteFunc(records, drop)
}

func TestCheckerFindsWhatIsPlanted(t *testing.T) {
	op := func(op, id string) func(replay.Record) bool {
		return func(r replay.Record) bool { return r.Op == op && r.ID == id }
	}
	for _, test := range []struct {
		name                         string
		spoil                        func(w *world)
		lost, duplicated, outOfOrder int
	}{
		{"nothing", func(*world) {}, 0, 0, 0},
		{"acknowledged and not in the database", func(w *world) {
			w.rows = slices.DeleteFunc(w.rows, func(r replay.Row) bool { return r.ClientMsgID == "q3" })
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 6, Author: "system"})
		}, 1, 0, 0},
		{"the last line is gone without a gap", func(w *world) {
			w.rows = slices.DeleteFunc(w.rows, func(r replay.Row) bool { return r.ClientMsgID == "q4" })
		}, 1, 0, 0},
		{"sent and never stored", func(w *world) {
			w.customers = append(w.customers, replay.Record{Op: "send", Conv: "c", ID: "q9", Text: "x"})
		}, 1, 0, 0},
		{"stored and never acknowledged", func(w *world) { w.customers = without(w.customers, op("stored", "q2")) }, 1, 0, 0},
		{"an agent's answer is gone", func(w *world) {
			w.rows = slices.DeleteFunc(w.rows, func(r replay.Row) bool { return r.ClientMsgID == "a" })
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 2, Author: "system"})
		}, 1, 0, 0},
		{"never handed to the agent", func(w *world) {
			w.agents = without(w.agents, op("event", "q4"))
		}, 1, 0, 0},
		{"other words were stored", func(w *world) { w.row("q1").Text = "words of q" }, 1, 0, 0},
		{"words were stored that the guard had said it removed", func(w *world) {
			at := slices.IndexFunc(w.customers, op("stored", "q1"))
			w.customers[at].Rewrote, w.customers[at].Text = true, "words"
		}, 1, 0, 0},
		{"stored twice", func(w *world) {
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 8, ClientMsgID: "q1", Author: "customer", Text: "words of q1"})
		}, 0, 1, 0},
		{"stored twice in another conversation of the replay", func(w *world) {
			w.customers = append(w.customers, replay.Record{Op: "start", Customer: "ann", Conv: "d"})
			w.rows = append(w.rows, replay.Row{Conv: "d", Seq: 1, ClientMsgID: "q1", Author: "customer", Text: "words of q1"})
		}, 0, 1, 0},
		{"a message that nobody sent", func(w *world) {
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 8, ClientMsgID: "z", Author: "customer"})
		}, 0, 1, 0},
		{"two entries under one number", func(w *world) {
			w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 3, Author: "system"})
		}, 0, 1, 0},
		{"handed twice", func(w *world) {
			w.agents = append(w.agents, replay.Record{Op: "event", Conv: "c", Seq: 7, Author: "customer", ID: "q4"})
		}, 0, 1, 0},
		{"two lines changed places in the database", func(w *world) {
			one, two := w.row("q1"), w.row("q2")
			one.Seq, two.Seq = two.Seq, one.Seq
		}, 0, 0, 2},
		{"acknowledged under another number", func(w *world) {
			w.customers[slices.IndexFunc(w.customers, op("stored", "q4"))].Seq = 70
		}, 0, 0, 1},
		{"a number is missing", func(w *world) { w.row("q4").Seq = 8 }, 0, 0, 2},
		{"handed in the wrong order", func(w *world) {
			n := len(w.agents)
			w.agents[n-1], w.agents[n-2] = w.agents[n-2], w.agents[n-1]
		}, 0, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := well(5)
			test.spoil(w)
			got := w.check(t)
			if got.Lost != test.lost || got.Duplicated != test.duplicated || got.OutOfOrder != test.outOfOrder {
				t.Errorf("lost %d duplicated %d out of order %d, want %d %d %d",
					got.Lost, got.Duplicated, got.OutOfOrder, test.lost, test.duplicated, test.outOfOrder)
			}
		})
	}
}

func TestCheckerCountsAndForgivesWhatTheGuardAnnounced(t *testing.T) {
	w := well(4)
	at := slices.IndexFunc(w.customers, func(r replay.Record) bool { return r.Op == "stored" && r.ID == "q1" })
	w.customers[at].Rewrote, w.customers[at].Text = true, "my card is ‹removed›"
	w.row("q1").Text = "my card is ‹removed›"
	w.row("q2").Text = "gone too" // withdrawn later, which both sides were told
	redaction := replay.Record{Op: "event", Conv: "c", Seq: 7, Kind: "redacted", Author: "system", Of: w.row("q2").Seq, Text: "gone too"}
	w.customers, w.agents = append(w.customers, redaction), append(w.agents, redaction)
	w.rows = append(w.rows, replay.Row{Conv: "c", Seq: 7, Author: "system"}, replay.Row{Conv: "other", Seq: 4, ClientMsgID: "x"})
	got := w.check(t)
	want := replay.Tally{Sent: 4, Stored: 4, Delivered: 4, Answered: 1}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestCheckerMissesNoSingleFault removes, repeats or renumbers one thing at
// random: whatever it is, the tally is not clean.
func TestCheckerMissesNoSingleFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := well(rapid.IntRange(2, 12).Draw(t, "lines"))
		i := rapid.IntRange(0, len(w.rows)-1).Draw(t, "row")
		switch rapid.SampledFrom([]string{"drop row", "repeat row", "renumber", "retext", "drop event", "drop stored"}).Draw(t, "fault") {
		case "drop row":
			if w.rows[i].ClientMsgID == "" && i == len(w.rows)-1 {
				t.Skip("a last entry that is no message is nobody's words")
			}
			w.rows = slices.Delete(w.rows, i, i+1)
		case "repeat row":
			w.rows = append(w.rows, w.rows[i])
		case "renumber":
			w.rows[i].Seq += int64(rapid.SampledFrom([]int{-1, 1, 40}).Draw(t, "by"))
		case "retext":
			if w.rows[i].ClientMsgID == "" {
				t.Skip("not a message")
			}
			w.rows[i].Text += "!"
		case "drop event":
			seq := w.rows[i].Seq
			drop := func(r replay.Record) bool { return r.Op == "event" && r.Seq == seq }
			if w.rows[i].ClientMsgID == "" && i == len(w.rows)-1 {
				t.Skip("a last entry that is no message is nobody's words")
			}
			w.customers, w.agents = without(w.customers, drop), without(w.agents, drop)
		case "drop stored":
			id := w.rows[i].ClientMsgID
			drop := func(r replay.Record) bool { return r.Op == "stored" && r.ID == id }
			if id == "" {
				t.Skip("not a message")
			}
			w.customers, w.agents = without(w.customers, drop), without(w.agents, drop)
		}
		if got := w.check(t); got.Lost+got.Duplicated+got.OutOfOrder == 0 {
			t.Fatalf("a clean tally: %+v", got)
		}
	})
}

func TestCheckerReportsAnUnreadableDatabase(t *testing.T) {
	broken := func(yield func(replay.Row, error) bool) { yield(replay.Row{}, fmt.Errorf("disk")) }
	if _, err := replay.Check(nil, nil, iter.Seq2[replay.Row, error](broken), t.Logf); err == nil {
		t.Error("no error")
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		name, csv, column string
		want              []string
	}{
		{"plain", "text,category\nhello,x\nworld,y\n", "text", []string{"hello", "world"}},
		{"quoted, with a mark", "\uFEFFs1,s2\n\"a,\n\"\"b\"\"\",c\n", "s1", []string{"a,\n\"b\""}},
		{"empty ones left out", "a,text\n1,\n2,  \n3,退款\n4\n", "text", []string{"退款"}},
		{"no such column", "a,b\n1,2\n", "text", nil},
		{"nothing in it", "text\n", "text", nil},
		{"empty", "", "text", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := replay.ParseColumn(strings.NewReader(test.csv), test.column)
			if (err != nil) != (test.want == nil) || !slices.Equal(got, test.want) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func FuzzColumns(f *testing.F) {
	f.Add("text,b\n\"x\ny\",2\n")
	f.Fuzz(func(t *testing.T, csv string) {
		lines, err := replay.ParseColumn(strings.NewReader(csv), "text")
		if err == nil && slices.ContainsFunc(lines, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			t.Fatalf("an empty line from %q", csv)
		}
	})
}
