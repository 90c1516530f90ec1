package intake

// LimitTalks sets how many conversations are remembered at once.
func (s *Service) LimitTalks(n int) { s.recent.limit.talks = n }

// Talks is how many conversations are remembered.
func (s *Service) Talks() int {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return len(s.recent.talks)
}

// LimitTalkBytes sets how many bytes of what was said are remembered at once.
func (s *Service) LimitTalkBytes(n int) { s.recent.limit.bytes = n }

// Remembers tells whether what was said in a conversation is remembered.
func (s *Service) Remembers(conv string) bool {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return s.recent.talks[conv] != nil
}

// Meet asks for a talk as one who will have it after somebody else.
func (s *Service) Meet(conv string) { s.recent.get(conv, s.now()) }

// Held tells whether somebody has the talk of a conversation.
func (s *Service) Held(conv string) bool {
	t := s.recent.find(conv)
	if t == nil || !t.mu.TryLock() {
		return t != nil
	}
	t.mu.Unlock()
	return false
}
