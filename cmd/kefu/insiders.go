package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"kefu/internal/domain/insider"
	"kefu/internal/domain/insider/played"
)

// The least that is expected of finding those who misuse what they see.
const (
	leastRecall = 0.95
	mostFalse   = 1.0 // alerts about honest people, for each and week
)

// runInsiders plays weeks of a desk with each of the eight who misuse what they see, and
// ends with 1 when too few are found or too many others are suspected.
func runInsiders(args []string) int {
	f := flag.NewFlagSet("kefu eval insiders", flag.ContinueOnError)
	seed := f.Uint64("seed", 1, "of the first play; the others follow")
	plays := f.Uint64("plays", 40, "of each persona")
	effort := f.Float64("effort", 1, "how much they do of it: 1 as those did who were found out, less for who takes care")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args, 0); err != nil {
		return usageOr(err)
	}
	if *plays == 0 || *plays > 10_000 || *effort < 0 || *effort > 10 {
		fmt.Fprintln(os.Stderr, "kefu eval insiders: --plays is 1 to 10000, --effort 0 to 10")
		return 2
	}
	var seeds []uint64
	for i := range *plays {
		seeds = append(seeds, *seed+i)
	}
	out := struct {
		Personas    []played.Figures `json:"personas"`
		Recall      float64          `json:"recall"`
		RecallLeast float64          `json:"recall_least"`
		PerWeek     float64          `json:"false_alerts_per_agent_and_week"` // the most of any persona
		PerWeekMost float64          `json:"false_alerts_per_agent_and_week_limit"`
		Met         bool             `json:"met"`
	}{RecallLeast: leastRecall, PerWeekMost: mostFalse}
	found, all := 0, 0
	for _, who := range played.Personas() {
		one := played.Measure(who, *effort, insider.DefaultLimits(), seeds)
		found, all = found+one.Found, all+one.Plays
		out.Personas = append(out.Personas, one)
		out.PerWeek = max(out.PerWeek, one.PerWeek)
		fmt.Fprintf(os.Stderr, "%-20s found %3d of %d, after %2.0f days and %3.0f customers; %.3f false alerts an agent and week\n",
			who, one.Found, one.Plays, one.Days, one.Before, one.PerWeek)
	}
	out.Recall = float64(found) / float64(all)
	out.Met = out.Recall >= leastRecall && out.PerWeek <= mostFalse
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			return fail(err)
		}
	} else {
		fmt.Printf("recall %.3f, %.3f false alerts an agent and week\n", out.Recall, out.PerWeek)
	}
	if !out.Met {
		return 1
	}
	return 0
}
