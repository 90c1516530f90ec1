package insiders

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

func firstOf(teams string) string {
	var all []string
	if teams == "" || json.Unmarshal([]byte(teams), &all) != nil || len(all) == 0 {
		return ""
	}
	return all[0]
}

// pseudonym is by what a customer tells members of staff apart who looked: the same each
// time for this customer, and another one for every other.
func (s *Insiders) pseudonym(customer, staffID string) string {
	mac := hmac.New(sha256.New, s.core.Ring.Subkey("pseudonyms of staff"))
	mac.Write([]byte(customer + "\x00" + staffID))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil))[:5]
}

// OwnLooks tells a signed-in customer which of us looked at their data, the newest first,
// going on before a record: every opening of theirs, reveal and export that the audit
// chain has. Of who it was they hear no more than that it was one of us. Lists in which
// they stand among others are no looks. Errors: Forbidden.
func (s *Insiders) OwnLooks(ctx context.Context, p identity.Principal, before int64, limit int) (page insider.LookPage, err error) {
	const op = "insiders.OwnLooks"
	if p.Kind != identity.Customer || !policy.Allow(p, policy.ReadOwnLooks, policy.Object{CustomerID: p.ID}) {
		return page, fault.New(fault.Forbidden, op, "%s has no data that anybody looked at", p.Kind)
	}
	page.Since = s.core.Now().UnixMicro() - insider.KeptFor
	var began int64
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT created_at FROM customer WHERE id = $1", p.ID).Scan(&began)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return page, engine.MapError(op, err)
	}
	page.Since = max(page.Since, began)
	if before <= 0 {
		before = 1 << 62
	}
	limit = min(max(limit, 1), insider.MaxLooks)
	found, err := s.doings(ctx, `seq IN (SELECT d.seq FROM staff_doing d WHERE (d.customer_id = $1 OR d.customer_id IN (SELECT id FROM customer WHERE became = $1))
		AND d.seq < $2 AND d.kind IN (1, 2, 4) AND d.role <> 'program' AND NOT (d.contact = '' AND d.at > $4 AND d.role IN (`+inquiring()+`)) ORDER BY d.seq DESC LIMIT $3) ORDER BY seq DESC`,
		p.ID, before, limit+1, s.core.Now().UnixMicro()-insider.ToldLater)
	if err != nil {
		return page, err
	}
	if len(found) > limit {
		found = found[:limit]
		page.Next = found[limit-1].Seq
	}
	page.Looks = make([]insider.Look, len(found))
	for i, n := range found {
		page.Looks[i] = insider.Look{At: n.At, Action: n.Action, Field: n.Field, Reason: toldReason(n.Reason), Who: s.pseudonym(p.ID, n.Staff), Conversation: n.Conversation}
		if page.Looks[i].Conversation == "" {
			page.Looks[i].Conversation = n.Contact
		}
	}
	return page, nil
}

// toldReason is the reason that a customer is told of. That somebody looks into a fraud is
// no matter of theirs while it may be their own.
func toldReason(code string) string {
	if code == "report_fraud" {
		return "other"
	}
	return code
}

// inquiring are the roles of those who look into what customers must not hear of, as a
// list of SQL. Their looks at somebody with whom they have no contact are told later: told
// at once, they would say that somebody is looked into.
func inquiring() string {
	var all []string
	for _, r := range identity.Roles() {
		if policy.Allow(identity.Principal{Kind: identity.Staff, ID: "-", Role: r}, policy.ReadUntold, policy.Object{CustomerID: "-", AssigneeID: "somebody else"}) {
			all = append(all, "'"+string(r)+"'")
		}
	}
	return strings.Join(append(all, "''"), ", ")
}
