package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// BenchmarkInbox reads pages of 50 lines out of 20,000 conversations.
func BenchmarkInbox(b *testing.B) {
	w := newWorld(b)
	bearer := w.as(identity.Agent)
	for range 10 {
		batch := make([]storage.Imported, 2000)
		for i := range batch {
			at := w.now().UnixMicro()
			st := conversation.New(id.New(), id.New(), "chat", "", "en", at)
			st.LastSeq, st.PreviewSeq = 1, 1
			batch[i] = storage.Imported{State: st, StartRef: id.New(), Entries: []conversation.Entry{{
				ConversationID: st.ID, Seq: 1, Kind: conversation.KindMessage, ClientID: id.New(), At: at,
				Author:  conversation.Author{Kind: conversation.ByCustomer, ID: st.CustomerID},
				Content: conversation.Content{Text: fmt.Sprintf("My transfer %d disappeared after the payment and the refund", i)},
			}}}
		}
		check(b, w.store.Import(context.Background(), batch))
	}
	mux := http.NewServeMux()
	w.api.Mount(mux)
	b.ReportAllocs()
	var times []time.Duration
	for b.Loop() {
		r := httptest.NewRequest("GET", "/v1/conversations?view=all&limit=50", nil)
		r.Header.Set("Authorization", "Bearer "+bearer)
		recorder := httptest.NewRecorder()
		began := time.Now()
		mux.ServeHTTP(recorder, r)
		times = append(times, time.Since(began))
		if recorder.Code != 200 {
			b.Fatal(recorder.Body)
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}
