package keyring

// Disk is what a test puts behind the pads of a ring.
type (
	Disk     = files
	DiskFile = file
)

// RealDisk is the disk that a failing one wraps.
func RealDisk() Disk { return osFiles{} }

// OpenOn is Open on another disk.
var OpenOn = open

// ParseTombstone and AppendTombstone are the line format of the tombstone file.
var (
	ParseTombstone  = parseTombstone
	AppendTombstone = appendTombstone
)

const SlotLen = slotLen

// Place says in which pad and slot the key of r is.
func (r Ref) Place() (pad, slot uint32) { return r.pad(), r.slot() }
