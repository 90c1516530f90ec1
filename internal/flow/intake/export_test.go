package intake

// LimitTalks sets how many conversations are remembered at once.
func (s *Service) LimitTalks(n int) { s.recent.limit = n }

// Talks is how many conversations are remembered.
func (s *Service) Talks() int {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return len(s.recent.talks)
}
