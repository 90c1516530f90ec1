package lives

import (
	"time"

	"kefu/internal/domain/wallet/consent"
)

// Said is something that a customer agreed to, or took back, in the past.
type Said struct{ consent.Change }

// agrees is what somebody with a story agreed to: to one thing in an older text, to one more
// than a year ago, and one thing they took back.
func (s *seeding) agrees() error {
	said := func(days int, key string, to consent.Stance, version, way string) Said {
		return Said{consent.Change{Key: key, State: to, Version: version, At: s.before(time.Duration(days) * 24 * time.Hour), By: "customer", Way: way}}
	}
	for _, c := range []Said{
		said(400, consent.Partners, consent.Given, "2", "app"),
		said(390, consent.Location, consent.Given, "2", "app"),
		said(389, consent.Shopping, consent.Given, "1", "app"),
		said(388, consent.Personalisation, consent.Given, "1", "app"),
		said(380, consent.MarketingEmail, consent.Given, "1", "web"),
		said(379, consent.MarketingSMS, consent.Given, "1", "web"),
		said(200, consent.Recording, consent.Given, "1", "phone"),
		said(120, "luma_labs", consent.Given, "1", "paper"),
		said(40, consent.MarketingSMS, consent.Withdrawn, "1", "app"),
	} {
		if err := s.into.Keep(s.person.ID, c); err != nil {
			return err
		}
	}
	return nil
}
