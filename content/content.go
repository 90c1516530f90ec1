// Package content is what Kefu says and how it goes about things, as data: failure
// codes and flows, in every language. It holds no code but this; who reads a part of
// it checks it.
package content

import "embed"

// Failures are the failure codes of payments (failures/codes.yaml) and what each rail
// calls them (failures/rails).
//
//go:embed failures
var Failures embed.FS

// Flows are what customers do for themselves, a file for each.
//
//go:embed flows
var Flows embed.FS

// Danger are the words of people who are in danger, and the flow that helps them.
//
//go:embed danger
var Danger embed.FS

// Jurisdictions are what laws ask of cases, and by when: a pack for each jurisdiction,
// the calendars that they count by, and the letters.
//
//go:embed jurisdictions
var Jurisdictions embed.FS

// Points is why points were not given, not taken, or an offer did not count, and what a
// customer is told of it.
//
//go:embed points
var Points embed.FS

// Articles are what customers and staff can read, a folder for each.
//
//go:embed articles
var Articles embed.FS
