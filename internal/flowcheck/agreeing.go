package flowcheck

import "kefu/internal/domain/wallet/consent"

// spoken is what a customer said in the wallet's app.
func spoken(key string, to ...consent.Stance) func(*scene) {
	return func(s *scene) {
		for _, state := range to {
			s.note(s.own.Say(s.ctx, s.who, key, state))
		}
		s.pass(hour)
	}
}

// reworded is a consent that was given to a text that has changed since.
func reworded(key string) func(*scene) {
	return func(s *scene) {
		spoken(key, consent.Given)(s)
		s.publish(key)
	}
}

// publish puts another text in the place of the one that is asked.
func (s *scene) publish(key string) {
	s.note(s.own.Publish(s.ctx, key, consent.Words{"en": "Another text.", "zh": "另一段内容。"}))
}

// agreements are stages of what customers agreed to (FL24).
func agreements() map[string]stage {
	given := spoken(consent.Personalisation, consent.Given)
	taken := spoken(consent.MarketingSMS, consent.Given, consent.Withdrawn)
	nothing := func(*scene) {}
	return map[string]stage{
		"FL24-01": {set: given}, "FL24-02": {set: taken}, "FL24-03": {set: spoken(consent.Shopping, consent.Given)},
		"FL24-04": {set: reworded(consent.MarketingEmail)}, "FL24-05": {set: reworded(consent.MarketingEmail)},
		"FL24-06": {set: func(s *scene) { spoken(consent.Partners, consent.Given)(s); s.pass(366 * day) }},
		"FL24-07": {set: given}, "FL24-08": {set: given},
		"FL24-09": {set: spoken(consent.Recording, consent.Given)},
		"FL24-10": {set: spoken("luma_labs", consent.Given)},
		"FL24-11": {set: taken, before: at(3, func(s *scene) { s.publish(consent.MarketingSMS) })},
		"FL24-12": {set: given, before: at(4, func(s *scene) { s.note(s.own.Say(s.ctx, s.who, consent.Personalisation, consent.Withdrawn)) })},
		"FL24-18": {set: given}, "FL24-19": {set: given}, "FL24-20": {set: given},
		"FL24-21": {set: nothing, before: at(0, down)},
		"FL24-23": {set: nothing},
	}
}

// beyondAgreements says of the others why nobody comes there.
func beyondAgreements(all map[string]string) {
	for _, id := range []string{"FL24-13", "FL24-14", "FL24-16"} {
		all[id] = "the wallet tells of what it did at once"
	}
	all["FL24-15"] = "a wallet that did it and does not answer a moment later is down for more than one question"
	all["FL24-17"] = "an answer that is lost is found again at once, by the key"
	all["FL24-22"] = "the wallet asks everybody for consents"
	for _, id := range []string{"FL24-24", "FL24-25", "FL24-26"} {
		all[id] = "the house asks for no proof of a consent"
	}
	all["FL24-27"] = "the wallet does it at once"
}
