package safety

import (
	"fmt"
	"maps"
	"slices"

	"kefu/internal/safety/asking"
	"kefu/internal/safety/coming"
	"kefu/internal/safety/script"
)

// The scenes.
const (
	actsScene   = "acts"   // what is done in the wallet, by whoever wants it
	comingScene = "coming" // coming back in, and leaving
	askingScene = "asking" // to be forgotten
)

// The share of runs of each scene, in thousandths: what takes long comes less often.
const (
	comingShare = 50
	askingShare = 100
)

// scene is that of a number below 1000. Who asks for one act alone gets the scene of acts.
func (shop *workshop) scene(n int) string {
	switch {
	case shop.wish != "":
		return actsScene
	case n < comingShare:
		return comingScene
	case n < comingShare+askingShare:
		return askingScene
	default:
		return actsScene
	}
}

// elsewhere are the checks of the other scenes, and what is broken when each is off.
func elsewhere() map[Check]Rule {
	all := coming.Checks()
	maps.Copy(all, asking.Checks())
	return all
}

// further are the checks of the other scenes.
func further() []Check {
	return slices.Sorted(maps.Keys(elsewhere()))
}

// shownElsewhere is what is broken in the other scenes when a check is off.
func shownElsewhere(c Check) Rule { return elsewhere()[c] }

// odds are those of a scene.
func (shop *workshop) odds(scene string) []odd {
	if scene == actsScene {
		return odds()
	}
	var all []odd
	for i, o := range scriptOf(scene) {
		all = append(all, odd{op(i), o.Part})
	}
	return all
}

// tell says the steps of a run.
func (shop *workshop) tell(r run) []string {
	var text []string
	for _, s := range r.steps {
		text = append(text, shop.say(r.scene, s))
	}
	return text
}

func (shop *workshop) say(scene string, s step) string {
	if scene == actsScene {
		return s.String()
	}
	text := fmt.Sprintf("%s (who %d, what %d, other %d, arg %d)", scriptOf(scene)[s.op].Name, s.who, s.what, s.else_, s.arg)
	if s.inner != nil {
		text += fmt.Sprintf("; before its write %d: %s", s.at, shop.say(scene, *s.inner))
	}
	return text
}

func scriptOf(scene string) []script.Odds {
	if scene == askingScene {
		return asking.Odds()
	}
	return coming.Odds()
}

// play plays a run.
func (shop *workshop) play(r run) played {
	if r.scene == actsScene {
		return shop.act(r.steps)
	}
	if shop.rooms[r.scene] == nil {
		room, err := shop.open(r.scene)
		if err != nil {
			return played{violations: []Violation{{Rule: Broken, Why: err.Error()}}}
		}
		shop.rooms[r.scene] = room
	}
	p := shop.rooms[r.scene].Play(stepsOf(r.steps))
	return played{steps: p.Steps, refused: p.Refused, effects: p.Effects, violations: p.Violations}
}

// room is what a scene is played in.
type room interface {
	Play(steps []script.Step) script.Played
}

func (shop *workshop) open(scene string) (room, error) {
	if scene == askingScene {
		return asking.New(shop.off)
	}
	return coming.New(shop.off, shop.codes)
}

func stepsOf(steps []step) []script.Step {
	var all []script.Step
	for _, s := range steps {
		one := script.Step{Op: int(s.op), Who: s.who, What: s.what, Else: s.else_, Arg: s.arg, At: s.at}
		if s.inner != nil {
			one.Inner = &stepsOf([]step{*s.inner})[0]
		}
		all = append(all, one)
	}
	return all
}
