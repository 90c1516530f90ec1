package waits

import "math"

// Calibration corrects forecasts by how earlier ones ended, so that the share of
// those served within what they were shown comes to the share that was promised,
// whatever the forecast gets wrong: an adaptive conformal correction (Gibbs and
// Candès, Adaptive Conformal Inference Under Distribution Shift, 2021) of the
// logarithm, one for each quantile.
type Calibration struct {
	Half  float64 `json:"half"`  // the logarithm by which P50 is multiplied
	Fifth float64 `json:"fifth"` // and P80
}

// rate is how far one outcome moves a correction: a hundred or so follow a change of
// the day's course, and one alone moves a promise by no more than people notice.
const rate = 0.02

// widest bounds a correction: beyond it the forecast is of no use, and a wait of
// days would have to be unlearned.
const widest = 4.0

// shortest is the least that is promised, in seconds: nobody is there in no time.
const shortest = 2.0

// Shown is what is shown of a forecast.
func (c Calibration) Shown(raw Range) Range {
	half := max(raw.P50, shortest) * math.Exp(c.Half)
	return Range{P50: half, P80: max(half, max(raw.P80, shortest)*math.Exp(c.Fifth))}
}

// Learn takes in how long somebody waited, in seconds, who was shown a range when
// they came. It is what they were shown that counts, not what the present correction
// would have shown: that makes the shares right in the long run, however many wait
// at once for the same reason.
func (c *Calibration) Learn(shown Range, waited float64) {
	if math.IsInf(shown.P50, 1) || math.IsInf(shown.P80, 1) {
		return
	}
	c.Half = step(c.Half, waited > shown.P50, 0.5)
	c.Fifth = step(c.Fifth, waited > shown.P80, 0.2)
}

func step(theta float64, missed bool, share float64) float64 {
	if missed {
		theta += rate * (1 - share)
	} else {
		theta -= rate * share
	}
	return min(max(theta, -widest), widest)
}
