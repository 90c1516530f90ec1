package erasure

import (
	"maps"
	"slices"
)

// Texts are the statements of this package that read a customer's rows or a conversation's.
func Texts() []string {
	all := []string{talkText, versions, unsentText, noticeText, namesText, handlesText, windowsText}
	return slices.Concat(all, slices.Collect(maps.Values(hanging())), slices.Collect(maps.Values(rowsOf())))
}
