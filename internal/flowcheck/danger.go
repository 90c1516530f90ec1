package flowcheck

import (
	"fmt"
	"time"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
)

// equipped is a payment of some hours ago, and what the customer has, by the names of the
// conversations.
func equipped(also ...func(*scene)) func(*scene) {
	return func(s *scene) {
		paid(bought(fine()), 40*hour)(s)
		s.ids["dev-1"], s.ids["dev-2"], s.ids["card-1"] = s.who+":phone", s.who+":laptop", s.who+":card"
		for _, more := range also {
			more(s)
		}
	}
}

// stopped is a freeze that the customer placed before.
func stopped(s *scene) {
	if made := s.do(wallet.Freeze, "", "", "", "customer"); len(made.Made) > 0 {
		s.ids["fr-1"] = made.Made[0].ID
	}
	s.pass(hour)
}

// hacked are stages of an account that somebody else may be in (FL3).
func hacked() map[string]stage {
	all := map[string]stage{
		"FL3-04": {set: equipped(stopped)},
		"FL3-05": {set: equipped(), before: at(1, down)}, "FL3-45": {set: equipped(), before: at(1, down)},
	}
	for _, id := range []string{
		"FL3-02", "FL3-06", "FL3-07", "FL3-11", "FL3-12", "FL3-13", "FL3-14", "FL3-15", "FL3-18", "FL3-19", "FL3-22", "FL3-23", "FL3-24", "FL3-25", "FL3-26", "FL3-44", "FL3-46",
		"FL3-30", "FL3-31", "FL3-34", "FL3-35", "FL3-37",
	} {
		all[id] = stage{set: equipped()}
	}
	return all
}

// posing are stages of somebody who poses as the house (FL21).
func posing() map[string]stage {
	all := map[string]stage{"FL21-14": {set: equipped(), before: at(4, down)}, "FL21-19": {set: equipped(), before: at(4, down)}}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 16, 17, 18} {
		all[fmt.Sprintf("FL21-%02d", n)] = stage{set: equipped()}
	}
	return all
}

// phrases are stages of wallets whose recovery phrase only their owner has (FL23).
func phrases() map[string]stage {
	all := map[string]stage{}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13} {
		all[fmt.Sprintf("FL23-%02d", n)] = stage{set: equipped()}
	}
	return all
}

// waits are stages of whoever finds nobody there (FL14).
func waits() map[string]stage {
	all := map[string]stage{}
	for _, id := range []string{"FL14-01", "FL14-02", "FL14-03", "FL14-04", "FL14-10", "FL14-22"} {
		all[id] = stage{set: equipped()}
	}
	return all
}

// begun are stages of first steps (FL20).
func begun() map[string]stage {
	all := map[string]stage{}
	for _, id := range []string{"FL20-11", "FL20-12", "FL20-13", "FL20-14", "FL20-15", "FL20-16", "FL20-17", "FL20-18", "FL20-21"} {
		all[id] = stage{set: equipped()}
	}
	return all
}

// gone are stages of phones and cards that are lost, broken or new (FL18).
func gone() map[string]stage {
	all := map[string]stage{
		"FL18-05": {set: equipped(stopped)}, "FL18-13": {set: equipped(stopped)},
		"FL18-06": {set: equipped(), before: at(1, down)},
		"FL18-28": {set: equipped(second)}, "FL18-29": {set: equipped(second)}, "FL18-30": {set: equipped(second)},
	}
	for _, id := range []string{
		"FL18-01", "FL18-03", "FL18-04", "FL18-07", "FL18-09", "FL18-11", "FL18-12", "FL18-15", "FL18-16", "FL18-17", "FL18-18", "FL18-19", "FL18-20", "FL18-21", "FL18-23", "FL18-25", "FL18-27", "FL18-31", "FL18-32", "FL18-33", "FL18-34", "FL18-35",
	} {
		all[id] = stage{set: equipped()}
	}
	return all
}

// wrong are stages of payments with which something is wrong (FL9).
func wrong() map[string]stage {
	posted, under, arrived := paid(bought(fine()), 40*hour), paid(sent(fine()), 2*hour), paid(sent(fine()), 40*hour)
	return map[string]stage{
		"FL9-01": {set: paid(bought(rails.Fate{Kind: rails.AfterDebit, Raw: "92"}), 14*hour)},
		"FL9-02": {set: posted}, "FL9-05": {set: posted}, "FL9-06": {set: posted}, "FL9-11": {set: posted}, "FL9-12": {set: posted},
		"FL9-26": {set: posted}, "FL9-28": {set: posted}, "FL9-29": {set: posted},
		"FL9-03": {set: posted}, "FL9-07": {set: posted}, "FL9-09": {set: posted},
		"FL9-04": {set: paid(bought(fine()), 40*day)},
		"FL9-08": {set: paid(bought(ends(rails.Lapses)), 26*hour)},
		"FL9-10": {set: twice(29 * hour)},
		"FL9-13": {set: under}, "FL9-16": {set: under}, "FL9-18": {set: under}, "FL9-21": {set: under}, "FL9-33": {set: under},
		"FL9-14": {set: arrived}, "FL9-15": {set: arrived},
		"FL9-19": {set: under, before: at(5, lost)},
		"FL9-24": {set: paid(bought(ends(rails.Held)), 3*hour)},
		"FL9-25": {set: paid(bought(refused("51")), 5*time.Minute)},
		"FL9-27": {set: func(s *scene) { s.pay("tx-1", bought(fine())); s.pass(40 * hour); s.fault("card", 3*hour) }},
		"FL9-30": {set: paid(received(fine()), 40*hour)},
	}
}
