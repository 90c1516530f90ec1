package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
)

func rules() []rule {
	return slices.Concat(commandRules(), readRules(), findRules(), reportRules(), writeRules(), settingRules(), approvalRules(), walletRules(), routingRules(), signInRules(), keyRules(), runRules(), actRules(), caseRules(), contactRules(), decisionRules(), insiderRules(), privacyRules(), outcomeRules(), giftRules(), noticeRules())
}

// The rules are asked in parts, at once: each asks every caller of every method, and
// waits for the disk.
func TestWhoMayDoWhat(t *testing.T) {
	const parts = 3
	all := rules()
	for part := range parts {
		t.Run(fmt.Sprintf("part %d", part+1), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, s *site) {
				sc := newScene(s)
				for i := part * len(all) / parts; i < (part+1)*len(all)/parts; i++ {
					sc.asks(i, all[i])
				}
			})
		})
	}
}

// asks asks one rule as every caller.
func (sc *scene) asks(i int, r rule) {
	sc.Helper()
	for _, c := range sc.callers {
		want := r.refused
		for code, names := range r.unlike {
			if slices.Contains(strings.Fields(names), c.name) {
				want = code
			}
		}
		if slices.Contains(strings.Fields(r.may), c.name) {
			want = ""
		}
		if err := r.call(sc, c.p); fault.CodeOf(err) != want {
			sc.Errorf("rule %d, %s by %s: %v, want %q", i, r.method, c.name, err, want)
		}
	}
}
