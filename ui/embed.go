// Package ui carries the built front end: the window, the desk and the demo
// wallet's page. It holds files only; which origin serves which of them, and
// under which headers, is decided by internal/web.
package ui

import (
	"embed"
	"io/fs"
)

// built is what `npm run build` leaves in ui/dist:
//
//	widget/loader.js         the script tag of a wallet's page
//	widget/frame/index.html  the window (base path /frame/)
//	desk/index.html          the desk (base path /desk/)
//	demo/index.html          the demo wallet's page (base path /)
//
// Everything under an assets/ folder is named by its content and never
// changes. A tree without a build holds a placeholder alone: a missing
// index.html means that `make build` has not run.
//
//go:embed all:dist
var built embed.FS

// Dist is the folder dist.
func Dist() fs.FS {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // only for a malformed name
	}
	return dist
}
