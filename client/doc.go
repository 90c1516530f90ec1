// Package client is the public Go client of Kefu's conversation protocol
// (docs/protocol.md, version 1), for both sides of a conversation: the window
// of a customer and the desk of an agent. It is written from that page alone
// and shares no code with the server, so that each checks the other.
//
// Client is for programs that must not lose a message: it reconnects, resumes,
// repeats what was not acknowledged, fills gaps and hands every entry of a
// conversation to its handler in order and once. Conn is the bare connection
// with hand-written encoding, for programs that hold thousands of them.
//
// The package does not draw anything, does not speak the REST interface and
// makes no identity tokens.
package client
