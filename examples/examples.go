// Package examples carries the code that shows how to embed the window. It holds
// files only; internal/web/pages shows them with the operator's addresses.
package examples

import "embed"

//go:embed plain react android ios token.mjs
var files embed.FS

// Files are the examples, by their paths.
func Files() embed.FS { return files }
