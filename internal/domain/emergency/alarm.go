package emergency

// Alarm knows of which openings it was told, so that each raises the alarm once, those that
// were closed before anybody looked too. The zero value knows of none. It is for one
// goroutine.
type Alarm struct{ told map[string]bool }

// Hear takes in those that are open, and that were closed lately, and gives those that are new
// to it and how many are open now.
func (a *Alarm) Hear(all []Opening, now int64) (news []Opening, open int) {
	told := make(map[string]bool, len(all))
	for _, o := range all {
		if o.OpenAt(now) {
			open++
		}
		if told[o.ID] = true; !a.told[o.ID] {
			news = append(news, o)
		}
	}
	a.told = told
	return news, open
}
