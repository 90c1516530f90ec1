package api

import "kefu/internal/domain/conversation"

// ParseCursor lets tests read a cursor.
func ParseCursor(cursor string) (conversation.InboxKey, error) { return parseCursor("cursor", cursor) }

// CursorOf lets tests write a cursor.
func CursorOf(k conversation.InboxKey) string { return cursorOf(k) }

// FieldOf lets tests see what is left of a location.
func FieldOf(location string) string { return fieldOf(location) }
