package recovery

import (
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// The vectors are those of BIP-39; each with its last word changed is invalid.
func TestValidPhrase(t *testing.T) {
	place := map[string]int{}
	for i, word := range wordlists.English {
		place[word] = i
	}
	for _, phrase := range []string{
		"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
		"legal winner thank year wave sausage worth useful legal winner thank yellow",
		"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
		"letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter always",
		"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
	} {
		var places []int
		for _, word := range strings.Fields(phrase) {
			places = append(places, place[word])
		}
		if !validPhrase(places) {
			t.Errorf("%s: want valid", phrase)
		}
		places[len(places)-1] ^= 1
		if validPhrase(places) {
			t.Errorf("%s: want invalid with another last word", phrase)
		}
	}
}
