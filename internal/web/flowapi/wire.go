// Package flowapi is how the window walks a customer through flows, and the desk walks
// one together with them: docs/flows.md says the form. It decides nothing: every answer
// holds the whole of what is to be seen now, in the reader's language, with figures as
// data.
package flowapi

import (
	"bytes"
	"encoding/json"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/domain/wallet/points"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/records"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/platform/fault"
)

// FlowRun is where somebody is in a flow.
type FlowRun struct {
	ID        string `json:"id"`
	Flow      string `json:"flow" doc:"such as FL2"`
	Title     string `json:"title"`
	State     string `json:"state" enum:"asking,working,waiting,ended,handed_over,expired"`
	Step      string `json:"step"`
	Revision  int64  `json:"revision" doc:"grows with every change"`
	ExpiresAt int64  `json:"expires_at"`
	Conv      string `json:"conv,omitempty" doc:"the conversation that it belongs to, once there is one"`
	Outcome   string `json:"outcome,omitempty"`
}

// FlowView is what a step shows, as docs/flows.md says.
type FlowView map[string]any

// Flow is a flow that can be begun.
type Flow struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	About string `json:"about"`
}

// proposal is help that is proposed before anything is typed.
type proposal struct {
	ID      string                        `json:"id"`
	Flow    string                        `json:"flow"`
	Title   string                        `json:"title"`
	Figures map[string]selfservice.Figure `json:"figures,omitempty"`
	About   string                        `json:"about"`
	Given   map[string]string             `json:"given"`
}

func runOf(s flow.Seen, lang string) FlowRun {
	r := FlowRun{
		ID: s.Run.ID, Flow: s.Run.Flow, Title: s.Flow.Title.In(lang), State: string(s.Run.State), Step: s.Run.Step, Revision: s.Run.Revision,
		ExpiresAt: s.Run.ExpiresAt.UnixMicro(), Outcome: s.Run.Outcome,
	}
	if s.Begun {
		r.Conv = s.Run.ConversationID
	}
	return r
}

func flowsOf(all []*selfservice.Definition, lang string) []Flow {
	list := make([]Flow, len(all))
	for i, d := range all {
		list[i] = Flow{d.ID, d.Title.In(lang), d.About.In(lang)}
	}
	return list
}

// viewsOf writes views in a reader's language. Staff see the other side of a transfer
// masked, as everywhere.
func viewsOf(all []selfservice.View, lang string, who identity.Principal) ([]FlowView, error) {
	list := make([]FlowView, 0, len(all))
	for _, v := range all {
		if who.Kind == identity.Staff {
			v = masked(v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fault.Wrap("flowapi.viewsOf", err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var out map[string]any
		if err := decoder.Decode(&out); err != nil {
			return nil, fault.Wrap("flowapi.viewsOf", err)
		}
		reduce(out, lang)
		list = append(list, out)
	}
	return list, nil
}

// reduce leaves of each text the one in the reader's language, of what may be done after a
// failure the form with words, and of a sheet what is shown of it.
func reduce(v any, lang string) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			reduce(one, lang)
		}
	case map[string]any:
		for key, one := range v {
			switch key {
			case "say", "label", "hint", "title", "text", "retry_text":
				if texts, is := one.(map[string]any); is {
					v[key] = inLanguage(texts, lang)
					continue
				}
			case "payment": // where it went to nobody, it is called by what it is
				if told, is := one.(map[string]any); is && told["party"] == "" {
					kind, _ := told["kind"].(string)
					told["party"] = records.KindIn(wallet.Kind(kind), lang)
				}
			case "act": // points are counted, and no currency
				if told, is := one.(map[string]any); is && told["act"] == string(wallet.RedeemPoints) {
					if sum, is := told["amount"].(map[string]any); is {
						sum["currency"] = points.Word(lang)
					}
				}
			case "dispute": // a time that is over is nobody's any more
				if told, is := one.(map[string]any); is && (told["open"] != true || told["late"] == true) {
					delete(told, "evidence_by")
				}
			case "figures": // their names are the flow's own, and mean nothing here
				if figures, is := one.(map[string]any); is {
					for _, figure := range figures {
						reduce(figure, lang)
					}
					continue
				}
			case "sheet", "entry": // the facts are for conditions, the figures for what the step says
				if told, is := one.(map[string]any); is {
					delete(told, "facts")
					delete(told, "named")
					delete(told, "unit")
				}
			}
			reduce(one, lang)
		}
		if steps, is := v["steps"]; is {
			v["next"] = steps
			delete(v, "steps")
		}
		if texts, is := v["texts"].(map[string]any); is {
			v["text"] = inLanguage(texts, lang)
			delete(v, "texts")
		}
		if say, is := v["say"].(string); is && say == "" {
			delete(v, "say")
		}
	}
}

func inLanguage(texts map[string]any, lang string) string {
	all := form.Texts{}
	for l, text := range texts {
		if s, is := text.(string); is {
			all[l] = s
		}
	}
	return all.In(lang)
}

// masked is a view as staff may see it.
func masked(v selfservice.View) selfservice.View {
	hidden := map[string]bool{}
	hide := func(one *selfservice.Value) *selfservice.Value {
		if one != nil && one.Act != nil && one.Act.Link != "" { // the customer's alone
			out, fact := *one, *one.Act
			fact.Link = ""
			out.Act = &fact
			return &out
		}
		if one != nil && one.Cause != nil { // and so are the screens of their app
			out, fact := *one, *one.Cause
			fact.Steps = slices.Clone(fact.Steps)
			for i := range fact.Steps {
				fact.Steps[i].URL = ""
			}
			out.Cause = &fact
			return &out
		}
		if one != nil && (one.Sheet != nil || one.Entry != nil) {
			out := *one
			out.Sheet, out.Entry = one.Sheet.Masked(), one.Entry.Masked()
			return &out
		}
		if one == nil || one.Payment == nil || !story.Private(one.Payment) {
			return one
		}
		out, fact := *one, *one.Payment
		hidden[fact.Party] = true
		fact.Party = mask.Name(fact.Party)
		out.Payment = &fact
		return &out
	}
	v.Value = hide(v.Value)
	items := make([]selfservice.Value, len(v.Items))
	for i := range v.Items {
		items[i] = *hide(&v.Items[i])
	}
	v.Items = items
	figures := map[string]selfservice.Figure{}
	for name, f := range v.Figures {
		if hidden[f.Text] || (f.Text != "" && name == "payment.party" && v.Value == nil) {
			f.Text = mask.Name(f.Text)
		}
		figures[name] = f.Masked()
	}
	v.Figures = figures
	return v
}
