package api_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/identity"
)

// answering are the roles of a larger house that answer customers. Each operation gives
// them what it gives an agent, but for those of answeringDiffers.
func answering() []identity.Role {
	return []identity.Role{identity.SecondLine, identity.Fraud, identity.Disputes}
}

// apart are those that answer nobody. Each operation refuses them as 403 or 404, but for
// those of apartWelcome; 0 is refused.
func apart() []identity.Role {
	return []identity.Role{identity.Quality, identity.Planner, identity.Privacy, identity.Compliance}
}

// answeringDiffers has the statuses for the second line, fraud and disputes.
func answeringDiffers() map[string][3]int {
	return map[string][3]int{
		"open-emergency for oneself": {202, 202, 403},
		"asked-emergencies ":         {200, 200, 403},
		"approvals ":                 {200, 200, 403},
		"approval ":                  {404, 404, 403},
		"revoke-customer ":           {403, 204, 403},
		"case-figures ":              {403, 403, 200},
		"case-figures of a zone that there is not":   {403, 403, 422},
		"export-case-figures ":                       {403, 403, 200},
		"lead-case of a colleague":                   {200, 403, 200},
		"write-case-letter of a colleague":           {200, 403, 200},
		"lead-case telling how a colleague's stands": {200, 403, 200},
		"lead-case adding to a colleague's":          {200, 403, 200},
		"acts of everybody":                          {422, 422, 422},
		"giving ":                                    {200, 403, 200},
		"propose-act of goodwill":                    {201, 403, 201},
		"propose-act of goodwill for no reason":      {200, 403, 200},
	}
}

// apartWelcome has the statuses for who judges the work, plans, leads requests about data
// and answers for what the law asks.
func apartWelcome() map[string][4]int {
	return map[string][4]int{
		"emergencies ":                           {200, 200, 200, 200},
		"approvals ":                             {0, 0, 200, 0},
		"open-emergency without a reason":        {422, 422, 422, 422},
		"queue ":                                 {0, 200, 0, 0},
		"board ":                                 {0, 200, 0, 0},
		"promises ":                              {0, 200, 0, 0},
		"decisions of oneself":                   {200, 200, 200, 200},
		"report of everybody":                    {200, 200, 0, 200},
		"report of oneself":                      {200, 200, 0, 200},
		"export-report ":                         {200, 200, 0, 200},
		"export-report of oneself":               {200, 200, 0, 200},
		"upload ":                                {0, 0, 201, 0},
		"setting-organisation ":                  {200, 200, 200, 200},
		"setting-macro ":                         {200, 200, 200, 200},
		"settings-macro ":                        {200, 200, 200, 200},
		"setting-goodwill ":                      {200, 200, 200, 200},
		"settings-goodwill ":                     {200, 200, 200, 200},
		"setting-view ":                          {200, 200, 200, 200},
		"settings-view ":                         {200, 200, 200, 200},
		"rights ":                                {0, 0, 0, 200},
		"decisions of everybody":                 {0, 0, 0, 200},
		"customer ":                              {0, 0, 200, 0},
		"find-customers ":                        {0, 0, 200, 0},
		"staff ":                                 {200, 200, 200, 200},
		"decide-finding without a reason":        {422, 422, 422, 422},
		"session ":                               {200, 200, 200, 200},
		"sign-out ":                              {204, 204, 204, 204},
		"assign nobody we know":                  {422, 422, 422, 422},
		"contact-figures ":                       {0, 0, 0, 200},
		"contact-figures of no time":             {0, 0, 0, 422},
		"findings ":                              {0, 0, 0, 200},
		"findings from a cursor of nobody's":     {422, 422, 422, 422},
		"finding about a colleague":              {0, 0, 0, 200},
		"cases by a reference that there is not": {0, 0, 200, 0},
		"case-figures ":                          {0, 0, 0, 200},
		"case-figures of a zone that there is not":                            {0, 0, 0, 422},
		"export-case-figures ":                                                {0, 0, 0, 200},
		"case that is a request about data":                                   {0, 0, 200, 0},
		"case-letter of a request about data":                                 {0, 0, 200, 0},
		"case-liability of a request about data":                              {0, 0, 200, 0},
		"write-case-letter of a request about data that nobody decided":       {0, 0, 422, 0},
		"lead-case of a request about data as it was":                         {0, 0, 409, 0},
		"lead-case of a request about data under a law that there is not":     {0, 0, 422, 0},
		"lead-case of a request about data sending again what was never sent": {0, 0, 422, 0},
		"lead-case deciding a request about data":                             {0, 0, 200, 0},
		"case-erasure ":                      {0, 0, 200, 0},
		"erase-customer that nobody decided": {0, 0, 409, 0},
		"erase-customer ":                    {0, 0, 202, 0},
		"lead-case vouching for who asks":    {0, 0, 200, 0}, "lead-case vouching for who asks, without a ground": {0, 0, 422, 0},
		"lead-case telling of the end of what never stood still": {0, 0, 409, 0}, "lead-case ending what never stood still": {0, 0, 409, 0},
		"cases of one's own":             {0, 0, 200, 0},
		"cases that are late":            {0, 0, 200, 0},
		"cases of everybody at once":     {0, 0, 422, 0},
		"case-counts ":                   {0, 0, 200, 0},
		"jurisdictions ":                 {0, 0, 200, 0},
		"preview-window ":                {200, 200, 200, 200},
		"delivered-forms ":               {200, 200, 200, 200},
		"account ":                       {200, 200, 200, 200},
		"set-passkey-only without a key": {409, 409, 409, 409},
		"prove wrongly":                  {422, 422, 422, 422},
		"prove-by-passkey wrongly":       {422, 422, 422, 422},
		"ask-new-passkey ":               {200, 200, 200, 200},
		"add-passkey invented":           {422, 422, 422, 422},
		"set-password ":                  {204, 204, 204, 204},
		"offer-code ":                    {200, 200, 200, 200},
		"set-code invented":              {422, 422, 422, 422},
		"end-other-sessions ":            {204, 204, 204, 204},
		"presence-spans ":                {0, 200, 0, 0},
		"duties ":                        {200, 200, 200, 200},
		"duties-of ":                     {200, 200, 200, 200},
		"duties-of oneself":              {200, 200, 200, 200},
		"set-duties ":                    {0, 200, 0, 0},
		"set-duties oneself":             {0, 200, 0, 0},
		"skills ":                        {200, 200, 200, 200},
		"audit ":                         {0, 0, 0, 200},
		"audit-proof ":                   {0, 0, 0, 200},
		"setting-official_channel ":      {200, 200, 200, 200},
		"settings-official_channel ":     {200, 200, 200, 200},
		"setting-impostor_reports ":      {200, 200, 200, 200},
		"setting-wrap_up ":               {200, 200, 200, 200},
		"setting-calendar ":              {200, 200, 200, 200},
		"settings-calendar ":             {200, 200, 200, 200},
		"setting-routing ":               {200, 200, 200, 200},
		"setting-availability ":          {200, 200, 200, 200},
		"setting-target ":                {200, 200, 200, 200},
		"settings-target ":               {200, 200, 200, 200},
		"setting-wrap_up_code ":          {200, 200, 200, 200},
		"settings-wrap_up_code ":         {200, 200, 200, 200},
		"setting-action_policy ":         {200, 200, 200, 200},
		"setting-look ":                  {200, 200, 200, 200},
		"setting-form ":                  {200, 200, 200, 200},
		"settings-form ":                 {200, 200, 200, 200},
		"setting-rule ":                  {200, 200, 200, 200},
		"settings-rule ":                 {200, 200, 200, 200},
		"setting-plan ":                  {200, 200, 200, 200},
		"settings-plan ":                 {200, 200, 200, 200},
		"setting-sourced_claim ":         {200, 200, 200, 200},
		"settings-sourced_claim ":        {200, 200, 200, 200},
		"setting-team ":                  {200, 200, 200, 200},
		"settings-team ":                 {200, 200, 200, 200},
	}
}

func TestEveryRoleHasItsScenarios(t *testing.T) {
	all := slices.Concat(allRoles(), guests(), answering(), apart())
	for _, role := range identity.Roles() {
		if !slices.Contains(all, role) {
			t.Errorf("no operation is asked for by a %s", role)
		}
	}
	if len(all) != len(identity.Roles()) {
		t.Errorf("%d roles are asked as, of %d", len(all), len(identity.Roles()))
	}
}

// largerHouseGets asks for one scenario as the roles that a larger house has.
func (w *world) largerHouseGets(t *testing.T, s scenario) {
	t.Helper()
	name := s.operation + " " + s.about
	for i, role := range slices.Concat(answering(), apart()) {
		m := w.member(role)
		c, conv := s.request(w, m)
		before := w.state(conv)
		c.bearer = w.session(m)
		a := w.do(c)
		want, refused := s.want[3], false
		if differs, ok := answeringDiffers()[name]; ok && i < len(differs) {
			want = differs[i]
		}
		if i >= len(answering()) {
			want = apartWelcome()[name][i-len(answering())]
			refused = want == 0 && (a.status == 403 || a.status == 404)
		}
		if a.status != want && !refused {
			t.Errorf("%s: status %d, want %d: %s", role, a.status, want, a.text)
		}
		if a.status >= 400 {
			w.unchanged(conv, before)
		}
	}
}
