package flowapi

import (
	"context"
	"io"
	"net/http"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/proposing"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

// Runs walks customers through flows.
type Runs interface {
	Catalogue(ctx context.Context, p identity.Principal) ([]*selfservice.Definition, error)
	Proposals(ctx context.Context, p identity.Principal) []proposing.Proposal
	List(ctx context.Context, p identity.Principal) ([]flow.Seen, error)
	ListOf(ctx context.Context, p identity.Principal, conversationID string) ([]flow.Seen, error)
	Get(ctx context.Context, p identity.Principal, run string) (flow.Seen, error)
	Start(ctx context.Context, p identity.Principal, b flow.Begin) (flow.Seen, error)
	Answer(ctx context.Context, p identity.Principal, run, op, step string, in selfservice.Input) (flow.Seen, error)
}

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// maxBody bounds what a window sends, in bytes.
const maxBody = 16 << 10

// Mount puts the window's side on the mux of its host.
func Mount(mux *http.ServeMux, runs Runs, ask Ask) {
	w := &window{runs: runs}
	for pattern, answer := range map[string]func(context.Context, identity.Principal, *http.Request, string) (any, error){
		"GET /rt/flows": w.flows, "POST /rt/runs": w.start, "GET /rt/runs": w.list, "GET /rt/runs/{id}": w.get, "POST /rt/runs/{id}/answers": w.answer,
	} {
		mux.HandleFunc(pattern, func(out http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(out, r.Body, maxBody)
			ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) {
				lang, err := language(r)
				if err != nil {
					return nil, err
				}
				return answer(ctx, p, r, lang)
			})
		})
	}
}

// window is the window's side.
type window struct{ runs Runs }

// language reads the one parameter that there is. Errors: Invalid.
func language(r *http.Request) (string, error) {
	const op = "flowapi.language"
	for name, given := range r.URL.Query() {
		if name != "lang" || len(given) != 1 {
			return "", fault.InvalidField(op, name, "is unknown, or given twice")
		}
	}
	lang := r.URL.Query().Get("lang")
	if lang == "" || conversation.CheckLanguage("lang", lang) != nil {
		lang = "en"
	}
	return lang, nil
}

// read reads a body. Errors: Invalid.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "flowapi.read", "the body is too large or broke off")
	}
	return strictjson.Decode(body, into)
}

// seenFrame is a run with what is to be seen of it.
type seenFrame struct {
	Run   FlowRun    `json:"run"`
	Views []FlowView `json:"views"`
	Taken *bool      `json:"taken,omitempty"`
}

func frameOf(s flow.Seen, lang string, p identity.Principal) (seenFrame, error) {
	views, err := viewsOf(s.Views, lang, p)
	return seenFrame{Run: runOf(s, lang), Views: views}, err
}

func (w *window) flows(ctx context.Context, p identity.Principal, _ *http.Request, lang string) (any, error) {
	all, err := w.runs.Catalogue(ctx, p)
	if err != nil {
		return nil, err
	}
	out := struct {
		Flows     []Flow     `json:"flows"`
		Proposals []proposal `json:"proposals"`
		Open      []FlowRun  `json:"open"`
	}{flowsOf(all, lang), []proposal{}, []FlowRun{}}
	if p.Kind == identity.Customer {
		for _, one := range w.runs.Proposals(ctx, p) {
			out.Proposals = append(out.Proposals, proposal{one.ID, one.Flow.ID, one.Title.In(lang), one.Figures, one.Flow.About.In(lang), one.Given})
		}
	}
	open, err := w.runs.List(ctx, p)
	for _, one := range open {
		out.Open = append(out.Open, runOf(one, lang))
	}
	return out, err
}

func (w *window) start(ctx context.Context, p identity.Principal, r *http.Request, lang string) (any, error) {
	var in struct {
		Flow  string `json:"flow"`
		Given struct {
			Payment string `json:"payment"`
		} `json:"given"`
		Conv string `json:"conv"`
		Lang string `json:"lang"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Conv != "" && !id.Valid(in.Conv) {
		return nil, fault.New(fault.NotFound, "flowapi.start", "no conversation has an id of that form")
	}
	if in.Lang != "" && conversation.CheckLanguage("lang", in.Lang) == nil {
		lang = in.Lang
	}
	b := flow.Begin{Flow: in.Flow, Conversation: in.Conv, Language: lang}
	if in.Given.Payment != "" {
		b.Given = map[string]string{"payment": in.Given.Payment}
	}
	seen, err := w.runs.Start(ctx, p, b)
	if err != nil {
		return nil, err
	}
	return frameOf(seen, lang, p)
}

func (w *window) list(ctx context.Context, p identity.Principal, _ *http.Request, lang string) (any, error) {
	all, err := w.runs.List(ctx, p)
	if err != nil {
		return nil, err
	}
	out := struct {
		Runs []FlowRun `json:"runs"`
	}{make([]FlowRun, len(all))}
	for i, one := range all {
		out.Runs[i] = runOf(one, lang)
	}
	return out, nil
}

func (w *window) get(ctx context.Context, p identity.Principal, r *http.Request, lang string) (any, error) {
	seen, err := w.runs.Get(ctx, p, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return frameOf(seen, lang, p)
}

func (w *window) answer(ctx context.Context, p identity.Principal, r *http.Request, lang string) (any, error) {
	var in struct {
		Op   string `json:"op"`
		Do   string `json:"do"`
		Step string `json:"step"`
		Text string `json:"text"`
		Hash string `json:"hash"`
		File string `json:"file"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	seen, err := w.runs.Answer(ctx, p, r.PathValue("id"), in.Op, in.Step, said(in.Do, in.Text, in.Hash, in.File))
	if err != nil {
		return nil, err
	}
	out, err := frameOf(seen, lang, p)
	out.Taken = &seen.Taken
	return out, err
}

// said is an answer as it was said: of a file its id, and what it is.
func said(do, text, hash, file string) selfservice.Input {
	in := selfservice.Input{Do: selfservice.Doing(do), Text: text, Hash: hash}
	if file != "" {
		in.File = &selfservice.FileFact{ID: file}
	}
	return in
}
