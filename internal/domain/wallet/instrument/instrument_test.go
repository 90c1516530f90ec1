package instrument_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/strictjson"
)

func judge[T interface{ Validate() error }](t *testing.T, good string, changes map[string][2]string) {
	t.Helper()
	changes["a good one"] = [2]string{"{", "{"}
	for name, change := range changes {
		var v T
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good && name != "a good one" {
			t.Fatalf("%s changes nothing", name)
		}
		err := strictjson.Decode([]byte(text), &v)
		if err == nil {
			err = v.Validate()
		}
		if (err == nil) != (name == "a good one") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsOfTheContract(t *testing.T) {
	const mandate = `{"id":"m-1","customer_id":"c-1","instrument_id":"i-1","merchant":"Streamwell","kind":"subscription","state":"active","amount":{"amount":"9.99","currency":"EUR","scale":2},"period":"month","next_at":"2026-12-01T00:00:00Z","last_at":null,"cancellable":true,"created_at":"2026-01-01T00:00:00Z","cancelled_at":null}`
	judge[instrument.Mandate](t, mandate, map[string][2]string{
		"a kind that is none": {"subscription", "gift"}, "below nothing": {"9.99", "-9.99"}, "cancelled without a time": {`"active"`, `"cancelled"`},
		"no merchant": {"Streamwell", ""}, "cancellable and not": {`"cancellable":true`, `"cancellable":true,"why":"ask"`}, "no time": {`"2026-01-01T00:00:00Z"`, "null"},
	})
	judge[instrument.Uses](t, `{"instrument_id":"i-1","payments":["t-1"],"last":false,"default":true,"removable":false,"why":["pending_payments"],"mandates":[`+mandate+`]}`, map[string][2]string{
		"no reason": {`,"why":["pending_payments"]`, ``}, "another instrument's mandate": {`"instrument_id":"i-1","merchant"`, `"instrument_id":"i-2","merchant"`}, "no id": {`"t-1"`, `"t 1"`},
	})
	judge[instrument.Link](t, `{"id":"f-1","customer_id":"c-1","state":"failed","expires_at":"2026-12-01T00:00:00Z","why":"name_mismatch"}`, map[string][2]string{
		"failed for no reason": {`,"why":"name_mismatch"`, ``}, "added and nothing": {`"failed"`, `"added"`}, "a reason that is none": {"name_mismatch", "mood"}, "no end": {`"2026-12-01T00:00:00Z"`, "null"},
		"over and open": {`"why"`, `"link":"https://a.example/","why"`},
	})
}
