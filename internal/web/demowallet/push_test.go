package demowallet_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/webhook"
	"kefu/internal/platform/clock"
	"kefu/internal/web/demowallet"
)

func TestAPushReachesTheCustomersPage(t *testing.T) {
	secret := webhook.Secret(strings.Repeat("s", 32))
	pushes := demowallet.NewPushes(secret, clock.System)
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = demowallet.Handler(demowallet.Options{Host: server.Listener.Addr().String(), Page: http.NotFoundHandler(), API: http.NotFoundHandler(), Pushes: pushes})
	server.Start()
	t.Cleanup(server.Close)
	page, err := http.Get(server.URL + "/demo/pushes?customer=cust-anna")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = page.Body.Close() })
	lines := bufio.NewScanner(page.Body)
	lines.Scan() // retry
	post := func(id, subject string, with webhook.Secret) int {
		t.Helper()
		body := `{"type":"customer.unreached","timestamp":"2026-11-26T00:00:00Z","data":{"conversation":"conv","seq":3,"unread":2,"customer":{"id":"c","issuer":"i","subject":"` + subject + `"}}}`
		now := time.Now()
		r, _ := http.NewRequest(http.MethodPost, server.URL+"/hooks/kefu", strings.NewReader(body))
		r.Header.Set(webhook.HeaderID, id)
		r.Header.Set(webhook.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(webhook.HeaderSignature, webhook.Sign([]webhook.Secret{with}, id, now, []byte(body)))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	if status := post("evt_0", "cust-anna", webhook.Secret(strings.Repeat("x", 32))); status != http.StatusUnauthorized {
		t.Errorf("a foreign signature is answered %d", status)
	}
	for _, one := range []struct{ id, subject string }{{"evt_1", "cust-james"}, {"evt_2", "cust-anna"}, {"evt_2", "cust-anna"}, {"evt_3", "cust-anna"}} {
		if status := post(one.id, one.subject, secret); status != http.StatusNoContent {
			t.Errorf("%s is answered %d", one.id, status)
		}
	}
	told := 0
	for told < 2 && lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), "data: "); found {
			told++
			if text != `{"conv":"conv","unread":2}` {
				t.Errorf("the page is told %s", text)
			}
		}
	}
}
