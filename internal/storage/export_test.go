package storage

// PurgeTexts are the statements of Purge.
func PurgeTexts() (texts []string) {
	for _, step := range purgeSteps(0) {
		texts = append(texts, step.text)
	}
	return texts
}

// PurgeRounds bounds the commits of one Purge.
const PurgeRounds = purgeRounds

// Waiting is how many requests are in the queue of the committer.
func (s *Store) Waiting() int { return s.committer.Waiting() }
