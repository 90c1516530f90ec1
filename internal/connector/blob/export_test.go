package blob

import "os"

// ChunkLen and HeaderLen let tests cut and change sealed files where it matters.
const (
	ChunkLen  = chunkLen
	SealedLen = sealedLen
	HeaderLen = headerLen
)

// PlainSize is what FuzzPlainSize judges.
var PlainSize = plainSize

// SetSync puts a failing disk under l.
func (l *Local) SetSync(sync func(*os.File) error) { l.sync = sync }
