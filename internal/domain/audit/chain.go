package audit

// Link is a place in a chain: the last record and its hash. The zero Link is
// the place before the first record.
type Link struct {
	Seq  int64
	Hash Sum
}

// Chain gives records their place. It is a plain value: whoever writes records
// in a transaction keeps a copy and takes it back when the transaction fails.
// It is not safe for concurrent use; one stream has one writer.
type Chain struct {
	stream string
	last   Link
}

// NewChain continues the stream after last, the Link of its newest stored record.
func NewChain(stream string, last Link) Chain {
	return Chain{stream: stream, last: last}
}

// Last is the newest place in the chain.
func (c *Chain) Last() Link { return c.last }

// Append gives r its stream, sequence number and previous hash, makes it the
// newest record and returns its hash. The caller sees to it that r is valid.
func (c *Chain) Append(r *Record) Sum {
	r.Stream, r.Seq, r.Prev = c.stream, c.last.Seq+1, c.last.Hash
	c.last = Link{Seq: r.Seq, Hash: r.Hash()}
	return c.last.Hash
}
