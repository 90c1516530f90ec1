package attachment

// CountFrames and Orientation are what their tests and fuzz tests judge.
var (
	CountFrames = countFrames
	Orientation = orientation
)

// Busy takes a decoder until the returned function gives it back.
func (i *Intake) Busy() (release func()) {
	i.slots <- struct{}{}
	return func() { <-i.slots }
}
