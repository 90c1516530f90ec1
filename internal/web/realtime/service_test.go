package realtime_test

import (
	"sync/atomic"
	"testing"

	"kefu/internal/domain/sla"
	"kefu/internal/web/realtime"
)

func TestWindowsAreToldWhenSomebodyIsThere(t *testing.T) {
	var now atomic.Pointer[sla.Service]
	now.Store(&sla.Service{OpensAt: 100, AnswerBy: 200})
	h := open(t, choices{deps: func(d *realtime.Deps) { d.Service = func(string) sla.Service { return *now.Load() } }})
	customer, _ := h.window("ann")
	h.server.TellService() // its welcome said so
	now.Store(&sla.Service{OpensAt: 100, AnswerBy: 201})
	h.server.TellService() // the clock went on
	now.Store(&sla.Service{Open: true, ClosesAt: 900})
	h.server.TellService()
	h.server.TellService()
	now.Store(&sla.Service{OpensAt: 1000})
	h.server.TellService()
	first, second := customer.next("service"), customer.next("service")
	if s, _ := first["service"].(map[string]any); s["open"] != true || s["closes_at"] != float64(900) {
		t.Errorf("told %v", first)
	}
	if s, _ := second["service"].(map[string]any); s["open"] != false || s["opens_at"] != float64(1000) {
		t.Errorf("then told %v", second)
	}
}
